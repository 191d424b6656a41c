"""Feeds of hotels as people see them: when each was polled and answered, and what that is worth.

Must not: change anything, or poll.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from services.bookings.listening import turns
from services.bookings.listening.limits import FEED_SILENT_S
from services.bookings.listening.turns import Polled
from shared.contracts.hotel_troubles import HotelFeed

NEVER = Polled()


def feed_of(polled: Polled, now: datetime, rests: bool) -> HotelFeed:
    """How a feed stands. Pure. `rests`: the link is paused, so that nobody asks and nobody is
    silent; what may have been missed before may be missing all the same."""
    return HotelFeed(
        polled_at=polled.polled_at, answered_at=polled.answered_at,
        silent=not rests and _silent(polled, now), stale_since=polled.stale_since,
    )  # fmt: skip


def _silent(polled: Polled, now: datetime) -> bool:
    if polled.polled_at is None:
        return False
    if polled.answered_at is None:
        # The first poll of all: it is under way, or it came to nothing.
        return not polled.at_work(now)
    return now - polled.answered_at > timedelta(seconds=FEED_SILENT_S)


def feeds(
    connection: Connection, hotels: Collection[str], paused: Collection[str], now: datetime
) -> dict[str, HotelFeed]:
    """The feeds of those hotels that have one."""
    known = turns.polled(connection)
    return {one: feed_of(known.get(one, NEVER), now, one in paused) for one in hotels}
