"""Feeds: making an address, recognising one, and reading what it shows.

Owns: what was read last, kept for a minute: many programs with one address cost one reading.
Must not: show more than whoever made the feed could see.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.console import bounds
from services.console.asking import ask, read_as
from services.console.cut_calendar import cut_calendar
from services.console.feed_calendar import Entry, calendar_of
from services.console.feed_store import Kind, Served
from services.console.rates import Rate
from shared.chassis.service import Service
from shared.contracts.hotel_pickup import HotelCut, HotelCuts, ReadHotelCuts
from shared.contracts.reading import ListSchedule, ReadVisit, SchedulePage
from shared.contracts.visits import Phase, VisitView

BY = {"cause": "read", "actor": "feed"}
PAGE = 100
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """What makes an address one that nobody can guess: 256 random bits."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Whether a text can be one."""
    return _SECRET.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class File:
    """An answer, and what it is recognised by."""

    body: bytes
    tag: str
    at: datetime


class Feeds:
    """One per console."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: OrderedDict[str, File] = OrderedDict()
        self._turns = asyncio.Semaphore(bounds.FEEDS_AT_ONCE)
        self.rate = Rate(bounds.FEED_PACE, lambda: service.clock.now().timestamp())

    async def file(self, feed: Served) -> File:
        """What a feed says, at most a minute old. Raises ProblemError (503)."""
        async with self._turns:
            now, known = self._service.clock.now(), self._kept.get(feed.id)
            if known is not None and (now - known.at).total_seconds() < bounds.FEED_FRESH_S:
                return known
            body = await self._body(feed, now)
            made = File(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', now)
            self._kept[feed.id] = made
            self._kept.move_to_end(feed.id)
            while len(self._kept) > bounds.FEEDS_KEPT:
                self._kept.popitem(last=False)
            return made

    def forget(self, feed: str) -> None:
        """It was revoked."""
        self._kept.pop(feed, None)

    async def _body(self, feed: Served, now: datetime) -> bytes:
        if feed.kind is Kind.HOTEL:
            return cut_calendar(feed.target, await self._cuts(feed), feed.language)
        return calendar_of(feed.target, await self._entries(feed, now), feed.language)

    async def _cuts(self, feed: Served) -> list[HotelCut]:
        """The next cut-offs of a hotel; none for who may see a part of the visits only."""
        found: list[HotelCut] = []
        after: str | None = None
        for _ in range(bounds.FEED_PAGES if feed.stations is None else 0):
            query = ReadHotelCuts(**BY, hotel=feed.target, after=after, limit=PAGE)
            page = read_as(HotelCuts, await ask(self._service, query), "the cut-offs")
            found += page.cuts
            after = page.next
            if after is None:
                break
        return found

    async def _entries(self, feed: Served, now: datetime) -> list[Entry]:
        if feed.kind is Kind.VISIT:
            return await self._of_visit(feed)
        return await self._of_unit(feed, now)

    async def _of_visit(self, feed: Served) -> list[Entry]:
        told = (await ask(self._service, ReadVisit(**BY, visit=feed.target)))["visit"]
        if told is None:
            return []
        visit = read_as(VisitView, told, "the visit")
        hidden = feed.stations is not None and visit.station not in feed.stations
        if hidden or visit.phase is Phase.CANCELLED:
            return []
        return [_entry(visit, one) for one in visit.needs]

    async def _of_unit(self, feed: Served, now: datetime) -> list[Entry]:
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        service = "venues" if feed.kind is Kind.HALL else "escorts"
        found: list[Entry] = []
        after: str | None = None
        for _ in range(bounds.FEED_PAGES):
            query = ListSchedule(
                **BY, starts_at=day - timedelta(days=bounds.FEED_DAYS_BACK),
                ends_at=day + timedelta(days=bounds.FEED_DAYS_AHEAD), stations=feed.stations,
                after=after, limit=PAGE,
            )  # fmt: skip
            page = read_as(SchedulePage, await ask(self._service, query), "the schedule")
            found += [
                _entry(visit, need) for visit in page.visits for need in visit.needs
                if need.service == service and feed.target in (need.unit, *need.units)
            ]  # fmt: skip
            after = page.next
            if after is None:
                break
        return found


def _entry(visit: Any, need: Any) -> Entry:
    return Entry(
        visit=visit.visit, need=need.need, title=visit.title, item=need.item, window=need.window,
        state=need.state, summary=need.summary, changed_at=visit.changed_at,
    )  # fmt: skip
