"""The rules of venues on chosen cases: sites, their opening hours and how many they take."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.holds import Refusal
from shared.holds.port import Allotment
from tests.rules.venue_case import (
    CLOSED,
    PLACE,
    Board,
    applied,
    decide,
    granted,
    refused,
    site_doc,
    slot,
    venues_of,
    wish,
)


def sites(**fields: Any) -> Board:
    return Board(venues_of(places=[PLACE], sites=[site_doc("s", **fields)]))


def test_visitors_add_up_to_what_the_site_takes() -> None:
    board = sites()
    answer = granted(wish("site", guests=7, site="s", companions=1), board)
    assert (answer.allotted["unit"], answer.allotted["visitors"]) == ("s", 8)
    assert answer.cost.amount == 56
    no = refused(wish("site", "2027-08-18T11:45", 60, guests=3, site="s"), board, "no_capacity")
    assert "2 places" in no.sentence.en
    assert no.alternatives[0].change["starts_at"] == "2027-08-18T04:00:00Z"
    granted(wish("site", guests=2, site="s"), board)


@pytest.mark.parametrize(
    ("starts", "minutes", "fields", "code"),
    [
        ("2027-08-18T08:45", 60, {}, "outside_hours"),
        ("2027-08-18T16:15", 60, {}, "outside_hours"),
        ("2027-08-18T10:00", 24 * 60, {}, "outside_hours"),
        ("2027-08-18T10:00", 60, {"closed_weekdays": ["wed"]}, "closed"),
        ("2027-08-18T10:00", 60, {"closures": CLOSED}, "closed"),
        ("2027-08-18T10:00", 29, {}, "too_short"),
    ],
)
def test_opening_hours(starts: str, minutes: int, fields: dict[str, Any], code: str) -> None:
    no = refused(wish("site", starts, minutes, guests=5, site="s"), sites(**fields), code)
    assert bool(no.alternatives) is (minutes < 24 * 60)
    granted(wish("site", "2027-08-19T09:00", 480, guests=5, site="s"), sites(**fields))


def test_hours_follow_the_zone_through_a_change_of_clocks() -> None:
    """Berlin changes to summer time on 2027-03-28: 09:00 is 08:00 UTC before and 07:00 after."""
    board = sites()
    early: dict[str, Any] = {"minutes": 60, "guests": 5, "site": "s", "zone": "Europe/Berlin"}
    for day, hour in (("2027-03-27", 8), ("2027-03-28", 7)):
        answer = decide(wish("site", f"{day}T09:00", **early), board)
        assert isinstance(answer, Allotment)
        assert answer.claims[0].start == slot(f"{day}T{hour:02}:00Z")
        before = decide(wish("site", f"{day}T08:45", **early), board)
        assert isinstance(before, Refusal) and before.code == "outside_hours"


def test_a_place_with_a_zone_keeps_its_own_clock() -> None:
    place = {**PLACE, "zone": "Asia/Shanghai"}
    board = Board(venues_of(places=[place], sites=[site_doc("s")]))
    assert board.venues.label("s", slot("2027-08-18T02:15Z")) == "2027-08-18 10:15"
    noon_in_berlin = wish("site", "2027-08-18T12:00", 60, 5, "Europe/Berlin", site="s")
    refused(noon_in_berlin, board, "outside_hours")


def test_a_party_too_large_for_a_site_goes_in_groups() -> None:
    board = sites()
    granted(wish("site", "2027-08-18T11:00", 30, guests=4, site="s"), board)
    no = refused(wish("site", guests=25, site="s"), board, "too_large")
    [groups] = no.alternatives
    assert groups.change == {
        "visitors": 9,
        "starts_at": "2027-08-18T03:30:00Z",
        "ends_at": "2027-08-18T04:00:00Z",
    }
    assert "12:30–13:00" in groups.sentence.en and "3" in groups.sentence.zh
    assert isinstance(decide(applied(wish("site", guests=25, site="s"), groups), board), Allotment)


def test_an_unquoted_time_of_day_in_yaml_is_refused() -> None:
    with pytest.raises(ValidationError, match="quotes"):
        sites(opens=630)
