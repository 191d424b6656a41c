"""What the city has to sleep in: all documents of bookings, linked and checked once.

Each room type is several units, and a room takes one of each that applies: the rooms there are, the
house limit or a block (who may take them), and the accessible rooms. Slots are nights, numbered by
the ordinal of the date on which the night begins.

Owns: the units and their capacity, distances.
Must not: decide a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import TypeVar

from services.bookings.documents import Block, Hotel, Place, RoomType
from shared.holds.port import Unit, day_label

EARTH_KM = 6371.0
Limit = Callable[[int, datetime], int]
"""How much of a unit there is on a night, as of now."""
Spot = Hotel | Place
U = TypeVar("U", bound=Unit)


def rooms_unit(hotel: Hotel, kind: RoomType) -> str:
    """The rooms of a type that there are; every stay takes them."""
    return f"{hotel.id}/{kind.id}"


def house_unit(hotel: Hotel, kind: RoomType) -> str:
    """The rooms of a type that are in no block; stays outside blocks take them."""
    return f"{hotel.id}/{kind.id}/house"


def accessible_unit(hotel: Hotel, kind: RoomType) -> str:
    """The accessible rooms of a type; who needs one takes it besides."""
    return f"{hotel.id}/{kind.id}/accessible"


def block_unit(block: Block) -> str:
    """The rooms of a block; stays of its event take them instead of the house's."""
    return f"block:{block.id}"


@dataclass(frozen=True, slots=True)
class Lodgings:
    """All documents by id, and the units that follow from them."""

    hotels: Mapping[str, Hotel]
    blocks: Mapping[str, Block]
    places: Mapping[str, Place]
    limits: Mapping[str, Limit]
    units_of: Mapping[str, tuple[str, ...]]
    """Units by the id of the hotel or block."""
    blocks_of: Mapping[str, tuple[Block, ...]]
    """Blocks by the unit of the rooms they are made of; the one that ends first comes first."""

    def capacity(self, unit: str, slot: int, now: datetime) -> int:
        """How much there is of `unit` in the night `slot`; 0 for an unknown unit."""
        limit = self.limits.get(unit)
        return 0 if limit is None else limit(slot, now)

    def label(self, unit: str, slot: int) -> str:
        """The date on which the night begins."""
        return day_label(slot)

    def parts(self, unit_id: str) -> Sequence[str]:
        """The units of a hotel or block; none for a place."""
        return self.units_of.get(unit_id, ())

    def spot(self, name: str) -> Spot | None:
        """The place or hotel of that id."""
        return self.places.get(name) or self.hotels.get(name)

    def blocks_for(self, hotel: Hotel, kind: RoomType, event: str | None) -> tuple[Block, ...]:
        """The blocks of an event in a room type; no event, no block."""
        every = self.blocks_of.get(rooms_unit(hotel, kind), ())
        return tuple(block for block in every if block.event == event)


def kilometres(one: Spot, other: Spot) -> float:
    """Great-circle distance (haversine)."""
    lat1, lat2 = radians(one.lat), radians(other.lat)
    dlat, dlon = lat2 - lat1, radians(other.lon - one.lon)
    chord = sin(dlat / 2) ** 2 + cos(lat1) * cos(lat2) * sin(dlon / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(chord))


def build(units: Mapping[str, Sequence[Unit]]) -> Lodgings:
    """Link all documents. Raises ValueError that names the document and what is wrong with it."""
    hotels, blocks = _by_id(units, "hotels", Hotel), _by_id(units, "blocks", Block)
    places = _by_id(units, "places", Place)
    for some, others in ((hotels, blocks), (hotels, places), (blocks, places)):
        if both := sorted(some.keys() & others.keys()):
            raise ValueError(f"{both[0]}: used for two documents; each needs an id of its own")
    blocks_of: dict[str, list[Block]] = {}
    for block in sorted(blocks.values(), key=lambda one: (one.cut_off, one.id)):
        hotel, kind = _home(block, hotels)
        blocks_of.setdefault(rooms_unit(hotel, kind), []).append(block)
        _check_contract(kind, blocks_of[rooms_unit(hotel, kind)])
    linked = {name: tuple(some) for name, some in blocks_of.items()}
    limits: dict[str, Limit] = {block_unit(block): block.kept for block in blocks.values()}
    units_of: dict[str, tuple[str, ...]] = {
        block.id: (block_unit(block),) for block in blocks.values()
    }
    for hotel in hotels.values():
        mine = _limits(hotel, linked)
        limits |= mine
        units_of[hotel.id] = tuple(mine)
    return Lodgings(hotels, blocks, places, limits, units_of, linked)


def _limits(hotel: Hotel, blocks_of: Mapping[str, tuple[Block, ...]]) -> dict[str, Limit]:
    limits: dict[str, Limit] = {}
    for kind in hotel.room_types:
        blocks = blocks_of.get(rooms_unit(hotel, kind), ())
        limits[rooms_unit(hotel, kind)] = _built(hotel, kind.rooms)
        limits[house_unit(hotel, kind)] = _house(kind.rooms, blocks)
        if kind.accessible:
            limits[accessible_unit(hotel, kind)] = _built(hotel, kind.accessible)
    return limits


def _built(hotel: Hotel, rooms: int) -> Limit:
    """All rooms on an open night, none on a closed one."""

    def limit(night: int, now: datetime) -> int:
        return 0 if hotel.closure(night, night + 1) else rooms

    return limit


def _house(rooms: int, blocks: Sequence[Block]) -> Limit:
    """What the blocks that are not cut off leave over."""

    def limit(night: int, now: datetime) -> int:
        return rooms - sum(block.kept(night, now) for block in blocks)

    return limit


def _home(block: Block, hotels: Mapping[str, Hotel]) -> tuple[Hotel, RoomType]:
    hotel = hotels.get(block.hotel)
    if hotel is None:
        raise ValueError(f"{block.id}: hotel names {block.hotel!r}, which does not exist")
    for kind in hotel.room_types:
        if kind.id == block.room_type:
            return hotel, kind
    raise ValueError(f"{block.id}: {hotel.id} has no room type {block.room_type!r}")


def _check_contract(kind: RoomType, blocks: Sequence[Block]) -> None:
    """Blocks together hold no more rooms than there are; the worst night is some first night."""
    for one in blocks:
        night = one.first_night.toordinal()
        rooms = sum(block.rooms for block in blocks if block.covers(night))
        if rooms > kind.rooms:
            raise ValueError(
                f"{one.id}: blocks hold {rooms} rooms on {one.first_night},"
                f" but {one.hotel} has {kind.rooms} of type {kind.id}"
            )


def _by_id(units: Mapping[str, Sequence[Unit]], section: str, model: type[U]) -> dict[str, U]:
    found: dict[str, U] = {}
    for unit in units.get(section, ()):
        if not isinstance(unit, model):
            raise ValueError(f"{unit.id}: not a document of {section}")
        if unit.id in found:
            raise ValueError(f"{unit.id}: used twice in {section}")
        found[unit.id] = unit
    return found
