"""Blocks at a hotel: hold, confirm, resize, wash, release, cancel, each read back.

Owns: what the core does for systems without a wash, with no refusal of repeated orders, or whose
blocks keep no rooms from other sales.
Must not: pick up rooms; `stay_desk` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from services.bookings.hotels.errors import (
    HotelError,
    NoAvailability,
    NotFound,
    OutcomeUnknown,
    Short,
)
from services.bookings.hotels.model import BlockOrder, BlockView, Ref, Remark, RoomNight
from services.bookings.hotels.nights import recounted
from services.bookings.hotels.states import BLOCK_MOVES, OPEN_BLOCKS, BlockState, moved
from services.bookings.hotels.writing import Office

UNGUARDED = Remark("warning", "the hotel keeps selling the rooms of this block to others")


@dataclass(frozen=True, slots=True)
class BlockDesk:
    """The blocks of one hotel."""

    office: Office

    async def hold(self, order: BlockOrder) -> BlockView:
        """A tentative block with all its nights, or none at all.

        An order that is repeated is looked up first. When the hotel takes the block but not all
        of its nights, the block is cancelled again. Raises NoAvailability by night, and others.
        """
        ref = Ref(order.ours, None, order.first_night)
        found = await self._found(ref)
        if found is not None and found.state in OPEN_BLOCKS and contracts(order.rooms)(found):
            return replace(found, remarks=(*found.remarks, Remark("duplicate")))
        try:
            return await self._write("hold_block", ref, self._holding(order), order.rooms)
        except OutcomeUnknown:
            raise
        except HotelError as error:
            await self._given_up(ref)
            raise await self._explained(error, order.rooms) from error

    def _holding(self, order: BlockOrder) -> Callable[[], Awaitable[object]]:
        return lambda: self.office.port.hold_block(order)

    async def _found(self, ref: Ref) -> BlockView | None:
        if self.office.port.capabilities.refuses_duplicates:
            return None
        try:
            return await self.office.port.read_block(ref)
        except NotFound:
            return None

    async def _given_up(self, ref: Ref) -> None:
        """What is left of a hold that failed half-way is cancelled."""
        try:
            left = await self.office.port.read_block(ref)
        except NotFound:
            return
        if left.state in OPEN_BLOCKS:
            await self.cancel(left.ref, "not all nights were free")

    async def _explained(self, error: HotelError, rooms: Sequence[RoomNight]) -> HotelError:
        """A refusal for want of rooms says on which nights, whether the hotel did or not."""
        if not isinstance(error, NoAvailability):
            return error
        nights = sorted(one.night for one in rooms)
        try:
            found = await self.office.port.search(nights[0], nights[-1] + timedelta(days=1))
        except HotelError:
            return error
        free = {(one.night, one.kind): one.rooms for one in found}
        short = [
            Short(one.night, one.kind, free.get((one.night, one.kind), 0))
            for one in rooms
            if free.get((one.night, one.kind), 0) < one.rooms
        ]
        return NoAvailability(error.said, short or error.nights)

    async def confirm(self, ref: Ref) -> BlockView:
        """The block made definite; with a warning when it takes no rooms from other sales."""
        port = self.office.port
        view = await self._become(
            "confirm_block", ref, lambda: port.confirm_block(ref), BlockState.DEFINITE
        )
        if port.capabilities.block_takes_inventory:
            return view
        return replace(view, remarks=(*view.remarks, UNGUARDED))

    async def resize(self, ref: Ref, rooms: Sequence[RoomNight]) -> BlockView:
        """Other numbers contracted for the nights that are named, or none of them.

        What the hotel took before it found a night full is put back.
        """
        port = self.office.port
        before = await port.read_block(ref)
        try:
            return await self._write(
                "resize_block", ref, lambda: port.resize_block(ref, rooms), rooms
            )
        except NoAvailability as error:
            had = {(one.night, one.kind): one.contracted for one in before.nights}
            old = [replace(one, rooms=had.get((one.night, one.kind), 0)) for one in rooms]
            await self._write("resize_block", ref, lambda: port.resize_block(ref, old), old)
            more = [
                replace(one, rooms=one.rooms - before.rooms)
                for one, before in zip(rooms, old, strict=True)
            ]
            raise await self._explained(error, more) from error

    async def wash(self, ref: Ref, rooms: Sequence[RoomNight]) -> BlockView:
        """Rooms given back; a system that has no wash is asked for a smaller block."""
        port = self.office.port
        ask = port.wash_block if port.capabilities.wash else port.resize_block
        view = await self._write("wash_block", ref, lambda: ask(ref, rooms), rooms)
        definite = view.state is BlockState.DEFINITE
        return replace(view, state=BlockState.WASHED) if definite else view

    async def release(self, ref: Ref) -> BlockView:
        """Everything given back that is not picked up.

        A system that has no release is asked for a block as small as what is picked up; it goes on
        to show that block as open, and only we know that it is released.
        """
        if not self.office.port.capabilities.release:
            return await self._shrunk(ref)
        return await self._become(
            "release_block",
            ref,
            lambda: self.office.port.release_block(ref),
            BlockState.RELEASED,
        )

    async def _shrunk(self, ref: Ref) -> BlockView:
        view = await self.read(ref)
        moved(BLOCK_MOVES, view.state, BlockState.RELEASED)
        rooms = [
            RoomNight(one.night, one.kind, one.picked)
            for one in view.nights
            if one.contracted > one.picked
        ]
        if rooms:
            port = self.office.port
            await self._write("release_block", ref, lambda: port.resize_block(ref, rooms), rooms)
            view = await self.read(ref)
        return replace(view, state=BlockState.RELEASED)

    async def cancel(self, ref: Ref, reason: str) -> BlockView:
        """The whole block given up."""
        return await self._become(
            "cancel_block",
            ref,
            lambda: self.office.port.cancel_block(ref, reason),
            BlockState.CANCELLED,
        )

    async def read(self, ref: Ref) -> BlockView:
        """The block; its pick-up counted from its reservations where the hotel's figures err."""
        view = await self.office.port.read_block(ref)
        if self.office.port.capabilities.counts_pick_up:
            return view
        stays = await self.office.port.read_rooming(view.ref)
        return replace(view, nights=recounted(view, stays))

    async def _write(
        self,
        operation: str,
        ref: Ref,
        call: Callable[[], Awaitable[object]],
        rooms: Sequence[RoomNight],
    ) -> BlockView:
        return await self.office.written(
            operation, ref.ours, call, lambda: self.office.port.read_block(ref), contracts(rooms)
        )

    async def _become(
        self,
        operation: str,
        ref: Ref,
        call: Callable[[], Awaitable[object]],
        state: BlockState,
    ) -> BlockView:
        """Raises IllegalState before any call: not every hotel's system knows what is legal."""
        before = await self.office.port.read_block(ref)
        if before.state is state:
            return replace(before, remarks=(*before.remarks, Remark("duplicate")))
        moved(BLOCK_MOVES, before.state, state)
        return await self.office.written(
            operation,
            ref.ours,
            call,
            lambda: self.office.port.read_block(ref),
            lambda view: view.state is state,
        )


def contracts(rooms: Sequence[RoomNight]) -> Callable[[BlockView], bool]:
    """Whether a block has these numbers contracted for these nights, whatever others it has."""

    def check(view: BlockView) -> bool:
        has = {(one.night, one.kind): one.contracted for one in view.nights}
        return all(has.get((one.night, one.kind), 0) == one.rooms for one in rooms)

    return check
