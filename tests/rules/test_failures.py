"""Whose fault a failed attempt was decides how long a message waits, and whether it is parked."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from shared.chassis import limits
from shared.chassis.delivery import Failures, backoff_s, classify
from shared.chassis.life import TooEarlyError

AWAY = OperationalError("BEGIN", None, Exception("no connection"))
OWN = ZeroDivisionError("a bug")


@pytest.mark.parametrize("error", [AWAY, TooEarlyError("later"), ConnectionError("reset")])
def test_a_store_that_is_away_for_long_parks_nothing_and_delays_nothing(error: Exception) -> None:
    failures = Failures()
    for _ in range(10 * limits.MAX_ATTEMPTS):
        assert failures.count("m", error) == 0
        assert classify(error, 0) == "wait"
    assert backoff_s(0, 0.99) < 2
    assert classify(OWN, failures.count("m", OWN)) == "retry", "its first failure of its own"


def test_a_message_that_fails_by_itself_is_parked_after_so_many_attempts() -> None:
    failures = Failures()
    verdicts = [classify(OWN, failures.count("m", OWN)) for _ in range(limits.MAX_ATTEMPTS)]
    assert verdicts == ["retry"] * (limits.MAX_ATTEMPTS - 1) + ["failing"]
    failures.forget("m")
    assert failures.count("m", OWN) == 1


def test_counting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FAILURES", 3)
    failures = Failures()
    for one in "abcd":
        failures.count(one, OWN)
    assert [failures.count(one, OWN) for one in "dcb"] == [2, 2, 2]
    assert failures.count("a", OWN) == 1, "the oldest was forgotten"
