"""What is sent to Cloudbeds: pure, from our values to its documented bodies, and to forms.

Must not: send more of a guest than a name and, where the hotel registers guests, a nationality.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from services.bookings.hotels.errors import MappingMissing
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import BlockOrder, GuestCard, RoomNight, StayOrder
from services.bookings.hotels.reading import Body
from services.bookings.hotels.states import BlockState

MIDNIGHT = "00:00"


def form(body: Body) -> dict[str, str]:
    """A body as form fields: `rooms[0][roomTypeID]`. A flag is written as a word."""
    return dict(_fields("", body))


def _fields(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _fields(f"{name}[{key}]" if name else key, one)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _fields(f"{name}[{number}]", one)
    elif isinstance(value, bool):
        yield name, str(value).lower()
    else:
        yield name, str(value)


def block(link: HotelLink, order: BlockOrder) -> Body:
    """A tentative block with all its nights. Overbooking stays forbidden, as nothing allows it."""
    body: Body = {
        "groupCode": link.option("group"),
        "allotmentBlockName": order.ours,
        "rateType": "rate_plan",
        "ratePlanId": link.codes.rate(order.rate),
        "allotmentType": "allotment",
        "allotmentBlockStatus": link.codes.status_of(BlockState.TENTATIVE),
        "allotmentIntervals": intervals(link, order.rooms),
    }
    if "event" in link.options:
        body["eventCode"] = link.option("event")
    days = (order.last_night - order.cut_off).days - 1
    if days >= 0:
        # On the cut-off date itself the rooms are still ours: they go when the next day begins.
        released = {"releaseType": "all_dates", "releaseDays": days, "releaseTime": MIDNIGHT}
        body["autoRelease"] = released
    return body


def intervals(link: HotelLink, rooms: Iterable[RoomNight]) -> list[Body]:
    """Rooms of a block: an interval for each room type, with its nights."""
    found: dict[str, list[Body]] = {}
    for one in sorted(rooms, key=lambda one: (one.kind, one.night)):
        line = {"date": one.night.isoformat(), "blockAllotted": one.rooms}
        found.setdefault(link.codes.room_type(one.kind), []).append(line)
    return [{"roomTypeId": kind, "availability": nights} for kind, nights in found.items()]


def guest(link: HotelLink, card: GuestCard) -> Body:
    """A guest: a name, and a country."""
    return {
        "guestFirstName": card.given,
        "guestLastName": card.family,
        "guestCountry": card.nationality or link.option("country"),
    }


def sharer(link: HotelLink, theirs: str, card: GuestCard) -> Body:
    """A further guest of a reservation; the address for mail is that of whoever books."""
    return {"reservationID": theirs, **guest(link, card), "guestEmail": link.option("email")}


def taken_off(theirs: str, room: str, main: str, gone: Sequence[str]) -> Body:
    """Further guests who leave a room. Somebody must be named who stays: the main guest."""
    return {
        "reservationID": theirs,
        "roomID": room,
        "guestIDs": main,
        "removeGuestIDs": ",".join(gone),
    }


def reservation(link: HotelLink, order: StayOrder, card: GuestCard, block: str | None) -> Body:
    """One room, out of a block or not. The price follows from the rate; there is no field for it.

    Raises MappingMissing without a block for a room type whose room rate the link does not name.
    """
    kind = link.codes.room_type(order.kind)
    room: Body = {"roomTypeID": kind, "quantity": 1}
    if block is None:
        room["roomRateID"] = room_rate(link, order)
    body: Body = {
        "propertyID": link.their_hotel,
        "sourceID": link.option("source"),
        "thirdPartyIdentifier": order.ours,
        "startDate": order.arrival.isoformat(),
        "endDate": order.departure.isoformat(),
        **guest(link, card),
        "guestEmail": link.option("email"),
        "guestZip": link.option("zip"),
        "rooms": [room],
        "adults": [{"roomTypeID": kind, "quantity": order.adults}],
        "children": [{"roomTypeID": kind, "quantity": 0}],
        "paymentMethod": link.option("payment"),
        "sendEmailConfirmation": False,
    }
    return body if block is None else body | {"allotmentBlockCode": block}


def room_rate(link: HotelLink, order: StayOrder) -> str:
    """The hotel's room rate for a room type of ours; the rate itself must be known, too."""
    link.codes.rate(order.rate)
    name = f"room-rate-{order.kind}"
    if name not in link.options:
        raise MappingMissing("option", name)
    return link.option(name)


def change(kind: str, span: tuple[date, date], line: Body) -> Body:
    """The room line whole, as it is with what is to be different. Nights: departure excluded."""
    first, departure = span
    return {
        "rooms": [
            {
                "subReservationID": line["subReservationID"],
                "roomTypeID": kind,
                "checkinDate": first.isoformat(),
                "checkoutDate": departure.isoformat(),
                "adults": line["adults"],
                "children": line["children"],
            }
        ]
    }


def cut_off(last_night: date, days: int) -> date:
    """The cut-off of a block that gives its rooms back so many days before its last night."""
    return last_night - timedelta(days=days + 1)
