"""The world of one group: the holds, claims and cells it touches, read once and written once.

Owns: the arithmetic of cells. All live holds of one need of one visit overlap: in each cell they
take the largest of their claims, not the sum, so that a changed need only asks for the difference
while its old arrangement still stands.
Must not: decide who gets what; `kernel` asks the service's rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.chassis.work import Work, many_writers
from shared.contracts.holds import HoldState
from shared.holds.cells import Cells
from shared.holds.entries import Entry, entry_of
from shared.holds.port import Claim, Inventory, Reach
from shared.holds.spans import Cell, chunks, per_cell
from shared.holds.statements import MOVED
from shared.holds.tables import HoldTables

Chain = tuple[str, str]


@dataclass(slots=True)
class Ledger:
    """Load, change, save: each once per group."""

    work: Work
    tables: HoldTables
    inventory: Inventory
    entries: dict[str, Entry] = field(default_factory=dict)
    _chains: dict[Chain, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    cells: Cells = field(init=False)

    def __post_init__(self) -> None:
        self.cells = Cells(self.work, self.tables.statements, self.inventory)

    # ------------------------------------------------------------ reading

    def load_holds(self, holds: Iterable[str], visits: Iterable[str] = ()) -> None:
        """Read these holds and all live holds of their visits, with their claims, in order.

        `visits` are those the holds are said to belong to; any other one they turn out to belong
        to is read as well.
        """
        wanted, expected = sorted(set(holds)), set(visits)
        self._lock_visits(wanted, expected)
        rows = self._read(wanted, sorted(expected))
        others = sorted({row.visit for row in rows} - expected)
        if others:
            rows += self._read([], others)
        for row in rows:
            if row.hold not in self.entries:
                self._add(entry_of(row))
        self._load_claims()

    def _lock_visits(self, holds: Sequence[str], visits: set[str]) -> None:
        """Let one replica at a time count a visit, until it commits.

        Two holds of one need share cells, and a row lock cannot keep a hold away that is not there
        yet: each replica would count its own as the only one.
        """
        connection, say = self.work.connection, self.tables.statements
        if many_writers(connection):
            known = connection.execute(say.visits_of, {"holds": holds}).scalars()
            connection.execute(say.lock_visits, {"visits": sorted(visits.union(known))})

    def _read(self, holds: Sequence[str], visits: Sequence[str]) -> list[Any]:
        wanted = {"holds": holds, "visits": visits}
        return list(self.work.connection.execute(self.tables.statements.holds, wanted))

    def _load_claims(self) -> None:
        live = sorted(entry.hold for entry in self.entries.values() if entry.live)
        mine: dict[str, list[Claim]] = defaultdict(list)
        for some in chunks(live):
            found = self.work.connection.execute(self.tables.statements.claims, {"holds": some})
            for row in found:
                mine[row.hold].append(Claim(row.unit, row.start, row.stop, row.quantity))
        for hold, some_claims in mine.items():
            self.entries[hold].claims = tuple(sorted(some_claims))

    def load_cells(self, reaches: Sequence[Reach]) -> None:
        """Read the cells that the loaded holds have or the rules may look at."""
        standing = (claim for entry in self.entries.values() for claim in entry.claims)
        self.cells.load(reaches, standing)

    def chain(self, visit: str, need: str | None) -> list[Entry]:
        """The live holds of one need."""
        return [entry for entry in self._chains[visit, need or ""] if entry.live]

    def share(self, visit: str, need: str | None) -> dict[Cell, int]:
        """What the live holds of one need take together: in each cell the largest."""
        share: dict[Cell, int] = {}
        for entry in self.chain(visit, need):
            for cell, quantity in per_cell(entry.claims).items():
                share[cell] = max(share.get(cell, 0), quantity)
        return share

    # ------------------------------------------------------------ changing

    def add(self, entry: Entry) -> None:
        """A new hold, with the claims it makes if it is live."""
        entry.revision = max(entry.revision, self.work.life.floor)
        before = self.share(entry.visit, entry.need)
        self._add(entry)
        self.cells.shift(before, self.share(entry.visit, entry.need))

    def move(self, entry: Entry, state: HoldState) -> None:
        """Bring a hold into a new state; its claims go when it is no longer live."""
        if entry.state is state:
            return
        before = self.share(entry.visit, entry.need)
        entry.state = state
        entry.revision = max(entry.revision + 1, self.work.life.floor)
        entry.changed = True
        self.cells.shift(before, self.share(entry.visit, entry.need))

    def _add(self, entry: Entry) -> None:
        self.entries[entry.hold] = entry
        self._chains[entry.visit, entry.need or ""].append(entry)

    # ------------------------------------------------------------ writing

    def save(self) -> None:
        """Write everything in bulk, cells in order so that replicas cannot deadlock."""
        new = [entry for entry in self.entries.values() if not entry.stored]
        moved = [entry for entry in self.entries.values() if entry.stored and entry.changed]
        connection, say = self.work.connection, self.tables.statements
        if new:
            connection.execute(say.new_holds, [self._row(entry) for entry in new])
        claims = [
            {"hold": e.hold, "unit": c.unit, "start": c.start, "stop": c.stop,
             "quantity": c.quantity}
            for e in new for c in e.claims
        ]  # fmt: skip
        if claims:
            connection.execute(say.new_claims, claims)
        if moved:
            rows = [self._row(entry) for entry in moved]
            connection.execute(
                say.move_holds,
                [{"_hold": row["hold"], **{name: row[name] for name in MOVED}} for row in rows],
            )
        self.cells.save()

    def _row(self, entry: Entry) -> dict[str, Any]:
        return {
            "hold": entry.hold,
            "visit": entry.visit,
            "need": entry.need,
            "kind": entry.kind,
            "state": entry.state.value,
            "revision": entry.revision,
            "cause": entry.cause,
            "actor": entry.actor,
            "due_at": entry.due_at,
            "body": entry.body.model_dump_json(),
            "changed_at": self.work.now,
        }
