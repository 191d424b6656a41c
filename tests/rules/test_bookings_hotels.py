"""The rules of bookings by example: blocks, which hotel, what stays where it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.booking_case import (
    AFTER_CUT_OFF,
    BEFORE_CUT_OFF,
    Board,
    block_doc,
    granted,
    hotel_doc,
    kind_doc,
    lodgings_of,
    night,
    refused,
    rooms_in,
    stands,
    taken,
    uses,
    wish,
)

BLOCKED = lodgings_of(hotels=[hotel_doc("h")], blocks=[block_doc("h", 6)])
BLOCK, HOUSE = "block:block-h", "h/twin/house"


def claimed(answer: Any, start: int = night(18)) -> dict[str, int]:
    """Rooms by unit on one night."""
    return {one.unit: one.quantity for one in answer.claims if one.start <= start < one.stop}


# Blocks


def test_until_the_cut_off_a_block_is_for_its_event_only() -> None:
    board = Board(BLOCKED, BEFORE_CUT_OFF)
    for event in (None, "other"):
        no = refused(wish(5, event=event), board, "no_capacity")
        assert "6 more are kept in room blocks" in no.sentence.en
        assert claimed(granted(wish(4, event=event), board)) == {"h/twin": 4, HOUSE: 4}
    assert claimed(granted(wish(6, event="expo"), board)) == {"h/twin": 6, BLOCK: 6}
    guests = taken(wish(8, event="expo"), board)
    assert claimed(guests) == {"h/twin": 8, BLOCK: 6, HOUSE: 2}
    assert [line["from_block"] for line in guests.allotted["hotels"][0]["rooms"]] == [6]
    refused(wish(3, event="expo"), board, "no_capacity")
    board.check()


def test_after_the_cut_off_a_block_is_the_houses_again() -> None:
    board = Board(BLOCKED, AFTER_CUT_OFF)
    assert claimed(granted(wish(10), board)) == {"h/twin": 10, HOUSE: 10}
    assert claimed(granted(wish(6, event="expo"), board)) == {"h/twin": 6, HOUSE: 6}
    taken(wish(5), board)
    no = refused(wish(6, event="expo"), board, "no_capacity")
    assert "was cut off 2027-08-10 12:00" in no.sentence.en and "截止" in no.sentence.zh


def test_what_stands_in_a_block_outlives_the_cut_off() -> None:
    board = Board(BLOCKED, BEFORE_CUT_OFF)
    before = granted(wish(6, event="expo"), board)
    board.now = AFTER_CUT_OFF
    taken(wish(3), board)
    assert granted(wish(6, event="expo"), board, stands(before)) == before
    more = granted(wish(7, event="expo"), board, stands(before))
    assert claimed(more) == {"h/twin": 7, BLOCK: 6, HOUSE: 1}
    refused(wish(8, event="expo"), board, "no_capacity", stands(before))
    longer = wish(6, leave="2027-08-21T12:00", event="expo")
    answer = granted(longer, board, stands(before))
    assert claimed(answer) == {"h/twin": 6, BLOCK: 6}
    assert claimed(answer, night(20)) == {"h/twin": 6, HOUSE: 6}
    assert [line["from_block"] for line in answer.allotted["hotels"][0]["rooms"]] == [0]


def test_nights_outside_the_block_are_the_houses() -> None:
    board = Board(BLOCKED, BEFORE_CUT_OFF)
    answer = granted(wish(9, event="expo", leave="2027-08-22T12:00"), board)
    assert claimed(answer, night(20)) == {"h/twin": 9, BLOCK: 6, HOUSE: 3}
    assert claimed(answer, night(21)) == {"h/twin": 9, HOUSE: 9}


def test_the_block_that_ends_first_is_used_first() -> None:
    later = block_doc("h", 2, id="a-later", cut_off="2027-08-11T12:00:00+08:00")
    lodgings = lodgings_of(hotels=[hotel_doc("h")], blocks=[later, block_doc("h", 3)])
    board = Board(lodgings, BEFORE_CUT_OFF)
    four, six = (granted(wish(rooms, event="expo"), board) for rooms in (4, 6))
    assert claimed(four) == {"h/twin": 4, BLOCK: 3, "block:a-later": 1}
    assert claimed(six) == {"h/twin": 6, BLOCK: 3, "block:a-later": 2, HOUSE: 1}


def test_guests_of_the_event_go_where_its_block_is_unless_they_wish_another_hotel() -> None:
    hotels = [hotel_doc("a"), hotel_doc("h"), hotel_doc("near", lat=47.1)]
    board = Board(lodgings_of(hotels=hotels, blocks=[block_doc("h", 6)]), BEFORE_CUT_OFF)
    assert rooms_in(granted(wish(2, event="expo"), board)) == {"h": 2}
    assert rooms_in(granted(wish(2, event="expo", hotel="near"), board)) == {"near": 2}
    assert rooms_in(granted(wish(2), board)) == {"a": 2}
    # Within a hotel, a type with a block comes before a cheaper one without.
    king = kind_doc("king", 5, beds=1, price=10)
    mixed = lodgings_of(
        hotels=[hotel_doc("h", king, kind_doc("twin", 9))], blocks=[block_doc("h", 2)]
    )
    assert uses(granted(wish(3, event="expo"), Board(mixed, BEFORE_CUT_OFF))) == {
        ("h", "twin", "single"): 2,
        ("h", "king", "single"): 1,
    }


# Which hotel

HOTELS = lodgings_of(
    hotels=[
        hotel_doc("wished", kind_doc("twin", 4)),
        hotel_doc("same-far", lat=47.03),
        hotel_doc("same-near", lat=47.02),
        hotel_doc("better", stars=5, lat=47.01),
        hotel_doc("lower", stars=3, lat=47.001, registers_foreign_guests=False),
    ],
    places=[{"id": "hall", "name": {"zh": "馆", "en": "hall"}, "lat": 47.03, "lon": 123.0}],
)


@pytest.mark.parametrize(
    ("wished", "hotel"),
    [
        ({"singles": 4, "hotel": "wished"}, "wished"),
        ({"singles": 5, "hotel": "wished"}, "same-near"),
        ({"singles": 5, "hotel": "better"}, "better"),
        ({"singles": 11, "hotel": "better"}, None),
        ({"singles": 5, "min_class": 5, "hotel": "wished"}, "better"),
        ({"singles": 1}, "lower"),
        ({"singles": 1, "foreign": 1}, "same-far"),
        ({"singles": 1, "near": "hall", "min_class": 4}, "same-far"),
        ({"singles": 1, "near": "hall", "within_km": 2.3, "hotel": "wished"}, "same-near"),
        ({"singles": 1, "near": "same-near", "within_km": 0.5}, "same-near"),
    ],
)
def test_the_hotel_nearest_to_the_wish(wished: dict[str, Any], hotel: str | None) -> None:
    if hotel is None:
        refused(wish(**wished), Board(HOTELS), "too_large")
    else:
        assert list(rooms_in(granted(wish(**wished), Board(HOTELS)))) == [hotel]


def test_a_full_city_falls_back_to_better_then_lower_hotels() -> None:
    board = Board(HOTELS)
    for expected in ("wished", "same-near", "same-far", "better", "lower"):
        rooms = 4 if expected == "wished" else 10
        answer = taken(wish(rooms, hotel="wished"), board)
        assert rooms_in(answer) == {expected: rooms}
    refused(wish(1, hotel="wished"), board, "no_capacity")


# What stands


def test_who_stands_stays_even_if_the_wished_hotel_has_rooms_by_now() -> None:
    board = Board(HOTELS)
    elsewhere = granted(wish(5, hotel="wished"), board)
    assert rooms_in(granted(wish(3, hotel="wished"), board, stands(elsewhere))) == {"same-near": 3}
    assert rooms_in(granted(wish(3, min_class=4), board, stands(elsewhere))) == {"same-near": 3}
    only = wish(3, hotel="wished", hotel_only=True)
    assert rooms_in(granted(only, board, stands(elsewhere))) == {"wished": 3}


def test_a_newly_wished_hotel_comes_before_the_standing_one_and_that_before_others() -> None:
    board = Board(HOTELS)
    before = granted(wish(3, hotel="same-far"), board)
    assert rooms_in(granted(wish(4, hotel="wished"), board, stands(before))) == {"wished": 4}
    assert rooms_in(granted(wish(5, hotel="wished"), board, stands(before))) == {"same-far": 5}


def test_a_larger_party_moves_as_a_whole_or_is_split_as_the_planner_says() -> None:
    board = Board(HOTELS)
    before = granted(wish(1, 2, hotel="wished"), board)
    assert rooms_in(granted(wish(2, 4, hotel="wished"), board, stands(before))) == {"same-near": 6}
    split = wish(2, 4, hotel="wished", split=True)
    assert uses(granted(split, board, stands(before))) == {
        ("wished", "twin", "pair"): 3,
        ("wished", "twin", "single"): 1,
        ("same-near", "twin", "pair"): 1,
        ("same-near", "twin", "single"): 1,
    }
    assert rooms_in(granted(split, board)) == {"same-near": 6}, "one hotel is fewer than two"


def test_a_smaller_party_leaves_the_last_hotel_first() -> None:
    board = Board(HOTELS)
    before = granted(wish(13, hotel="wished", split=True), board)
    assert rooms_in(before) == {"wished": 4, "same-near": 9}
    smaller = wish(11, hotel="wished", split=True)
    assert rooms_in(granted(smaller, board, stands(before))) == {"wished": 4, "same-near": 7}
    assert rooms_in(granted(wish(3, split=True), board, stands(before))) == {"same-near": 3}


def test_rooms_that_others_gave_up_draw_nobody_out_of_a_hotel() -> None:
    board = Board(HOTELS)
    others = taken(wish(2, hotel="wished"), board)
    request = wish(11, hotel="wished", split=True)
    before = granted(request, board)
    assert rooms_in(before) == {"wished": 2, "same-near": 9}
    board.take(others.claims, -1)
    assert granted(request, board, stands(before)) == before
    more = granted(wish(12, hotel="wished", split=True), board, stands(before))
    assert rooms_in(more) == {"wished": 3, "same-near": 9}


def test_who_may_no_longer_be_split_gathers_where_some_stand() -> None:
    board = Board(HOTELS)
    before = granted(wish(13, hotel="wished", split=True), board)
    assert rooms_in(granted(wish(5), board, stands(before))) == {"same-near": 5}
    assert rooms_in(granted(wish(5), board)) == {"lower": 5}


def test_accessible_rooms_stay_where_they_are() -> None:
    hotels = [hotel_doc("z", kind_doc("twin", 4, accessible=2))]
    hotels += [hotel_doc("a", kind_doc("twin", 3, accessible=2))]
    board = Board(lodgings_of(hotels=hotels))
    others = taken(wish(2, hotel="z"), board)
    before = granted(wish(4, accessible=2, hotel="z", split=True), board)
    board.take(others.claims, -1)
    after = granted(wish(5, accessible=2, hotel="z", split=True), board, stands(before))
    for answer in (before, after):
        assert [one["accessible"] for one in answer.allotted["hotels"]] == [2, 0]


def test_a_hotel_that_no_longer_suits_is_left() -> None:
    before = granted(wish(3), Board(HOTELS))
    assert rooms_in(before) == {"lower": 3}
    after = granted(wish(3, foreign=1), Board(HOTELS), stands(before))
    assert "lower" not in rooms_in(after)
