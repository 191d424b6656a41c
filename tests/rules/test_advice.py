"""A refusal that nobody is told has no ways out, and is the same otherwise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from types import ModuleType

import pytest

from shared.contracts.holds import Refusal
from shared.holds.port import Allotment, Ask
from tests.rules import booking_case, escort_case, meal_case, venue_case

Answer = Allotment | Refusal


def no_rooms() -> Answer:
    hotels = [booking_case.hotel_doc("a"), booking_case.hotel_doc("b")]
    board = booking_case.Board(booking_case.lodgings_of(hotels=hotels))
    return booking_case.decide(booking_case.wish(12), board)


def no_such_rooms() -> Answer:
    hotels = [booking_case.hotel_doc("hubin-hotel")]
    board = booking_case.Board(booking_case.lodgings_of(hotels=hotels))
    return booking_case.decide(booking_case.wish(1, hotel="hubin-hotl"), board)


def no_meal() -> Answer:
    board = meal_case.Board(meal_case.larder())
    return board.decide(meal_case.request(meal_case.DINNER - timedelta(hours=9)))


def no_driver() -> Answer:
    run = escort_case.wish("vehicle", "2027-08-18T08:00", "2027-08-18T20:00", 40)
    people, vehicles = [escort_case.driver("driver")], [escort_case.vehicle("coach", 45)]
    board = escort_case.Board(escort_case.escorts_of(people=people, vehicles=vehicles))
    return escort_case.decide(run, board)


def no_hall() -> Answer:
    halls = [venue_case.hall_doc("h"), venue_case.hall_doc("big", capacity={"theatre": 300})]
    board = venue_case.Board(venue_case.venues_of(places=[venue_case.PLACE], halls=halls))
    asked = venue_case.wish("hall", guests=101, setup="theatre", hall="h", hall_only=True)
    return venue_case.decide(asked, board)


@pytest.mark.parametrize(
    ("case", "refused"),
    [
        (booking_case, no_rooms),
        (booking_case, no_such_rooms),
        (meal_case, no_meal),
        (escort_case, no_driver),
        (venue_case, no_hall),
    ],
)
def test_without_advice_a_refusal_is_the_same_but_for_its_ways_out(
    case: ModuleType, refused: Callable[[], Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = refused()
    monkeypatch.setattr(case, "Ask", partial(Ask, advise=False))
    quiet = refused()
    assert isinstance(told, Refusal) and told.alternatives
    assert quiet == told.model_copy(update={"alternatives": ()})


def test_a_question_of_consent_has_its_ways_out_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board = meal_case.Board(meal_case.larder())
    before = board.decide(meal_case.request(covers=48))
    assert isinstance(before, Allotment)
    monkeypatch.setattr(meal_case, "Ask", partial(Ask, advise=False))
    more = meal_case.request(covers=68)
    order = board.decide(more, meal_case.LATE, meal_case.standing(before))
    assert isinstance(order, Allotment) and order.consent is not None and order.alternatives
