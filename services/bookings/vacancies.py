"""What hotels have free for one party: rooms by type over all nights, and where each comes from.

Owns: counting a room against the block or the house limit, night by night; what a party that stands
may keep although the block was cut off or the house limit shrank.
Must not: choose a hotel; `stays` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.bookings.documents import Hotel, RoomType
from services.bookings.inventory import (
    Lodgings,
    accessible_unit,
    block_unit,
    house_unit,
    rooms_unit,
)
from services.bookings.rooming import Offer
from services.bookings.wishes import Stay
from shared.holds.port import Ask, Claim, Standing

PAIR, SINGLE = "pair", "single"
Kept = Mapping[tuple[str, str, str], int]
"""Rooms by hotel, room type and use."""


def kept_rooms(standing: Standing | None) -> dict[tuple[str, str, str], int]:
    """The rooms that the need has already, as its standing hold was allotted."""
    rooms: dict[tuple[str, str, str], int] = {}
    for hotel in standing.allotted.get("hotels", ()) if standing else ():
        for one in hotel["rooms"]:
            key = hotel["hotel"], one["type"], one["use"]
            rooms[key] = rooms.get(key, 0) + one["rooms"]
    return rooms


@dataclass(frozen=True, slots=True)
class Vacancies:
    """Free rooms as one request sees them. Answers are remembered while it is decided."""

    ask: Ask
    lodgings: Lodgings
    kept: Kept
    _offers: dict[tuple[str, int, int], tuple[Offer, ...]] = field(default_factory=dict)

    def left(self, unit: str, night: int) -> int:
        """What the party may take: what is free, or what it has there already if that is more.

        What stands takes nothing new, so it is kept past the cut-off of its block.
        """
        has = sum(
            claim.quantity for claim in self._standing(unit) if claim.start <= night < claim.stop
        )
        return max(self.ask.free.free(unit, night), has)

    def _standing(self, unit: str) -> list[Claim]:
        standing = self.ask.standing
        return [claim for claim in standing.claims if claim.unit == unit] if standing else []

    def offers(self, stay: Stay, hotel: Hotel) -> tuple[Offer, ...]:
        """The hotel's room types with what they have free on every night; cheapest first."""
        key = hotel.id, stay.start, stay.stop
        if key not in self._offers:
            shut = hotel.closure(stay.start, stay.stop) is not None
            kinds = sorted(hotel.room_types, key=lambda one: (one.price, one.beds, one.id))
            self._offers[key] = () if shut else tuple(self._offer(stay, hotel, k) for k in kinds)
        return self._offers[key]

    def _offer(self, stay: Stay, hotel: Hotel, kind: RoomType) -> Offer:
        span = range(stay.start, stay.stop)
        rooms, house = rooms_unit(hotel, kind), house_unit(hotel, kind)
        free = block = kind.rooms
        for night in span:
            blocked = sum(count for _unit, count in self._blocks(stay, hotel, kind, night))
            physical = self.left(rooms, night)
            free = min(free, physical, blocked + self.left(house, night))
            block = min(block, physical, blocked)
        accessible, unit = 0, accessible_unit(hotel, kind)
        if kind.accessible:
            accessible = min(free, min((self.left(unit, night) for night in span), default=0))
        return Offer(
            hotel.id, kind.id, kind.twin, kind.price, free, accessible, min(block, free),
            self.kept.get((hotel.id, kind.id, SINGLE), 0),
            self.kept.get((hotel.id, kind.id, PAIR), 0),
            max((claim.quantity for claim in self._standing(unit)), default=0),
        )  # fmt: skip

    def _blocks(
        self, stay: Stay, hotel: Hotel, kind: RoomType, night: int
    ) -> list[tuple[str, int]]:
        units = self.lodgings.blocks_for(hotel, kind, stay.request.event)
        return [(block_unit(one), self.left(block_unit(one), night)) for one in units]

    def sources(self, stay: Stay, hotel: Hotel, kind: RoomType, rooms: int) -> list[dict[str, int]]:
        """For each night, the units that `rooms` rooms of a type count against.

        Blocks first, the one that is cut off first before others; the rest is the house's.
        """
        nights = []
        for night in range(stay.start, stay.stop):
            mine, wanted = {}, rooms
            for unit, count in self._blocks(stay, hotel, kind, night):
                mine[unit] = min(count, wanted)
                wanted -= mine[unit]
            mine[house_unit(hotel, kind)] = wanted
            nights.append(mine)
        return nights


def room_lines(kind: str, rooms: int, pairs: int, from_block: int) -> list[dict[str, Any]]:
    """The lines of one room type in `allotted`: pairs and singles apart, the block's rooms first.

    `from_block` is the number of rooms in the block on the night with the fewest.
    """
    lines = []
    for use, count in ((PAIR, pairs), (SINGLE, rooms - pairs)):
        if count:
            block = min(count, from_block)
            from_block -= block
            lines.append({"type": kind, "rooms": count, "from_block": block, "use": use})
    return lines
