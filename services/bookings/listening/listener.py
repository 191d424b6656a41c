"""The listener of one hotel: polls its feed, looks at what waits, catches up after a gap.

Each hotel has its own, so that one that is slow or down keeps no other waiting. Calls go through
the hotel's port: its gateway's turns and its breaker hold here as everywhere.
Must not: decide; `looking` and `orders.sweeping` do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

import structlog

from services.bookings.guestlists.worker import ListWorker
from services.bookings.hotels.block_desk import BlockDesk
from services.bookings.hotels.errors import (
    AuthExpired,
    HotelError,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from services.bookings.hotels.feed_desk import FeedDesk
from services.bookings.hotels.model import BlockView, Hint, StayView
from services.bookings.hotels.port import EventStream, Feed, Streaming
from services.bookings.listening import looking, turns
from services.bookings.listening.looking import Held, Sorted
from services.bookings.listening.turns import Turn
from services.bookings.orders import sweeping
from services.bookings.orders.sweeping import Seen
from services.bookings.orders.worker import Worker
from shared.chassis.lifecycle import to_next, told_to_end, woken
from shared.chassis.limits import HOTEL_PAGE
from shared.chassis.work import Work

log = structlog.get_logger(__name__)
AWAY = (Unavailable, RateLimited, AuthExpired, OutcomeUnknown)
"""Errors that say nothing about the one thing that was read: the hotel is asked another time."""


@dataclass(slots=True)
class Listener:
    """One hotel's. `run` does a piece of work in a transaction of the service's writer."""

    worker: Worker
    desk: BlockDesk
    run: Callable[[Callable[[Work], Any]], Awaitable[Any]]
    every_s: float
    lists: ListWorker | None = None
    """Whoever tells the hotel who comes; None where nobody does."""
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    """Rung when a call of the hotel was stored, or its stream has brought something."""
    kept: Turn | None = None
    """The turn of whoever holds the hotel's stream: nobody else opens another meanwhile."""

    @property
    def hotel(self) -> str:
        """Our id of it."""
        return self.worker.hotel

    @property
    def feed(self) -> Feed:
        """How it tells what changed."""
        return self.desk.office.port.capabilities.feed

    @property
    def streams(self) -> bool:
        """Whether it has a stream, which one process at a time holds."""
        return self.feed is Feed.STREAM

    @property
    def loses(self) -> bool:
        """Whether what was polled is gone there."""
        return self.feed in (Feed.DESTRUCTIVE, Feed.STREAM)

    @property
    def _stream(self) -> EventStream:
        return cast(Streaming, self.desk.office.port).stream

    async def listen(self) -> None:
        """For ever: poll, look, wait until it is time or the hotel has told something."""
        if self.streams:
            self._stream.heard = self.bell.set
        while not told_to_end():
            self.bell.clear()
            more = False
            try:
                more = await self.round()
            except Exception as error:
                log.warning("round_failed", task=f"listen {self.hotel}", error=repr(error))
            await woken(self.bell, 0.01 if more else to_next(self.every_s))
        await self._let_go()

    async def round(self) -> bool:
        """One turn, if it is ours; whether more waits than was looked at."""
        mine = self.kept.until if self.kept else None
        every_s = 0.0 if self.streams else self.every_s
        turn: Turn | None = await self.run(
            lambda work: turns.take(work, self.hotel, every_s, self.loses, mine)
        )
        if turn is None:
            await self._let_go()
            return False
        self.kept = turn if self.streams else None
        polls = turn.poll and self.feed is not Feed.NONE
        missed, away = await self._poll() if polls else (False, False)
        more = False
        if not away:
            more, unread = await self._look()
            missed = missed or unread
        since = await self.run(
            lambda work: turns.give(
                work, self.hotel, turn, missed, polls and not away, self.streams
            )
        )
        if since is not None and not away and await self._caught_up():
            await self.run(lambda work: turns.compared(work, self.hotel, since))
        return more

    async def _caught_up(self) -> bool:
        """Compare all that may have changed unheard: blocks, and who has which reservation."""
        if not await self.worker.sweep():
            return False
        return self.lists is None or await self.lists.sweep()

    async def _poll(self) -> tuple[bool, bool]:
        """Whether something may have been missed, and whether the hotel is away."""
        try:
            return (await FeedDesk(self.desk.office).poll()).stale, False
        except HotelError as error:
            log.info("feed_not_possible", hotel=self.hotel, error=error.code)
            # A queue may be empty now, for an answer that did not arrive.
            return self.loses, True

    async def _look(self) -> tuple[bool, bool]:
        """Look at a page of what waits: whether there is more now, and whether something could not
        be read, so that only a comparison of everything tells."""
        hints = await self.desk.office.journal.waiting(self.hotel, HOTEL_PAGE)
        if not hints:
            return False, False
        today = self.worker.clock.now().astimezone(ZoneInfo(self.worker.zone)).date()
        held: dict[str, Held] = await self.run(
            lambda work: looking.held_blocks(work, self.hotel, today)
        )
        found, unread = await self._sorted(hints, held)
        resting = [held[block].view for block in found.about if held[block].rests]
        compared, seen, unseen = await self._compared(resting)
        act = partial(looking.note, hotel=self.hotel, blocks=compared, seen=seen, hints=found)
        if await self.run(act):
            self.worker.bell.set()
        full = len(hints) == HOTEL_PAGE and bool(found.idle or compared)
        return full and not (unread or unseen), unread or unseen

    async def _sorted(self, hints: Sequence[Hint], held: dict[str, Held]) -> tuple[Sorted, bool]:
        """Hints by block. A reservation is read to know its block; what a hotel that went away
        left unread waits on."""
        found, odd, known = Sorted(), False, dict[str, str | None]()
        for hint in hints:
            if hint.entity != "stay":
                ours = hint.entity == "block" and looking.tells_news(hint, held)
                found.put(hint, hint.theirs if ours else None, held)
                continue
            if hint.theirs not in known:
                try:
                    view = await FeedDesk(self.desk.office).entity(hint)
                    known[hint.theirs] = view.block if isinstance(view, StayView) else None
                except AWAY:
                    break
                except HotelError as error:
                    self._odd(hint.theirs, error)
                    odd, known[hint.theirs] = True, None
            found.put(hint, known[hint.theirs], held)
        return found, odd

    async def _compared(
        self, blocks: Sequence[BlockView]
    ) -> tuple[Sequence[BlockView], Seen, bool]:
        """The blocks that were compared, what differs, and whether one could not be read."""
        compared: list[BlockView] = []
        seen: dict[str, Any] = {}
        odd = False
        for one in blocks:
            try:
                seen |= await sweeping.look(self.desk, [one])
            except AWAY:
                break
            except HotelError as error:
                self._odd(one.ref.ours, error)
                odd = True
            compared.append(one)
        return compared, seen, odd

    async def _let_go(self) -> None:
        """The stream ends, if it is ours; whoever comes next need not wait for our turn to end."""
        kept, self.kept = self.kept, None
        if kept is not None:
            await self._stream.hang_up()
            await self.run(lambda work: turns.give(work, self.hotel, kept, False))

    def _odd(self, what: str, error: HotelError) -> None:
        log.info("hint_not_read", hotel=self.hotel, what=what, error=error.code)
