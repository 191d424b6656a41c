"""Letters to hotels that answer by hand, and the link in them.

Owns: what a letter says of an order, and until when its link opens it.
Must not: know an address; notifications write to the hotel's contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.bookings.by_hand.tables import Sheet
from services.bookings.hotels.nights import cut_off_passed
from services.bookings.hotels.sheets.link import Grant, issue, read_keys
from services.bookings.hotels.terms import Terms
from shared.chassis.work import Work
from shared.contracts.hotel_desk import HotelAsked, HotelLetter, RoomLine
from shared.contracts.values import Text
from shared.holds.stock import Stock

AT_LEAST = timedelta(days=1)
"""A link of a late order is good for so long all the same."""


@dataclass(frozen=True, slots=True)
class Post:
    """What letters are made with. Keys are read when they are needed: a file that is replaced takes
    effect without a restart."""

    keys: Path
    console: str
    """Address of the console, as hotels reach it, without a slash at its end."""
    zones: Mapping[str, str]
    stock: Stock
    terms: Mapping[str, Terms] = field(default_factory=dict)
    """When rooms are cut off, of hotels that answer by hand."""

    def send(self, work: Work, sheet: Sheet, letter: HotelLetter, urgent: bool = False) -> Sheet:
        """Have a letter go out once this transaction is committed; the order with it counted."""
        # By the clock, so that a restored store does not count again what it once sent.
        sequence = max(sheet.sequence + 1, int(work.now.timestamp()))
        sheet = replace(sheet, sequence=sequence)
        work.send(
            HotelAsked(
                cause=sheet.cause, actor=work.service, order=sheet.ours, hotel=sheet.hotel,
                name=self.name(work.connection, sheet.hotel), visit=sheet.visit, letter=letter,
                edition=sheet.version, sequence=sheet.sequence, urgent=urgent,
                rooms=self.lines(work.connection, sheet), answer_by=sheet.answer_by,
                zone=self.zones[sheet.hotel], link=self._link(sheet, work.now),
                names_by=self.names_by(sheet, work.now),
            )
        )  # fmt: skip
        return sheet

    def _link(self, sheet: Sheet, now: datetime) -> str:
        until = link_ends(sheet, self.zones[sheet.hotel], now)
        grant = Grant(sheet.hotel, sheet.ours, until, sheet.generation)
        return f"{self.console}/hotel/{issue(read_keys(self.keys), grant)}"

    def name(self, connection: Connection, hotel: str) -> Text:
        """What the hotel is called."""
        found = self._hotel(connection, hotel)
        return found.name if found is not None else Text(zh=hotel, en=hotel)

    def lines(self, connection: Connection, sheet: Sheet) -> tuple[RoomLine, ...]:
        """The rooms of an order, with what was agreed to before where that differs."""
        names = self.kinds(connection, sheet.hotel)
        had = {(one.night, one.kind): one.rooms for one in sheet.agreed}
        now = {(one.night, one.kind): one.rooms for one in sheet.rooms}
        return tuple(
            RoomLine(
                night=night, kind=kind, name=names.get(kind, Text(zh=kind, en=kind)),
                rooms=now.get((night, kind), 0),
                before=had.get((night, kind), 0) if had else None,
            )
            for night, kind in sorted({*had, *now})
        )  # fmt: skip

    def kinds(self, connection: Connection, hotel: str) -> Mapping[str, Text]:
        """What its room types are called."""
        found = self._hotel(connection, hotel)
        return {one.id: one.name for one in found.room_types} if found is not None else {}

    def zone(self, hotel: str) -> str:
        """The hotel's time zone."""
        return self.zones.get(hotel, "Asia/Shanghai")

    def names_by(self, sheet: Sheet, now: datetime) -> date | None:
        """Until when guests are named, while that is to come."""
        terms = self.terms.get(sheet.hotel, Terms(self.zone(sheet.hotel)))
        return None if cut_off_passed(sheet.cut_off, terms.today(now)) else sheet.cut_off

    def _hotel(self, connection: Connection, hotel: str) -> Any:
        inventory: Any = self.stock.inventory_on(connection)
        return getattr(inventory, "hotels", {}).get(hotel)


def link_ends(sheet: Sheet, zone: str, now: datetime) -> datetime:
    """When a link made now stops opening its order: at the end of the day of arrival there; once
    the rooms are definite, at the end of the day of departure, for its page has the guests."""
    last = sheet.first_night
    if sheet.firm and sheet.agreed:
        last = max(one.night for one in sheet.agreed) + timedelta(days=1)
    over = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone))
    return max(over, now + AT_LEAST)
