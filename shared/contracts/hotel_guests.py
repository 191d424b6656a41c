"""Who sleeps in the rooms of a definite order by hand: without a name, by opaque id.

Names never pass here. The console asks bookings what a link opens, then the guests service who is
lodged there, and puts both together while it shows a page.

Must not: carry what a guest is called, or anything in a hotel's own words: they may name somebody.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import ConfigDict, Field

from shared.contracts.guests import MAX_GUESTS
from shared.contracts.hotel_desk import Token
from shared.contracts.message import Query
from shared.contracts.values import Count, GuestId, Key, NeedId, Slug, Text, Value

MAX_ROOM_LABEL = 10


class StayRooms(Value):
    """Rooms of one type that are definite; `pair`: two guests share each of them."""

    kind: Slug
    name: Text
    rooms: Count
    pair: bool


class HotelStay(Value):
    """What a definite order is for: enough to ask the guests service who comes."""

    order: Key
    visit: Slug
    need: NeedId
    hotel: Slug
    alone: bool
    """The need has rooms in no other hotel."""
    arrival: date
    departure: date
    rooms: tuple[StayRooms, ...]


class HotelStayShown(Value):
    """`stay` is None for a link that opens nothing, and while the rooms are not definite."""

    stay: HotelStay | None = None


class ReadHotelStay(Query):
    """What the order of a link is for. Answered by `HotelStayShown`."""

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    token: Token


class RoomedGuest(Value):
    """Where a guest sleeps: opaque id, a label that those who share have in common, room type."""

    guest: GuestId
    room: str = Field(max_length=MAX_ROOM_LABEL)
    kind: Slug | None = None
    """None when no room is left that would do."""


class ReadRoomingSheet(Query):
    """A workbook with a line for each guest, without names: who asked writes them in.

    Answered by `HotelSheet`.
    """

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    token: Token
    guests: tuple[RoomedGuest, ...] = Field(max_length=MAX_GUESTS)


QUERIES = (ReadHotelStay, ReadRoomingSheet)
