"""The HAIP adapter against a real HAIP that somebody has brought up: not part of any test run.

    python -m tests.hotels.by_hand URL PROPERTY ROOM_TYPE RATE_PLAN FIRST_NIGHT

Prints a line for each step, and what on the wire was not as documented. It books and cancels a few
rooms from FIRST_NIGHT on, so the property should be one for trying. See `docs/hotels.md`.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import uuid
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from services.bookings.hotels.block_desk import BlockDesk
from services.bookings.hotels.errors import HotelError
from services.bookings.hotels.feed_desk import FeedDesk
from services.bookings.hotels.haip.adapter import Haip
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import BlockOrder, Ref, RoomNight, StayChange, StayOrder
from services.bookings.hotels.rooming_desk import RoomingDesk
from services.bookings.hotels.stay_desk import StayDesk
from services.bookings.hotels.writing import Office
from shared.contracts.values import Money
from tests.hotels.contract import SPECS, Contract, Recorder
from tests.hotels.linking import HAIP_CODES
from tests.hotels.memory import Book, Roster, TurnedClock

PRICE = Money(amount=30_000, currency="USD")


class Walk:
    """The steps, one after the other; each prints what came of it."""

    def __init__(self, adapter: Haip, first: date) -> None:
        office = Office("real", adapter, Book(), TurnedClock(), Roster())
        self.adapter, self.first = adapter, first
        self.blocks, self.stays = BlockDesk(office), StayDesk(office)
        self.rooming, self.feed = RoomingDesk(office), FeedDesk(office)
        self.run = uuid.uuid4().hex[:8]
        self.names = itertools.count(1)

    def order(self, nights: int = 2) -> StayOrder:
        ours = f"rc-{self.run}-{next(self.names)}"
        end = self.first + timedelta(days=nights)
        return StayOrder(ours, "twin", "agreed", self.first, end, PRICE)

    def nights(self, rooms: int) -> tuple[RoomNight, ...]:
        days = (self.first, self.first + timedelta(days=1))
        return tuple(RoomNight(one, "twin", rooms) for one in days)

    async def step(self, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        try:
            result = await act()
        except HotelError as error:
            print(f"{name:<44} {type(error).__name__}: {error.said[:80]}")
            return error
        print(f"{name:<44} {told(result)}")
        return result

    async def go(self) -> None:
        end = self.first + timedelta(days=2)
        await self.step("free rooms", lambda: self.adapter.search(self.first, end))
        cut_off = self.first - timedelta(days=20)
        block = BlockOrder(f"rc-{self.run}-k", "Trial", "agreed", self.nights(2), cut_off)
        held = await self.step("hold a block of 2", lambda: self.blocks.hold(block))
        await self.step("hold it again", lambda: self.blocks.hold(block))
        await self.step(
            "more than there is", lambda: self.blocks.resize(held.ref, self.nights(999))
        )
        await self.step("resize to 3", lambda: self.blocks.resize(held.ref, self.nights(3)))
        await self.step("definite", lambda: self.blocks.confirm(held.ref))
        first = self.order()
        picked = await self.step("pick up", lambda: self.stays.pick_up(held.ref, first, "g1"))
        await self.step("pick up again", lambda: self.stays.pick_up(held.ref, first, "g1"))
        rows = [(self.order(), "g2"), (first, "g1")]
        await self.step("rooming list, one row known", lambda: self.rooming.send(held.ref, rows))
        await self.step("the block by now", lambda: self.blocks.read(held.ref))
        change = StayChange(departure=self.first + timedelta(days=1))
        await self.step("one night less", lambda: self.stays.change(picked.ref, change))
        await self.step("another guest", lambda: self.stays.replace_guest(picked.ref, "g9"))
        for what, guests in (("two share", "g9+g8"), ("another shares", "g9+g7"), ("alone", "g7")):
            await self.named(what, picked.ref, guests)
        await self.step("by our reference", lambda: self.stays.read(Ref(first.ours)))
        await self.step("cancel", lambda: self.stays.cancel(picked.ref, "a trial"))
        await self.step("cancel again", lambda: self.stays.cancel(picked.ref, "a trial"))
        alone = self.order()
        lone = await self.step("without a block", lambda: self.stays.reserve(alone, "g3"))
        body = lambda: self.adapter.reserve(alone, CARD)  # noqa: E731
        await self.step("the same past the core: HTTP 500", body)
        await self.step("cancel it", lambda: self.stays.cancel(lone.ref, "a trial"))
        await self.step("what changed", self.feed.poll)
        await self.step("look", self.feed.look)
        await self.step("release", lambda: self.blocks.release(held.ref))
        await self.step("pick up after the release",
                        lambda: self.stays.pick_up(held.ref, self.order(), "g4"))  # fmt: skip

    async def named(self, what: str, ref: Ref, guests: str) -> None:
        await self.step(what, lambda: self.stays.replace_guest(ref, guests))


CARD = asyncio.run(Roster().card("g3"))


def told(result: Any) -> str:
    """What is worth a line."""
    if hasattr(result, "nights"):
        nights = [(str(one.night), one.contracted, one.held, one.picked) for one in result.nights]
        return f"{result.state} {nights} {[one.kind for one in result.remarks]}"
    if hasattr(result, "state"):
        remarks = [one.kind for one in result.remarks]
        return f"{result.state} {result.arrival}..{result.departure} {remarks}"
    if hasattr(result, "rows"):
        return str([one.error.code if one.error else one.stay.state for one in result.rows])
    return f"{len(result)} entries" if isinstance(result, tuple) else str(result)


async def main() -> None:
    """Run all steps."""
    url, hotel, twin, rate, first = sys.argv[1:]
    codes = HAIP_CODES | {"room_types": {"twin": twin}, "rates": {"agreed": rate}}
    link = HotelLink.model_validate(
        {
            "hotel": "real", "system": "haip", "gateway": "real", "url": url,
            "their_hotel": hotel, "zone": "UTC", "codes": codes,
        }
    )  # fmt: skip
    wire = Recorder(Contract(SPECS / "haip" / "haip.extract.openapi.json"))
    adapter = Haip(link, Gateway(), transport=wire)
    await Walk(adapter, date.fromisoformat(first)).go()
    await adapter.close()
    for one in sorted(set(wire.violations)):
        print("not as documented:", one)


if __name__ == "__main__":
    asyncio.run(main())
