"""Why there is no room, with numbers, and ways out that really fit; documents that are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.holds import NeedRequest
from shared.contracts.values import Window
from tests.rules.booking_case import (
    RULES,
    Board,
    block_doc,
    city,
    granted,
    hotel_doc,
    kind_doc,
    lodgings_of,
    refused,
    taken,
    ways,
    wish,
)

ONLY_TIEFENG: dict[str, Any] = {"hotel": "tiefeng-hotel", "hotel_only": True}


@pytest.mark.parametrize(
    ("wished", "code", "numbers", "least"),
    [
        (wish(1, min_class=5), "class_too_low", "4 stars; at least 5", 2),
        (wish(1, **ONLY_TIEFENG, min_class=4), "class_too_low", "3 stars", 2),
        (wish(1, near="zhalong", within_km=2), "too_far", "23.9 km from Zhalong", 2),
        (wish(2, **ONLY_TIEFENG, foreign=2), "foreign_registration", "(F03", 2),
        (wish(2, **ONLY_TIEFENG, accessible=1), "no_accessible_room", "0 accessible", 2),
        (wish(9, split=True, accessible=9, min_class=4), "no_accessible_room", "7 accessible", 2),
        (wish(60, 20), "too_large", "52 rooms in all, 40 of them", 2),
        (wish(0, 300, split=True), "too_large", "300 are wished", 1),
        (wish(2, accessible=3), "too_many_accessible", "3 accessible rooms are wished, of 2", 1),
        (wish(1, leave="2027-08-18T20:00"), "no_nights", "2027-08-18", 2),
        (wish(), "no_rooms", "1 guest, but 0 singles", 1),
        (wish(1, within_km=2), "near_missing", "Within 2 km", 1),
        (wish(1, within_km=2, hotel="hubin-hotel"), "near_missing", "Within 2 km", 2),
        (wish(1, hotel="hubin-hotl"), "no_such_hotel", "did you mean hubin-hotel", 2),
        (wish(1, hotel="q"), "no_such_hotel", "no designated hotel q.", 1),
        (wish(1, near="expo-center"), "no_such_place", "expo-centre", 2),
        (wish(1, leave="2027-09-19T12:00"), "too_long", "32 nights; at most 31", 0),
    ],
)
def test_every_reason_has_a_code_numbers_and_ways_out(
    wished: NeedRequest, code: str, numbers: str, least: int
) -> None:
    no = refused(wished, Board(city()), code)
    assert numbers in no.sentence.en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in no.sentence.zh)
    assert len(no.alternatives) >= least


def test_nothing_beyond_the_calendar_is_looked_at() -> None:
    for starts in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)):
        window = Window(starts_at=starts, ends_at=starts + timedelta(days=1))
        ancient = wish(1).model_copy(update={"window": window})
        refused(ancient, Board(city()), "outside_calendar")
        assert RULES.reach(ancient, city()).ranges == ()
    assert RULES.reach(wish(1, leave="2097-08-18T12:00"), city()).ranges == ()
    refused(wish(1, leave="2097-08-18T12:00"), Board(city()), "too_long")
    with pytest.raises(ValidationError):
        RULES.reach(wish(1, beds=2), city())


def test_reach_stays_small() -> None:
    hotels = [hotel_doc(f"h{n:03}", kind_doc("twin", 2, accessible=1)) for n in range(300)]
    lodgings = lodgings_of(hotels=hotels)
    ranges = RULES.reach(wish(1, hotel="h299"), lodgings).ranges
    assert len(ranges) == 40 * 3 and ranges[-1][0] == "h299/twin/house"
    assert {stop - start for _unit, start, stop in ranges} == {2 + 2 * 3}
    refused(wish(0, 90, hotel="h299", split=True), Board(lodgings), "no_capacity")


def test_who_insists_hears_of_equal_or_better_hotels_then_dates_then_fewer_rooms() -> None:
    board = Board(lodgings_of(hotels=[
        hotel_doc("full", kind_doc("twin", 4)),
        hotel_doc("lower", stars=3),
        hotel_doc("better", stars=5),
        hotel_doc("same", lat=47.02),
    ]))  # fmt: skip
    taken(wish(2, hotel="full", leave="2027-08-19T12:00"), board)
    no = refused(wish(1, 2, hotel="full", hotel_only=True), board, "no_capacity")
    assert "2 rooms free on the nights 2027-08-18 to 2027-08-19" in no.sentence.en
    assert ways(no) == [
        {"hotel": "same"},
        {"hotel": "better"},
        {"starts_at": "2027-08-19T06:00:00Z", "ends_at": "2027-08-21T04:00:00Z"},
        {"starts_at": "2027-08-16T06:00:00Z", "ends_at": "2027-08-18T04:00:00Z"},
        {"singles": 0, "sharing_pairs": 2},
    ]


def test_sharing_and_splitting_keep_everybody() -> None:
    board = Board(lodgings_of(hotels=[hotel_doc("a"), hotel_doc("b", kind_doc("twin", 4))]))
    no = refused(wish(10, 2), board, "too_large")
    assert ways(no)[:2] == [{"split": True}, {"singles": 6, "sharing_pairs": 4}]
    assert "a 10 rooms, b 2 rooms" in no.alternatives[0].sentence.en


def test_no_other_date_lies_in_the_past() -> None:
    board = Board(lodgings_of(hotels=[hotel_doc("a")]), datetime(2027, 8, 16, 6, 1, tzinfo=UTC))
    taken(wish(10), board)
    dates = [way["starts_at"] for way in ways(refused(wish(1), board, "no_capacity"))]
    assert dates == ["2027-08-20T06:00:00Z"]
    board.now -= timedelta(minutes=1)
    dates = [way["starts_at"] for way in ways(refused(wish(1), board, "no_capacity"))]
    assert dates == ["2027-08-20T06:00:00Z", "2027-08-16T06:00:00Z"]


def test_a_wider_circle_or_a_lower_class_only_as_far_as_needed() -> None:
    hotels = [hotel_doc("near", kind_doc("twin", 1)), hotel_doc("far", lat=47.1, stars=5)]
    place = {"id": "hall", "name": {"zh": "馆", "en": "hall"}, "lat": 47.0, "lon": 123.0}
    board = Board(lodgings_of(hotels=[*hotels, hotel_doc("low", stars=2)], places=[place]))
    no = refused(wish(2, near="hall", within_km=5), board, "too_large")
    assert {"within_km": 11.2} in ways(no) and {"min_class": 2} in ways(no)


def test_a_city_without_hotels_has_no_way_out() -> None:
    assert refused(wish(1), Board(lodgings_of()), "class_too_low").alternatives == ()


def test_all_who_fit_are_offered_the_accessible_rooms_there_are() -> None:
    board = Board(lodgings_of(hotels=[hotel_doc("a", kind_doc("twin", 9, accessible=3))]))
    taken(wish(2, accessible=2), board)
    no = refused(wish(4, accessible=2), board, "no_accessible_room")
    assert "1 accessible room free" in no.sentence.en
    assert {"accessible": 1} in ways(no)
    assert granted(wish(4, accessible=1), board)


# Documents


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"hotel": "x"}, "names 'x'"),
        ({"room_type": "king"}, "no room type 'king'"),
        ({"rooms": 11}, "hold 11 rooms on 2027-08-17, but h has 10"),
        ({"first_night": "2027-08-20", "last_night": "2027-08-20", "id": "b2", "rooms": 7}, "13"),
        ({"id": "h"}, "used for two documents"),
    ],
)
def test_documents_that_contradict_each_other(block: dict[str, Any], said: str) -> None:
    blocks = [block_doc("h", 6), block_doc("h", 1) | block]
    with pytest.raises(ValueError, match=said):
        lodgings_of(
            hotels=[hotel_doc("h")], blocks=blocks[1:] if block.get("rooms") != 7 else blocks
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"stars": 6},
        {"lat": 91},
        {"closures": [{"first_night": "2027-08-19", "last_night": "2027-08-18", "reason": {}}]},
        {"room_types": [kind_doc("twin", 1), kind_doc("twin", 1)]},
        {"room_types": [kind_doc("twin", 1, accessible=2)]},
        {"room_types": []},
        {"pool": True},
    ],
)
def test_documents_that_are_wrong_alone(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RULES.documents["hotels"].model_validate(hotel_doc("h") | fields)


def test_each_hotel_lists_its_units_and_each_slot_its_date() -> None:
    lodgings = city()
    parts = lodgings.parts("nenjiang-hotel")
    assert parts == (
        "nenjiang-hotel/twin",
        "nenjiang-hotel/twin/house",
        "nenjiang-hotel/twin/accessible",
    )
    assert lodgings.parts("expo-nenjiang") == ("block:expo-nenjiang",)
    assert lodgings.parts("expo-centre") == ()
    assert lodgings.label(parts[0], datetime(2027, 8, 18).toordinal()) == "2027-08-18"
    before, after = (datetime(2027, 8, 18, hour, tzinfo=UTC) for hour in (9, 10))
    night = datetime(2027, 8, 18).toordinal()
    units = (*parts, "block:expo-nenjiang", "no-such-unit")
    assert [lodgings.capacity(one, night, before) for one in units] == [31, 6, 2, 25, 0]
    assert [lodgings.capacity(one, night, after) for one in units] == [31, 31, 2, 0, 0]
    assert lodgings.capacity("nenjiang-hotel/twin/house", night + 5, before) == 31
