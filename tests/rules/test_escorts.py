"""People by example: who is chosen, who is refused and why, and what would fit."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.escorts.options import iso
from shared.contracts.holds import Refusal
from shared.holds.port import Claim, quarters
from tests.rules.escort_case import (
    NOW,
    RULES,
    Board,
    city,
    decide,
    driver,
    escorts_of,
    lost,
    person,
    vehicle,
    wish,
    won,
)


def people(*some: dict[str, Any]) -> Board:
    return Board(escorts_of(people=list(some)))


def liaison(starts_at: str, ends_at: str, **details: Any) -> Any:
    return wish("escort", starts_at, ends_at, role="liaison", **details)


def test_a_person_is_taken_with_travel_and_paid_for_it() -> None:
    board = people(person("liaison-1"))
    answer = won(liaison("2027-08-18T09:00", "2027-08-18T11:00"), board)
    window = liaison("2027-08-18T09:00", "2027-08-18T11:00").window
    start, stop = quarters(window, 900, 900)
    assert answer.claims[0] == Claim("liaison-1", start, stop, 1)
    assert answer.claims[1].unit == "liaison-1/duty" and answer.claims[1].quantity == 150
    assert answer.cost.amount == 15_000
    assert answer.allotted["people"] == ["liaison-1"]
    assert answer.allotted["unit"] == "liaison-1"
    assert answer.allotted["from"] == "2027-08-18T00:45:00Z"
    assert answer.allotted["to"] == "2027-08-18T03:15:00Z"


def test_travel_keeps_two_parties_apart() -> None:
    board = people(person("liaison-1"))
    won(liaison("2027-08-18T09:00", "2027-08-18T11:00"), board)
    answer = lost(liaison("2027-08-18T11:15", "2027-08-18T12:00"), board)
    assert answer.code == "no_person"
    assert answer.alternatives[0].change["starts_at"] == "2027-08-18T03:45:00Z"
    won(liaison("2027-08-18T11:30", "2027-08-18T12:00"), board)


def test_no_other_time_is_offered_before_now() -> None:
    board = people(person("liaison-1"))
    soon = liaison("2027-08-01T08:45", "2027-08-01T10:00")
    won(soon, board)
    offered = [one.change["starts_at"] for one in lost(soon, board).alternatives]
    assert offered == ["2027-08-01T02:45:00Z"] and iso(NOW) < offered[0]


def test_duty_minutes_of_a_day_end_at_the_limit() -> None:
    board = people(person("liaison-1"))
    won(liaison("2027-08-18T07:00", "2027-08-18T12:00"), board)
    answer = lost(liaison("2027-08-18T13:00", "2027-08-18T17:15"), board)
    assert answer.code == "duty_limit" and "285" in answer.sentence.en
    assert answer.alternatives[0].change == {"ends_at": "2027-08-18T09:00:00Z"}
    won(liaison("2027-08-18T13:00", "2027-08-18T17:00"), board)


def test_a_run_over_midnight_counts_on_both_days() -> None:
    night = person("liaison-1", duty_starts="18:00", duty_ends="04:00", max_duty_minutes=240)
    won(liaison("2027-08-19T00:30", "2027-08-19T01:30"), people(night))
    board = people(night)
    answer = won(liaison("2027-08-18T22:00", "2027-08-19T02:00"), board)
    assert [one.quantity for one in answer.claims if one.unit.endswith("/duty")] == [135, 135]
    assert lost(liaison("2027-08-19T02:30", "2027-08-19T04:00"), board).code == "outside_duty_hours"


def test_rest_between_two_days_in_both_directions() -> None:
    for first, second in (("18T19:00", "19T06:15"), ("19T06:15", "18T19:00")):
        board = people(person("liaison-1"))
        hours = {"18T19:00": "18T22:00", "19T06:15": "19T08:00"}
        won(liaison(f"2027-08-{first}", f"2027-08-{hours[first]}"), board)
        answer = lost(liaison(f"2027-08-{second}", f"2027-08-{hours[second]}"), board)
        assert answer.code == "rest" and "600" in answer.sentence.zh
    board = people(person("liaison-1"))
    won(liaison("2027-08-18T19:00", "2027-08-18T22:00"), board)
    won(liaison("2027-08-19T08:30", "2027-08-19T09:00"), board)


def test_hours_hold_with_travel_and_may_pass_midnight() -> None:
    board = people(person("liaison-1", duty_starts="16:00", duty_ends="02:00"))
    answer = lost(liaison("2027-08-18T16:00", "2027-08-18T18:00"), board)
    assert answer.code == "outside_duty_hours"
    assert answer.alternatives[0].change["starts_at"] == "2027-08-18T08:30:00Z"
    won(liaison("2027-08-18T23:00", "2027-08-19T01:45"), board)


def test_a_stay_takes_each_duty_day_and_counts_at_most_the_limit() -> None:
    board = people(person("liaison-1", duty_starts="08:00", duty_ends="21:00"))
    answer = won(liaison("2027-08-18T14:00", "2027-08-20T12:00"), board)
    taken = [(one["from"], one["to"]) for one in answer.allotted["duty"]]
    assert taken == [
        ("2027-08-18T05:45:00Z", "2027-08-18T13:00:00Z"),
        ("2027-08-19T00:00:00Z", "2027-08-19T13:00:00Z"),
        ("2027-08-20T00:00:00Z", "2027-08-20T04:15:00Z"),
    ]
    minutes = [one.quantity for one in answer.claims if one.unit == "liaison-1/duty"]
    assert minutes == [435, 600, 255] and answer.cost.amount == 129_000
    won(liaison("2027-08-18T10:00", "2027-08-18T12:00"), board)
    assert lost(liaison("2027-08-19T10:00", "2027-08-19T12:00"), board).code == "no_person"


def test_a_stay_needs_rest_between_its_own_days() -> None:
    board = people(person("liaison-1", duty_starts="06:00", duty_ends="23:00"))
    assert lost(liaison("2027-08-18T14:00", "2027-08-20T12:00"), board).code == "rest"


def test_rare_interpreters_stay_free_then_the_least_worked() -> None:
    board = people(
        person("a-1", languages=["zh", "en", "ru"]),
        person("b-2", languages=["zh", "en"]),
        person("c-3", languages=["zh", "en"]),
    )
    asked = [liaison(f"2027-08-18T{h}:00", f"2027-08-18T{h}:30", languages=["zh", "en"])
             for h in ("08", "10")]  # fmt: skip
    assert [won(one, board).allotted["unit"] for one in asked] == ["b-2", "c-3"]


def test_who_stands_is_kept_and_who_is_wished_for_comes_first() -> None:
    board = people(*(person(f"liaison-{n}") for n in range(4)))
    stands = won(liaison("2027-08-18T09:00", "2027-08-18T11:00", person="liaison-2"), board)
    assert stands.allotted["people"] == ["liaison-2"]
    later = liaison("2027-08-18T10:00", "2027-08-18T12:00", count=2)
    assert decide(later, board, stands).allotted["people"] == ["liaison-2", "liaison-0"]
    other = liaison("2027-08-18T10:00", "2027-08-18T12:00", person="liaison-3")
    assert decide(other, board, stands).allotted["people"] == ["liaison-3"]


def test_nobody_speaks_that_pair_but_others_are_spoken() -> None:
    answer = lost(
        wish("escort", "2027-08-18T09:00", "2027-08-18T11:00", role="interpreter",
             languages=["zh", "ja", "ko"]), Board(city())
    )  # fmt: skip
    assert answer.code == "no_language" and "zh, ja, ko" in answer.sentence.en
    assert answer.alternatives[0].change == {"languages": ["zh", "ja"]}


def test_too_many_and_unknown_people() -> None:
    board = Board(city())
    many = lost(liaison("2027-08-18T09:00", "2027-08-18T11:00", count=900), board)
    assert many.code == "too_large" and many.alternatives[0].change == {"count": 14}
    typo = lost(liaison("2027-08-18T09:00", "2027-08-18T11:00", person="liaison-99"), board)
    assert typo.code == "unknown_person" and typo.alternatives[0].change == {"person": None}


def test_guards_are_the_duty_days_and_their_neighbours() -> None:
    board = people(person("liaison-1"))
    asked = liaison("2027-08-18T09:00", "2027-08-18T11:00")
    day = asked.window.local("Asia/Shanghai")[0].date().toordinal()
    guards = RULES.reach(asked, board.escorts).guards
    assert guards == tuple(("liaison-1/duty", day + by) for by in (-1, 0, 1))


@pytest.mark.parametrize(
    "document",
    [
        driver("d-1") | {"licences": []},
        person("p-1", licences=["car"]),
        person("p-1", duty_starts=630),
        person("p-1", duty_starts="06:10"),
        person("p-1", max_duty_minutes=1200),
        person("p-1", real_name="x"),
    ],
)
def test_wrong_documents_are_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        escorts_of(people=[document])


def test_an_id_is_used_once() -> None:
    with pytest.raises(ValueError, match="coach-1"):
        escorts_of(people=[person("coach-1")], vehicles=[vehicle("coach-1", 45)])


def test_the_sample_city_is_marked_as_sample() -> None:
    every = [*city().people.values(), *city().vehicles.values()]
    assert len(every) > 100 and all(one.sample for one in every)
    assert not isinstance(
        won(liaison("2027-08-18T14:00", "2027-08-20T12:00"), Board(city())), Refusal
    )
