"""What a definite order by hand is for, and its rooming list as a workbook without names.

Owns: when guests of an order may be shown at all: while its rooms are definite.
Must not: know or ask what a guest is called. The console asks the guests service, which gives no
more than the page needs; bookings has no right to ask it (ADR 29).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, select

from services.bookings.by_hand.arrivals import Told
from services.bookings.by_hand.arrivals_tables import told_of
from services.bookings.by_hand.desk import HandDesk
from services.bookings.by_hand.tables import Sheet
from services.bookings.orders.tables import ASKS, ORDERS
from services.bookings.vacancies import PAIR
from shared.contracts.holds import HoldState
from shared.contracts.hotel_arrivals import ArrivalState
from shared.contracts.hotel_desk import DeskState, HotelSheet
from shared.contracts.hotel_guests import (
    HotelStay,
    HotelStayShown,
    ReadRoomingSheet,
    StayRooms,
)
from shared.contracts.values import Text
from shared.holds.entries import Body
from shared.holds.tables import hold_tables
from shared.sheets.values import Line, RoomingList
from shared.sheets.words import STAYS, both


@dataclass(frozen=True, slots=True)
class GuestDesk:
    """What the holder of a link is told of who stays in the rooms of its order."""

    desk: HandDesk

    def show(self, connection: Connection, token: str, now: datetime) -> HotelStayShown:
        """What the order of a link is for."""
        opened, post = self.desk.opened(connection, token, now), self.desk.post
        if opened is None or post is None:
            return HotelStayShown()
        return HotelStayShown(stay=stay_of(connection, opened, post))

    def sheet(self, connection: Connection, said: ReadRoomingSheet, now: datetime) -> HotelSheet:
        """A workbook with a line for each guest."""
        opened, post = self.desk.opened(connection, said.token, now), self.desk.post
        stay = stay_of(connection, opened, post) if opened and post else None
        if opened is None or post is None or stay is None:
            return HotelSheet(found=False)
        told = told_of(connection, [opened.ours])[opened.ours]
        wanted = list_of(opened, stay, said, post.name(connection, opened.hotel), told)
        # Imported here: openpyxl takes ten megabytes and a fifth of a second, and few ask for it.
        from shared.sheets.write import LODGING, as_xlsx

        content = b64encode(as_xlsx(wanted, columns=LODGING)).decode()
        return HotelSheet(found=True, order=opened.ours, edition=opened.version, content=content)


def list_of(
    opened: Sheet, stay: HotelStay, said: ReadRoomingSheet, hotel: Text, told: Mapping[str, Told]
) -> RoomingList:
    """The guests as a list that the hotel knows the order by, each as the hotel last said."""
    names = {one.kind: one.name for one in stay.rooms}
    lines = tuple(
        Line(
            guest=one.guest, name="", room=one.room, room_type=_called(names.get(one.kind or "")),
            arrival=stay.arrival, departure=stay.departure, room_number=then.number or None,
            stay=both(STAYS[ArrivalState(then.state.value)]), record=then.version,
        )
        for one in said.guests
        for then in [told.get(one.guest, Told(one.guest))]
    )  # fmt: skip
    title = Text(zh=f"住客名单 {stay.visit}", en=f"guests of visit {stay.visit}")
    return RoomingList(hotel, opened.ours, opened.version, lines, title)


def _called(name: Text | None) -> str:
    return f"{name.zh} {name.en}" if name else ""


def definite(sheet: Sheet) -> bool:
    """Whether the hotel has agreed to rooms that are taken for sure, and still gives them."""
    gone = sheet.state in (DeskState.OFF, DeskState.WITHDRAWN)
    return sheet.firm and bool(sheet.agreed) and not gone


class Names(Protocol):
    """Who knows what room types are called."""

    def kinds(self, connection: Connection, hotel: str) -> Mapping[str, Text]:
        """By id, those of a hotel."""
        ...


def stay_of(connection: Connection, sheet: Sheet, names: Names) -> HotelStay | None:
    """What a definite order is for, by the confirmed hold behind it; None when there is none."""
    if not definite(sheet):
        return None
    kinds = names.kinds(connection, sheet.hotel)
    return confirmed_stay(connection, sheet.ours, sheet.visit, sheet.hotel, kinds)


def confirmed_stay(
    connection: Connection, ours: str, visit: str, hotel: str, names: Mapping[str, Text]
) -> HotelStay | None:
    """What the newest confirmed hold behind an order is for; None when there is none. `names` of
    room types, which go by their ids without."""
    holds = hold_tables("bookings").holds
    wanted = (
        select(ORDERS.c.need, holds.c.body)
        .join(ASKS, ASKS.c.ours == ORDERS.c.ours)
        .join(holds, holds.c.hold == ASKS.c.hold)
        .where(ORDERS.c.ours == ours, holds.c.state == HoldState.CONFIRMED.value)
        .order_by(holds.c.changed_at.desc(), holds.c.hold.desc())
        .limit(1)
    )
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    allotted: dict[str, Any] = Body.model_validate_json(row.body).allotted
    (part,) = [one for one in allotted["hotels"] if one["hotel"] == hotel]
    return HotelStay(
        order=ours, visit=visit, need=row.need, hotel=hotel,
        alone=len(allotted["hotels"]) == 1,
        arrival=date.fromisoformat(allotted["check_in"]),
        departure=date.fromisoformat(allotted["check_out"]),
        rooms=tuple(_rooms(one, names.get(one["type"])) for one in part["rooms"]),
    )  # fmt: skip


def _rooms(line: dict[str, Any], name: Text | None) -> StayRooms:
    kind = str(line["type"])
    shown = name or Text(zh=kind, en=kind)
    return StayRooms(kind=kind, name=shown, rooms=line["rooms"], pair=line.get("use") == PAIR)
