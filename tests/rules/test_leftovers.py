"""Memory is given back once for each rest, and never while something goes on."""

from __future__ import annotations

from shared.chassis.leftovers import AGAIN_S, LOOK_S, Leftovers, give_back


def given(*moves: int, every_s: float = AGAIN_S) -> list[bool]:
    """What is said at looks that find so many moves."""
    place = -1
    leftovers = Leftovers(lambda: moves[place], lambda: place * every_s)
    said = []
    for place in range(len(moves)):  # noqa: B007 - the closures see it
        said.append(leftovers.due())
    return said


def test_once_after_the_work_has_ended() -> None:
    assert given(0, 5, 9, 9, 9, 9) == [False, False, False, True, False, False]


def test_again_after_more_work() -> None:
    assert given(0, 9, 9, 12, 12, 12) == [False, False, True, False, True, False]


def test_a_start_leaves_something_too() -> None:
    assert given(0, 0, 0) == [False, True, False]


def test_not_each_time_a_little_is_done() -> None:
    looks = [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert sum(given(*looks)) > 1
    assert sum(given(*looks, every_s=LOOK_S)) == len(looks) * LOOK_S // AGAIN_S


def test_the_c_library_takes_it() -> None:
    give_back()
