"""A visit's firm rooms as a calendar: stays, dates, rooms by type, and nobody's name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from icalendar import Calendar

from services.console import api_arrivals, rooming_list
from services.console.roles import Principal, Role
from services.console.rooming_calendar import rooming_calendar
from shared.contracts.hotel_guests import HotelStay, StayRooms
from shared.contracts.values import Text
from shared.contracts.visits import VisitView

TYPES = {"twin": Text(zh="标准间", en="Twin"), "king": Text(zh="大床房", en="King")}


def stay_of(hotel: str, *rooms: tuple[str, int, bool]) -> HotelStay:
    return HotelStay(
        order="-", visit="v", need="stay/rooms", hotel=hotel, alone=False,
        arrival=date(2027, 9, 14), departure=date(2027, 9, 16),
        rooms=tuple(
            StayRooms(kind=kind, rooms=count, pair=pair, name=TYPES[kind])
            for kind, count, pair in rooms
        ),
    )  # fmt: skip


async def test_as_a_calendar_it_has_stays_with_rooms_by_type_and_asks_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = datetime(2027, 8, 1, 8, tzinfo=UTC)
    view = VisitView.model_construct(visit="v", sequence=7, changed_at=changed)
    two = stay_of("garden", ("twin", 3, True), ("twin", 2, False), ("king", 1, False))
    names = Text(zh="花园酒店", en="Garden"), Text(zh="plain", en="plain")
    stays = list(zip(names, (two, stay_of("plain", ("twin", 4, True))), strict=True))
    seen = []

    async def known(_parts: Any, who: Principal, of: VisitView, hotel: str | None) -> Any:
        seen.append((who.name, of.visit, hotel))
        return stays

    async def visit(*_: Any) -> VisitView:
        return view

    async def nobody(*_: Any) -> Any:
        raise AssertionError("a calendar names nobody")

    monkeypatch.setattr(api_arrivals, "stays_seen", known)
    monkeypatch.setattr(api_arrivals, "visit_of", visit)
    monkeypatch.setattr(api_arrivals, "read_as", lambda _kind, found, _what: found)
    monkeypatch.setattr(api_arrivals, "rooming_list", nobody)
    parts: Any = SimpleNamespace(service=None)
    who = Principal("p", frozenset({Role.PLANNER}))
    got = await api_arrivals.of_guests(parts, who, "v", rooming_list.Form.ICS, "garden")
    assert seen == [("p", "v", "garden")]
    assert got.headers["content-type"] == "text/calendar; charset=utf-8"
    assert got.headers["content-disposition"].endswith('"v-garden-rooming-list.ics"')
    assert got.body == rooming_calendar(view, reversed(stays)), "the same bytes, whatever the order"
    first, second = Calendar.from_ical(got.body).walk("VEVENT")
    assert [str(one["uid"]) for one in (first, second)] == [
        "v/stay/rooms/garden/2027-09-14@redcrown", "v/stay/rooms/plain/2027-09-14@redcrown",
    ]  # fmt: skip
    assert (first.decoded("dtstart"), first.decoded("dtend")) == (two.arrival, two.departure)
    assert (first["sequence"], first.decoded("dtstamp")) == (7, changed)
    assert str(first["summary"]) == "花园酒店 Garden · v · 6 间 rooms"
    assert str(first["description"]).split("\n") == ["标准间 Twin: 5", "大床房 King: 1"]
    assert str(second["summary"]) == "plain · v · 4 间 rooms"
