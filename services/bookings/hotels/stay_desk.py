"""Reservations at a hotel: pick up, rooming lists, change, replace the guest, cancel, read.

Owns: what the core does for systems that take rows one by one, book the same twice, or do not
guard their blocks.
Must not: keep a guest's card; it is fetched when a write goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.bookings.hotels.errors import (
    BlockFull,
    BlockNotOpen,
    CutOffPassed,
    NoAvailability,
    NotFound,
    Unsupported,
)
from services.bookings.hotels.model import (
    BlockView,
    GuestCard,
    NightCount,
    Ref,
    Remark,
    StayChange,
    StayOrder,
    StayView,
)
from services.bookings.hotels.nights import (
    each_night,
    recounted,
    short_nights,
    without_rooms,
)
from services.bookings.hotels.states import OPEN_BLOCKS, TAKING, BlockState, StayState
from services.bookings.hotels.writing import Office

PICK_UP = "pick_up"
"""The operation in the journal."""


@dataclass(frozen=True, slots=True)
class StayDesk:
    """The reservations of one hotel."""

    office: Office

    async def reserve(self, order: StayOrder, guest: str) -> StayView:
        """A room without a block. The state that comes back is the room line's, not the answer's.

        `guest` is the opaque id; the card is fetched now.
        """
        known = await self._known(order)
        if known is not None:
            return known
        card = await self.office.guests.card(guest)
        return await self.office.written(
            "reserve",
            order.ours,
            lambda: self.office.port.reserve(order, card),
            lambda: self.read(_ref(order)),
            lambda view: as_ordered(view, order),
        )

    async def pick_up(self, block: Ref, order: StayOrder, guest: str) -> StayView:
        """A room out of a block. Raises BlockFull by night, BlockNotOpen, CutOffPassed and others.

        Systems that let a block be picked up past its size, or sell its rooms to others, are
        looked at first.
        """
        known = await self._known(order)
        if known is not None:
            return known
        view = await self.office.port.read_block(block)
        check_open(view)
        check_room(await self.nights(view), [order])
        await self._check_house([order])
        card = await self.office.guests.card(guest)
        return await self.office.written(
            PICK_UP,
            order.ours,
            lambda: self.office.port.pick_up(view.ref, order, card),
            lambda: self.read(_ref(order)),
            lambda stay: as_ordered(stay, order),
        )

    async def nights(self, view: BlockView) -> tuple[NightCount, ...]:
        """The nights of a block with a pick-up that can be relied on."""
        can = self.office.port.capabilities
        if can.guards_block and can.counts_pick_up:
            return view.nights
        return recounted(view, await self.office.port.read_rooming(view.ref))

    async def _check_house(self, orders: Sequence[StayOrder]) -> None:
        """Rooms of a block that the hotel keeps selling may be gone."""
        if self.office.port.capabilities.block_takes_inventory:
            return
        first = min(one.arrival for one in orders)
        free = await self.office.port.search(first, max(one.departure for one in orders))
        for one in orders:
            if short := without_rooms(free, one.kind, one.arrival, one.departure):
                raise NoAvailability("the house has sold the block's rooms", short)

    async def _known(self, order: StayOrder) -> StayView | None:
        """What the hotel has under our reference already: it is not asked for again."""
        can = self.office.port.capabilities
        if can.refuses_duplicates or not can.finds_stays_by_ours:
            return None
        try:
            view = await self.read(_ref(order))
        except NotFound:
            return None
        if view.state not in TAKING:
            return None
        return replace(view, remarks=(*view.remarks, Remark("duplicate")))

    async def change(self, ref: Ref, change: StayChange) -> StayView:
        """The same reservation with other dates or another room type."""
        return await self.office.written(
            "change_stay",
            ref.ours,
            lambda: self.office.port.change_stay(ref, change),
            lambda: self.read(ref),
            lambda view: as_changed(view, change),
        )

    async def replace_guest(self, ref: Ref, guest: str) -> StayView:
        """Another guest in the same reservation, and the name read back.

        Raises Unsupported for systems without it: a person asks the hotel. It is never a
        cancellation and a new reservation, which could lose the room in between. Raises
        OutcomeUnknown while a read does not show the guest; `holds_guest` settles it.
        """
        if not self.office.port.capabilities.replace_guest:
            raise Unsupported("replace_guest")
        before = await self.read(ref)
        # Our own reference, not the one that is shown: a foreign profile has another.
        at = replace(before.ref, ours=ref.ours)
        card = await self.office.guests.card(guest)
        if await self.office.port.names_guest(at, card):
            return replace(before, remarks=(*before.remarks, Remark("duplicate")))
        return await self.office.written(
            "replace_guest",
            ref.ours,
            lambda: self.office.port.replace_guest(at, card),
            lambda: self._with_name(at, card),
            lambda view: view.named and view.state is before.state,
        )

    async def holds_guest(self, ref: Ref, guest: str) -> StayView:
        """The reservation, if it is in this guest's name now. Raises NotFound when it is not."""
        view = await self._with_name(ref, await self.office.guests.card(guest))
        if not view.named:
            raise NotFound("in another name")
        return view

    async def _with_name(self, ref: Ref, card: GuestCard) -> StayView:
        view = await self.read(ref)
        return replace(view, named=await self.office.port.names_guest(view.ref, card))

    async def cancel(self, ref: Ref, reason: str) -> StayView:
        """The reservation cancelled by us."""
        view = await self.office.written(
            "cancel_stay",
            ref.ours,
            lambda: self.office.port.cancel_stay(ref, reason),
            lambda: self.read(ref),
            lambda view: view.state is StayState.CANCELLED_BY_HOTEL,
        )
        return replace(view, state=StayState.CANCELLED_BY_US)

    async def read(self, ref: Ref) -> StayView:
        """The room line. A cancelled one shows as cancelled by the hotel: only we know of us."""
        if ref.theirs is None and not self.office.port.capabilities.finds_stays_by_ours:
            raise Unsupported("this system finds no reservation by our reference")
        return await self.office.port.read_stay(ref)


def _ref(order: StayOrder) -> Ref:
    return Ref(order.ours, None, order.arrival)


def check_open(view: BlockView) -> None:
    """Raises BlockNotOpen, CutOffPassed for a block that nothing can be picked up from."""
    if view.state in OPEN_BLOCKS:
        return
    if view.state is BlockState.RELEASED:
        raise CutOffPassed(f"released; the cut-off was {view.cut_off}")
    raise BlockNotOpen(view.state)


def check_room(nights: Sequence[NightCount], orders: Sequence[StayOrder]) -> None:
    """Raises BlockFull by night when a block has not room for all of these together."""
    left = {(one.night, one.kind): one for one in nights}
    for order in orders:
        if short := short_nights(tuple(left.values()), order.kind, order.arrival, order.departure):
            raise BlockFull("", short)
        for night in each_night(order.arrival, order.departure):
            one = left[night, order.kind]
            left[night, order.kind] = replace(one, picked=one.picked + 1)


def as_ordered(view: StayView, order: StayOrder) -> bool:
    """Whether a room line is for the room type and the nights that were ordered, in any state."""
    wanted = (order.kind, order.arrival, order.departure)
    return (view.kind, view.arrival, view.departure) == wanted


def as_changed(view: StayView, change: StayChange) -> bool:
    """Whether a room line shows what was changed."""
    pairs = (
        (change.arrival, view.arrival),
        (change.departure, view.departure),
        (change.kind, view.kind),
    )
    return all(wanted is None or wanted == shown for wanted, shown in pairs)
