"""How a hotel with a system stands with the guests of one order, by opaque ids.

Must not: carry what a guest is called, or anything in a hotel's own words: they may name somebody.
"""

from __future__ import annotations

from pydantic import Field

from shared.contracts.values import Instant, Key, Text, Value


class TroubledStay(Value):
    """A reservation that is not as it is to be: our reference, the opaque ids of its guest and of
    whoever shares the room, and the code of why."""

    stay: Key
    guest: Key
    sharer: Key | None = None
    said: str = Field(max_length=400)


class HotelNames(Value):
    """Reservations of an order for named guests; those given up are not counted."""

    rooms: int
    """Rooms that somebody is to have."""
    there: int
    """Of these the hotel has, in the name of that guest."""
    unplaced: int = 0
    """Guests for whom no room of the order is left that would do."""
    unnamed: int = 0
    """Guests who share a room and are not named to the hotel: its system takes one name, or they
    have not been told yet."""
    owned: bool = False
    """Bookings goes no further by itself: a person decides."""
    said: str = Field(default="", max_length=400)
    """Code of what stood in the way last; empty when nothing did."""
    differs: Text | None = None
    """What the hotel has that it should not have, in words: a reservation twice (`said` is
    `doubled`), or one in our block that is not of ours (`foreign`)."""
    due_at: Instant | None = None
    """When it is looked at again; None when it rests."""
    troubled: tuple[TroubledStay, ...] = ()
    """The first of those that are not as they are to be."""
