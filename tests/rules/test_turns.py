"""Who begins when: console and visits first, the others as processors come free."""

from __future__ import annotations

from deploy.turns import FIRST, Turns

OTHERS = ("bookings", "venues", "catering")


def that_may(turns: Turns) -> list[str]:
    """Those of the others whose turn it is at this moment; each has taken it then."""
    return [name for name in OTHERS if turns.take(name, within_s=0)]


def test_the_first_wait_for_nobody() -> None:
    turns = Turns((*FIRST, *OTHERS), at_once=1)
    assert all(turns.take(name, within_s=0) for name in FIRST)
    assert not that_may(turns)


def test_one_begins_for_each_that_is_up() -> None:
    turns = Turns((*FIRST, *OTHERS), at_once=2)
    turns.up("visits")
    assert that_may(turns) == ["bookings"]
    turns.up("bookings")
    turns.up("console")
    assert that_may(turns) == ["bookings", "venues"]
    assert not that_may(turns)


def test_where_there_are_processors_nobody_waits() -> None:
    assert that_may(Turns((*FIRST, *OTHERS), at_once=5)) == list(OTHERS)
    assert that_may(Turns((*FIRST, *OTHERS), at_once=3)) == ["bookings"]


def test_without_the_first_the_others_take_turns() -> None:
    assert that_may(Turns(OTHERS, at_once=1)) == ["bookings"]
