"""What a change makes of a document, and what is said of one that cannot be made."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.bookings.documents import Hotel
from services.catering.documents import Kitchen
from services.escorts.documents import Person, Vehicle
from services.venues.documents import Hall, Route, Site
from shared.contracts.changes import MAX_CLOSURES, UnitChange
from shared.contracts.message import Problem
from shared.holds.alteration import AlterationError, altered
from shared.holds.port import CLOSURES, Unit
from tests.rules.booking_case import hotel_doc, kind_doc
from tests.rules.escort_case import person
from tests.rules.venue_case import CLOSED, NOW, hall_doc, site_doc

REASON = {"zh": "检修", "en": "repairs"}
EVENING = {"starts_at": "2027-08-18T18:00:00+08:00", "ends_at": "2027-08-18T22:00:00+08:00"}
NIGHTS = {"first_night": "2027-08-18", "last_night": "2027-08-19"}


def close(**fields: Any) -> UnitChange:
    return UnitChange(close={"reason": REASON, **fields})


def count(quantity: int, part: str | None = None) -> UnitChange:
    return UnitChange.model_validate({"count": {"quantity": quantity, "part": part}})


def problem(document: dict[str, Any], change: UnitChange, model: type[Unit]) -> Problem:
    with pytest.raises(AlterationError) as told:
        altered(stored(document, model), change, model, NOW)
    return told.value.problems[0]


def stored(document: dict[str, Any], model: type[Unit]) -> dict[str, Any]:
    return model.model_validate(document).model_dump(mode="json")


def test_a_closure_is_added_and_lifted() -> None:
    before = stored(hall_doc("h", closures=CLOSED), Hall)
    after = altered(before, close(**EVENING), Hall, NOW)
    assert [one["starts_at"] for one in after[CLOSURES]] == [
        "2027-08-17T16:00:00Z", "2027-08-18T10:00:00Z",
    ]  # fmt: skip
    assert altered(after, UnitChange(lift=1), Hall, NOW) == before


def test_a_number_is_set() -> None:
    site = altered(stored(site_doc("s"), Site), count(4), Site, NOW)
    assert site["visitors"] == 4
    hotel = hotel_doc("a", kind_doc("twin", 10), kind_doc("king", 3))
    after = altered(stored(hotel, Hotel), count(7, "twin"), Hotel, NOW)
    assert [one["rooms"] for one in after["room_types"]] == [7, 3]


@pytest.mark.parametrize(
    ("document", "model", "change", "path"),
    [
        (hall_doc("h"), Hall, close(**EVENING | {"ends_at": EVENING["starts_at"]}), "close"),
        (hall_doc("h"), Hall, close(**NIGHTS), "close.starts_at"),
        (hall_doc("h"), Hall, close(**EVENING, typo=1), "close.typo"),
        (hall_doc("h"), Hall, UnitChange(close=EVENING), "close.reason"),
        (hall_doc("h"), Hall, UnitChange(close=EVENING | {"reason": {"zh": "检修", "en": " "}}),
         "close.reason"),
        (hall_doc("h"), Hall, UnitChange(lift=0), "lift"),
        (hall_doc("h"), Hall, count(3), "count.part"),
        (hall_doc("h"), Hall, close(starts_at="2027-07-01T00:00:00Z",
                                    ends_at="2027-07-02T00:00:00Z"), "close.ends_at"),
        (hotel_doc("a"), Hotel, close(first_night="2027-07-01", last_night="2027-07-02"),
         "close.last_night"),
        (hotel_doc("a"), Hotel, count(3), "count.part"),
        (hotel_doc("a"), Hotel, count(10, "twin"), "count.quantity"),
        (site_doc("s"), Site, count(3, "twin"), "count.part"),
        (person("p"), Person, close(**EVENING), "close"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_says_where(
    document: dict[str, Any], model: type[Unit], change: UnitChange, path: str
) -> None:
    told = problem(document, change, model)
    assert (told.path, bool(told.message)) == (path, True)


def test_closures_are_bounded() -> None:
    full = hall_doc("h", closures=CLOSED * MAX_CLOSURES)
    assert problem(full, close(**EVENING), Hall).remedy == "lift those that are over"


def test_a_change_is_one_change() -> None:
    for wrong in ({}, {"lift": 0, "close": EVENING}):
        with pytest.raises(ValidationError):
            UnitChange.model_validate(wrong)


def test_what_may_be_changed_is_in_the_document() -> None:
    for model in (Hall, Site, Hotel, Kitchen, Vehicle, Person, Route):
        names = {one.partition(".")[0] for one in model.may_change}
        assert names <= set(model.model_fields)
        assert len(model.may_change - {CLOSURES}) <= 1
