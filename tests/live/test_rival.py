"""What we measure ourselves against does its work rightly, or no ratio means anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bench.rival.drive import Driver
from bench.rival.store import counts, durability
from bench.rival.system import ORCHESTRATOR, Rival, running_rival
from bench.rival.work import CAPACITY, NOTIFICATIONS, RESOURCES, STYLES, Style, Wish, wish


@pytest.fixture(scope="module")
def rival() -> Iterator[Rival]:
    with running_rival() as running:
        yield running


def confirmed(rival: Rival) -> int:
    """Visits that all stores hold, after checking that no store holds anything else."""
    notices = counts(rival.dsns[NOTIFICATIONS], NOTIFICATIONS)["notices"]
    for service in RESOURCES:
        found = counts(rival.dsns[service], service)
        assert found == {"confirmed": notices, "held": 0, "oversold": 0}, service
    return notices


@pytest.mark.parametrize("style", STYLES)
async def test_one_of_six_is_refused_and_a_repeated_submit_changes_nothing(
    rival: Rival, style: Style
) -> None:
    before = confirmed(rival)
    day = 300 + STYLES.index(style)
    most = CAPACITY["venues"] // 2 + 1  # two of them do not fit into one day
    normal = [wish(number) for number in range(4)]
    rivals = [wish(number).model_copy(update={"day": day, "seats": most}) for number in (4, 5)]
    six = [one.model_copy(update={"visit": f"{style}-{one.visit}"}) for one in [*normal, *rivals]]
    driver = Driver(rival)

    first = {one.visit: one.phase for one in await driver.play([*six, *six], 12, style)}
    phases = [first[one.visit] for one in six]
    assert phases[:4] == ["ready"] * 4
    assert sorted(phases[4:]) == ["blocked", "ready"]
    assert confirmed(rival) == before + 5

    again = {one.visit: one.phase for one in await driver.play(six, 6, style)}
    assert again == first
    assert confirmed(rival) == before + 5


async def test_refused_visits_are_the_expected_ones(rival: Rival) -> None:
    before = confirmed(rival)
    driver = Driver(rival)
    figures = await driver.measure(10, 5, 0.2, "async")
    assert (figures.ready, figures.blocked, figures.wrong, figures.oversold) == (8, 2, 0, 0)
    assert confirmed(rival) == before + 8
    assert figures.cpu_ms_all > 0
    assert all(figures.cpu_ms[name] > 0 for name in (*RESOURCES, ORCHESTRATOR, "postgres"))
    assert set(figures.memory_mb) == set(rival.pids)


async def test_one_that_stood_still_goes_on(rival: Rival) -> None:
    driver = Driver(rival)
    rival.pause()
    late = asyncio.ensure_future(
        driver.play([Wish(visit="late", day=1)], 1, "threads")
    )  # the kernel takes the request, nobody answers
    _, waiting = await asyncio.wait([late], timeout=0.3)
    rival.resume()
    assert waiting
    [outcome] = await late
    assert outcome.phase == "ready"


def test_nothing_is_less_durable_than_it_comes(rival: Rival) -> None:
    settings = durability(rival.dsns[ORCHESTRATOR])
    assert (settings["fsync"], settings["synchronous_commit"]) == ("on", "on")
    assert settings["full_page_writes"] == "on"
