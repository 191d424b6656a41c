"""What goes on for ever ends when it is told to, whatever it was doing at that moment."""

from __future__ import annotations

import asyncio

from shared.chassis.lifecycle import repeat


async def test_a_cancellation_that_comes_with_an_answer_is_not_lost() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    rounds: list[str] = []

    async def ask() -> None:
        rounds.append(await asyncio.wait_for(answer, 30))

    task = asyncio.create_task(repeat(0, ask, "ask"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answer.set_result("now")
    task.cancel()
    await asyncio.wait((task,), timeout=30)
    assert task.cancelled()
    assert rounds == ["now"]
