"""How orders at linked hotels become part of the running service.

Must not: decide anything; without links nothing of this is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from services.bookings.by_call.carrying import CallCarrier
from services.bookings.by_call.lists import CallLists
from services.bookings.by_hand.carrying import HandCarrier
from services.bookings.by_hand.cutting_off import HandCuts
from services.bookings.by_hand.telling import Post
from services.bookings.guestlists import noting
from services.bookings.guestlists.asking import AskGuests, Lodgers
from services.bookings.guestlists.carrying import ListCarrier
from services.bookings.guestlists.taking import give_back as give_back_lists
from services.bookings.guestlists.worker import ListWorker, saver
from services.bookings.hotels.block_desk import BlockDesk
from services.bookings.hotels.links import AlpineLink, HandLink, HotelLink, Link
from services.bookings.hotels.port import Feed
from services.bookings.hotels.writing import Office
from services.bookings.orders.attaching import attach
from services.bookings.orders.carrying import Carrier, Result
from services.bookings.orders.either import ByEither, OrderBook
from services.bookings.orders.finishing import Close
from services.bookings.orders.limits import HOTEL_LOOK_S
from services.bookings.orders.opening import Nameless, Opened, opened, rate_of
from services.bookings.orders.switching import switches
from services.bookings.orders.tables import Order
from services.bookings.orders.taking import give_back
from services.bookings.orders.unmapped import lacking
from services.bookings.orders.worker import Worker
from services.bookings.rules import BookingRules
from shared.chassis.clock import Clock
from shared.chassis.lifecycle import repeat
from shared.chassis.service import Service
from shared.chassis.work import Work
from shared.contracts.values import Text
from shared.holds.entries import Entry
from shared.holds.kernel import Kernel
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

log = structlog.get_logger(__name__)
Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]


class Orders:
    """Everything between the kernel of bookings and the hotels with a link."""

    def __init__(self, links: Sequence[Link], post: Post | None = None, processes: int = 1) -> None:
        """`post` writes to the hotels that answer by hand; `processes` share what may be called.
        Raises ValueError for a link that lacks something."""
        self.links = {one.hotel: one for one in links if isinstance(one, HotelLink)}
        self.hands = {one.hotel: one for one in links if isinstance(one, HandLink)}
        self.calls = {one.hotel: one for one in links if isinstance(one, AlpineLink)}
        self.houses = {name: one.house for name, one in self.calls.items()}
        self.linked = frozenset((*self.links, *self.hands, *self.calls))
        self.post = post
        self.rules = BookingRules(self.linked, self.hands)
        self.hand_terms = {name: hand.terms for name, hand in self.hands.items()}
        linked = {name: link.terms for name, link in self.links.items()}
        self.rules.terms = linked | self.hand_terms
        tables = hold_tables("bookings")
        self.kernel = Kernel("bookings", self.rules, tables, self.watch)
        self._stock = Stock("bookings", self.rules, tables)
        self._rates = {name: rate_of(link) for name, link in self.links.items()}
        self.ports: dict[str, Opened] = opened(self.links.values(), processes)
        self.workers: dict[str, Worker] = {}
        self.lists: dict[str, ListWorker] = {}
        self.hand_cuts: HandCuts | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, work: Work, entries: Sequence[Entry]) -> None:
        """What changed holds mean for orders; runs in the writer's thread, in their transaction."""
        if attach(work, entries, self.linked) and self._loop is not None:
            # Rung before the commit: taking up waits its turn in the same writer.
            self._loop.call_soon_threadsafe(self.ring)

    def ring(self) -> None:
        """Some order is due: the workers look at once."""
        bells = [one.bell for one in self.workers.values()]
        for bell in (*bells, *(one.bell for one in self.lists.values())):
            bell.set()

    def changed(self) -> None:
        """Operations have done something: the workers look at once."""
        self.ring()

    @property
    def fed(self) -> frozenset[str]:
        """Hotels that are polled for what changed there."""
        feeds = {name: port.capabilities.feed for name, port in self.ports.items()}
        return frozenset(name for name, feed in feeds.items() if feed is not Feed.NONE)

    def staff(self, run: Run, clock: Clock, lodgers: Lodgers | None = None) -> None:
        """A worker for each hotel; `run` does a piece of work in a transaction of its own. With
        `lodgers`, hotels with a system are told who comes."""
        book = OrderBook(lambda act: run(lambda work: act(work.connection)))
        close = Close(self.kernel.hear, self._name)
        if lodgers is not None:
            close = replace(close, rested=self._rested)
        for name, link in self.links.items():
            office = Office(name, self.ports[name], book, clock, Nameless())
            desk = BlockDesk(office)
            carrier = Carrier(desk, self._rates[name], link.terms)
            self.workers[name] = Worker(
                name, link.zone, ByEither(carrier, self._letters(run)), close, run, clock, desk,
                self.ports[name].contact, link.terms,
            )  # fmt: skip
            if lodgers is not None:
                own = ListCarrier(office, lodgers, self._rates[name], link.zone, saver(run))
                self.lists[name] = ListWorker(name, own, self._prices, run, clock, self.ring, own)
        for name, hand in self.hands.items():
            if self.post is None:
                raise ValueError(f"hotel {name}: nobody can write to a hotel that answers by hand")
            by_hand = HandCarrier(self.post, run)
            self.workers[name] = Worker(name, hand.zone, by_hand, close, run, clock)
        if self.hands and lodgers is not None:
            self.hand_cuts = HandCuts(self.hand_terms, lodgers, run)
        for name, one in self.calls.items():
            fetched = CallCarrier(self.houses[name], self._adults, run)
            self.workers[name] = Worker(name, one.zone, fetched, close, run, clock)
            if lodgers is not None:
                names = CallLists(lodgers, one.zone, clock, run)
                self.lists[name] = ListWorker(name, names, self._prices, run, clock, self.ring)

    def _adults(self, work: Work, hotel: str) -> dict[str, int]:
        found: Any = getattr(self._stock.inventory(work), "hotels", {}).get(hotel)
        return {one.id: one.beds for one in found.room_types} if found is not None else {}

    def _rested(self, work: Work, order: Order, result: Result) -> None:
        """In the transaction that closes an order: its list of guests may be due."""
        noting.rested(work, order, result)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.ring)

    def _prices(self, work: Work, hotel: str) -> dict[str, int]:
        found = getattr(self._stock.inventory(work), "hotels", {}).get(hotel)
        return {one.id: one.price for one in found.room_types} if found is not None else {}

    def _letters(self, run: Run) -> HandCarrier | None:
        return None if self.post is None else HandCarrier(self.post, run)

    def refresh(self, work: Work) -> bool:
        """Holds in a hotel whose link is set aside are asked for by our letter alone."""
        away = {name for name, one in switches(work.connection).items() if one.by_hand}
        self.rules.by_hand = frozenset(self.hands) | (away & self.links.keys())
        return False

    def join(self, service: Service, sweep_s: float) -> None:
        """Have the service start and stop the workers, and compare every `sweep_s` seconds."""
        run = service.writer.run
        self.staff(run, service.clock, AskGuests(service))
        service.every(HOTEL_LOOK_S, self.refresh)
        for name in self.workers:
            service.background(partial(self._work, name))
        for lists in self.lists.values():
            service.background(lists.work)
        for name in self.links:
            service.background(partial(self._sweep, name, sweep_s))
        if self.hand_cuts is not None:
            look = self.hand_cuts.look
            service.background(lambda: repeat(sweep_s, look, "cut-offs of hotels by hand"))

        async def start() -> None:
            self._loop = asyncio.get_running_loop()
            await run(give_back)
            await run(give_back_lists)
            await run(self._check)
            await run(self.refresh)

        service.on_start(start)

    async def _work(self, hotel: str) -> None:
        try:
            await self.workers[hotel].work()
        finally:
            if hotel in self.ports:
                await self.ports[hotel].close()

    async def _sweep(self, hotel: str, every_s: float) -> None:
        async def both() -> None:
            await self.workers[hotel].sweep()
            await self.lists[hotel].sweep()

        await repeat(every_s, both, f"sweep {hotel}")

    def _name(self, work: Work, hotel: str) -> Text:
        known = self._stock.inventory(work)
        found: Any = getattr(known, "hotels", {}).get(hotel)
        return found.name if found is not None else Text(zh=hotel, en=hotel)

    def _check(self, work: Work) -> None:
        """Say what of a link has no counterpart; such orders are refused one by one."""
        hotels: Any = getattr(self._stock.inventory(work), "hotels", {})
        for one in lacking(
            [*self.links.values(), *self.calls.values(), *self.hands.values()], hotels
        ):
            log.warning("not_mapped", hotel=one.hotel, what=one.what)
