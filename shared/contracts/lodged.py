"""What the guests service tells bookings of guests in hotels that must agree.

An event says that somebody's lodging has changed, by opaque ids. Bookings may ask two things: who
is lodged in one hotel for one need, with names of those whose ids are given; and how such guests
share rooms, in counts. Purpose and role are fixed, so that nothing else can be asked.

Must not: give anything that a hotel's register does not need.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.contracts.guests import MAX_GUESTS, Lodging, Personal
from shared.contracts.message import Event, Query
from shared.contracts.values import CountOrZero, GuestId, Slug, Value

HOTEL_PURPOSE, HOTEL_ROLE = "hotel-registration", "hotel"
"""Of looks for a hotel, over its page or its system. No account has the role."""
MAX_NAMED = 200
"""Guests whose names are given at once."""
MAX_ROOMINGS = 20
"""Lodgings that are counted in one answer: each means opening a roster."""


class LodgingChanged(Event):
    """Where guests of a visit are lodged has changed, who shares a room, or what a hotel calls
    them: those of the roster who were added, changed or erased. It says neither which nor how."""

    owner: ClassVar[str | None] = "guests"
    visit: Slug
    guests: tuple[GuestId, ...] = Field(min_length=1, max_length=2 * MAX_GUESTS)


class LookAtLodged(Personal, Query):
    """A page of the guests who are lodged in one hotel for one need. Recorded, with the hotel as
    its actor and the order as its cause.

    Without `named`: ids and who shares. With it: names of these guests, as far as they are lodged
    there. Answered by `RosterView`.
    """

    owner: ClassVar[str | None] = "guests"
    visit: Slug
    lodging: Lodging
    named: tuple[GuestId, ...] = Field(default=(), max_length=MAX_NAMED)
    after: int = Field(default=0, ge=0, le=2**31)
    limit: int = Field(default=500, ge=1, le=500)


class LodgedAt(Value):
    """Where guests of a visit may be lodged."""

    visit: Slug
    lodging: Lodging


class CountRooming(Query):
    """How guests who are lodged in some places share. Names no one, so that it is no look. Answered
    by `RoomingCounts`."""

    owner: ClassVar[str | None] = "guests"
    places: tuple[LodgedAt, ...] = Field(min_length=1, max_length=MAX_ROOMINGS)


class RoomingCount(Value):
    """Of one place: how many guests have no room mate, and how many pairs share. Three and more who
    share fit no room that there is, and are in neither."""

    alone: CountOrZero = 0
    pairs: CountOrZero = 0


class RoomingCounts(Value):
    """One for each place, in the order in which they were asked for."""

    counts: tuple[RoomingCount, ...] = ()
