"""Ranks of processes: drawn, kept for a while, and different often enough."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shared.chassis.preference import RANKS, STANDS_S, asking, rank

MOMENTS = [number * STANDS_S for number in range(1_000)]


@given(st.binary(min_size=16, max_size=16), st.floats(0, 1e9))
def test_a_rank_is_one_that_the_bus_knows(process: bytes, now: float) -> None:
    assert asking(process, now) == {"group": "replicas", "priority": rank(process, now)}
    assert 0 <= rank(process, now) < RANKS


def test_it_stands_for_a_while() -> None:
    assert {rank(b"one", STANDS_S * 7 + late) for late in (0, STANDS_S - 1)} == {
        rank(b"one", STANDS_S * 7)
    }


def test_all_ranks_are_drawn_alike() -> None:
    drawn = Counter(rank(b"one", now) for now in MOMENTS)
    assert all(60 <= drawn[one] <= 140 for one in range(RANKS))


def test_two_processes_seldom_have_the_same_one_and_never_keep_it() -> None:
    same = [rank(b"one", now) == rank(b"two", now) for now in MOMENTS]
    assert 60 <= sum(same) <= 140
    assert not any(all(same[at : at + 5]) for at in range(len(same) - 4))
