"""What is left for a need: whether others took nothing is the same as looking at each slot."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from shared.holds.cells import Cells
from shared.holds.deciding import Remaining

NOBODY: Any = None
SLOTS = some.dictionaries(some.integers(0, 12), some.integers(1, 3), max_size=8)


@given(SLOTS, SLOTS, some.integers(-2, 14), some.integers(-2, 14))
def test_idle_is_that_no_slot_is_taken(
    taken: dict[int, int], own: dict[int, int], start: int, stop: int
) -> None:
    mine = {slot: many for slot, many in own.items() if many <= taken.get(slot, 0)}
    cells = Cells(NOBODY, NOBODY, NOBODY)
    cells.shift({}, {("unit", slot): many for slot, many in taken.items()})
    left = Remaining(cells, {("unit", slot): many for slot, many in mine.items()})
    looked = [left.taken("unit", slot) for slot in range(start, stop)]
    assert left.idle("unit", start, stop) is not any(looked)
    assert left.idle("another", start, stop)
