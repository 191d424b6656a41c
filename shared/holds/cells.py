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
from shared.holds.spans import RANGES, Cell, chunks, joined
from shared.holds.statements import Statements


@dataclass(slots=True)
class Cells:
    """Load, count, save: each once per group."""

    work: Work
    statements: Statements
    inventory: Inventory
    _taken: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """Of each unit, how much is taken in the slots that are known, this group's changes included.
    By unit and then by slot: a group may read tens of thousands where days are full."""
    _new: set[Cell] = field(default_factory=set)
    """Changed, and without a row so far."""
    _deltas: dict[Cell, int] = field(default_factory=dict)
    _rooms: dict[Cell, int] = field(default_factory=dict)

    def load(self, reaches: Sequence[Reach], standing: Iterable[Claim]) -> None:
        """Lock, then read the cells that are held or that the rules may look at.

        Not in one statement: one that waited for a lock does not see the rows that came meanwhile.
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
        wanted = joined(ranges)
        if not alone:  # All at once, in the order of the database: so replicas cannot deadlock.
            connection.execute(self.statements.lock_cells, {"ranges": json.dumps(wanted)})
        read = self.statements.read_cells[connection.dialect.name]
        for some in chunks(wanted, RANGES):
            for unit, slot, taken in connection.execute(read, {"ranges": json.dumps(some)}):
                self._taken[unit][slot] = taken

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
        known = self._taken.get(cell[0])
        return known.get(cell[1], 0) if known else 0

    def slots(self, unit: str) -> Set[int]:
        """Where something of a unit may be taken: nothing is, in any other slot that was loaded."""
        known = self._taken.get(unit)
        return known.keys() if known else frozenset()

    def shift(self, before: Mapping[Cell, int], now: Mapping[Cell, int]) -> None:
        """Count that a need takes `now` what it took `before`."""
        for cell in before.keys() | now.keys():
            delta = now.get(cell, 0) - before.get(cell, 0)
            if delta:
                known, slot = self._taken[cell[0]], cell[1]
                if slot not in known:
                    self._new.add(cell)
                known[slot] = known.get(slot, 0) + delta
                self._deltas[cell] = self._deltas.get(cell, 0) + delta

    def save(self) -> None:
        """Write what has changed; raises IntegrityError when a take does not fit after all."""
        changed = sorted((cell, delta) for cell, delta in self._deltas.items() if delta)
        rows = [
            {"_unit": u, "_slot": s, "_delta": delta, "_room": self.possible((u, s))}
            for (u, s), delta in changed
            if (u, s) not in self._new or delta < 0
        ]
        # Who gives back has taken before: only a take may find no row.
        new = [
            {"unit": u, "slot": s, "taken": delta, "capacity": self.possible((u, s))}
            for (u, s), delta in changed
            if (u, s) in self._new and delta > 0
        ]
        connection = self.work.connection
        if new:
            connection.execute(self.statements.take_cells[connection.dialect.name], new)
        if rows:
            connection.execute(self.statements.count_cells, rows)
