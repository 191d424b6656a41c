"""The worker of one hotel: takes up what is due, carries it out, writes what came of it.

Each hotel has its own, so that one that is slow or down keeps no other waiting.
Must not: decide; `deciding`, `carrying` and `finishing` do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

import structlog

from services.bookings.hotels import contact
from services.bookings.hotels.block_desk import BlockDesk
from services.bookings.hotels.contact import Contact
from services.bookings.hotels.errors import HotelError, OutcomeUnknown
from services.bookings.hotels.terms import Terms
from services.bookings.orders import cutting_off, sweeping
from services.bookings.orders.carrying import Result
from services.bookings.orders.deciding import Step
from services.bookings.orders.finishing import Close, LeaseLostError
from services.bookings.orders.limits import HOTEL_CARRY_S, HOTEL_LOOK_S
from services.bookings.orders.tables import Order
from services.bookings.orders.taking import next_due, take
from shared.chassis.clock import Clock
from shared.chassis.lifecycle import told_to_end, woken
from shared.chassis.limits import HOTEL_PAGES
from shared.chassis.work import Work

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Carries(Protocol):
    """Carries out the orders of one hotel."""

    async def carry_out(self, order: Order) -> Result:
        """As far as it goes now. Raises nothing of the hotel's."""
        ...


@dataclass(slots=True)
class Worker:
    """One hotel's. `run` does a piece of work in a transaction of the service's writer."""

    hotel: str
    zone: str
    carrier: Carries
    close: Close
    run: Callable[[Callable[[Work], Any]], Awaitable[Any]]
    clock: Clock
    desk: BlockDesk | None = None
    """Where the hotel's blocks can be read; None at one that answers by hand."""
    contact: Contact | None = None
    """What the line to the hotel has met; None where there is no line."""
    terms: Terms | None = None
    """When its blocks are cut off; None at one that answers by hand."""
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> None:
        """For ever: what is due, then wait until something is."""
        while not told_to_end():
            self.bell.clear()
            try:
                busy = await self.round()
                wait_s = 0.0 if busy else await self._until_due()
            except Exception as error:
                log.warning("round_failed", task=f"hotel {self.hotel}", error=repr(error))
                wait_s = HOTEL_LOOK_S
            await woken(self.bell, max(wait_s, 0.01))

    async def round(self) -> bool:
        """One round; whether there was anything to do."""
        orders: tuple[Order, ...] = await self.run(lambda work: take(work, self.hotel))
        await asyncio.gather(*(self._one(order) for order in orders))
        await self._note_contact()
        return bool(orders)

    async def _one(self, order: Order) -> None:
        try:
            async with asyncio.timeout(HOTEL_CARRY_S):
                result = await self.carrier.carry_out(order)
        except TimeoutError:
            result = Result(order.standing, Step.REST, OutcomeUnknown("took too long"))
        try:
            await self.run(lambda work: self.close.finish(work, order, result))
        except LeaseLostError:
            log.warning("lease_lost", hotel=self.hotel, ours=order.ours)
            return
        if result.error is not None:
            log.info(
                "hotel_order", hotel=self.hotel, ours=order.ours, step=result.step,
                error=result.error.code,
            )  # fmt: skip

    async def _note_contact(self) -> None:
        met = self.contact.drained() if self.contact is not None else None
        if met is not None:
            await self.run(lambda work: contact.note(work, self.hotel, met))

    async def _until_due(self) -> float:
        due = await self.run(lambda work: next_due(work, self.hotel))
        if due is None:
            return HOTEL_LOOK_S
        return float(min(max((due - self.clock.now()).total_seconds(), 0.05), HOTEL_LOOK_S))

    async def sweep(self) -> bool:
        """Look at the cut-offs; compare all that stands with what the hotel shows, page by page;
        whether all was."""
        if self.desk is None:
            return False
        if self.terms is not None and await cutting_off.look(self.desk, self.terms, self.run):
            self.bell.set()
        all_of_it = await self._compare(self.desk)
        await self._note_contact()
        return all_of_it

    async def _compare(self, desk: BlockDesk) -> bool:
        after = ""
        today = self.clock.now().astimezone(ZoneInfo(self.zone)).date()
        for _page in range(HOTEL_PAGES):
            page = partial(sweeping.standing_blocks, hotel=self.hotel, today=today, after=after)
            blocks, after = await self.run(page)
            if not after:
                return True
            try:
                seen = await sweeping.look(desk, blocks)
            except HotelError as error:
                log.info("sweep_not_possible", hotel=self.hotel, error=error.code)
                return False
            if seen and await self.run(partial(sweeping.note, blocks=blocks, seen=seen)):
                self.bell.set()
        return False
