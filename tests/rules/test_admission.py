"""When a console counts the commands that have no answer yet: seldom while it knows of none."""

from __future__ import annotations

import asyncio
import time

import pytest

from services.console import admission
from services.console.admission import Admission
from services.console.under_way import UnderWay


@pytest.fixture
def resting(monkeypatch: pytest.MonkeyPatch) -> Admission:
    """One that would not count by itself for days."""
    monkeypatch.setattr(admission, "COUNTED_EVERY", 10**6)
    return Admission(UnderWay(time.monotonic))


async def test_a_command_ends_the_rest(resting: Admission) -> None:
    counting = asyncio.create_task(resting.in_doubt())
    await asyncio.sleep(0)
    assert not counting.done()
    resting.command(brings_work=True)
    await counting


async def test_open_commands_are_counted_on(resting: Admission) -> None:
    resting.counted(1)
    await resting.in_doubt()


async def test_what_is_begun_during_a_count_is_counted_again(resting: Admission) -> None:
    resting.command(brings_work=False)
    await resting.in_doubt()
    resting.command(brings_work=False)
    resting.counted(0)
    await resting.in_doubt()
