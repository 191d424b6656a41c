"""What is sent to apaleo: pure, from our values to its documented bodies.

Must not: send more of a guest than a name and, where the hotel registers guests, a nationality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import (
    BlockOrder,
    GuestCard,
    RoomNight,
    StayChange,
    StayOrder,
)
from services.bookings.hotels.money import decimal_text, parts
from services.bookings.hotels.nights import each_night
from services.bookings.hotels.reading import Body, day, part, text
from shared.contracts.values import Money

MARK = "redcrown:"
"""Begins what we note in a comment of the hotel's."""
RELEASED = f"{MARK} released"
ONE_DAY = timedelta(days=1)


def group(link: HotelLink, order: BlockOrder) -> Body:
    """A group for one block. Its name ends with our reference: it can be searched by."""
    return {
        "name": f"{order.name} {order.ours}",
        "booker": _booker(link),
        "comment": f"{MARK} cut-off {order.cut_off}",
        "propertyIds": [link.their_hotel],
    }


def by_kind(rooms: Sequence[RoomNight]) -> dict[str, dict[date, int]]:
    """Numbers of rooms by room type, then by night."""
    found: dict[str, dict[date, int]] = {}
    for one in sorted(rooms, key=lambda one: one.kind):
        found.setdefault(one.kind, {})[one.night] = one.rooms
    return found


def span(rooms: Mapping[date, int]) -> tuple[date, date]:
    """The first night, and the day after the last one."""
    return min(rooms), max(rooms) + ONE_DAY


def contracted(price: Body, rooms: Mapping[date, int]) -> Body:
    """A block from its first night to its last one; nights between that have no number have 0."""
    first, departure = span(rooms)
    return {
        "from": str(first),
        "to": str(departure),
        "grossDailyRate": price,
        "timeSlices": [{"blockedUnits": rooms.get(one, 0)} for one in each_night(first, departure)],
    }


def amended(shown: Body, wanted: Mapping[date, int]) -> Body:
    """A block with other numbers on some nights; its span grows when they lie outside of it."""
    had = {day(one, "from"): int(part(one, "blockedUnits")) for one in shown["timeSlices"]}
    return contracted(part(shown, "grossDailyRate"), had | dict(wanted))


def picked_up(block_id: str, order: StayOrder, card: GuestCard) -> Body:
    """A reservation out of a block, at the block's price; the comment carries our reference."""
    one = {
        "blockId": block_id,
        "arrival": str(order.arrival),
        "departure": str(order.departure),
        "adults": order.adults,
        "comment": f"{MARK} {order.ours}",
        **guests(card, {}),
    }
    return {"reservations": [one]}


def booking(link: HotelLink, order: StayOrder, card: GuestCard) -> Body:
    """A booking of one reservation without a block."""
    nights = (order.departure - order.arrival).days
    one: Body = {
        "arrival": str(order.arrival),
        "departure": str(order.departure),
        "adults": order.adults,
        "externalCode": order.ours,
        "channelCode": "Direct",
        **guests(card, {}),
        "timeSlices": _slices(
            link.codes.rate(order.rate, order.kind), nights, order.price, "total"
        ),
    }
    if "guarantee" in link.options:
        one["guaranteeType"] = link.option("guarantee")
    return {"booker": _booker(link), "reservations": [one]}


def stay(link: HotelLink, shown: Body, change: StayChange) -> Body:
    """A reservation's whole stay, as it is shown with what is to be different."""
    plan = text(shown, "ratePlan", "id")
    if change.kind is not None:
        plan = link.codes.rate(link.codes.our_rate(plan), change.kind)
    arrival = change.arrival or day(shown, "arrival")
    nights = ((change.departure or day(shown, "departure")) - arrival).days
    body: Body = {
        "arrival": str(change.arrival or text(shown, "arrival")),
        "departure": str(change.departure or text(shown, "departure")),
        "adults": part(shown, "adults"),
        "timeSlices": _slices(plan, nights, change.price, "totalGross"),
    }
    if shown.get("childrenAges"):
        body["childrenAges"] = shown["childrenAges"]
    return body


def guests(card: GuestCard, shown: Body) -> Body:
    """All who have the room, as parts of a reservation; those besides the primary guest are named
    as a whole list, and not at all when there are none and none are shown."""
    found: Body = {"primaryGuest": guest(card)}
    if card.sharing or shown.get("additionalGuests"):
        found["additionalGuests"] = [guest(one) for one in card.sharing]
    return found


def guest(card: GuestCard) -> Body:
    """One guest of a reservation."""
    body: Body = {"firstName": card.given, "lastName": card.family}
    if card.nationality is not None:
        body["nationalityCountryCode"] = card.nationality
    return body


def _booker(link: HotelLink) -> Body:
    """Whoever ordered: the option names us, never a guest."""
    return {"lastName": link.option("booker")}


def _slices(plan: str, count: int, price: Money | None, name: str) -> list[Body]:
    if price is None:
        return [{"ratePlanId": plan} for _night in range(count)]
    return [{"ratePlanId": plan, f"{name}Amount": _amount(one)} for one in parts(price, count)]


def _amount(price: Money) -> Body:
    """JSON knows no decimals; the shortest text of this float is the sum itself."""
    return {"amount": float(decimal_text(price)), "currency": price.currency}
