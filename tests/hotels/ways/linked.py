"""Ways over a client of ours: the four systems, as hotels of ours over HTTP.

All of them are served by one thread of the test's process; each test has a house of its own behind
the same port, and looks into it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import uvicorn
from sqlalchemy import update

from services.bookings.orders.tables import ORDERS
from services.bookings.orders.taking import take
from shared.chassis.limits import HOTEL_SETTLE_S
from tests.hotels.__main__ import DIALECTS, Street
from tests.hotels.doors import Wire
from tests.hotels.front import Front
from tests.hotels.house import OPEN, Stay
from tests.hotels.linking import link_to
from tests.hotels.ways.agreeing import Rooms
from tests.hotels.ways.way import HOUSE, Killed, Way, last_night

START_S = 180
LATE = timedelta(seconds=HOTEL_SETTLE_S / 2)
"""How long a request that is late is under way: less than we wait for one."""
NO_RECEIPT = "its system answers in the call itself"


class Served:
    """The four hotels of ours on ports of loopback."""

    def __init__(self) -> None:
        self.sockets = {one: socket.create_server(("127.0.0.1", 0)) for one in DIALECTS}
        self.street = Street({})

    def port(self, dialect: str) -> int:
        return int(self.sockets[dialect].getsockname()[1])

    def anew(self, dialect: str) -> Wire:
        """An empty house in the place of the one before."""
        wire = DIALECTS[dialect](HOUSE)
        self.street.hotels[self.port(dialect)] = wire
        return wire


@contextmanager
def serving() -> Iterator[Served]:
    """Serve until the end of the block."""
    served = Served()
    config = uvicorn.Config(served.street, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    sockets = list(served.sockets.values())
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()
    until = time.monotonic() + START_S
    while not server.started:
        assert time.monotonic() < until and thread.is_alive(), "the hotels did not start"
        time.sleep(0.01)
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join()


class Linked(Way):
    """A hotel that is called. It answers by itself: yes while it has the rooms."""

    answers_in_the_call: ClassVar = True
    served: ClassVar[Served]
    """Set by the fixture that serves."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        self.wire = self.served.anew(self.name)
        self.house = self.wire.house
        self.arrives_at: datetime | None = None
        self.link = link_to(self.name, f"http://127.0.0.1:{self.served.port(self.name)}", folder)
        self.kinds = {code: kind for kind, code in self.link.codes.room_types.items()}
        self.front = Front(url, self.link)

    async def work(self) -> None:
        self.house.faults["down"] = int(self.silent)
        self.house.faults["forbid"] = int(self.declining)
        await super().work()

    def leave(self, rooms: int) -> None:
        house = self.house
        nights = {night for one in house.blocks.values() for night, _kind in one.allotted}
        for kind in house.rooms:
            ours = max((house.kept(kind, night) for night in nights), default=0)
            house.rooms[kind] = ours + rooms

    async def says(self) -> None:
        """It answers in the call of the worker."""

    async def says_again(self) -> None:
        """The order is asked for again, and read again."""
        again = update(ORDERS).values(look=True, due_at=self.front.now())
        await self.front.run(lambda work: work.connection.execute(again))

    async def says_of_older(self, change: Callable[[], None]) -> None:
        worker = self.front.orders.workers[self.hotel]
        (order,) = await self.front.run(lambda work: take(work, self.hotel))
        result = await worker.carrier.carry_out(order)
        change()
        await self.front.run(lambda work: worker.close.finish(work, order, result))

    def loses(self, what: str) -> None:
        self.house.faults[f"lose_{what}"] = 1

    def delays(self) -> None:
        self.house.faults["late"] = 1

    async def hears(self) -> bool:
        if not self.wire.under_way:
            return False
        self.arrives_at = self.arrives_at or self.front.now() + LATE
        if self.front.now() < self.arrives_at:
            return False
        await self.wire.arrive()
        return True

    def _next_due(self) -> datetime | None:
        some = [super()._next_due(), self.arrives_at if self.wire.under_way else None]
        return min((one for one in some if one is not None), default=None)

    async def dies_asking(self, monkeypatch: pytest.MonkeyPatch, asked: bool) -> None:
        port = self.front.orders.ports[self.hotel]

        async def dying(order: Any) -> None:
            if asked:
                await type(port).hold_block(port, order)
            raise Killed

        monkeypatch.setattr(port, "hold_block", dying)
        with pytest.raises(Killed):
            await self.work()
        assert self.front.intents() == ["hold_block"]
        await self.reborn()

    async def takes_back(self) -> None:
        for one in self._open():
            self.house.set_block(one, "cancelled")
        await self._swept()

    async def cuts(self) -> None:
        for one in self._open():
            for night, kind in one.allotted:
                if night == last_night():
                    one.allotted[night, kind] -= 1
            self.house.touch_block(one, "inventory_set")
        self.leave(0)
        for kind in self.house.rooms:
            for number in range(self.house.free(kind, last_night())):
                self._sold(kind, f"others-{kind}-{number}")
        await self._swept()

    def _sold(self, kind: str, name: str) -> None:
        night = last_night()
        self.house.stays[name] = Stay(
            name, None, "others", kind, self.house.rates[0], night, night + timedelta(days=1),
            "confirmed", "0", "CNY",
        )  # fmt: skip

    async def _swept(self) -> None:
        assert await self.front.orders.workers[self.hotel].sweep()

    def _open(self) -> list[Any]:
        return [one for one in self.house.blocks.values() if one.status in OPEN]

    async def shown(self) -> dict[str, Rooms]:
        found = {}
        for one in self._open():
            rooms = {(day, self.kinds[kind]): n for (day, kind), n in one.allotted.items()}
            found[one.reference] = +Counter(rooms)
        return {ours: rooms for ours, rooms in found.items() if rooms}

    async def definite(self) -> set[str]:
        return {one.reference for one in self._open() if one.status == "definite"}

    def twice(self) -> list[str]:
        made = Counter(one.reference for one in self.house.blocks.values())
        return [ours for ours, blocks in made.items() if blocks > 1]


class Haip(Linked):
    name, hotel = "haip", "grand-haip"
    cannot: ClassVar = {
        "test_a_receipt_is_no_yes": NO_RECEIPT,
        "test_two_visits_want_the_last_rooms": "its blocks keep no room from other blocks",
    }


class Ohip(Linked):
    name, hotel = "ohip", "grand-ohip"
    cannot: ClassVar = {"test_a_receipt_is_no_yes": NO_RECEIPT}


class Apaleo(Linked):
    name, hotel = "apaleo", "grand-apaleo"
    cannot: ClassVar = {
        "test_a_receipt_is_no_yes": NO_RECEIPT,
        "test_two_visits_want_the_last_rooms": "a tentative block keeps no room there",
    }


class Cloudbeds(Linked):
    name, hotel = "cloudbeds", "grand-cloudbeds"
    cannot: ClassVar = {"test_a_receipt_is_no_yes": NO_RECEIPT}
