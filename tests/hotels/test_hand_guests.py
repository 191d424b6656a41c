"""Whose rooms a definite order by hand is, on both databases: no name, and only while it stands."""

from __future__ import annotations

import base64
import io
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest

from services.bookings.by_hand.staying import GuestDesk, definite
from services.bookings.by_hand.tables import Sheet
from services.bookings.hotels.model import RoomNight
from shared.contracts.hotel_desk import DeskState, HotelLetter
from shared.contracts.hotel_guests import HotelStay, ReadRoomingSheet, RoomedGuest
from tests.hotels.test_hand_orders import HAND, Hotel, firm, hotel, keys, rooms

D = DeskState
G1 = "g-01hzzzzzzzzzzzzzzzzzzzzzz1"
__all__ = ["hotel", "keys"]


async def stay(hotel: Hotel, token: str | None = None) -> HotelStay | None:
    desk, opened, now = GuestDesk(hotel.desk), token or hotel.token(), hotel.front.now()
    shown = await hotel.front.run(lambda work: desk.show(work.connection, opened, now))
    found: HotelStay | None = shown.stay
    return found


async def test_an_order_tells_what_it_is_for_once_it_is_definite(hotel: Hotel) -> None:
    front = hotel.front
    front.desk.place("v", h1=rooms(3))
    await front.work(HAND)
    assert await stay(hotel) is None
    assert await hotel.say(D.ACCEPTED) == "taken"
    assert await stay(hotel) is None, "agreed to is not yet definite"
    front.desk.confirm("v", "h1")
    await front.work(HAND)
    found = await stay(hotel)
    assert found is not None and found.order == hotel.letters[0].order
    assert (found.visit, found.hotel, found.alone) == ("v", HAND, True)
    assert [(one.kind, one.rooms, one.pair) for one in found.rooms] == [("twin", 3, True)]
    nights = {one.night for one in hotel.letters[0].rooms}
    assert (found.arrival, (found.departure - found.arrival).days) == (min(nights), len(nights))
    assert await stay(hotel, hotel.token() + "A") is None
    assert await hotel.say(D.WITHDRAWN) == "taken"
    assert await stay(hotel) is None, "who gives no rooms is shown nobody"


@pytest.mark.parametrize(
    ("state", "firm", "agreed", "shown"),
    [
        (D.ACCEPTED, True, True, True),
        (D.ASKED, True, True, True),
        (D.ASKED, True, False, False),
        (D.ACCEPTED, False, True, False),
        (D.WITHDRAWN, True, True, False),
        (D.OFF, True, True, False),
    ],
)
def test_guests_are_for_rooms_that_are_definite(
    state: DeskState, firm: bool, agreed: bool, shown: bool
) -> None:
    rooms = (RoomNight(date(2027, 9, 14), "twin", 1),) if agreed else ()
    sheet = Sheet("rc1", HAND, "v", date(2027, 9, 14), state=state, firm=firm, agreed=rooms)
    assert definite(sheet) is shown


async def test_more_rooms_asked_for_do_not_hide_who_stays(hotel: Hotel) -> None:
    await firm(hotel, 2)
    hotel.front.desk.place("v", h2=rooms(4))
    await hotel.front.work(HAND)
    assert hotel.letters[-1].letter is HotelLetter.ASK
    found = await stay(hotel)
    assert found is not None and found.rooms[0].rooms == 2, "what is confirmed"
    hotel.front.desk.release("v", "h1", "h2")
    await hotel.front.work(HAND)
    assert await stay(hotel) is None


async def test_a_definite_order_opens_until_the_guests_have_left(hotel: Hotel) -> None:
    await firm(hotel, 2)
    asked, definite = hotel.token(0), hotel.token(1)
    nights = {one.night for one in hotel.letters[0].rooms}
    leave = date.fromordinal(max(nights).toordinal() + 1)
    hotel.front.desk.now = datetime(leave.year, leave.month, leave.day, 15, 59, tzinfo=UTC)
    assert (await hotel.page(definite)).found and not (await hotel.page(asked)).found
    hotel.front.desk.later(61)
    assert not (await hotel.page(definite)).found


async def test_the_workbook_has_a_line_for_each_guest_and_no_name(hotel: Hotel) -> None:
    await firm(hotel, 2)
    desk, now = GuestDesk(hotel.desk), hotel.front.now()
    listed = (RoomedGuest(guest=G1, room="1", kind="twin"),)

    async def sheet(token: str) -> Any:
        said = ReadRoomingSheet(cause="p", actor="h", token=token, guests=listed)
        return await hotel.front.run(lambda work: desk.sheet(work.connection, said, now))

    found = await sheet(hotel.token())
    book: Any = openpyxl.load_workbook(io.BytesIO(base64.b64decode(found.content))).active
    (row,) = [one for one in book.iter_rows() if one[0].value == G1]
    assert [cell.value for cell in row[1:4]] == [None, "1", "twin twin"]
    assert not (await sheet("a.b")).found
