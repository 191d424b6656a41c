"""What a board shows of a visit, a hall and a hotel: states, holes, conflicts, what is taken."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.console import halls, heat
from services.console.bands import ROW_PX, band_of, state_of, sums
from services.console.layout import Scale, days_between, scale_of
from services.console.loads import dossier_of, facts_of, parts_of
from services.console.words import speaker
from shared.contracts.catalog import CATALOG
from shared.contracts.inventory import CellLoad, UnitView
from shared.contracts.reading import ScheduleNeed, ScheduleVisit

ZONE = "Asia/Shanghai"
MIDNIGHT = datetime(2027, 9, 13, 16, tzinfo=UTC)
"""Of the 14th at the site."""
THREE = scale_of(date(2027, 9, 14), date(2027, 9, 16), ZONE)
WHY = {"zh": "满", "en": "full"}


def need(id_: str, kind: str, start: float, end: float, state: str = "confirmed",
         **more: Any) -> ScheduleNeed:  # fmt: skip
    return ScheduleNeed.model_validate(
        {
            "need": id_, "kind": kind, "service": CATALOG[kind].service if kind in CATALOG
            else kind, "item": {"zh": "项", "en": "item"}, "state": state, **more,
            "window": {"starts_at": MIDNIGHT + timedelta(hours=start),
                       "ends_at": MIDNIGHT + timedelta(hours=end)},
        }
    )  # fmt: skip


def visit(*needs: ScheduleNeed, days: float = 2, **more: Any) -> ScheduleVisit:
    return ScheduleVisit.model_validate(
        {
            "visit": "v", "revision": 1, "sequence": 1, "phase": "ready", "line": "event",
            "title": {"zh": "访", "en": "Visit"}, "host": "desk", "guests": 20,
            "starts_at": MIDNIGHT + timedelta(hours=10),
            "ends_at": MIDNIGHT + timedelta(days=days, hours=12), "needs_total": len(needs),
            "needs_firm": 0, "cost": {"amount": 0}, "changed_at": MIDNIGHT,
            "kinds": sorted({one.kind for one in needs}), "needs": needs, **more,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "why", "shown"),
    [
        ("confirmed", None, "firm"), ("held", None, "held"), ("pending", None, "waiting"),
        ("refused", WHY, "blocked"), ("expired", WHY, "blocked"), ("open", WHY, "blocked"),
        ("asked", WHY, "open"), ("asked", None, "open"), ("open", None, "open"),
        ("released", None, "open"), ("confirmed", WHY, "firm"),
    ],
)  # fmt: skip
def test_states(state: str, why: dict[str, str] | None, shown: str) -> None:
    assert state_of(need("a/b", "hall", 1, 2, state, why=why)) == shown


def test_lanes_are_in_order_and_rows_within_them_do_not_overlap() -> None:
    one = visit(
        need("a/car", "vehicle", 10, 12), need("a/man", "escort", 10, 12),
        need("b/hall", "hall", 14, 16), need("c/room", "room", 14, 60),
        need("d/lot", "parking", 9, 11),
    )  # fmt: skip
    band = band_of(one, THREE, ZONE)
    assert [lane.service for lane in band.lanes] == ["bookings", "venues", "escorts", "parking"]
    assert [bool(lane.word) for lane in band.lanes] == [True, True, True, False]
    cars = sorted(bar.y for bar in band.bars if bar.need.service == "escorts")
    assert cars[1] - cars[0] == ROW_PX
    assert max(bar.y for bar in band.bars) < band.height
    assert band.counts == {"firm": 5} and not band.holes and not band.clashes


def test_a_night_without_rooms_is_a_hole_but_only_for_those_who_sleep_here() -> None:
    first_night = need("stay/room", "room", 14, 36)
    band = band_of(visit(first_night), THREE, ZONE)
    assert [hole.night for hole in band.holes] == [date(2027, 9, 15)]
    assert band_of(visit(need("a/hall", "hall", 10, 12)), THREE, ZONE).holes == ()
    whole = need("stay/room", "room", 14, 60)
    assert band_of(visit(whole), THREE, ZONE).holes == ()
    # Asked for, but on other days than these: the night in view is still without.
    elsewhere = visit(need("a/hall", "hall", 34, 36), kinds=("hall", "room"))
    day = scale_of(date(2027, 9, 15), date(2027, 9, 15), ZONE)
    assert [hole.night for hole in band_of(elsewhere, day, ZONE).holes] == [date(2027, 9, 15)]


def test_a_party_that_is_at_two_places_at_once_is_seen() -> None:
    talks, tour = need("talks/hall", "hall", 10, 12), need("tour/site", "site", 11, 13)
    after, banquet = need("rest/hall", "hall", 13, 14), need("talks/meal", "meal", 10, 12)
    band = band_of(visit(talks, tour, after, banquet), THREE, ZONE)
    told = {bar.need.need: bar.clash.need if bar.clash else None for bar in band.bars}
    assert told["talks/hall"] == told["talks/meal"] == "tour/site"
    assert told["tour/site"] in ("talks/hall", "talks/meal") and told["rest/hall"] is None
    assert sums([band])["clashes"] == 3


def unit(id_: str, document: dict[str, Any], *load: tuple[str, int, int, int],
         kind: str = "halls") -> UnitView:  # fmt: skip
    cells = tuple(
        CellLoad(part=part, slot=slot, label=f"slot {slot}", taken=taken, capacity=capacity)
        for part, slot, taken, capacity in load
    )
    return UnitView(unit=id_, kind=kind, name={"zh": id_, "en": id_}, document=document, load=cells)


def test_a_divisible_hall_is_taken_when_a_part_is_and_is_followed_by_its_parts() -> None:
    slot = int(MIDNIGHT.timestamp()) // 900
    some = [
        unit("a-part", {"place": "p", "capacity": {"theatre": 40}}, ("a-part", slot + 8, 1, 1)),
        unit("b-part", {"place": "p", "capacity": {"theatre": 60}}, ("b-part", slot + 9, 1, 1)),
        unit("other", {"place": "a", "capacity": {"theatre": 9},
                       "closures": [{"starts_at": "2027-09-14T00:00:00+08:00",
                                     "ends_at": "2027-09-15T00:00:00+08:00", "reason": WHY}]}),
        unit("whole", {"place": "p", "capacity": {"theatre": 90, "banquet": 70},
                       "parts": ["a-part", "b-part"]}),
    ]  # fmt: skip
    day = Scale(MIDNIGHT, MIDNIGHT + timedelta(days=1))
    used = visit(
        need("x/hall", "hall", 2, 2.25, unit="a-part"),
        need("y/hall", "hall", 3, 4, state="refused", unit="b-part"),
    )
    rows = halls.rows_of(some, [used], day)
    assert [one.unit.unit for one in rows] == ["other", "whole", "a-part", "b-part"]
    other, whole, part, _ = rows
    assert (whole.hours, len(whole.busy), whole.divides, whole.most) == (0.5, 1, True, 90)
    assert part.whole is whole.unit and [one.need.need for one in part.uses] == ["x/hall"]
    assert len(other.closed) == 1 and other.hours == 0
    assert rows[3].uses == ()


HOTEL = {
    "stars": 4,
    "room_types": [{"id": "twin", "name": WHY, "rooms": 10}, {"id": "king", "name": WHY,
                                                            "rooms": 5}],
    "closures": [{"first_night": "2027-09-16", "last_night": "2027-09-16", "reason": WHY}],
}  # fmt: skip


def test_rooms_are_counted_once_and_a_closed_night_has_none() -> None:
    night = date(2027, 9, 14).toordinal()
    hotel = unit(
        "inn", HOTEL, ("inn/twin", night, 10, 10), ("inn/twin/house", night, 10, 10),
        ("inn/king", night, 4, 5), ("inn/king/accessible", night, 1, 1), kind="hotels",
    )  # fmt: skip
    rows = heat.rows_of([hotel], days_between(date(2027, 9, 14), date(2027, 9, 16)))
    assert [one.id for one in rows] == ["inn", "inn/twin", "inn/king"]
    nights = [(one.taken, one.capacity) for one in rows[0].nights]
    assert nights == [(14, 15), (0, 15), (0, 0)]
    assert [one.nights[0].step for one in rows] == [4, 5, 3]


@pytest.mark.parametrize(
    ("taken", "capacity", "percent"),
    [(0, 9, 0), (1, 999, 1), (998, 999, 99), (9, 9, 100), (1, 2, 50), (0, 0, 0)],
)
def test_full_and_free_are_said_of_nothing_else(taken: int, capacity: int, percent: int) -> None:
    assert heat.Night(date(2027, 9, 14), taken, capacity).percent == percent


def test_a_unit_tells_its_fullest_moment_and_its_dossier() -> None:
    hotel = unit("inn", HOTEL, ("inn/twin", 5, 3, 10), ("inn/twin", 6, 7, 10), kind="hotels")
    twin, king = parts_of(hotel)
    assert (twin.taken, twin.capacity, twin.when, twin.hours) == (7, 10, "slot 6", None)
    assert (king.taken, king.capacity, king.when) == (0, 5, "")
    assert ("inventory.stars", "4") in facts_of(hotel, speaker("zh")) and dossier_of(hotel) is None
    (alone,) = parts_of(unit("h", {}, ("a", 1, 1, 1), ("b", 1, 1, 1), ("a", 2, 1, 1)))
    assert alone.hours == 0.5
    setups = unit("h", {"capacity": {"theatre": 90}, "parts": ["a"]})
    assert ("inventory.capacity", "剧院式 90") in facts_of(setups, speaker("zh"))
    told = {"facilities": [WHY], "security": [], "last_checked": "2027-01-02",
            "contact": {"post": WHY, "email": "desk@example.org"}}  # fmt: skip
    dossier = dossier_of(unit("h", {"dossier": told}))
    assert dossier is not None and dossier.last_checked == date(2027, 1, 2)
    assert dossier.email == "desk@example.org" and len(dossier.facilities) == 1
