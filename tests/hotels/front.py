"""Bookings with linked hotels, without a bus: a store, the kernel, workers that act when told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from services.bookings import migrations
from services.bookings.by_hand.telling import Post
from services.bookings.guestlists.tables import LISTS, ROWS
from services.bookings.guestlists.taking import give_back as give_back_lists
from services.bookings.hotels.book import INTENTS
from services.bookings.hotels.links import HandLink, HotelLink
from services.bookings.orders.tables import ORDERS
from services.bookings.orders.taking import give_back
from services.bookings.orders.wiring import Orders
from shared.chassis.store import migrate
from shared.chassis.work import Work
from shared.contracts.holds import Hold
from shared.contracts.hotel_desk import HotelAsked
from tests.conformance.desk import Desk
from tests.hotels.memory import Lodged
from tests.rules.booking_case import NOW, hotel_doc, kind_doc

HAIP = "grand-haip"


class Front:
    """One process of bookings. `again` is the same store after a crash, in a new one."""

    def __init__(
        self, url: str, *links: HotelLink | HandLink, now: datetime = NOW,
        post: Post | None = None, guests: Lodged | None = None,
    ) -> None:  # fmt: skip
        self.url, self.links, self.post = url, links, post
        self.orders = Orders(links, post)
        kinds = kind_doc("twin", 10), kind_doc("king", 10, beds=1)
        linked = [hotel_doc(link.hotel, *kinds) for link in links]
        documents = {"hotels": [*linked, hotel_doc("plain", *kinds, lat=47.2)]}
        self.desk = Desk("bookings", self.orders.rules, url, now)
        migrate(self.desk.engine, "bookings", migrations)
        self.desk.kernel = self.orders.kernel
        self.desk.seed(documents)
        self.told: dict[str, Hold] = {}
        self.letters: list[HotelAsked] = []
        self.guests = guests or Lodged()
        self.orders.staff(self.run, self, self.guests)

    def now(self) -> datetime:
        return self.desk.now

    async def run(self, act: Callable[[Work], Any]) -> Any:
        with self.desk.work() as (work, heard):
            found = act(work)
        self.told |= heard.holds
        self.letters += heard.letters
        return found

    async def again(self) -> Front:
        """What a new process finds."""
        await self.close()
        front = Front(self.url, *self.links, now=self.desk.now, post=self.post, guests=self.guests)
        await front.run(give_back)
        await front.run(give_back_lists)
        return front

    async def close(self) -> None:
        self.desk.close()
        for port in self.orders.ports.values():
            await port.close()

    async def work(self, hotel: str = HAIP, most: int = 12) -> None:
        """All that is due now at one hotel."""
        for _round in range(most):
            if not await self.orders.workers[hotel].round():
                return
        raise AssertionError("an order never rests")

    async def told_names(self, hotel: str = HAIP, most: int = 12) -> None:
        """All orders and lists of guests that are due now at one hotel."""
        for _round in range(most):
            await self.work(hotel)
            if not await self.orders.lists[hotel].round():
                return
        raise AssertionError("a list never rests")

    async def until(self, true: Callable[[], bool], hotel: str = HAIP, most_s: int = 600) -> None:
        """Work, and let time pass, until something is true."""
        for _second in range(most_s):
            await self.work(hotel)
            if true():
                return
            self.desk.later(1)
        raise AssertionError([dict(one._mapping) for one in self.rows()])

    async def firm(self, wanted: Any) -> None:
        """A first hold of a visit, taken by the hotel and confirmed there."""
        self.desk.place("v", h1=wanted)
        await self.work()
        self.desk.confirm("v", "h1")
        await self.work()

    def rows(self) -> list[Any]:
        """The orders, oldest first."""
        with self.desk.engine.connect() as connection:
            return list(connection.execute(select(ORDERS).order_by(ORDERS.c.generation)))

    def stays(self, *states: str) -> list[Any]:
        """Reservations of lists of guests, in these states or in any."""
        wanted = select(ROWS).order_by(ROWS.c.number)
        if states:
            wanted = wanted.where(ROWS.c.state.in_(states))
        with self.desk.engine.connect() as connection:
            return list(connection.execute(wanted))

    def lists(self) -> list[Any]:
        """The lists of guests, one for each order."""
        with self.desk.engine.connect() as connection:
            return list(connection.execute(select(LISTS).order_by(LISTS.c.ours)))

    def intents(self) -> list[str]:
        with self.desk.engine.connect() as connection:
            return list(connection.execute(select(INTENTS.c.operation)).scalars())

    def hold(self, name: str) -> Hold:
        """The last that was told of a hold by itself."""
        return self.told[name]
