"""A visit's rooming list with names, room types and numbers, for our own people, as a file.

Owns: asking for it: each look at a roster is recorded by the guests service, as any other.
Must not: keep, log or cache a name; give one to a role that may not look at a rooming list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from services.console.asking import ask, read_as, read_by
from services.console.documents import FIRM
from services.console.door import Console
from services.console.hotel_guests import lodged_for
from services.console.lodging import Sleeper
from services.console.problems import ProblemError
from services.console.roles import Principal, Role
from services.console.stocks import read_names
from shared.contracts.hotel_arrivals import GuestArrival, GuestArrivals, ListArrivals
from shared.contracts.hotel_guests import HotelStay, StayRooms
from shared.contracts.inventory import UnitView
from shared.contracts.values import Text
from shared.contracts.visits import VisitView
from shared.sheets.tables import Value, table_csv, table_xlsx
from shared.sheets.words import HEADINGS, STAYS, Column, both

PURPOSE = "rooming"
FIELDS = ("family_name", "given_name", "nationality", "room_group")
"""What the list needs of what the purpose allows: no document."""
PAIR = "pair"
HOTEL = Text(zh="酒店", en="Hotel")
NATIONALITY = Text(zh="国籍", en="Nationality")
COLUMNS = (
    HOTEL, HEADINGS[Column.ROOM], HEADINGS[Column.NAME], NATIONALITY, HEADINGS[Column.ROOM_TYPE],
    HEADINGS[Column.ARRIVAL], HEADINGS[Column.DEPARTURE], HEADINGS[Column.ROOM_NUMBER],
    HEADINGS[Column.STAY], HEADINGS[Column.REF],
)  # fmt: skip
NOT_KNOWN = Text(zh="未知", en="not known")


class Form(StrEnum):
    """As what a list is given."""

    XLSX = "xlsx"
    CSV = "csv"
    ICS = "ics"
    """A calendar: rooms and dates, and nobody's name (`rooming_calendar`)."""


MEDIA = {
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.CSV: "text/csv; charset=utf-8",
    Form.ICS: "text/calendar; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Lodged:
    """One guest of the list. `told` is None where the hotel said nothing, or does not say."""

    hotel: Text
    stay: HotelStay
    guest: Sleeper = field(repr=False)
    told: GuestArrival | None


async def rooming_list(
    parts: Console, who: Principal, view: VisitView, hotel: str | None
) -> list[Lodged]:
    """Guests of a visit's firm rooms, by hotel and room. Raises ProblemError: 403, 409, 503."""
    stays = await stays_seen(parts, who, view, hotel)
    query = ListArrivals(**read_by(who), visit=view.visit)
    said = read_as(GuestArrivals, await ask(parts.service, query), "what the hotels said")
    told = {(one.need, one.hotel, one.guest): one for one in said.guests}
    asked = {"cause": parts.service.new_id(), "actor": who.name, "roles": sorted(who.roles),
             "purpose": PURPOSE, "fields": FIELDS}  # fmt: skip
    found = []
    for name, stay in stays:
        for guest in await lodged_for(parts, stay, asked):
            found.append(Lodged(name, stay, guest, told.get((stay.need, stay.hotel, guest.guest))))
    return found


async def stays_seen(
    parts: Console, who: Principal, view: VisitView, hotel: str | None
) -> list[tuple[Text, HotelStay]]:
    """The firm rooms of a visit that somebody may see, with their hotels' names; no guest is asked
    for. Raises ProblemError: 404, 503."""
    stock = await read_names(parts.service, who, "bookings", "hotels", view.starts_at)
    units = {one.unit: one for one in (stock.units if stock else ())}
    stays = [one for one in stays_of(view, units) if hotel in (None, one.hotel)]
    if not {Role.PLANNER, Role.STATION_LEAD} & who.roles:
        stays = [one for one in stays if who.speaks_for("bookings", one.hotel)]
    if not stays:
        raise ProblemError("not-found", f"{view.visit} has no firm rooms there that you may see")
    return [(_name(one.hotel, units), one) for one in stays]


def stays_of(view: VisitView, units: Mapping[str, UnitView]) -> list[HotelStay]:
    """The firm rooms of a visit, by need and hotel. Raises ProblemError (503) for what was allotted
    and makes no sense."""
    try:
        return [
            _stay(view, need.need, need.allotted, part, units)
            for need in view.needs
            if need.kind == "room" and need.state == FIRM
            for part in need.allotted.get("hotels", ())
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ProblemError("owner-away", "what was allotted cannot be read") from error


def _stay(
    view: VisitView, need: str, allotted: Mapping[str, Any], part: Mapping[str, Any],
    units: Mapping[str, UnitView],
) -> HotelStay:  # fmt: skip
    hotel = str(part["hotel"])
    known = units.get(hotel)
    types = known.document.get("room_types", ()) if known else ()
    names = {str(kind["id"]): Text.model_validate(kind["name"]) for kind in types}
    rooms = tuple(
        StayRooms(
            kind=line["type"], rooms=line["rooms"], pair=line.get("use") == PAIR,
            name=names.get(line["type"], Text(zh=line["type"], en=line["type"])),
        )
        for line in part.get("rooms", ())
    )  # fmt: skip
    return HotelStay(
        order="-", visit=view.visit, need=need, hotel=hotel, alone=len(allotted["hotels"]) == 1,
        arrival=date.fromisoformat(allotted["check_in"]),
        departure=date.fromisoformat(allotted["check_out"]), rooms=rooms,
    )  # fmt: skip


def _name(hotel: str, units: Mapping[str, UnitView]) -> Text:
    known = units.get(hotel)
    return known.name if known is not None else Text(zh=hotel, en=hotel)


def rows_of(some: list[Lodged]) -> list[list[Value]]:
    """The list as rows under `COLUMNS`."""
    return [
        [
            _both(one.hotel), one.guest.room, one.guest.name, one.guest.nationality,
            _both(one.guest.rooms.name) if one.guest.rooms else None, one.stay.arrival,
            one.stay.departure, one.told.number if one.told else None,
            both(STAYS[one.told.state] if one.told else NOT_KNOWN), one.guest.guest,
        ]
        for one in some
    ]  # fmt: skip


def _both(text: Text) -> str:
    return text.zh if text.zh == text.en else both(text)


async def as_file(some: list[Lodged], form: Form) -> bytes:
    """The list as a file. Made beside the loop: a thousand rows take a while."""
    rows = rows_of(some)
    if form is Form.CSV:
        return table_csv(COLUMNS, rows)
    return await asyncio.to_thread(table_xlsx, "名单 Rooming list", COLUMNS, rows)
