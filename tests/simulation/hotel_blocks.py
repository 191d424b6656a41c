"""Blocks of rooms as a hotel of the simulation has them.

Must not: know what was asked of the hotel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from services.bookings.hotels.merging import older
from services.bookings.hotels.model import BlockView, NightCount, Ref
from services.bookings.hotels.states import OPEN_BLOCKS, BlockState
from tests.simulation.beginning import START


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
    been: list[BlockView] = field(default_factory=list)
    """As it was, oldest first; each has its own time of change."""

    @property
    def open(self) -> bool:
        return self.state in OPEN_BLOCKS

    def view(self) -> BlockView:
        """As it is now. Its time of change is the hotel's own: one second later for each."""
        nights = tuple(
            NightCount(night, kind, many, many, 0)
            for (night, kind), many in sorted(self.rooms.items())
        )
        last = self.been[-1] if self.been else None
        if last is None or (last.state, last.nights) != (self.state, nights):
            at = START + timedelta(seconds=len(self.been))
            ref = Ref(self.ours, self.theirs)
            self.been.append(BlockView(ref, self.state, nights, self.cut_off, at))
        return self.been[-1]

    def as_it_was(self) -> BlockView | None:
        """What it last was before it became as it is now; None when it has not changed."""
        now = self.view()
        before = [one for one in self.been if older(one.changed_at, now.changed_at)]
        return before[-1] if before else None


def cut(block: Block, number: int) -> None:
    """The hotel takes rooms of a block away."""
    key = sorted(block.rooms)[number % len(block.rooms)]
    block.rooms[key] = max(0, block.rooms[key] - 1 - number % 3)
