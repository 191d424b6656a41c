"""The rules of venues on chosen cases: which hall, which refusal, which way out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.venues.routes import travel_minutes
from shared.holds.port import Allotment, Standing
from tests.rules.venue_case import (
    CLOSED,
    NOW,
    PLACE,
    RULES,
    Board,
    city,
    decide,
    doc,
    granted,
    hall_doc,
    refused,
    site_doc,
    slot,
    venues_of,
    wish,
)


def small(*halls: dict[str, Any], **more: list[dict[str, Any]]) -> Board:
    return Board(venues_of(**{"places": [PLACE], "halls": list(halls)} | more))


# Buffers and divisible halls


def test_a_hall_is_taken_for_setup_and_teardown_too() -> None:
    answer = granted(wish("hall", setup="theatre"), small(hall_doc("h")))
    [claim] = answer.claims
    assert (claim.unit, claim.quantity) == ("h", 1)
    assert claim.start == slot("2027-08-18T09:45+08:00")
    assert claim.stop == slot("2027-08-18T12:15+08:00")
    assert answer.allotted == {
        "unit": "h",
        "place": "p",
        "setup": "theatre",
        "attendance": 40,
        "from": "2027-08-18T01:45:00Z",
        "to": "2027-08-18T04:15:00Z",
    }


def test_the_turnaround_of_thirty_minutes_is_kept() -> None:
    board = small(hall_doc("h"))
    granted(wish("hall", setup="theatre"), board)
    no = refused(wish("hall", "2027-08-18T12:15", 60, setup="theatre"), board, "no_capacity")
    assert no.alternatives[0].change["starts_at"] == "2027-08-18T04:30:00Z"
    granted(wish("hall", "2027-08-18T12:30", 60, setup="theatre"), board)


@pytest.mark.parametrize(("first", "second"), [("whole", "a"), ("a", "whole"), ("b2", "whole")])
def test_whole_and_part_exclude_each_other(first: str, second: str) -> None:
    board = small(
        hall_doc("whole", parts=["a", "b"]),
        hall_doc("a"),
        hall_doc("b", parts=["b1", "b2"]),
        hall_doc("b1"),
        hall_doc("b2"),
    )
    granted(wish("hall", setup="theatre", hall=first, hall_only=True), board)
    refused(wish("hall", setup="theatre", hall=second, hall_only=True), board, "no_capacity")


def test_parts_of_one_whole_do_not_disturb_each_other() -> None:
    board = small(hall_doc("whole", parts=["a", "b"]), hall_doc("a"), hall_doc("b"))
    granted(wish("hall", setup="theatre", hall="a", hall_only=True), board)
    granted(wish("hall", setup="theatre", hall="b", hall_only=True), board)
    assert board.venues.parts("whole") == ("a", "b")
    assert board.venues.capacity("whole", 0, NOW) == 0


@pytest.mark.parametrize(
    ("halls", "message"),
    [
        ([hall_doc("a", parts=["b"]), hall_doc("b", parts=["a"])], "circle"),
        ([hall_doc("a", parts=["a"])], "circle"),
        ([hall_doc("a", parts=["gone"])], "gone"),
        ([hall_doc("a", place="gone")], "gone"),
        ([hall_doc("a"), hall_doc("a")], "twice"),
    ],
)
def test_a_broken_reference_is_refused_at_load(halls: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(*halls)


# Which hall


def test_s02_hall_of_50_grows_to_the_hall_of_80_next_door() -> None:
    board = Board(city())
    first = granted(wish("hall", guests=38, companions=10, setup="banquet"), board)
    assert first.allotted["unit"] == "nenjiang-hall-50"
    standing = Standing(first.claims, first.allotted, confirmed=True)
    grown = granted(wish("hall", guests=58, companions=10, setup="banquet"), board, standing)
    assert (grown.allotted["unit"], grown.allotted["attendance"]) == ("nenjiang-hall-80", 68)


def test_the_standing_hall_is_kept_unless_another_is_wished() -> None:
    board = small(hall_doc("large", capacity={"theatre": 300}), hall_doc("small"))
    standing = Standing((), {"unit": "large"}, confirmed=True)
    kept = decide(wish("hall", setup="theatre"), board, standing)
    wished = decide(wish("hall", setup="theatre", hall="small"), board, standing)
    fresh = decide(wish("hall", setup="theatre"), board)
    units = [one.allotted["unit"] for one in (kept, wished, fresh) if isinstance(one, Allotment)]
    assert units == ["large", "small", "small"]


def test_a_party_too_large_for_the_wished_hall_hears_what_fits() -> None:
    board = small(hall_doc("h"), hall_doc("big", capacity={"theatre": 300, "banquet": 10}))
    ask: dict[str, Any] = {"setup": "theatre", "hall": "h", "hall_only": True}
    no = refused(wish("hall", guests=101, **ask), board, "too_large")
    assert "101" in no.sentence.en and "100" in no.sentence.en and "101" in no.sentence.zh
    assert no.alternatives[0].change == {"hall": "big"}
    over_all = refused(wish("hall", guests=99_999, setup="theatre"), board, "too_large")
    assert over_all.alternatives[0].change == {"hall": "big", "attendance": 300}
    refused(wish("hall", guests=5, **ask | {"setup": "banquet"}), board, "setup_not_offered")


def test_a_closed_hall_says_why_and_offers_the_next_day() -> None:
    board = small(hall_doc("h", closures=CLOSED))
    no = refused(wish("hall", setup="theatre"), board, "closed")
    assert "repairs" in no.sentence.en and "检修" in no.sentence.zh
    starts = [one.change["starts_at"] for one in no.alternatives]
    assert starts == ["2027-08-17T13:45:00Z", "2027-08-18T16:15:00Z"]


def test_nothing_is_offered_before_now() -> None:
    board = small(hall_doc("h"))
    start = NOW.replace(tzinfo=None).isoformat()
    granted(wish("hall", start, 120, zone="UTC", setup="theatre"), board)
    no = refused(wish("hall", start, 60, zone="UTC", setup="theatre"), board, "no_capacity")
    assert [one.change["starts_at"] for one in no.alternatives] == ["2027-08-01T02:30:00Z"]


@pytest.mark.parametrize(("minutes", "fen"), [(60, 100), (61, 200), (120, 200), (121, 300)])
def test_each_started_hour_of_the_event_is_charged(minutes: int, fen: int) -> None:
    answer = granted(wish("hall", minutes=minutes, setup="theatre"), small(hall_doc("h")))
    assert (answer.cost.amount, answer.cost.currency) == (fen, "CNY")


# The way there


def roads(*routes: dict[str, Any]) -> Board:
    places = [doc(name, lat=47.0, lon=123.0) for name in ("p", "q", "r", "far")]
    ways = [
        {"id": f"w{n}", "name": {"zh": "路", "en": "road"}, **route}
        for n, route in enumerate(routes)
    ]
    return Board(
        venues_of(places=places, halls=[hall_doc("h")], routes=ways, sites=[site_doc("s")])
    )


def test_the_shortest_way_counts_and_a_later_start_makes_room() -> None:
    way = {"come_from": "q", "go_to": "p", "minutes": 60}
    board = roads(way, {"come_from": "r", "go_to": "q", "minutes": 10}, {**way, "minutes": 30})
    near: dict[str, Any] = {"setup": "theatre", "come_from": "r", "transfer_minutes": 40}
    assert "40 minutes" in granted(wish("hall", **near), Board(board.venues)).summary.en
    no = refused(wish("hall", **near | {"transfer_minutes": 20}), board, "unreachable")
    assert "40 minutes" in no.sentence.en and "20" in no.sentence.en
    assert no.alternatives[0].change == {
        "hall": "h",
        "starts_at": "2027-08-18T02:30:00Z",
        "ends_at": "2027-08-18T04:30:00Z",
        "transfer_minutes": 40,
    }
    site = wish("site", guests=5, site="s", come_from="r", transfer_minutes=39)
    assert refused(site, board, "unreachable").alternatives
    refused(wish("hall", **near | {"come_from": "far"}), board, "unreachable")


def test_one_way_roads_and_closed_roads() -> None:
    only_there = {"come_from": "p", "go_to": "q", "minutes": 5, "one_way": True}
    near: dict[str, Any] = {"setup": "theatre", "come_from": "q", "transfer_minutes": 10}
    refused(wish("hall", **near), roads(only_there), "unreachable")
    closed = {"come_from": "q", "go_to": "p", "minutes": 5, "closures": CLOSED}
    refused(wish("hall", **near), roads(closed), "unreachable")
    detour = {**closed, "alternates": [{"via": {"zh": "桥", "en": "the bridge"}, "minutes": 9}]}
    assert "9 minutes" in granted(wish("hall", **near), roads(detour)).summary.en


@pytest.mark.parametrize(
    ("kind", "details", "code"),
    [
        ("hall", {"setup": "theatre", "hall": "expo-hal"}, "no_such_hall"),
        ("hall", {"setup": "theatre", "come_from": "expo-center"}, "no_such_place"),
        ("hall", {"setup": "theatre", "transfer_minutes": 5}, "come_from_missing"),
        ("site", {"site": "zhalon"}, "no_such_site"),
        ("site", {"site": "zhalong", "come_from": "nowhere"}, "no_such_place"),
        ("room", {}, "unknown_kind"),
    ],
)
def test_names_that_do_not_exist(kind: str, details: dict[str, Any], code: str) -> None:
    no = refused(wish(kind, **details), Board(city()), code)
    hints = {"no_such_hall": "expo-hall", "no_such_site": "zhalong"}
    assert hints.get(code, "") in no.sentence.en


# Limits and rubbish


@pytest.mark.parametrize(
    ("starts", "minutes", "code"),
    [("2027-08-18T10:00", 32 * 1440, "too_long"), ("1999-01-01T10:00", 60, "outside_calendar")],
)
@pytest.mark.parametrize(
    "wished", [{"kind": "hall", "setup": "theatre"}, {"kind": "site", "site": "zhalong"}]
)
def test_times_beyond_reason(starts: str, minutes: int, code: str, wished: dict[str, Any]) -> None:
    request = wish(starts=starts, minutes=minutes, **wished)
    refused(request, Board(city()), code)
    assert RULES.reach(request, city()).ranges == ()


def test_reach_stays_small() -> None:
    request = wish("hall", setup="theatre", hall="expo-hall-a")
    ranges = RULES.reach(request, city()).ranges
    assert len(ranges) == len({unit for unit, _, _ in ranges}) <= 25
    assert sum(stop - start for _, start, stop in ranges) < 25 * 20 + 2 * 200
    assert len(RULES.reach(wish("site", site="zhalong"), city()).ranges) == 1


def test_the_sample_city_is_whole() -> None:
    venues = city()
    assert len(venues.places) == 25 and all(one.sample for one in venues.places.values())
    assert venues.parts("expo-hall") == ("expo-hall-a", "expo-hall-b")
    now = datetime(2026, 11, 1, tzinfo=UTC)
    reached = travel_minutes(venues.routes.values(), "qiqihar-station", now)
    assert reached.keys() == venues.places.keys()
