"""A hotel of the simulation behind the port of bookings: blocks in memory, and ways to deceive.

What it says and what it does are two things; `blocks` is what it does.
Must not: know bookings, or choose when it deceives (`hotel_acts` does).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

from services.bookings.hotels.contact import Contact
from services.bookings.hotels.errors import (
    CutOffPassed,
    Duplicate,
    HotelError,
    IllegalState,
    NoAvailability,
    NotFound,
    OutcomeUnknown,
    Short,
    Unavailable,
    Unsupported,
)
from services.bookings.hotels.model import BlockOrder, BlockView, Ref, RoomNight
from services.bookings.hotels.nights import each_night
from services.bookings.hotels.port import Capabilities
from services.bookings.hotels.states import BlockState
from tests.simulation.hotel_blocks import Block

ROOMS = {"big": {"twin": 8}, "small": {"king": 4}}
"""As in the simulation's city."""
LATE_S = 20.0
"""A write that was lost may still arrive so much later, sooner than `HOTEL_SETTLE_S`."""
SLOW_S = 400.0
"""An answer that nobody waits for any more."""

CAPABILITIES = Capabilities(
    "simulated", blocks=True, finds_blocks_by_ours=True, block_takes_inventory=True,
    guards_block=True, counts_pick_up=True,
)  # fmt: skip


class Hotel:
    """One hotel. `lies` are used up by its next writes, one each; `down` by its next calls."""

    def __init__(self, name: str, now: Callable[[], float]) -> None:
        """`now` is the world's clock, in seconds."""
        self.name, self.now = name, now
        self.capabilities = replace(CAPABILITIES, cuts_off=name == "small")
        self.counted: Counter[str] = Counter()
        """How often a cut-off counted in bookings, by our reference."""
        self.contact = Contact()
        """Nothing is ever met: there is no line."""
        self.blocks: list[Block] = []
        self._numbers = count(1)
        self.sold: Counter[tuple[date, str]] = Counter()
        """To others."""
        self.lies: list[str] = []
        self.down = self.calls = 0
        self.told: Counter[str] = Counter()
        """What it did otherwise than a hotel should, by name."""
        self.shown: dict[str, list[BlockView]] = {}
        """What it let anybody read, by our reference."""
        self.said: dict[str, list[tuple[int, str]]] = {}
        """What a person there answered to letters, by our reference: to which edition, and what was
        taken of it."""
        self._late: list[tuple[float, Callable[[], None]]] = []
        self._stale: BlockView | bool | None = False
        self.lagging = ""
        """Our reference of the block that it shows as it was."""

    async def close(self) -> None:
        """There is no connection."""

    # ------------------------------------------------------------ reading

    async def search(self, first: date, departure: date) -> tuple[RoomNight, ...]:
        self._reached()
        return tuple(
            RoomNight(night, kind, max(0, self.free(night, kind)))
            for night in each_night(first, departure)
            for kind in ROOMS[self.name]
        )

    async def read_block(self, ref: Ref) -> BlockView:
        self._reached()
        if self._stale is not False:
            shown, self._stale = self._stale, False
            if shown is None:
                raise NotFound("not yet")
            assert isinstance(shown, BlockView)
            self.shown.setdefault(shown.ref.ours, []).append(shown)
            return shown
        block = self._block(ref)
        view = (block.as_it_was() if block.ours == self.lagging else None) or block.view()
        self.shown.setdefault(view.ref.ours, []).append(view)
        return view

    async def read_rooming(self, ref: Ref) -> tuple[Any, ...]:
        self._reached()
        self._block(ref)
        return ()

    # ------------------------------------------------------------ writing

    async def hold_block(self, order: BlockOrder) -> Ref:
        def do() -> Block:
            for one in order.rooms:
                self._room_for(one, 0)
            theirs = f"{self.name}-{next(self._numbers)}"
            block = Block(theirs, order.ours, BlockState.TENTATIVE, order.cut_off)
            block.rooms = {(one.night, one.kind): one.rooms for one in order.rooms}
            self.blocks.append(block)
            return block

        block = await self._write(do, None)
        return Ref(order.ours, block.theirs if block else None)

    async def confirm_block(self, ref: Ref) -> None:
        await self._write(lambda: self._become(ref, BlockState.DEFINITE), ref)

    async def resize_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        def do() -> Block:
            block = self._block(ref)
            if not block.open:
                raise IllegalState(block.state, "resized", [])
            for one in rooms:
                has = block.rooms.get((one.night, one.kind), 0)
                if block.strict and one.rooms > has:
                    raise CutOffPassed("not any more")
                self._room_for(one, has)
            block.rooms |= {(one.night, one.kind): one.rooms for one in rooms}
            return block

        await self._write(do, ref)

    async def wash_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        await self.resize_block(ref, rooms)

    async def release_block(self, ref: Ref) -> None:
        await self._write(lambda: self._become(ref, BlockState.RELEASED), ref)

    async def cancel_block(self, ref: Ref, reason: str) -> None:
        await self._write(lambda: self._become(ref, BlockState.CANCELLED), ref)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise Unsupported(f"{name}: blocks are all that is asked of it here")

    # ------------------------------------------------------------ on its own

    def free(self, night: date, kind: str) -> int:
        """Rooms that nobody has."""
        mine = sum(one.rooms.get((night, kind), 0) for one in self.blocks if one.open)
        return ROOMS[self.name].get(kind, 0) - self.sold[night, kind] - mine

    def arrive(self) -> None:
        """What was lost on the way comes in, if it is time."""
        due = [one for one in self._late if one[0] <= self.now()]
        self._late = [one for one in self._late if one[0] > self.now()]
        for _when, do in due:
            try:
                do()
            except HotelError:
                continue

    def calm_down(self) -> None:
        """It deceives nobody any more; what it said already stays said."""
        self.lies.clear()
        self.down, self._stale = 0, False

    def moments(self) -> list[float]:
        """When something that was lost arrives."""
        return [when for when, _do in self._late]

    # ------------------------------------------------------------ inside

    def _reached(self) -> None:
        self.calls += 1
        self.arrive()
        if self.down > 0:
            self.down -= 1
            self.told["down"] += 1
            raise Unavailable("nobody answers")

    async def _write(self, do: Callable[[], Block], ref: Ref | None) -> Block | None:
        self._reached()
        lie = self.lies.pop(0) if self.lies else ""
        self.told[lie or "honest"] += 1
        if lie in ("lost request", "late"):
            if lie == "late":
                self._late.append((self.now() + LATE_S, do))  # type: ignore[arg-type]
            raise OutcomeUnknown("no answer")
        if lie == "ignores":
            return None
        before = self._seen(ref)
        block = do()
        if lie == "stale":
            self._stale = before
        elif lie == "cancels at once":
            block.state = BlockState.CANCELLED
        elif lie == "half" and block.open:
            first = min(block.rooms)
            block.rooms[first] = block.rooms[first] // 2
        elif lie == "lost answer":
            raise OutcomeUnknown("no answer")
        elif lie == "twice":
            raise Duplicate("it is here already")
        elif lie == "slow":
            await asyncio.sleep(SLOW_S)
        return block

    def _seen(self, ref: Ref | None) -> BlockView | None:
        try:
            return None if ref is None else self._block(ref).view()
        except NotFound:
            return None

    def _block(self, ref: Ref) -> Block:
        mine = [one for one in self.blocks if one.theirs == ref.theirs]
        mine = mine or [one for one in self.blocks if ref.ours and one.ours == ref.ours]
        if not mine:
            raise NotFound("no such block")
        return next((one for one in mine if one.open), mine[-1])

    def _become(self, ref: Ref, state: BlockState) -> Block:
        block = self._block(ref)
        if not block.open:
            raise IllegalState(block.state, state, [])
        block.state = state
        return block

    def _room_for(self, one: RoomNight, has: int) -> None:
        free = self.free(one.night, one.kind) + has
        if one.rooms > max(free, has):
            raise NoAvailability("full", [Short(one.night, one.kind, max(0, free))])
