"""A store's lives: numbers that start again above all others, and the time of recovery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.chassis import limits
from shared.chassis.arrival import arrival_of, message_id
from shared.chassis.delivery import classify
from shared.chassis.life import EPOCH, Life, TooEarlyError

RESTORED = datetime(2027, 8, 1, tzinfo=UTC)


def test_a_first_life_has_no_floor_and_never_recovers() -> None:
    assert Life().floor == 0
    assert not Life().recovering(RESTORED)


def test_numbers_of_a_later_life_lie_above_those_of_an_earlier_one() -> None:
    later = RESTORED + timedelta(seconds=1)
    assert 0 < Life(RESTORED).floor < Life(later).floor < 2**31
    assert Life(EPOCH - timedelta(days=1)).floor == 1, "a clock that is wrong is no first life"


def test_recovery_ends() -> None:
    life = Life(RESTORED)
    end = RESTORED + timedelta(seconds=limits.RECOVERY_S)
    assert life.recovering(RESTORED) and life.recovering(end - timedelta(microseconds=1))
    assert not life.recovering(end)


@pytest.mark.parametrize("attempts", [1, limits.MAX_ATTEMPTS, 10 * limits.MAX_ATTEMPTS])
def test_what_comes_too_early_waits_and_is_never_parked(attempts: int) -> None:
    assert classify(TooEarlyError("later"), attempts) == "wait"


def raw(name: str) -> Any:
    return SimpleNamespace(headers={"Nats-Msg-Id": name})


@pytest.mark.parametrize(
    ("sent", "known", "again"),
    [("one", "one", False), ("one~1", "one", True), ("one~12", "one", True),
     ("a~b", "a~b", False), ("one~1~2", "one~1", True)],
)  # fmt: skip
def test_what_is_sent_again_is_known_by_its_first_id(sent: str, known: str, again: bool) -> None:
    assert message_id(raw(sent)) == known
    assert arrival_of(raw(sent), {}).again is again
