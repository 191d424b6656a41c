"""Whose turn it is to poll a hotel: one process at a time, at intervals, unless the link rests.

Owns: the table of turns. `stale_since` says that something may have been missed since then, until
everything was compared.
Must not: call a hotel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, String, Table, delete, func, select, update

from services.bookings.hotels.book import HINTS, TABLES
from services.bookings.listening.limits import FEED_EARLY, FEED_LEASE_S, HINTS_KEPT_S
from services.bookings.orders.switching import switch_of
from shared.chassis.limits import HOUSEKEEPING_ROWS
from shared.chassis.store import UtcDateTime
from shared.chassis.work import Work, many_writers

FEEDS = Table(
    "bookings_hotel_feeds",
    TABLES,
    Column("hotel", String(63), primary_key=True),
    Column("leased_until", UtcDateTime, nullable=True),
    Column("polled_at", UtcDateTime, nullable=True),
    Column("stale_since", UtcDateTime, nullable=True),
    Column("answered_at", UtcDateTime, nullable=True),
    comment="Whose turn it is to poll a hotel, and since when something may have been missed.",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to listen to one hotel, until `until`."""

    until: datetime
    poll: bool
    """The hotel is to be polled; else only what was stored already is looked at."""
    stale_since: datetime | None


@dataclass(frozen=True, slots=True)
class Polled:
    """When a hotel was polled, as the store has it."""

    polled_at: datetime | None = None
    answered_at: datetime | None = None
    stale_since: datetime | None = None
    leased_until: datetime | None = None

    def at_work(self, now: datetime) -> bool:
        """Somebody has the turn now."""
        return self.leased_until is not None and self.leased_until > now


def take(
    work: Work, hotel: str, every_s: float, destructive: bool, mine: datetime | None = None
) -> Turn | None:
    """The turn at a hotel; None while another has it, the link is paused, or the store is new.

    `mine` is the end of a turn that the caller kept, and goes on with if nobody else has it by now.

    Whoever died in a turn at a destructive feed may have had an answer that nobody stored: then
    something was missed.
    """
    if work.recovering:
        return None
    work.alone(f"feed-{hotel}")
    if switch_of(work.connection, hotel).paused(work.now):
        return None
    row = {"hotel": hotel, "leased_until": None, "polled_at": None, "stale_since": None,
           "answered_at": None}  # fmt: skip
    work.insert_if_missing(FEEDS, [row])
    known = work.connection.execute(select(FEEDS).where(FEEDS.c.hotel == hotel)).one()
    kept = mine is not None and known.leased_until == mine
    if not kept and known.leased_until is not None and known.leased_until > work.now:
        return None
    again = timedelta(seconds=every_s * FEED_EARLY)
    poll = known.polled_at is None or known.polled_at + again <= work.now
    until = work.now + timedelta(seconds=FEED_LEASE_S)
    stale = known.stale_since
    if known.leased_until is not None and destructive and not kept:
        stale = stale or work.now
    polled = work.now if poll else known.polled_at
    values = {"leased_until": until, "polled_at": polled, "stale_since": stale}
    work.connection.execute(update(FEEDS).where(FEEDS.c.hotel == hotel).values(**values))
    return Turn(until, poll, stale)


def give(
    work: Work, hotel: str, turn: Turn, missed: bool, answered: bool = False, keep: bool = False
) -> datetime | None:
    """End a turn, in which the hotel `answered` a poll or did not, or `keep` it until its end.
    Returns since when something may have been missed, this turn included."""
    mine = (FEEDS.c.hotel == hotel, FEEDS.c.leased_until == turn.until)
    values: dict[str, Any] = {"leased_until": turn.until if keep else None}
    if answered:
        values["answered_at"] = work.now
    if missed:
        values["stale_since"] = func.coalesce(FEEDS.c.stale_since, work.now)
    work.connection.execute(update(FEEDS).where(*mine).values(**values))
    since = select(FEEDS.c.stale_since).where(FEEDS.c.hotel == hotel)
    found: datetime | None = work.connection.execute(since).scalar()
    return found


def polled(connection: Connection) -> dict[str, Polled]:
    """All hotels, by name."""
    rows = connection.execute(select(FEEDS).order_by(FEEDS.c.hotel))
    return {
        row.hotel: Polled(row.polled_at, row.answered_at, row.stale_since, row.leased_until)
        for row in rows
    }


def compared(work: Work, hotel: str, since: datetime) -> None:
    """All that may have been missed since then was looked at."""
    mine = (FEEDS.c.hotel == hotel, FEEDS.c.stale_since == since)
    work.connection.execute(update(FEEDS).where(*mine).values(stale_since=None))


def give_back(work: Work) -> None:
    """At a start: with one process alone, a turn that is left belongs to nobody; see `take`."""
    if not many_writers(work.connection):
        left = FEEDS.c.leased_until.is_not(None)
        work.connection.execute(update(FEEDS).where(left).values(leased_until=work.now))


def forget(work: Work) -> bool:
    """Hints that were dealt with long ago. True when there are more."""
    before = work.now - timedelta(seconds=HINTS_KEPT_S)
    old = select(HINTS.c.hotel, HINTS.c.event).where(HINTS.c.done, HINTS.c.at < before)
    rows = work.connection.execute(old.limit(HOUSEKEEPING_ROWS)).all()
    for row in rows:
        one = (HINTS.c.hotel == row.hotel, HINTS.c.event == row.event)
        work.connection.execute(delete(HINTS).where(*one))
    return len(rows) == HOUSEKEEPING_ROWS
