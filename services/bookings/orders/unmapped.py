"""What of linked hotels has no counterpart: room types, rates, and the statuses their systems have.

Must not: stop anything; an order that needs what is lacking is refused by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from services.bookings.documents import Hotel
from services.bookings.hotels.alpinebits.house import unmapped as without_code
from services.bookings.hotels.apaleo import ability as apaleo
from services.bookings.hotels.cloudbeds import ability as cloudbeds
from services.bookings.hotels.haip import ability as haip
from services.bookings.hotels.links import AlpineLink, HotelLink, Link
from services.bookings.hotels.mapping import unmapped
from services.bookings.hotels.ohip import ability as ohip
from services.bookings.hotels.states import BlockState
from services.bookings.orders.opening import rate_of

STATUSES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "haip": (haip.BLOCKS, haip.STAYS),
    "ohip": ((), ohip.STAYS),
    "apaleo": (apaleo.BLOCKS, apaleo.STAYS),
    "cloudbeds": (cloudbeds.BLOCKS, cloudbeds.STAYS),
}
"""Of blocks and of reservations, by system, as its file documents them. OHIP's statuses of blocks
are each hotel's own."""
WRITTEN: Mapping[str, tuple[BlockState, ...]] = {"ohip": ohip.WRITTEN}
"""States of a block for which a hotel's own status is sent."""


class Lack(NamedTuple):
    """One thing without a counterpart."""

    hotel: str
    what: str


def lacking(links: Iterable[Link], hotels: Mapping[str, Hotel]) -> list[Lack]:
    """What is lacking, by hotel; an empty list when all is mapped. `hotels` are the inventory's."""
    found = []
    for link in sorted(links, key=lambda one: one.hotel):
        if link.hotel not in hotels:
            found.append(Lack(link.hotel, "there is no such hotel in the inventory"))
            continue
        found += [Lack(link.hotel, what) for what in _of(link, hotels[link.hotel])]
    return found


def _of(link: Link, hotel: Hotel) -> Iterator[str]:
    if isinstance(link, AlpineLink):
        for one in without_code(link.house, [kind.id for kind in hotel.room_types]):
            yield one.removeprefix(f"{link.hotel}: ")
    elif isinstance(link, HotelLink):
        yield from unmapped(hotel, link.codes, [rate_of(link)], STATUSES[link.system])
        yield from link.codes.unwritten_states(WRITTEN.get(link.system, ()))
