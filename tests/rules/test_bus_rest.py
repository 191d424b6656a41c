"""How often a bus is looked at: at rest seldom, and at once when something says that it is time."""

from __future__ import annotations

from shared.chassis.limits import BUS_REST_S, BUS_WATCH_S
from shared.chassis.link import Rest

ROUNDS = [number * BUS_WATCH_S for number in range(1, int(2 * BUS_REST_S / BUS_WATCH_S))]


def test_the_first_look_is_always_taken() -> None:
    assert not Rest().goes_on(0.0, 0, False)


def test_at_rest_it_is_looked_at_once_in_a_while() -> None:
    rest = Rest()
    rest.goes_on(0.0, 0, False)
    looks = [now for now in ROUNDS if not rest.goes_on(now, 0, False)]
    assert looks == [BUS_REST_S], "not later because a round came a little early"


def test_a_call_and_a_new_refusal_end_it_for_one_round() -> None:
    rest = Rest()
    rest.goes_on(0.0, 0, False)
    assert rest.goes_on(BUS_WATCH_S, 0, False)
    assert not rest.goes_on(2 * BUS_WATCH_S, 0, True)
    assert rest.goes_on(3 * BUS_WATCH_S, 0, False)
    assert not rest.goes_on(4 * BUS_WATCH_S, 1, False)
    assert rest.goes_on(5 * BUS_WATCH_S, 1, False), "that refusal was looked into"


def test_every_look_begins_the_rest_anew() -> None:
    rest = Rest()
    rest.goes_on(0.0, 0, False)
    rest.goes_on(BUS_REST_S / 2, 0, True)
    assert rest.goes_on(BUS_REST_S, 0, False)
