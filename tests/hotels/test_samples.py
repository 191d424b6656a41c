"""Golden bodies: what we send to OHIP beside the vendor's own sample requests.

The documents declare almost nothing as required, so fitting them says little. Here every part that
we send is found in the sample in the same place and of the same type, or is named as an exception.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.bookings.hotels.model import BlockOrder, GuestCard, RoomNight, StayOrder
from services.bookings.hotels.ohip import bodies, stay_bodies
from services.bookings.hotels.ohip.ability import CODE_CHARACTERS
from shared.contracts.values import Money
from tests.hotels.contract import SPECS
from tests.hotels.running import HotelProcess

FILE = SPECS / "ohip" / "sample-requests.extract.json"
REQUESTS = json.loads(FILE.read_text(encoding="utf-8"))["requests"]
CARD = GuestCard("Jane", "Smith")


def sample(name: str) -> Any:
    return next(one["body"] for one in REQUESTS if one["name"].endswith(name))


def parts(body: Any, where: str = "") -> Iterator[tuple[str, type]]:
    if isinstance(body, dict):
        for name, value in body.items():
            yield from parts(value, f"{where}/{name}")
    elif isinstance(body, list):
        for one in body:
            yield from parts(one, where)
    else:
        yield where, type(body)


def compared(ours: Any, theirs: Any) -> tuple[set[str], set[str]]:
    """Parts that the sample has not, and parts that it has of another type."""
    known = dict(parts(theirs))
    mine = dict(parts(ours))
    other = {where for where, kind in mine.items() if where in known and known[where] is not kind}
    return mine.keys() - known.keys(), other


@pytest.fixture
def link(tmp_path: Path) -> Any:
    hotel = HotelProcess("ohip", tmp_path)
    yield hotel.link()
    hotel.stop()


def order() -> StayOrder:
    price = Money(amount=40_000, currency="USD")
    return StayOrder("r1", "king", "agreed", date(2027, 9, 1), date(2027, 9, 3), price)


def test_a_block(link: Any) -> None:
    rooms = (RoomNight(date(2027, 9, 1), "king", 5),)
    ours = bodies.block(link, BlockOrder("visit-1", "Expo", "agreed", rooms, date(2027, 8, 1)))
    more, other = compared(ours, sample("Create a new Block"))
    block = "/blocks/blockInfo/block"
    assert more == {
        f"{block}/externalReferences/id",
        f"{block}/externalReferences/idContext",
        f"{block}/reservationDetails/cutOffDate",
    }
    # The sample writes elastic as a text, the document as a number: we follow the document.
    assert other == {f"{block}/reservationDetails/elastic"}
    code = ours["blocks"]["blockInfo"][0]["block"]["blockDetails"]["blockCode"]
    assert len(code) <= CODE_CHARACTERS


def test_a_status(link: Any) -> None:
    ours = bodies.status(link, "9", "TEN", "DEF")
    assert compared(ours, sample("Update the Blocks Status")) == (set(), set())
    assert ours["changeBlockStatus"]["overbookAll"] is False, "the sample overbooks; we never do"


def test_a_reservation(link: Any) -> None:
    theirs = sample("Create Share Reservations/Create a new reservation")
    more, other = compared(stay_bodies.create(link, order(), CARD, "9"), theirs)
    stay = "/reservations/reservation"
    line = f"{stay}/roomStay/roomRates"
    assert more == {
        f"{stay}/externalReferences/id",
        f"{stay}/externalReferences/idContext",
        f"{line}/reservationBlock/blockIdList/type",
        f"{line}/reservationBlock/blockIdList/id",
        f"{line}/reservationBlock/hotelId",
        f"{line}/total/currencyCode",
    }
    # Numbers that the sample writes as texts; the document says numbers.
    assert other == {
        f"{line}/total/amountBeforeTax",
        f"{line}/rates/rate/base/amountBeforeTax",
        f"{line}/guestCounts/adults",
        f"{line}/guestCounts/children",
        f"{line}/numberOfUnits",
        f"{stay}/roomStay/guestCounts/adults",
        f"{stay}/roomStay/guestCounts/children",
    }


def test_the_price_by_night_adds_up(link: Any) -> None:
    price = Money(amount=10_001, currency="CNY")
    span = (date(2027, 9, 1), date(2027, 9, 4))
    line = stay_bodies.room_rate(link, "KNG", "EXPO", span, price)
    amounts = [one["base"]["amountBeforeTax"] for one in line["rates"]["rate"]]
    assert amounts == [33.35, 33.33, 33.33]
    assert line["total"]["amountBeforeTax"] == 100.01


def test_a_cancellation(link: Any) -> None:
    ours = stay_bodies.cancel(link, "7", "off")
    assert compared(ours, sample("Cancel a reservation")) == (set(), set())
    assert ours["verificationOnly"] is False, "the sample only verifies"


def test_another_guest(link: Any) -> None:
    shared = replace(CARD, sharing=(GuestCard("John", "Smith"),))
    ours = stay_bodies.changed(link, "7", reservationGuests=stay_bodies.guests(shared))
    more, other = compared(ours, sample("add accompanying profile"))
    stay = "/reservations"
    profile = f"{stay}/reservationGuests/profileInfo/profile"
    assert more == {
        f"{stay}/hotelId",
        f"{profile}/customer/personName/givenName",
        f"{profile}/customer/personName/surname",
        f"{profile}/customer/personName/nameType",
        f"{profile}/profileType",
    }
    assert other == set()


def test_nights_of_equal_size_go_out_together() -> None:
    nights = [RoomNight(date(2027, 9, n), "king", 5 if n < 4 else 2) for n in (1, 2, 3, 4, 6)]
    spans = [(one.night.day, last.day, one.rooms) for one, last in bodies.runs(nights)]
    assert spans == [(1, 3, 5), (4, 4, 2), (6, 6, 2)]
