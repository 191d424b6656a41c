"""The one port to a hotel, whatever it runs, and what an adapter declares that it can do.

An operation that a system lacks raises `Unsupported`; the core (`desk`) compensates, never the
adapter. All operations raise the errors of `errors`, and `Unavailable` when the line is open.
Must not: be bypassed; no other code of bookings talks to a hotel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from services.bookings.hotels.model import (
    BlockOrder,
    BlockView,
    Changes,
    GuestCard,
    Hint,
    InboundCall,
    Ref,
    RoomingResult,
    RoomNight,
    Row,
    StayChange,
    StayOrder,
    StayView,
)


class Feed(StrEnum):
    """How a system tells what changed."""

    NONE = "none"
    CURSOR = "cursor"
    DESTRUCTIVE = "destructive"
    """What was polled is gone at the hotel: it is stored before anything is done with it."""
    STREAM = "stream"
    """Events come by themselves while one process is connected; between connections they are polled
    as with DESTRUCTIVE. Such a port is a `Streaming`."""


class Sharers(StrEnum):
    """How a system takes the names of those who share a room with the guest who is named first."""

    NONE = "none"
    """It has no place for them."""
    LATER = "later"
    """Into a reservation that is there."""
    AT_ONCE = "at_once"
    """Also in the write that makes the reservation."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system can do and whether its own figures can be relied on."""

    system: str
    blocks: bool = False
    wash: bool = False
    """Has a wash of its own; without it the core resizes."""
    release: bool = False
    """Has a release of its own, and a status for it; without it the core makes the block as small
    as what is picked up."""
    rooming_list: bool = False
    """Takes many rows at once; without it the core picks up row by row."""
    replace_guest: bool = False
    """Puts another guest into the same reservation, and shows whose it is."""
    sharers: Sharers = Sharers.NONE
    """Without it the first of those who share a room is named alone, and the others are counted."""
    finds_blocks_by_ours: bool = False
    finds_stays_by_ours: bool = False
    confirms_at_once: bool = False
    """A new reservation needs no act of the hotel's staff."""
    refuses_duplicates: bool = False
    """The same reference twice does not make two reservations."""
    block_takes_inventory: bool = False
    """Rooms of a definite block are no longer sold to others."""
    guards_block: bool = False
    """Refuses to pick up more rooms than the block has."""
    counts_pick_up: bool = False
    """Its pick-up figures count every night and give back what was cancelled."""
    cuts_off: bool = False
    """Takes back by itself, after the cut-off of a block, what is not picked up."""
    feed: Feed = Feed.NONE
    signs_calls: bool = False
    """Calls us with a signature that can be verified."""


class HotelPort(Protocol):
    """What bookings may ask a hotel."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def search(self, first: date, departure: date) -> tuple[RoomNight, ...]:
        """Free rooms by night and room type."""
        ...

    async def hold_block(self, order: BlockOrder) -> Ref:
        """Ask for a block, tentative. The answer proves nothing but the reference."""
        ...

    async def confirm_block(self, ref: Ref) -> None:
        """Make a tentative block definite."""
        ...

    async def resize_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """Contract other numbers for the nights that are named."""
        ...

    async def wash_block(self, ref: Ref, rooms: Sequence[RoomNight]) -> None:
        """Give back rooms that will not be picked up, down to the numbers that are named."""
        ...

    async def release_block(self, ref: Ref) -> None:
        """Give back everything that is not picked up; reservations stay."""
        ...

    async def cancel_block(self, ref: Ref, reason: str) -> None:
        """Give up the whole block."""
        ...

    async def read_block(self, ref: Ref) -> BlockView:
        """The block by the hotel's or by our reference. Raises NotFound."""
        ...

    async def read_rooming(self, ref: Ref) -> tuple[StayView, ...]:
        """The reservations of a block."""
        ...

    async def pick_up(self, block: Ref, order: StayOrder, guest: GuestCard) -> Ref:
        """Reserve one room out of a block."""
        ...

    async def import_rooming(self, block: Ref, rows: Sequence[Row]) -> RoomingResult:
        """Reserve many, with a result per row, in the order of the rows."""
        ...

    async def reserve(self, order: StayOrder, guest: GuestCard) -> Ref:
        """Reserve one room without a block."""
        ...

    async def change_stay(self, ref: Ref, change: StayChange) -> None:
        """Other dates or another room type for a reservation that stays the same."""
        ...

    async def replace_guest(self, ref: Ref, guest: GuestCard) -> None:
        """Another guest in the same reservation; never a cancellation and a new one.

        With him exactly those who share the room (`GuestCard.sharing`): who is shown besides is
        taken off, whoever is missing is added, and who is named already is not named again.
        """
        ...

    async def names_guest(self, ref: Ref, guest: GuestCard) -> bool:
        """Whether a reservation is in the name of this guest and names exactly those who share the
        room with him: only a yes or no leaves the adapter. Raises NotFound."""
        ...

    async def cancel_stay(self, ref: Ref, reason: str) -> None:
        """Cancel a reservation."""
        ...

    async def read_stay(self, ref: Ref) -> StayView:
        """The room line by the hotel's or by our reference. Raises NotFound."""
        ...

    async def changes(self, cursor: str) -> Changes:
        """What changed since a cursor; an empty one means from the beginning of what is kept."""
        ...

    def verify(self, call: InboundCall) -> tuple[Hint, ...]:
        """The hints in a call of the hotel. Raises Forbidden when it is not proven to be one."""
        ...


class EventStream(Protocol):
    """What a hotel tells by itself, over a connection."""

    heard: Callable[[], None]
    """Called when something has come, or the connection has ended."""

    async def hang_up(self) -> None:
        """End the connection, if there is one; the next `changes` opens it again."""
        ...


class Streaming(HotelPort, Protocol):
    """A port whose hotel tells by a stream. `changes` opens it, and hands out what has come."""

    stream: EventStream
