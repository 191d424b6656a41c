"""What a look at a stream's consumers says of a subject, and what it makes void."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.chassis.floors import Floor, Seen, Taker, Told, matches, seen

BORN = datetime(2027, 8, 1, tzinfo=UTC)
BEFORE = BORN - timedelta(hours=1)
SUBJECT = "evt.venues.holds_changed.v1"
VISITS = Taker("visits-holds_changed-v1", ("evt.*.holds_changed.v1",), 40)
LEDGER = Taker("ledger-holds_changed-v1", ("evt.venues.>", "evt.bookings.>"), 25)
FOREIGN = Taker("console-command_answered-v1", ("evt.*.command_answered.v1",), 3)


def told(*takers: Taker) -> Told:
    return Told("EVENTS", BORN, takers)


def floor(seq: int, *takers: Taker, born: datetime = BORN) -> Floor:
    return Floor(SUBJECT, born, seq, tuple(sorted(taker.name for taker in takers)))


def test_it_is_where_the_slowest_is_of_those_who_take_it() -> None:
    assert seen(SUBJECT, told(VISITS, LEDGER, FOREIGN), ()) == Seen(floor(25, VISITS, LEDGER))
    assert seen(SUBJECT, told(VISITS, FOREIGN), ()) == Seen(floor(40, VISITS))


def test_what_nobody_takes_has_none() -> None:
    assert seen(SUBJECT, told(FOREIGN), (floor(7, VISITS, born=BEFORE),)) == Seen(None)


def test_it_goes_down_when_the_bus_does() -> None:
    assert seen(SUBJECT, told(VISITS), (floor(99, VISITS),)) == Seen(floor(40, VISITS))


def test_whoever_is_not_named_makes_those_of_other_lives_void() -> None:
    alone, both = floor(9, VISITS, born=BEFORE), floor(9, VISITS, LEDGER, born=BEFORE)
    of_this_life = floor(30, VISITS)
    one = seen(SUBJECT, told(VISITS, LEDGER), (alone, of_this_life))
    assert one == Seen(floor(25, VISITS, LEDGER), (alone,))
    assert seen(SUBJECT, told(VISITS, LEDGER), (both,)).void == ()
    assert seen(SUBJECT, told(VISITS), (both,)).void == (), "who is away may come back"


@pytest.mark.parametrize(
    ("wanted", "it_does"),
    [
        (SUBJECT, True),
        ("evt.*.holds_changed.v1", True),
        ("evt.>", True),
        (">", True),
        ("evt.venues.holds_changed.v1.>", False),
        ("evt.venues.*", False),
        ("evt.bookings.>", False),
        ("evt.*.holds_changed.v2", False),
        ("*.*.*.*", True),
    ],
)
def test_filters_are_read_as_the_bus_reads_them(wanted: str, it_does: bool) -> None:
    assert matches(SUBJECT, wanted) is it_does
