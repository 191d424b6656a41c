"""What is sent to OHIP about reservations: pure, after its documents and samples.

Must not: send more of a guest than a name and, where the hotel registers guests, a nationality.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import GuestCard, Row, StayOrder
from services.bookings.hotels.money import decimal_text, parts
from services.bookings.hotels.nights import each_night
from services.bookings.hotels.ohip.bodies import Body, reference
from shared.contracts.values import Money

NOT_LISTED = ("sourceOfSale", "roomStayReservation")


def room_rate(
    link: HotelLink, kind: str, rate: str, span: tuple[date, date], price: Money | None
) -> Body:
    """The room line: type, rate plan and, when it changes, the price by night."""
    first, departure = span
    line: Body = {
        "roomType": kind,
        "roomTypeCharged": kind,
        "ratePlanCode": rate,
        "start": first.isoformat(),
        "end": departure.isoformat(),
        "numberOfUnits": 1,
        "marketCode": link.option("market"),
        "sourceCode": link.option("source"),
        "pseudoRoom": False,
        "fixedRate": True,
    }
    if price is not None:
        line["total"] = _amount(price)
        line["rates"] = {"rate": list(_by_night(span, price))}
    return line


def _by_night(span: tuple[date, date], price: Money) -> Iterator[Body]:
    nights = list(each_night(*span))
    for night, part in zip(nights, parts(price, len(nights)), strict=True):
        end = night + timedelta(days=1)
        yield {"base": _amount(part), "start": night.isoformat(), "end": end.isoformat()}


def _amount(price: Money) -> Body:
    """JSON knows no decimals; the shortest text of this float is the sum itself."""
    return {"amountBeforeTax": float(decimal_text(price)), "currencyCode": price.currency}


def guests(card: GuestCard) -> list[Body]:
    """All who have the room: what is sent replaces what was there, as the documents say."""
    return [guest(card), *(guest(one, primary=False) for one in card.sharing)]


def guest(card: GuestCard, primary: bool = True) -> Body:
    """The primary guest or one who accompanies him, named in the reservation itself."""
    name = {"givenName": card.given, "surname": card.family, "nameType": "Primary"}
    customer: Body = {"personName": [name]}
    if card.nationality is not None:
        customer["nationality"] = card.nationality
    return {
        "profileInfo": {"profile": {"customer": customer, "profileType": "Guest"}},
        "primary": primary,
    }


def reservation(link: HotelLink, order: StayOrder, card: GuestCard, block: str | None) -> Body:
    """One reservation, out of a block or not."""
    kind, rate = link.codes.room_type(order.kind), link.codes.rate(order.rate)
    counts = {"adults": order.adults, "children": 0}
    line = room_rate(link, kind, rate, (order.arrival, order.departure), order.price)
    line["guestCounts"] = counts
    if block is not None:
        line["reservationBlock"] = {
            "blockIdList": [{"type": "Block", "id": block}],
            "hotelId": link.their_hotel,
        }
    return {
        "externalReferences": reference(link, order.ours),
        "sourceOfSale": {"sourceType": "PMS", "sourceCode": link.their_hotel},
        "roomStay": {
            "roomRates": [line],
            "guestCounts": counts,
            "arrivalDate": order.arrival.isoformat(),
            "departureDate": order.departure.isoformat(),
            "guarantee": {"guaranteeCode": link.option("guarantee")},
        },
        "reservationGuests": guests(card),
        "reservationPaymentMethods": [{"paymentMethod": link.option("payment")}],
        "hotelId": link.their_hotel,
        "roomStayReservation": True,
        "reservationStatus": "Reserved",
    }


def create(link: HotelLink, order: StayOrder, card: GuestCard, block: str | None) -> Body:
    """The body that creates one reservation."""
    return {"reservations": {"reservation": [reservation(link, order, card, block)]}}


def rooming_list(link: HotelLink, theirs: str, lines: Sequence[Row]) -> Body:
    """Many reservations of a block; the sequence tells rows apart in the answer."""
    rows = [
        {
            "hotelReservation": _listed(reservation(link, one.order, one.guest, theirs)),
            "roomingListSequence": number,
        }
        for number, one in enumerate(lines, 1)
    ]
    return {
        "blockInfo": {
            "hotelId": link.their_hotel,
            "blockIdList": [{"type": "Block", "id": theirs}],
        },
        "reservations": {"reservation": rows},
    }


def _listed(whole: Body) -> Body:
    """A reservation as the rooming list knows it: it documents fewer parts."""
    row = {name: one for name, one in whole.items() if name not in NOT_LISTED}
    for one in row["reservationGuests"]:
        del one["profileInfo"]["profile"]["profileType"]
    return row


def changed(link: HotelLink, theirs: str, **parts: Any) -> Body:
    """The body that changes a reservation in some of its parts."""
    ids = [{"type": "Reservation", "id": theirs}]
    return {"reservations": [{"reservationIdList": ids, "hotelId": link.their_hotel, **parts}]}


def cancel(link: HotelLink, theirs: str, reason: str) -> Body:
    """The body that cancels a reservation; the vendor's sample only verifies."""
    return {
        "reason": {"description": reason, "code": link.option("cancel-code")},
        "reservations": [
            {
                "reservationIdList": [{"id": theirs, "type": "Reservation"}],
                "hotelId": link.their_hotel,
            }
        ],
        "verificationOnly": False,
    }
