"""What a definite order by hand is for, and its rooming list as a workbook without names.

Owns: when guests of an order may be shown at all: while its rooms are definite.
Must not: know or ask what a guest is called. The console asks the guests service, which gives no
more than the page needs; bookings has no right to ask it (ADR 29).
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from services.bookings.by_hand.desk import HandDesk
from services.bookings.by_hand.tables import Sheet
from services.bookings.by_hand.telling import Post
from services.bookings.hotels.sheets.values import Line, RoomingList
from services.bookings.orders.tables import ASKS, ORDERS
from services.bookings.vacancies import PAIR
from shared.contracts.holds import HoldState
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
        wanted = list_of(opened, stay, said, post.name(connection, opened.hotel))
        # Imported here: openpyxl takes ten megabytes and a fifth of a second, and few ask for it.
        from services.bookings.hotels.sheets.write import as_xlsx

        content = b64encode(as_xlsx(wanted)).decode()
        return HotelSheet(found=True, order=opened.ours, edition=opened.version, content=content)


def list_of(opened: Sheet, stay: HotelStay, said: ReadRoomingSheet, hotel: Text) -> RoomingList:
    """The guests as a list that the hotel knows the order by."""
    names = {one.kind: one.name for one in stay.rooms}
    lines = tuple(
        Line(
            guest=one.guest, name="", room=one.room, room_type=_called(names.get(one.kind or "")),
            arrival=stay.arrival, departure=stay.departure,
        )
        for one in said.guests
    )  # fmt: skip
    title = Text(zh=f"住客名单 {stay.visit}", en=f"guests of visit {stay.visit}")
    return RoomingList(hotel, opened.ours, opened.version, lines, title)


def _called(name: Text | None) -> str:
    return f"{name.zh} {name.en}" if name else ""


def definite(sheet: Sheet) -> bool:
    """Whether the hotel has agreed to rooms that are taken for sure, and still gives them."""
    gone = sheet.state in (DeskState.OFF, DeskState.WITHDRAWN)
    return sheet.firm and bool(sheet.agreed) and not gone


def stay_of(connection: Connection, sheet: Sheet, post: Post) -> HotelStay | None:
    """What a definite order is for, by the confirmed hold behind it; None when there is none."""
    if not definite(sheet):
        return None
    holds = hold_tables("bookings").holds
    wanted = (
        select(ORDERS.c.need, holds.c.body)
        .join(ASKS, ASKS.c.ours == ORDERS.c.ours)
        .join(holds, holds.c.hold == ASKS.c.hold)
        .where(ORDERS.c.ours == sheet.ours, holds.c.state == HoldState.CONFIRMED.value)
        .order_by(holds.c.changed_at.desc(), holds.c.hold.desc())
        .limit(1)
    )
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    allotted: dict[str, Any] = Body.model_validate_json(row.body).allotted
    (part,) = [one for one in allotted["hotels"] if one["hotel"] == sheet.hotel]
    names = post.kinds(connection, sheet.hotel)
    return HotelStay(
        order=sheet.ours, visit=sheet.visit, need=row.need, hotel=sheet.hotel,
        alone=len(allotted["hotels"]) == 1,
        arrival=date.fromisoformat(allotted["check_in"]),
        departure=date.fromisoformat(allotted["check_out"]),
        rooms=tuple(_rooms(one, names.get(one["type"])) for one in part["rooms"]),
    )  # fmt: skip


def _rooms(line: dict[str, Any], name: Text | None) -> StayRooms:
    kind = str(line["type"])
    shown = name or Text(zh=kind, en=kind)
    return StayRooms(kind=kind, name=shown, rooms=line["rooms"], pair=line.get("use") == PAIR)
