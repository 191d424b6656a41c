"""What goes on for ever ends when it is told to, whatever it was doing at that moment."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.chassis import lifecycle, limits
from shared.chassis.lifecycle import beat_after, repeat, woken


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


async def test_a_wait_loses_no_cancellation_that_comes_with_the_event() -> None:
    event = asyncio.Event()
    task = asyncio.create_task(woken(event, 30))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    event.set()
    task.cancel()
    await asyncio.wait((task,), timeout=30)
    assert task.cancelled()


async def test_a_wait_tells_whether_the_event_came() -> None:
    event = asyncio.Event()
    assert not await woken(event, 0.001)
    event.set()
    assert await woken(event, 30)


@given(now=st.floats(0, 1e7), seconds=st.sampled_from([0.5, 1.0, 2.0, 5.0, 300.0]))
def test_rounds_fall_on_common_moments(now: float, seconds: float) -> None:
    wait = beat_after(now, seconds)
    assert seconds / 20 < wait <= seconds * 1.05
    off = (now + wait) % seconds
    assert min(off, seconds - off) < 1e-6


def test_what_is_done_without_pause_has_none() -> None:
    assert beat_after(17.3, 0) == 0


def test_processes_of_one_machine_wake_in_a_few_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for process in range(31_500, 31_520):
        monkeypatch.setattr(lifecycle.os, "getpid", lambda process=process: process)
        found.add(lifecycle.apart_s())
    assert found == {0.0, 0.5, 1.0, 1.5}
    assert max(found) < limits.BEAT_S
