"""Blocks of rooms as a hotel of the simulation has them.

Must not: know what was asked of the hotel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from services.bookings.hotels.model import BlockView, NightCount, Ref
from services.bookings.hotels.states import OPEN_BLOCKS, BlockState


@dataclass(slots=True)
class Block:
    """A block as the hotel has it."""

    theirs: str
    ours: str
    state: BlockState
    cut_off: date
    rooms: dict[tuple[date, str], int] = field(default_factory=dict)
    cut: bool = False
    """The hotel took back what nobody had taken up."""
    strict: bool = False
    """It gives nothing more since."""

    @property
    def open(self) -> bool:
        return self.state in OPEN_BLOCKS

    def view(self) -> BlockView:
        nights = tuple(
            NightCount(night, kind, many, many, 0)
            for (night, kind), many in sorted(self.rooms.items())
        )
        return BlockView(Ref(self.ours, self.theirs), self.state, nights, self.cut_off)


def cut(block: Block, number: int) -> None:
    """The hotel takes rooms of a block away."""
    key = sorted(block.rooms)[number % len(block.rooms)]
    block.rooms[key] = max(0, block.rooms[key] - 1 - number % 3)
