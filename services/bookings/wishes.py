"""A room need read against the inventory: which nights, which rooms, which hotels in which order.

Owns: what makes a hotel suit, how hotels rank, and how far a rule of bookings may look.
Must not: look at what is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.bookings.documents import Hotel
from services.bookings.inventory import Lodgings, Spot, kilometres
from services.bookings.rooming import Demand
from shared.contracts.holds import NeedRequest
from shared.contracts.needs import RoomNeed
from shared.holds.port import Reach, nights
from shared.holds.times import outside_calendar

"""Times outside are a typing error, and calendar arithmetic stays far from its ends."""
MAX_NIGHTS = 31
"""A longer stay is a tenancy, and is booked as several needs."""
LOOK_NIGHTS = 3
"""Other dates are looked for at most so many nights before and after the wish."""
LOOK_HOTELS = 40
"""At most so many hotels are looked at for one need, the best ranked."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A room need whose nights make sense. Nights are ordinals, `start <= night < stop`."""

    request: NeedRequest
    need: RoomNeed
    start: int
    stop: int
    lodgings: Lodgings
    wished: Hotel | None
    near: Spot | None

    @property
    def nights(self) -> int:
        """How many; 0 when arrival and departure fall on one date."""
        return self.stop - self.start

    @property
    def demand(self) -> Demand:
        """The party in rooms."""
        need = self.need
        return Demand(need.singles + need.sharing_pairs, need.sharing_pairs, need.accessible)

    @property
    def only(self) -> bool:
        """Whether no other hotel than the wished one will do."""
        return self.wished is not None and self.need.hotel_only

    @property
    def may_split(self) -> bool:
        """Whether several hotels will do."""
        return self.need.split and not self.only

    @property
    def wanted_stars(self) -> int:
        """The class to find an equal of: the wished hotel's, else the lowest acceptable."""
        return max(self.wished.stars if self.wished else 0, self.need.min_class)

    def away(self, hotel: Hotel) -> float | None:
        """Kilometres from the place the stay has to be near; None when there is none."""
        return None if self.near is None else kilometres(self.near, hotel)

    def near_enough(self, hotel: Hotel) -> bool:
        """Whether the hotel lies within the greatest distance."""
        away, limit = self.away(hotel), self.need.within_km
        return away is None or limit is None or away <= limit

    def registers(self, hotel: Hotel) -> bool:
        """Whether the hotel can register the party's foreign guests, if there are any (F03)."""
        return hotel.registers_foreign_guests or not self.request.party.foreign

    def suits(self, hotel: Hotel) -> bool:
        """Whether the hotel would do, had it rooms."""
        return (
            (hotel is self.wished or not self.only)
            and hotel.stars >= self.need.min_class
            and self.registers(hotel)
            and self.near_enough(hotel)
        )

    def ranked(self) -> list[Hotel]:
        """The hotels to look at, nearest to the wish first; no more than `LOOK_HOTELS`.

        Those that suit before those that do not; the wished one, else those with a block of the
        event; the same class, then better ones, then lower ones; the nearest to the wished hotel,
        else to the place to be near.
        Hotels that cannot register the party's foreign guests are no way out for anyone.
        """
        able = [hotel for hotel in self.lodgings.hotels.values() if self.registers(hotel)]
        return sorted(able, key=self._rank)[:LOOK_HOTELS]

    def _rank(self, hotel: Hotel) -> tuple[bool | int | float | str, ...]:
        anchor = self.wished or self.near
        more = hotel.stars - self.wanted_stars
        away = kilometres(anchor, hotel) if anchor else 0.0
        first = hotel is self.wished if self.wished else self._has_block(hotel)
        return not self.suits(hotel), not first, more < 0, abs(more), away, hotel.id

    def _has_block(self, hotel: Hotel) -> bool:
        """Whether the event has a block there, cut off or not: its rooms are paid for anyway."""
        lodgings, event = self.lodgings, self.request.event
        return any(lodgings.blocks_for(hotel, kind, event) for kind in hotel.room_types)


def read_stay(request: NeedRequest, lodgings: Lodgings) -> Stay:
    """Read a request inside the calendar. Raises ValidationError on wishes not of rooms."""
    need = RoomNeed.model_validate(request.details)
    start, stop = nights(request.window, request.zone)
    wished = lodgings.hotels.get(need.hotel) if need.hotel else None
    near = lodgings.spot(need.near) if need.near else None
    return Stay(request, need, start, stop, lodgings, wished, near)


def reach(request: NeedRequest, lodgings: Lodgings) -> Reach:
    """One range per unit of every hotel to look at: the nights, and a few more on both sides."""
    if outside_calendar(request.window):
        return Reach(())
    stay = read_stay(request, lodgings)
    if stay.nights > MAX_NIGHTS:
        return Reach(())
    start, stop = stay.start - LOOK_NIGHTS, stay.stop + LOOK_NIGHTS
    return Reach(tuple((unit, start, stop) for unit in _units(stay, stay.ranked())))


def _units(stay: Stay, hotels: Sequence[Hotel]) -> list[str]:
    lodgings, event = stay.lodgings, stay.request.event
    units = {unit for hotel in hotels for unit in lodgings.parts(hotel.id)}
    for hotel in hotels:
        for kind in hotel.room_types:
            for block in lodgings.blocks_for(hotel, kind, event):
                units.update(lodgings.parts(block.id))
    return sorted(units)


def wrong(stay: Stay) -> str | None:
    """What is wrong with the wish itself, whatever is free; None when it makes sense."""
    need = stay.need
    checks = {
        "too_long": stay.nights > MAX_NIGHTS,
        "no_rooms": stay.demand.rooms == 0,
        "too_many_accessible": need.accessible > stay.demand.rooms,
        "no_such_hotel": need.hotel is not None and stay.wished is None,
        "no_such_place": need.near is not None and stay.near is None,
        "near_missing": need.near is None and need.within_km is not None,
        "no_nights": stay.nights == 0,
    }
    return next((code for code, found in checks.items() if found), None)
