"""Which holds no longer fit when there is less of something. Pure.

Who is confirmed stays before who is not, and among equals who came first. All live holds of one
need overlap, as in the ledger: in a cell they take the largest, not the sum.

Must not: know a store, or why there is less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.holds.spans import Cell


@dataclass(frozen=True, slots=True)
class Taken:
    """What one live hold takes of the cells in question."""

    hold: str
    visit: str
    need: str
    firm: bool
    since: datetime
    """When it came into its present state."""
    cells: Mapping[Cell, int]


def overflowing(some: Iterable[Taken], room: Callable[[Cell], int]) -> list[str]:
    """The holds that must go, those that would go first coming last."""
    total: dict[Cell, int] = defaultdict(int)
    shares: dict[tuple[str, str], dict[Cell, int]] = defaultdict(dict)
    out: list[str] = []
    for one in sorted(some, key=lambda it: (not it.firm, it.since, it.hold)):
        share = shares[one.visit, one.need]
        more = {cell: max(0, many - share.get(cell, 0)) for cell, many in one.cells.items()}
        if any(many and total[cell] + many > room(cell) for cell, many in more.items()):
            out.append(one.hold)
            continue
        for cell, many in more.items():
            total[cell] += many
            share[cell] = share.get(cell, 0) + many
    return out
