"""The rules of bookings by example: the sample city, nights, rooms, several hotels."""

from __future__ import annotations

from typing import Any

import pytest

from services.bookings.inventory import kilometres
from shared.contracts.holds import Refusal
from shared.holds.port import Allotment
from tests.rules.booking_case import (
    Board,
    assert_fit,
    city,
    decide,
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
    ways,
    wish,
)

EXPO: dict[str, Any] = {
    "event": "green-food-expo-2027",
    "hotel": "nenjiang-hotel",
    "min_class": 4,
    "near": "expo-centre",
    "within_km": 8,
    "split": True,
}

# The sample city


@pytest.mark.parametrize("after_the_opening", [False, True])
def test_scenario_s02_in_the_sample_city(after_the_opening: bool) -> None:
    board = Board(city())
    if after_the_opening:
        opening(board)
    before = granted(wish(12, 13, **EXPO), board)
    assert before.summary.zh == "嫩江宾馆 25 间, 2 晚"
    assert {line["from_block"] for line in before.allotted["hotels"][0]["rooms"]} == {12, 13}
    after = granted(wish(20, 19, **EXPO), board, stands(before))
    assert after.summary.zh == "嫩江宾馆 31 间、湖滨饭店 8 间, 2 晚"
    assert after.summary.en == "Nenjiang Hotel 31 rooms, Hubin Hotel 8 rooms, 2 nights"
    assert uses(after) == {
        ("nenjiang-hotel", "twin", "pair"): 19,
        ("nenjiang-hotel", "twin", "single"): 12,
        ("hubin-hotel", "twin", "single"): 8,
    }
    assert {(one.unit, one.quantity) for one in after.claims} == {
        ("nenjiang-hotel/twin", 31),
        ("block:expo-nenjiang", 25),
        ("nenjiang-hotel/twin/house", 6),
        ("hubin-hotel/twin", 8),
        ("hubin-hotel/twin/house", 8),
    }
    assert (before.cost.amount, after.cost.amount) == (25 * 2 * 42000, 2 * (31 * 42000 + 8 * 40000))
    assert after.allotted | {"hotels": []} == {
        "unit": "nenjiang-hotel",
        "hotels": [],
        "nights": 2,
        "check_in": "2027-08-18",
        "check_out": "2027-08-20",
        "rooms": 39,
        "wished": "nenjiang-hotel",
    }
    hotels = board.lodgings.hotels
    assert kilometres(hotels["nenjiang-hotel"], hotels["hubin-hotel"]) <= 2.1


def opening(board: Board) -> list[Allotment | Refusal]:
    """The inspection, then the twenty delegations of the expo opening."""
    taken(wish(14, hotel="hecheng-villa", arrive="2027-08-18T15:00", split=True), board)
    answers = []
    for number in range(20):
        hotel = ("nenjiang-hotel", "hecheng-hotel")[number % 2]
        request = wish(4, 10, hotel=hotel, hotel_only=True, min_class=4)
        answers.append(decide(request, board))
        if isinstance(answers[-1], Allotment):
            board.take(answers[-1].claims)
        else:
            assert len(answers[-1].alternatives) >= 2
            assert_fit(request, answers[-1], board)
    return answers


def test_the_expo_opening_cannot_all_fit() -> None:
    board = Board(city())
    answers = opening(board)
    board.check()
    refusals = [one for one in answers if isinstance(one, Refusal)]
    assert 0 < len(answers) - len(refusals) < 10
    assert {one.code for one in refusals} == {"no_capacity"}
    assert "6 rooms free" in refusals[0].sentence.en and "25 more" in refusals[0].sentence.en


def test_the_other_samples_fit() -> None:
    stay: dict[str, Any] = {"arrive": "2027-08-24T12:00", "leave": "2027-08-27T12:00"}
    team = granted(wish(4, 28, hotel="jianhua-hotel", split=True, **stay), Board(city()))
    assert rooms_in(team) == {"jianhua-hotel": 32} and team.allotted["nights"] == 3
    assert len(city().hotels) == 10 and all(one.sample for one in city().hotels.values())


# Nights


@pytest.mark.parametrize(
    ("zone", "arrive", "leave", "nights"),
    [
        ("Asia/Shanghai", "2027-08-18T23:59", "2027-08-19T00:00", 1),
        ("Asia/Shanghai", "2027-08-18T00:00", "2027-08-20T23:59", 2),
        ("America/New_York", "2027-03-13T23:30", "2027-03-14T23:30", 1),
        ("America/New_York", "2027-11-06T12:00", "2027-11-08T11:00", 2),
        ("Pacific/Apia", "2027-08-18T20:00", "2027-08-19T08:00", 1),
    ],
)
def test_nights_are_those_of_the_site(zone: str, arrive: str, leave: str, nights: int) -> None:
    answer = granted(wish(2, arrive=arrive, leave=leave, zone=zone), Board(city()))
    assert answer.allotted["nights"] == nights
    assert (answer.allotted["check_in"], answer.allotted["check_out"]) == (arrive[:10], leave[:10])
    assert {one.stop - one.start for one in answer.claims} == {nights}
    assert answer.cost.amount == nights * answer.allotted["rooms"] * 27000


def test_the_night_between_two_stays_is_not_shared() -> None:
    board = Board(lodgings_of(hotels=[hotel_doc("h")]))
    taken(wish(10, leave="2027-08-19T12:00"), board)
    assert granted(wish(10, arrive="2027-08-19T08:00"), board).claims[0].start == night(19)
    refused(wish(10, arrive="2027-08-18T23:00"), board, "no_capacity")


def test_closed_nights_have_no_rooms() -> None:
    closure = {"first_night": "2027-08-19", "last_night": "2027-08-19"}
    closed = [closure | {"reason": {"zh": "检修", "en": "repairs"}}]
    board = Board(lodgings_of(hotels=[hotel_doc("h", closures=closed)]))
    rooms = [board.lodgings.capacity("h/twin", night(day), board.now) for day in (18, 19, 20)]
    assert rooms == [10, 0, 10]
    no = refused(wish(1), board, "closed")
    assert "repairs" in no.sentence.en and "检修" in no.sentence.zh
    granted(wish(1, leave="2027-08-19T12:00"), board)
    granted(wish(1, arrive="2027-08-20T12:00", leave="2027-08-21T12:00"), board)
    before = granted(wish(1), Board(lodgings_of(hotels=[hotel_doc("h")])))
    refused(wish(1), board, "closed", stands(before))


# Rooms


def rooms_board(*kinds: dict[str, Any]) -> Board:
    return Board(lodgings_of(hotels=[hotel_doc("h", *kinds)]))


def test_pairs_need_two_beds_and_singles_sleep_anywhere() -> None:
    king = kind_doc("king", 5, beds=1, capacity=2)
    cot = kind_doc("cot", 5, beds=2, capacity=1)
    board = rooms_board(king, cot, kind_doc("twin", 3, price=300), kind_doc("triple", 1, beds=3))
    answer = granted(wish(10, 4), board)
    assert uses(answer) == {
        ("h", "twin", "pair"): 3,
        ("h", "triple", "pair"): 1,
        ("h", "king", "single"): 5,
        ("h", "cot", "single"): 5,
    }
    assert answer.cost.amount == 2 * (11 * 100 + 3 * 300)
    no = refused(wish(0, 5), board, "too_large")
    assert "4 of them with two beds" in no.sentence.en and "双床 4 间" in no.sentence.zh


def test_singles_take_the_cheapest_rooms_and_leave_two_beds_to_pairs() -> None:
    board = rooms_board(kind_doc("twin", 4, price=90), kind_doc("king", 9, beds=1, price=100))
    assert uses(granted(wish(3), board)) == {("h", "twin", "single"): 3}
    assert uses(granted(wish(3, 3), board)) == {
        ("h", "twin", "pair"): 3,
        ("h", "twin", "single"): 1,
        ("h", "king", "single"): 2,
    }


def test_accessible_rooms_are_kept_for_those_who_need_them() -> None:
    board = rooms_board(
        kind_doc("king", 4, beds=1, accessible=1), kind_doc("twin", 4, accessible=2, price=200)
    )
    needs = taken(wish(1, 1, accessible=2), board)
    assert needs.allotted["hotels"][0]["accessible"] == 2
    assert {("h/king/accessible", 1), ("h/twin/accessible", 1)} <= {
        (one.unit, one.quantity) for one in needs.claims
    }
    others = taken(wish(3, 2), board)
    assert not [one for one in others.claims if "accessible" in one.unit]
    taken(wish(1, accessible=1), board)
    board.check()
    refused(wish(1), board, "no_capacity")


# Several hotels


def test_a_party_is_spread_over_as_few_hotels_as_possible() -> None:
    sizes = {"a": 3, "b": 4, "c": 6, "d": 9}
    hotels = [hotel_doc(name, kind_doc("twin", size)) for name, size in sizes.items()]
    board = Board(lodgings_of(hotels=hotels))
    assert len(rooms_in(granted(wish(15, split=True), board))) == 2
    assert len(rooms_in(granted(wish(16, split=True), board))) == 3
    assert rooms_in(granted(wish(13, hotel="b", split=True), board)) == {"b": 4, "d": 9}
    no = refused(wish(10), board, "too_large")
    assert {"split": True} in ways(no)
    refused(wish(23, split=True), board, "too_large")


def test_among_many_hotels_a_large_party_is_still_placed() -> None:
    hotels = [hotel_doc(f"h{n:02}", kind_doc("twin", 1 + n % 3)) for n in range(30)]
    board = Board(lodgings_of(hotels=hotels))
    assert sum(rooms_in(granted(wish(0, 60, split=True), board)).values()) == 60
    assert len(rooms_in(granted(wish(0, 27, split=True), board))) == 9
