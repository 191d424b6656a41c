"""What is sent to HAIP: pure, from our values to its documented bodies.

Must not: send more of a guest than a name and, where the hotel registers guests, a nationality.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import BlockOrder, GuestCard, RoomNight, StayChange, StayOrder
from services.bookings.hotels.money import decimal_text

CHANNEL = "redcrown"
Body = dict[str, Any]


def group_profile(link: HotelLink, order: BlockOrder) -> Body:
    """A group of the event, for one block."""
    return {
        "propertyId": link.their_hotel,
        "name": order.name,
        "type": "event",
        "notes": order.ours,
    }


def block(link: HotelLink, order: BlockOrder, group: str) -> Body:
    """A tentative block; its end is the day after the last night."""
    return {
        "propertyId": link.their_hotel,
        "groupProfileId": group,
        "name": order.name,
        "ratePlanId": link.codes.rate(order.rate),
        "startDate": order.first_night.isoformat(),
        "endDate": (order.last_night + timedelta(days=1)).isoformat(),
        "cutoffDate": order.cut_off.isoformat(),
        "status": "tentative",
        "groupCode": order.ours,
    }


def inventory(link: HotelLink, one: RoomNight) -> Body:
    """Rooms of a block for one night."""
    return {
        "propertyId": link.their_hotel,
        "stayDate": one.night.isoformat(),
        "roomTypeId": link.codes.room_type(one.kind),
        "roomsAllotted": one.rooms,
    }


def guest(card: GuestCard, ours: str | None = None) -> Body:
    """A guest's profile; with our reference of the stay when it is a new one."""
    body: Body = {"firstName": card.given, "lastName": card.family}
    if card.nationality is not None:
        body["nationality"] = card.nationality
    if ours is not None:
        body["loyaltyNumber"] = ours
    return body


def rooming_row(link: HotelLink, order: StayOrder, guest_id: str, card: GuestCard) -> Body:
    """One line of a rooming list."""
    return {
        "guestName": f"{card.given} {card.family}",
        "guestId": guest_id,
        "arrival": order.arrival.isoformat(),
        "departure": order.departure.isoformat(),
        "roomTypeId": link.codes.room_type(order.kind),
        "ratePlanId": link.codes.rate(order.rate),
        "totalAmount": decimal_text(order.price),
        "currencyCode": order.price.currency,
    }


def reservation(link: HotelLink, order: StayOrder, guest_id: str) -> Body:
    """A reservation without a block."""
    return {
        "propertyId": link.their_hotel,
        "guestId": guest_id,
        "arrivalDate": order.arrival.isoformat(),
        "departureDate": order.departure.isoformat(),
        "roomTypeId": link.codes.room_type(order.kind),
        "ratePlanId": link.codes.rate(order.rate),
        "totalAmount": decimal_text(order.price),
        "currencyCode": order.price.currency,
        "adults": order.adults,
        "source": "corporate",
        "channelCode": CHANNEL,
        "externalConfirmation": order.ours,
    }


def change(link: HotelLink, wanted: StayChange) -> Body:
    """Only what is to be different."""
    body: Body = {}
    if wanted.arrival is not None:
        body["arrivalDate"] = wanted.arrival.isoformat()
    if wanted.departure is not None:
        body["departureDate"] = wanted.departure.isoformat()
    if wanted.kind is not None:
        body["roomTypeId"] = link.codes.room_type(wanted.kind)
    if wanted.price is not None:
        body["totalAmount"] = decimal_text(wanted.price)
    return body
