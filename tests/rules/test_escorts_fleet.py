"""Vehicles by example: which go, who drives, what is refused and why, and what would fit."""

from __future__ import annotations

from typing import Any

import pytest

from shared.holds.port import Allotment
from tests.rules.escort_case import (
    Board,
    city,
    decide,
    driver,
    escorts_of,
    lost,
    vehicle,
    wish,
    won,
)


def coaches(count: int, drivers: int, **fields: Any) -> Board:
    return Board(
        escorts_of(
            people=[driver(f"driver-{n}", **fields) for n in range(drivers)],
            vehicles=[vehicle(f"coach-{n}", 45) for n in range(count)],
        )
    )


def rides(answer: Allotment) -> list[tuple[str, str]]:
    return [(one["vehicle"], one["driver"]) for one in answer.allotted["vehicles"]]


@pytest.mark.parametrize(
    ("guests", "types"),
    [(38, ["coach"]), (58, ["coach"] * 2), (4, ["car"]), (12, ["minibus"]), (30, ["coach"]),
     (270, ["coach"] * 6)],
)  # fmt: skip
def test_fewest_vehicles_of_one_type(guests: int, types: list[str]) -> None:
    answer = won(wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", guests), Board(city()))
    assert [one["type"] for one in answer.allotted["vehicles"]] == types


def test_58_after_38_keeps_the_coach_and_its_driver() -> None:
    board = Board(city())
    won(wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 40), board)
    stands = won(wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 38), board)
    more = wish("vehicle", "2027-08-18T13:30", "2027-08-18T15:00", 58)
    answer = decide(more, board, stands)
    assert isinstance(answer, Allotment)
    assert len(rides(answer)) == 2 and rides(stands)[0] in rides(answer)
    assert stands.allotted["unit"] == "coach-02"
    others_gone = Board(city())
    others_gone.take(stands.claims)
    same = wish("vehicle", "2027-08-18T13:30", "2027-08-18T15:00", 40)
    assert rides(decide(same, others_gone, stands)) == rides(stands)


def test_types_mix_only_when_one_type_is_not_enough() -> None:
    board = Board(
        escorts_of(
            people=[driver(f"driver-{n}", "coach", "minibus") for n in range(3)],
            vehicles=[vehicle("coach-1", 45), vehicle("minibus-1", 18), vehicle("minibus-2", 18)],
        )
    )
    answer = won(wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 58), board)
    assert [one["vehicle"] for one in answer.allotted["vehicles"]] == ["coach-1", "minibus-1"]


def test_drivers_change_places_when_only_so_the_convoy_works_out() -> None:
    board = Board(
        escorts_of(
            people=[driver("driver-a", "coach", "minibus"), driver("driver-b", "coach", "car")],
            vehicles=[vehicle("coach-1", 45), vehicle("minibus-1", 18)],
        )
    )
    both = [("coach-1", "driver-b"), ("minibus-1", "driver-a")]
    more = wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 60)
    assert rides(decide(more, board)) == both
    stands = won(wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 40), board)
    assert rides(stands) == [("coach-1", "driver-a")]
    assert rides(decide(more, board, stands)) == both


@pytest.mark.parametrize(
    ("board", "request_", "code"),
    [
        (coaches(1, 2), wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 46), "too_large"),
        (Board(city()), wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 271), "too_large"),
        (coaches(2, 0), wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 40), "no_driver"),
        (coaches(2, 1), wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 60), "no_driver"),
        (coaches(1, 1), wish("vehicle", "2027-08-18T08:00", "2027-08-18T19:00", 40), "duty_limit"),
        (coaches(1, 1), wish("vehicle", "2027-08-18T08:00", "2027-08-20T19:00", 40), "duty_limit"),
        (coaches(1, 1), wish("vehicle", "2027-08-18T03:00", "2027-08-18T05:00", 40),
         "outside_duty_hours"),
        (coaches(1, 1), wish("escort", "2027-08-18T03:00", "2027-11-18T05:00", role="guide"),
         "too_long"),
        (coaches(1, 1), wish("vehicle", "1027-08-18T03:00", "1027-08-18T05:00", 1),
         "outside_calendar"),
        (coaches(1, 1), wish("room", "2027-08-18T03:00", "2027-08-18T05:00"), "unknown_kind"),
    ],
)  # fmt: skip
def test_refusals_have_codes(board: Board, request_: Any, code: str) -> None:
    assert lost(request_, board).code == code


def test_too_long_for_one_driver_offers_to_split_the_run() -> None:
    answer = lost(wish("vehicle", "2027-08-18T08:00", "2027-08-18T20:00", 40), coaches(1, 1))
    assert "780" in answer.sentence.en and "600" in answer.sentence.en
    assert answer.alternatives[0].change == {"ends_at": "2027-08-18T09:00:00Z"}


def test_a_taken_fleet_offers_types_times_and_fewer_seats() -> None:
    board = Board(city())
    for _ in range(3):
        won(wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", 76, type="coach"), board)
    answer = lost(wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", type="coach"), board)
    assert answer.code == "no_vehicle" and "0 of 6" in answer.sentence.en
    assert [sorted(one.change) for one in answer.alternatives] == [
        ["type"], ["ends_at", "starts_at"], ["ends_at", "starts_at"],
    ]  # fmt: skip


def test_a_driver_without_rest_does_not_drive_next_morning() -> None:
    board = coaches(1, 1)
    won(wish("vehicle", "2027-08-18T20:00", "2027-08-18T22:30", 40), board)
    assert lost(wish("vehicle", "2027-08-19T07:00", "2027-08-19T08:00", 40), board).code == "rest"


def test_a_vehicle_in_the_workshop_is_not_there() -> None:
    closed = {"starts_at": "2027-08-18T00:00+08:00", "ends_at": "2027-08-18T12:30+08:00",
              "reason": {"zh": "保养", "en": "maintenance"}}  # fmt: skip
    board = Board(
        escorts_of(people=[driver("d-1")], vehicles=[vehicle("coach-1", 45, closures=[closed])])
    )
    won(wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00"), board)
    answer = lost(wish("vehicle", "2027-08-18T10:00", "2027-08-18T11:00"), board)
    assert answer.code == "no_vehicle"
