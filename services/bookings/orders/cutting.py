"""What a cut-off means for an order: the block as it was, as it is read, and as it is wanted. Pure.

Must not: do I/O, read a clock, or guess what a block that cannot be read has become.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.bookings.hotels.model import BlockView
from services.bookings.hotels.states import BlockState
from services.bookings.orders.deciding import Rooms, contracted, wanted
from services.bookings.orders.tables import Asked
from shared.contracts.values import Text


class Outcome(StrEnum):
    """What came of a cut-off."""

    KEPT = "kept"
    """The hotel keeps all that is wanted, and nothing else."""
    TAKEN = "taken"
    """The hotel has taken back rooms that are wanted: it is asked once more, then the visit is
    told what it does not give."""
    SPARE = "spare"
    """Rooms that nobody wants any more are given back."""
    OWNED = "owned"
    """Nobody knows what became of the block, or only some of its rooms are taken up in a block
    that is closed: a person decides."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut-off that was looked at. Numbers are rooms times nights."""

    outcome: Outcome
    kept: int = 0
    """Wanted, and still in the block."""
    taken: int = 0
    """Wanted, and not in the block any more."""
    spare: int = 0
    """In the block, and not wanted."""
    why: Text | None = None
    """What an operator reads of it; None when there is nothing to say."""
    said: str = "cut_off_passed"
    """Why a person decides, as a code."""


def cut(asks: Sequence[Asked], seen: BlockView | None) -> Cut:
    """What the cut-off of an order came to; `seen` is the block as read after it, None when the
    hotel has it no more, or could not be read until patience ended."""
    if seen is None:
        return Cut(
            Outcome.OWNED,
            why=Text(
                zh="截止日已过，酒店没有或无法读取该房块",
                en="Its cut-off has passed, and the block is not at the hotel or cannot be read",
            ),
        )
    want, has = wanted(asks), contracted(seen)
    kept, taken = _common(want, has), _more(want, has)
    spare = _more(has, want)
    if taken and has and seen.state is BlockState.RELEASED:
        why = Text(
            zh=f"截止日已过，酒店收回仍需的 {taken} 间夜，已登记的 {kept} 间夜仍在",
            en=f"At its cut-off the hotel took back {taken} room nights that are wanted; {kept}"
            " that are taken up stay",
        )
        return Cut(Outcome.OWNED, kept, taken, spare, why)
    if taken:
        why = Text(
            zh=f"截止日已过，酒店收回仍需的 {taken} 间夜",
            en=f"At its cut-off the hotel took back {taken} room nights that are wanted",
        )
        return Cut(Outcome.TAKEN, kept, taken, spare, why)
    if spare:
        why = Text(
            zh=f"截止日已过，退还不再需要的 {spare} 间夜",
            en=f"Its cut-off has passed: {spare} room nights that nobody wants are given back",
        )
        return Cut(Outcome.SPARE, kept, 0, spare, why)
    return Cut(Outcome.KEPT, kept)


def at_risk(asks: Sequence[Asked], standing: BlockView | None, cuts_off: bool) -> int:
    """Room nights that are wanted, stand in the block and are not taken up: a hotel that `cuts_off`
    by itself takes them back. 0 at one that does not."""
    if standing is None or not cuts_off:
        return 0
    want, has = wanted(asks), contracted(standing)
    picked = {(one.night, one.kind): one.picked for one in standing.nights}
    return sum(
        max(0, min(has.get(key, 0), rooms) - picked.get(key, 0)) for key, rooms in want.items()
    )


def in_lead(cut_off: date, today: date, lead_days: int) -> bool:
    """Whether a cut-off that has not passed is so near that it is told."""
    return 0 <= (cut_off - today).days <= lead_days


def _common(one: Rooms, other: Rooms) -> int:
    return sum(min(rooms, other.get(key, 0)) for key, rooms in one.items())


def _more(one: Rooms, other: Rooms) -> int:
    """Rooms of `one` beyond those of `other`."""
    return sum(max(0, rooms - other.get(key, 0)) for key, rooms in one.items())
