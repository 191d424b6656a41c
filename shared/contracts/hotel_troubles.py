"""What of a hotel that must agree wants somebody's eyes: a feed that says nothing, rooms that would
be lost at a cut-off, guests who did not come or were sent to another house.

Must not: carry who a guest is, not even by opaque id; these are dates and counts.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import Field

from shared.contracts.message import Query
from shared.contracts.values import Instant, NeedId, Slug, Text, Value

MAX_TROUBLES = 200
"""Orders of one kind in one answer, the most pressing first."""


class HotelFeed(Value):
    """Of a hotel that tells by itself what changed there: when it was polled, and whether what is
    held of it can be relied on."""

    polled_at: Instant | None = None
    answered_at: Instant | None = None
    """When a poll was last answered; None when none was."""
    silent: bool = False
    """It has answered no poll for minutes, though its link is not paused."""
    stale_since: Instant | None = None
    """Something may have been missed since then: what is held of the hotel may be old, until all of
    it was compared."""


class RoomsAtRisk(Value):
    """An order whose cut-off is near and that would lose rooms at it. Numbers are room nights."""

    hotel: Slug
    name: Text
    """Of the hotel."""
    visit: Slug
    need: NeedId
    cut_off: date
    """The last date, by the hotel's business date, on which rooms without a name are ours."""
    passes_at: Instant
    """When that date is over there."""
    contracted: int
    picked: int | None
    """Taken up: in a guest's name. None at a hotel by hand of which the guests service does not
    tell."""
    at_risk: int
    """Wanted and not taken up, as far as it was ever known."""


class GuestsMissing(Value):
    """Guests of an order who the hotel says did not come; its nights are not over."""

    hotel: Slug
    name: Text
    visit: Slug
    need: NeedId
    guests: int = Field(ge=1)
    """At a hotel by hand; at one with a system, reservations, each in one guest's name."""


class GuestsWalked(Value):
    """Guests of an order whom the hotel says it has sent to another house; its nights are not
    over."""

    hotel: Slug
    name: Text
    visit: Slug
    need: NeedId
    walked: int = Field(ge=1)
    """At a hotel by hand; at one with a system, reservations, each in one guest's name."""


class ReadHotelTroubles(Query):
    """Rooms that would be lost, and guests who are not there. Answered by `HotelTroubles`."""

    owner: ClassVar[str | None] = "bookings"
    visit: Slug | None = None
    """Of this visit only."""


class HotelTroubles(Value):
    """Those whose cut-off comes first, and those whose first night was first; of each kind at most
    `MAX_TROUBLES`."""

    at_risk: tuple[RoomsAtRisk, ...] = ()
    missing: tuple[GuestsMissing, ...] = ()
    walked: tuple[GuestsWalked, ...] = ()
