"""The worker of one hotel's lists: takes up what is due, carries it out, writes what came of it.

It stands beside the worker of orders, so that a long list keeps no order waiting.
Must not: decide; `carrying`, `matching` and `finishing` do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog

from services.bookings.guestlists import finishing, noting, sweeping
from services.bookings.guestlists.asking import GuestsAway
from services.bookings.guestlists.carrying import ListCarrier
from services.bookings.guestlists.limits import GUESTS_REST_S
from services.bookings.guestlists.sending import Outcome
from services.bookings.guestlists.tables import GuestList, Row
from services.bookings.guestlists.taking import Prices, next_due, take
from services.bookings.hotels.errors import HotelError, OutcomeUnknown
from services.bookings.orders.finishing import LeaseLostError
from services.bookings.orders.limits import HOTEL_CARRY_S, HOTEL_LOOK_S
from shared.chassis.clock import Clock
from shared.chassis.lifecycle import told_to_end, woken
from shared.chassis.limits import HOTEL_PAGES
from shared.chassis.work import Work

Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]
log = structlog.get_logger(__name__)


def saver(run: Run) -> Callable[[GuestList, Sequence[Row]], Awaitable[None]]:
    """Writes rows down before they are sent."""

    async def save(some: GuestList, rows: Sequence[Row]) -> None:
        await run(lambda work: finishing.save(work, some, rows))

    return save


class CarriesLists(Protocol):
    """Carries out the lists of one hotel."""

    async def carry_out(self, some: GuestList) -> Outcome:
        """As far as it goes now. Raises nothing of the hotel's."""
        ...


@dataclass(slots=True)
class ListWorker:
    """One hotel's. `run` does a piece of work in a transaction of the service's writer."""

    hotel: str
    carrier: CarriesLists
    prices: Prices
    run: Run
    clock: Clock
    after: Callable[[], None]
    """Called when some order may be due now."""
    reads: ListCarrier | None = None
    """Knows how the hotel's reservations are read; None where they cannot be."""
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    rests_until: datetime | None = None
    """The guests service is away: no list is taken up before."""

    async def work(self) -> None:
        """For ever: what is due, then wait until something is."""
        while not told_to_end():
            self.bell.clear()
            try:
                busy = await self.round()
                wait_s = 0.0 if busy else await self._until_due()
            except Exception as error:
                # Its kind alone: what went wrong may have been about somebody's name.
                log.warning("round_failed", task=f"lists {self.hotel}", error=type(error).__name__)
                wait_s = HOTEL_LOOK_S
            await woken(self.bell, max(wait_s, 0.01))

    async def round(self) -> bool:
        """One round; whether there was anything to do."""
        if self.rests_until is not None and self.clock.now() < self.rests_until:
            return False
        lists: tuple[GuestList, ...] = await self.run(
            lambda work: take(work, self.hotel, self.prices)
        )
        await asyncio.gather(*(self._one(some) for some in lists))
        if lists:
            self.after()
        return bool(lists)

    async def _one(self, some: GuestList) -> None:
        try:
            async with asyncio.timeout(HOTEL_CARRY_S):
                outcome = await self.carrier.carry_out(some)
        except TimeoutError:
            outcome = Outcome(error=OutcomeUnknown("took too long"))
        except LeaseLostError:
            log.warning("lease_lost", hotel=self.hotel, ours=some.ours)
            return
        try:
            await self.run(lambda work: finishing.finish(work, some, outcome))
        except LeaseLostError:
            log.warning("lease_lost", hotel=self.hotel, ours=some.ours)
            return
        if isinstance(outcome.error, GuestsAway):
            self.rests_until = self.clock.now() + timedelta(seconds=GUESTS_REST_S)
        if outcome.error is not None:
            log.info("hotel_list", hotel=self.hotel, ours=some.ours, error=outcome.error.code)

    async def _until_due(self) -> float:
        due = await self.run(lambda work: next_due(work, self.hotel))
        if due is None:
            return HOTEL_LOOK_S
        if self.rests_until is not None:
            due = max(due, self.rests_until)
        return float(min(max((due - self.clock.now()).total_seconds(), 0.05), HOTEL_LOOK_S))

    async def sweep(self) -> bool:
        """Compare the reservations that should be there with what the hotel shows, page by page;
        whether all were."""
        if self.reads is None:
            return False
        after = ""
        today = self.clock.now().astimezone(ZoneInfo(self.reads.zone)).date()
        for _page in range(HOTEL_PAGES):
            page = partial(sweeping.standing_lists, hotel=self.hotel, today=today, after=after)
            lists, after = await self.run(page)
            if not after:
                return True
            try:
                found = await sweeping.differing(self.reads.office.port, lists)
            except HotelError as error:
                log.info("sweep_not_possible", hotel=self.hotel, error=error.code)
                return False
            if found:
                await self.run(partial(noting.moved, ours=found))
                self.bell.set()
        return False
