"""What rooms that stand would cost now, and whether they are still there to be had. Pure.

Must not: count rooms; the cells do.
"""

from __future__ import annotations

from services.bookings.documents import RoomType
from services.bookings.inventory import Lodgings
from shared.contracts.values import Money
from shared.holds.port import Given


def suits(given: Given, lodgings: Lodgings) -> bool:
    """Whether all its hotels and room types are there."""
    return _rooms(given, lodgings) is not None


def price(given: Given, lodgings: Lodgings) -> Money | None:
    """Rooms by their agreement price and nights; None when a hotel or a type is gone."""
    rooms = _rooms(given, lodgings)
    if rooms is None:
        return None
    return Money(amount=sum(n * kind.price for n, kind in rooms) * int(given.allotted["nights"]))


def _rooms(given: Given, lodgings: Lodgings) -> list[tuple[int, RoomType]] | None:
    found = []
    for one in given.allotted["hotels"]:
        hotel = lodgings.hotels.get(one["hotel"])
        kinds = {kind.id: kind for kind in hotel.room_types} if hotel else {}
        for line in one["rooms"]:
            if line["type"] not in kinds:
                return None
            found.append((int(line["rooms"]), kinds[line["type"]]))
    return found
