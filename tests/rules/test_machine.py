"""The table of moves of a hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from shared.contracts.holds import LIVE, HoldState
from shared.holds.machine import MOVES, Move, after, due

NOW = datetime(2027, 6, 1, tzinfo=UTC)
BEFORE, LATER = NOW - timedelta(microseconds=1), NOW + timedelta(microseconds=1)
S = HoldState


def test_what_is_resolved_stays_resolved() -> None:
    for state, move in product(set(HoldState) - LIVE, Move):
        assert after(state, move) is state


def test_the_whole_table() -> None:
    """Every change that there is; anything else leaves the state as it is."""
    changes = {
        (state, move, after(state, move))
        for state, move in product(HoldState, Move)
        if after(state, move) is not state
    }
    assert changes == {
        (S.PENDING, Move.GRANT, S.HELD),
        (S.PENDING, Move.DENY, S.REFUSED),
        (S.PENDING, Move.SILENCE, S.REFUSED),
        (S.PENDING, Move.RELEASE, S.RELEASED),
        (S.PENDING, Move.EXPIRE, S.EXPIRED),
        (S.HELD, Move.CONFIRM, S.CONFIRMED),
        (S.HELD, Move.RELEASE, S.RELEASED),
        (S.HELD, Move.EXPIRE, S.EXPIRED),
        (S.CONFIRMED, Move.RELEASE, S.RELEASED),
        (S.HELD, Move.WITHDRAW, S.REFUSED),
        (S.CONFIRMED, Move.WITHDRAW, S.REFUSED),
    }
    assert len(MOVES) == len(changes), "no row of the table is without effect"


def test_every_move_repeated_changes_nothing_more() -> None:
    for state, move in product(HoldState, Move):
        once = after(state, move)
        assert after(once, move) is once


@pytest.mark.parametrize("end", [BEFORE, NOW])
def test_the_instant_itself_is_over(end: datetime) -> None:
    assert due(S.HELD, end, None, NOW) is Move.EXPIRE
    assert due(S.PENDING, LATER, end, NOW) is Move.SILENCE
    assert due(S.PENDING, end, LATER, NOW) is Move.EXPIRE
    assert due(S.PENDING, end, end, NOW) is Move.SILENCE


def test_a_moment_earlier_nothing_is_over() -> None:
    assert due(S.HELD, LATER, None, NOW) is None
    assert due(S.PENDING, LATER, LATER, NOW) is None


def test_a_granted_hold_no_longer_waits_for_an_answer() -> None:
    assert due(S.HELD, LATER, BEFORE, NOW) is None


def test_time_never_touches_what_is_firm_or_resolved() -> None:
    for state in set(HoldState) - {S.PENDING, S.HELD}:
        assert due(state, BEFORE, BEFORE, NOW) is None
