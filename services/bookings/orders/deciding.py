"""What an order needs next: the rooms its holds want, against the block that stands. Pure.

Must not: do I/O, read a clock, draw chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from services.bookings.hotels.errors import HotelError, NotFound, OutcomeUnknown
from services.bookings.hotels.model import BlockView, RoomNight
from services.bookings.hotels.states import OPEN_BLOCKS, BlockState
from services.bookings.orders.tables import Asked
from shared.contracts.holds import HoldState

Rooms = Mapping[tuple[date, str], int]


class Step(StrEnum):
    """What is to be asked of the hotel, or that nothing is."""

    HOLD = "hold"
    RESIZE = "resize"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    REST = "rest"
    """Block and holds agree."""
    AWAIT = "await"
    """A person at the hotel was asked and has not answered."""
    END = "end"
    """Nobody wants it and nothing stands."""
    LOST = "lost"
    """Somebody wants it, but the hotel has given it up."""
    RENEW = "renew"
    """What an earlier try left is cancelled: it is ordered anew, under another reference."""


def wanted(asks: Sequence[Asked]) -> dict[tuple[date, str], int]:
    """Rooms by night and type: of all live holds the largest, as they overlap."""
    rooms: dict[tuple[date, str], int] = {}
    for ask in asks:
        for one in ask.rooms:
            key = one.night, one.kind
            rooms[key] = max(rooms.get(key, 0), one.rooms)
    return rooms


def contracted(standing: BlockView | None) -> dict[tuple[date, str], int]:
    """Rooms that a block has: of a released one those that are taken up, of a closed one none."""
    if standing is None:
        return {}
    if standing.state is BlockState.RELEASED:
        return {(one.night, one.kind): one.picked for one in standing.nights if one.picked}
    if not is_open(standing):
        return {}
    return {(one.night, one.kind): one.contracted for one in standing.nights}


def is_open(standing: BlockView | None) -> bool:
    """Whether there is a block, and it keeps rooms."""
    return standing is not None and standing.state in OPEN_BLOCKS


def covers(standing: BlockView | None, rooms: Sequence[RoomNight]) -> bool:
    """Whether the block that stands has all of these rooms."""
    has = contracted(standing)
    return all(has.get((one.night, one.kind), 0) >= one.rooms for one in rooms)


def to_ask(asks: Sequence[Asked], standing: BlockView | None) -> tuple[RoomNight, ...]:
    """The rooms that the whole block should have: 0 where it has some that nobody wants."""
    rooms = dict.fromkeys(contracted(standing), 0) | wanted(asks)
    return tuple(RoomNight(night, kind, rooms[night, kind]) for night, kind in sorted(rooms))


def next_step(asks: Sequence[Asked], standing: BlockView | None) -> Step:
    """One step nearer to what the holds want."""
    if not asks:
        return Step.CANCEL if is_open(standing) else Step.END
    if standing is None:
        return Step.HOLD
    if not is_open(standing):
        # A released block keeps what is taken up.
        kept = all(covers(standing, one.rooms) for one in asks)
        return Step.REST if kept else Step.LOST
    has = contracted(standing)
    if any(has.get((one.night, one.kind), 0) != one.rooms for one in to_ask(asks, standing)):
        return Step.RESIZE
    firm = any(one.state is HoldState.CONFIRMED for one in asks)
    if firm and standing.state is BlockState.TENTATIVE:
        return Step.CONFIRM
    return Step.REST


def passes(error: HotelError) -> bool:
    """Whether the hotel may do it another time: it was away, busy, or did not know us."""
    return (error.again or error.faulty) and not isinstance(error, OutcomeUnknown)


def gone(step: Step, error: HotelError) -> bool:
    """Whether a block that was to be cancelled is not there any more: that is as good."""
    return step is Step.CANCEL and isinstance(error, NotFound)
