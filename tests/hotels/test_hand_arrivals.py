"""Who has come to a hotel by hand, on both databases: by opaque id, word by word, in counts."""

from __future__ import annotations

import base64
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
from sqlalchemy import select

from services.bookings.by_hand.arrivals_desk import ArrivalDesk
from services.bookings.by_hand.arrivals_tables import WORDS
from services.bookings.by_hand.reminding import revoke
from services.bookings.by_hand.staying import GuestDesk
from services.bookings.overview import hand_stays, troubles
from services.bookings.overview.service import known_of
from shared.contracts.hotel_arrivals import (
    ArrivalSaid,
    ArrivalsSaid,
    ArrivalState,
    HandStays,
    LineOutcome,
    ListArrivals,
    PreviewArrivals,
    ReadArrivals,
    ReadHandStays,
    SayArrivals,
)
from shared.contracts.hotel_desk import DeskState
from shared.contracts.hotel_guests import ReadRoomingSheet, RoomedGuest
from shared.contracts.hotel_troubles import GuestsMissing, HotelTroubles, ReadHotelTroubles
from tests.hotels.test_hand_orders import HAND, Hotel, firm, hotel, keys, rooms

A, L = ArrivalState, LineOutcome
BY = {"cause": "p", "actor": "h"}
ONE, TWO, NEW = (f"g-01hzzzzzzzzzzzzzzzzzzzzzz{n}" for n in range(1, 4))
LISTED = (RoomedGuest(guest=ONE, room="1", kind="twin"), RoomedGuest(guest=TWO, room="1"))
__all__ = ["hotel", "keys"]


class Reception:
    """Somebody of the hotel, at the page."""

    def __init__(self, hotel: Hotel) -> None:
        self.hotel, self.front = hotel, hotel.front
        self.desk = ArrivalDesk(GuestDesk(hotel.desk))
        self.token = hotel.token()

    async def say(self, *lines: ArrivalSaid, look: bool = False) -> ArrivalsSaid:
        said = (PreviewArrivals if look else SayArrivals)(
            **BY, token=self.token, lines=lines, listed=LISTED
        )
        now = self.front.now()
        act: Any = lambda work: self.desk.say(work, said)  # noqa: E731
        if look:
            act = lambda work: self.desk.preview(work.connection, said, now)  # noqa: E731
        done: ArrivalsSaid = await self.front.run(act)
        return done

    async def outcomes(self, *lines: ArrivalSaid, look: bool = False) -> list[LineOutcome]:
        return [one.outcome for one in (await self.say(*lines, look=look)).lines]

    async def guests(self) -> list[tuple[str, str, int]]:
        asked = ReadArrivals(**BY, token=self.token, guests=(ONE, TWO))
        now = self.front.now()
        found = await self.front.run(lambda work: self.desk.show(work.connection, asked, now))
        return [(one.state.value, one.number, one.version) for one in found.guests]

    async def missing(self) -> tuple[GuestsMissing, ...]:
        known, query = known_of(self.front.links), ReadHotelTroubles(**BY)
        now = self.front.now()
        found: HotelTroubles = await self.front.run(
            lambda work: troubles.page(work.connection, known, query, now)
        )
        return found.missing

    async def stays(self, **what: Any) -> HandStays:
        known, query = known_of(self.front.links), ReadHandStays(**BY, **what)
        now = self.front.now()
        found: HandStays = await self.front.run(
            lambda work: hand_stays.page(work.connection, known, query, now)
        )
        return found


def said(guest: str, seen: int = 0, **more: Any) -> ArrivalSaid:
    return ArrivalSaid(guest=guest, seen=seen, **more)


def evening(hotel: Hotel, days: int = 0) -> date:
    """Make it the evening of a night of the order; the day of arrival."""
    arrival = min(one.night for one in hotel.letters[0].rooms)
    at = arrival + timedelta(days=days)
    hotel.front.desk.now = datetime(at.year, at.month, at.day, 12, 0, tzinfo=UTC)
    return arrival


async def test_a_stay_from_room_number_to_departure(hotel: Hotel) -> None:
    hotel.front.desk.place("v", h1=rooms(1))
    await hotel.front.work(HAND)
    early = Reception(hotel)
    assert not (await early.say(said(ONE, number="812"))).found, "no room is definite yet"
    assert await hotel.say(DeskState.ACCEPTED) == "taken"
    hotel.front.desk.confirm("v", "h1")
    await hotel.front.work(HAND)
    desk = Reception(hotel)

    lines = said(ONE, number="812"), said(TWO, number="812")
    assert await desk.outcomes(*lines, look=True) == [L.TAKEN, L.TAKEN]
    assert await desk.guests() == [("confirmed", "", 0)] * 2, "a look changes nothing"
    assert await desk.outcomes(*lines) == [L.TAKEN, L.TAKEN]
    assert await desk.outcomes(*lines) == [L.UNCHANGED, L.UNCHANGED], "said again"
    assert await desk.outcomes(said(ONE, 1, state=A.IN_HOUSE)) == [L.EARLY]
    arrival = evening(hotel)
    mixed = said(ONE, 1, state=A.IN_HOUSE), said(TWO, 0, state=A.NO_SHOW), said(NEW, number="9")
    assert await desk.outcomes(*mixed) == [L.TAKEN, L.STALE, L.GONE]
    assert await desk.outcomes(said(TWO, 1, state=A.NO_SHOW)) == [L.TAKEN]
    assert await desk.guests() == [("in_house", "812", 2), ("no_show", "812", 2)]

    (stay,) = (await desk.stays(visit="v")).stays
    assert (stay.stay.visit, stay.no_shows, stay.said_at) == ("v", 1, hotel.front.now())
    first, *later = stay.nights
    assert (first.night, first.in_house, first.no_show) == (arrival, 1, 1)
    assert later and all(one.in_house is None for one in later)
    (gone,) = await desk.missing()
    assert (gone.hotel, gone.visit, gone.need, gone.guests) == (HAND, "v", stay.stay.need, 1)
    listed = ListArrivals(**BY, visit="v")
    found = await hotel.front.run(lambda work: hand_stays.of_visit(work.connection, listed))
    assert [(one.need, one.hotel, one.guest, one.number) for one in found.guests] == [
        (stay.stay.need, HAND, ONE, "812"), (stay.stay.need, HAND, TWO, "812"),
    ]  # fmt: skip
    words = await hotel.front.run(
        lambda work: work.connection.execute(select(WORDS).order_by(WORDS.c.guest)).all()
    )
    assert [(one.guest, one.version, one.state, one.number) for one in words] == [
        (ONE, 1, "confirmed", "812"), (ONE, 2, "in_house", "812"),
        (TWO, 1, "confirmed", "812"), (TWO, 2, "no_show", "812"),
    ], "every word, in order, by id"  # fmt: skip
    evening(hotel, days=(stay.stay.departure - arrival).days)
    assert await desk.missing() == (gone,), "on the day of departure it is told still"
    evening(hotel, days=(stay.stay.departure - arrival).days + 1)
    assert await desk.missing() == ()


async def test_hotels_are_told_night_by_night(hotel: Hotel) -> None:
    await firm(hotel, 1)
    desk, arrival = Reception(hotel), evening(hotel)
    assert await desk.outcomes(said(ONE, state=A.IN_HOUSE)) == [L.TAKEN]
    here = await desk.stays(hotel=HAND, starts_on=arrival, nights=1)
    assert [one.stay.order for one in here.stays] == [hotel.letters[0].order] and here.whole
    assert (await desk.stays(hotel="another", starts_on=arrival)).stays == ()
    past = arrival + timedelta(days=300)
    assert (await desk.stays(hotel=HAND, starts_on=past)).stays == ()
    hotel.front.desk.release("v", "h1")
    await hotel.front.work(HAND)
    assert (await desk.stays(visit="v")).stays == ()
    assert not (await desk.say(said(ONE, 1, state=A.DEPARTED))).found, "the rooms are off"


async def test_a_revoked_link_says_nothing_any_more(hotel: Hotel) -> None:
    await firm(hotel, 1)
    desk = Reception(hotel)
    now = hotel.front.now()
    order = hotel.letters[0].order
    assert await hotel.front.run(lambda work: revoke(work.connection, order, now))
    assert not (await desk.say(said(ONE, number="812"))).found
    await hotel.front.work(HAND)
    renewed = Reception(hotel)
    assert await renewed.outcomes(said(ONE, number="812")) == [L.TAKEN]


async def test_the_workbook_shows_what_was_said_and_comes_back(hotel: Hotel) -> None:
    await firm(hotel, 1)
    desk = Reception(hotel)
    evening(hotel)
    await desk.say(said(ONE, state=A.IN_HOUSE, number="812"))
    asked = ReadRoomingSheet(**BY, token=desk.token, guests=LISTED)
    now = hotel.front.now()
    found = await hotel.front.run(
        lambda work: GuestDesk(hotel.desk).sheet(work.connection, asked, now)
    )
    book: Any = openpyxl.load_workbook(io.BytesIO(base64.b64decode(found.content))).active
    lines = {row[0].value: [cell.value for cell in row[6:]] for row in book.iter_rows()}
    assert lines[ONE] == ["812", "已入住 in house", 1]
    assert lines[TWO] == [None, "待入住 expected", 0]
    assert "答复 Answer" not in [cell.value for row in book.iter_rows() for cell in row]
