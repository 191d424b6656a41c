"""What goes out when a hotel's system asks: rooms that are due, some with their guests' names.

Owns: that rooms are noted as handed out before they leave; that names are fetched at that moment,
no more of them than go out, and are gone after it; and that rooms without a name wait for no name.
Must not: log, store or pass on a name but in the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from services.bookings.by_call.deciding import request
from services.bookings.by_call.limits import KEPT_DAYS, NAMES_S, ROOMS_OF_HOTEL
from services.bookings.by_call.marking import claim
from services.bookings.by_call.rooms import Room, room_of, shelf_of, write
from services.bookings.by_call.tables import ROOMS
from services.bookings.by_hand.staying import confirmed_stay
from services.bookings.guestlists import noting
from services.bookings.guestlists.asking import GuestsAway, Lodgers
from services.bookings.hotels.alpinebits import shelf
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import Order, Person
from services.bookings.hotels.alpinebits.shelf import MAX_HANDED, MAX_SINCE, Slip
from services.bookings.hotels.model import GuestCard
from services.bookings.orders.tables import ORDERS
from shared.chassis.work import Work
from shared.contracts.hotel_guests import HotelStay
from shared.holds.spans import chunks

Cards = Mapping[str, Mapping[str, GuestCard]]
"""By order, by guest."""


@dataclass(frozen=True, slots=True)
class Due:
    """Rooms that go out: `orders` at once, `named` with the names of their guests."""

    orders: Sequence[Order]
    named: Sequence[Room]
    stays: Mapping[str, HotelStay]
    """What the orders of these are for."""


def due(work: Work, house: House, since: datetime | None) -> Due:
    """What is due; rooms without a guest are noted as handed out."""
    claim(work, house.hotel)
    known = _known(work, house, since)
    plain = _chosen([one for one in known.values() if one.guest is None], since, MAX_SINCE)
    left = MAX_HANDED - (0 if since is not None else len(plain))
    named = [known[one.id] for one in _chosen(_in_names(known, work), since, left)]
    stays = _stays(work, house, {one.ours for one in named})
    out = _handed(work, [known[one.id] for one in plain])
    return Due([request(one) for one in out], [one for one in named if one.ours in stays], stays)


def _known(work: Work, house: House, since: datetime | None) -> dict[str, Room]:
    oldest = work.now.date() - timedelta(days=KEPT_DAYS)
    which = {"hotel": house.hotel, "oldest": oldest}
    found = work.connection.execute(_OF_HOTEL if since is not None else _UNSETTLED, which)
    return {one.slip.id: one for one in map(room_of, found)}


_OF_HOTEL = (
    select(ROOMS)
    .where(
        ROOMS.c.hotel == bindparam("hotel"), ROOMS.c.departure >= bindparam("oldest"),
        ROOMS.c.unsaid.is_(False),
    )
    .order_by(ROOMS.c.changed_at.desc(), ROOMS.c.room)
    .limit(ROOMS_OF_HOTEL)
)  # fmt: skip
_UNSETTLED = _OF_HOTEL.where(ROOMS.c.settled < ROOMS.c.revision)


def _in_names(known: Mapping[str, Room], work: Work) -> list[Room]:
    """Nobody is named any more once his stay is over."""
    today = work.now.date()
    return [one for one in known.values() if one.guest is not None and one.departure >= today]


def _chosen(rooms: Iterable[Room], since: datetime | None, most: int) -> Sequence[Slip]:
    """At most so many: of what waits the oldest, of what changed since a moment the newest."""
    found = shelf.due(shelf_of(rooms), since)
    return found[: max(0, most)] if since is None else found[max(0, len(found) - max(0, most)) :]


def _stays(work: Work, house: House, orders: Iterable[str]) -> dict[str, HotelStay]:
    """What orders are for; one that is not confirmed any more is not there."""
    found = {}
    for some in chunks(sorted(orders)):
        visits = select(ORDERS.c.ours, ORDERS.c.visit).where(ORDERS.c.ours.in_(some))
        for ours, visit in work.connection.execute(visits).all():
            stay = confirmed_stay(work.connection, ours, visit, house.hotel, {})
            if stay is not None:
                found[ours] = stay
    return found


def _handed(work: Work, rooms: Sequence[Room]) -> list[Room]:
    after = shelf.hand_out(shelf_of(rooms), [one.slip.id for one in rooms])
    moved = [replace(one, slip=after[one.slip.id]) for one in rooms]
    write(work.connection, moved, rooms)
    return moved


async def cards_of(lodgers: Lodgers, some: Due) -> Cards:
    """Names of who is named now, by order. Where the guests service is silent, orders are left out:
    their rooms wait for a later call."""
    found: dict[str, Mapping[str, GuestCard]] = {}
    try:
        async with asyncio.timeout(NAMES_S):
            for ours, stay in some.stays.items():
                guests = {one.guest for one in some.named if one.ours == ours and one.guest}
                found[ours] = await lodgers.cards(stay, sorted(guests))
    except (GuestsAway, TimeoutError):
        pass
    return found


def with_names(
    work: Work, house: House, some: Due, cards: Cards, since: datetime | None
) -> list[Order]:
    """Rooms whose guests could be named, noted as handed out; the others wait. One that has changed
    since it was chosen goes out with a later call."""
    claim(work, house.hotel)
    then = {one.slip.id: (one.slip.revision, one.guest) for one in some.named}
    known = [
        one
        for one in named_rooms(work, house, then)
        if (one.slip.revision, one.guest) == then[one.slip.id]
    ]
    asked = [one for one in known if one.ours in cards]
    ready = [one for one in asked if one.guest in cards[one.ours]]
    # The roster lodges some of them there no more: their lists look again.
    if gone := {one.ours for one in asked if one.guest not in cards[one.ours]}:
        noting.moved(work, gone)
    if since is not None:
        # Whoever asks by moments would not hear of them again, were they not younger than this one.
        late = [one for one in known if one.ours not in cards]
        later = [replace(one, slip=replace(one.slip, changed_at=work.now)) for one in late]
        write(work.connection, later, late)
    return [
        request(one, Person(card.given, card.family))
        for one in _handed(work, ready)
        for card in [cards[one.ours][str(one.guest)]]
    ]


def named_rooms(work: Work, house: House, names: Iterable[str]) -> list[Room]:
    """Rooms of a hotel by the ids that they have on the wire; strange ones are left out."""
    found: list[Room] = []
    for some in chunks(sorted(set(names))):
        mine = (ROOMS.c.hotel == house.hotel, ROOMS.c.room.in_(some))
        found += [room_of(row) for row in work.connection.execute(select(ROOMS).where(*mine))]
    return found
