"""The cells of one group: how much of each unit is taken in each slot.

Owns: locking and reading them once, counting in memory, writing the differences once.
Must not: know holds, or decide who gets what.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from shared.chassis.work import Work, many_writers
from shared.holds.port import Claim, Inventory, Reach
from shared.holds.spans import Cell, joined
from shared.holds.statements import Statements


@dataclass(slots=True)
class _Cell:
    taken: int
    stored: bool
    delta: int = 0


@dataclass(slots=True)
class Cells:
    """Load, count, save: each once per group."""

    work: Work
    statements: Statements
    inventory: Inventory
    _known: dict[Cell, _Cell] = field(default_factory=dict)
    _slots: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Of each unit, the slots that are known."""
    _rooms: dict[Cell, int] = field(default_factory=dict)

    def load(self, reaches: Sequence[Reach], standing: Iterable[Claim]) -> None:
        """Lock, then read the cells that are held or that the rules may look at.

        In two statements: one that waited for a lock does not see the rows that came meanwhile.
        """
        connection = self.work.connection
        alone = not many_writers(connection)
        guards = sorted({guard for reach in reaches for guard in reach.guards})
        if not alone:  # Or nobody is there who would have to wait: a guard is a row to lock.
            self._ensure(guards)
        ranges = [one for reach in reaches for one in reach.ranges]
        ranges += [(unit, slot, slot + 1) for unit, slot in guards]
        ranges += [(claim.unit, claim.start, claim.stop) for claim in standing]
        if not ranges:
            return
        wanted = {"ranges": json.dumps(joined(ranges))}
        if not alone:
            connection.execute(self.statements.lock_cells, wanted)
        read = self.statements.read_cells[connection.dialect.name]
        for unit, slot, taken in connection.execute(read, wanted):
            self._known[unit, slot] = _Cell(taken, stored=True)
            self._slots[unit].add(slot)

    def _ensure(self, cells: Sequence[Cell]) -> None:
        """Create empty rows for cells that must be there to be locked."""
        rows = [
            {"unit": unit, "slot": slot, "taken": 0, "capacity": self.possible((unit, slot))}
            for unit, slot in cells
        ]
        self.work.insert_if_missing(self.statements.cells, rows)

    def possible(self, cell: Cell) -> int:
        """How much there is of a cell now. Rules ask for the same cells again and again."""
        room = self._rooms.get(cell)
        if room is None:
            room = max(self.inventory.capacity(cell[0], cell[1], self.work.now), 0)
            self._rooms[cell] = room
        return room

    def taken(self, cell: Cell) -> int:
        """How much of a cell is taken, this group's changes included."""
        known = self._known.get(cell)
        return known.taken + known.delta if known else 0

    def slots(self, unit: str) -> Set[int]:
        """Where something of a unit may be taken: nothing is, in any other slot that was loaded."""
        return self._slots.get(unit, frozenset())

    def shift(self, before: Mapping[Cell, int], now: Mapping[Cell, int]) -> None:
        """Count that a need takes `now` what it took `before`."""
        for cell in before.keys() | now.keys():
            delta = now.get(cell, 0) - before.get(cell, 0)
            if delta:
                known = self._known.setdefault(cell, _Cell(0, stored=False))
                known.delta += delta
                self._slots[cell[0]].add(cell[1])

    def save(self) -> None:
        """Write what has changed; raises IntegrityError when a take does not fit after all."""
        changed = sorted((cell, known) for cell, known in self._known.items() if known.delta)
        rows = [
            {"_unit": u, "_slot": s, "_delta": known.delta, "_room": self.possible((u, s))}
            for (u, s), known in changed
            if known.stored or known.delta < 0
        ]
        # Who gives back has taken before: only a take may find no row.
        new = [
            {"unit": u, "slot": s, "taken": known.delta, "capacity": self.possible((u, s))}
            for (u, s), known in changed
            if not known.stored and known.delta > 0
        ]
        connection = self.work.connection
        if new:
            connection.execute(self.statements.take_cells[connection.dialect.name], new)
        if rows:
            connection.execute(self.statements.count_cells, rows)
