"""The cells of one group: how much of each unit is taken in each slot.

Owns: locking and reading them once, counting in memory, writing the differences once.
Must not: know holds, or decide who gets what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BindParameter, Table, and_, bindparam, case, or_, select, update

from shared.chassis.work import Work
from shared.holds.port import Claim, Inventory, Reach
from shared.holds.spans import Cell, chunks, joined


@dataclass(slots=True)
class _Cell:
    taken: int
    stored: bool
    delta: int = 0


@dataclass(slots=True)
class Cells:
    """Load, count, save: each once per group."""

    work: Work
    table: Table
    inventory: Inventory
    _known: dict[Cell, _Cell] = field(default_factory=dict)

    def load(self, reaches: Sequence[Reach], standing: Iterable[Claim]) -> None:
        """Lock, then read the cells that are held or that the rules may look at.

        In two statements: one that waited for a lock does not see the rows that came meanwhile.
        """
        guards = sorted({guard for reach in reaches for guard in reach.guards})
        self._ensure(guards)
        ranges = [one for reach in reaches for one in reach.ranges]
        ranges += [(unit, slot, slot + 1) for unit, slot in guards]
        ranges += [(claim.unit, claim.start, claim.stop) for claim in standing]
        table = self.table
        reads = [
            select(table)
            .where(
                or_(
                    *(
                        and_(table.c.unit == unit, table.c.slot >= start, table.c.slot < stop)
                        for unit, start, stop in some
                    )
                )
            )
            .order_by(table.c.unit, table.c.slot)
            for some in chunks(joined(ranges))
        ]
        if many_writers(self.work):
            for read in reads:
                self.work.connection.execute(read.with_for_update())
        for read in reads:
            for row in self.work.connection.execute(read):
                self._known[row.unit, row.slot] = _Cell(row.taken, stored=True)

    def _ensure(self, cells: Sequence[Cell]) -> None:
        """Create empty rows for cells that must be there to be locked or counted up."""
        rows = [
            {"unit": unit, "slot": slot, "taken": 0, "capacity": self.possible((unit, slot))}
            for unit, slot in cells
        ]
        self.work.insert_if_missing(self.table, rows)

    def possible(self, cell: Cell) -> int:
        """How much there is of a cell now."""
        return max(self.inventory.capacity(cell[0], cell[1], self.work.now), 0)

    def taken(self, cell: Cell) -> int:
        """How much of a cell is taken, this group's changes included."""
        known = self._known.get(cell)
        return known.taken + known.delta if known else 0

    def shift(self, before: Mapping[Cell, int], now: Mapping[Cell, int]) -> None:
        """Count that a need takes `now` what it took `before`."""
        for cell in before.keys() | now.keys():
            delta = now.get(cell, 0) - before.get(cell, 0)
            if delta:
                known = self._known.setdefault(cell, _Cell(0, stored=False))
                known.delta += delta

    def save(self) -> None:
        """Takes must fit what is possible now, or the database refuses; gives always go through,
        even where the capacity has shrunk below what is taken."""
        changed = sorted((cell, known) for cell, known in self._known.items() if known.delta)
        # Who gives back has taken before: only a take may find no row.
        self._ensure([cell for cell, known in changed if known.delta > 0 and not known.stored])
        table = self.table
        sum_now = table.c.taken + bindparam("_delta")
        room: BindParameter[int] = bindparam("_room")
        fits_or_fails = case((bindparam("_delta") > 0, room), (sum_now > room, sum_now), else_=room)
        statement = (
            update(table)
            .where(table.c.unit == bindparam("_unit"), table.c.slot == bindparam("_slot"))
            .values(taken=sum_now, capacity=fits_or_fails)
        )
        rows = [
            {"_unit": u, "_slot": s, "_delta": known.delta, "_room": self.possible((u, s))}
            for (u, s), known in changed
        ]
        if rows:
            self.work.connection.execute(statement, rows)


def many_writers(work: Work) -> bool:
    """Whether others may write at the same moment; SQLite lets one transaction in at a time."""
    return work.connection.dialect.name == "postgresql"
