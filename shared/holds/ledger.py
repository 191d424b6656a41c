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

from sqlalchemy import and_, bindparam, select, text, update

from shared.chassis.work import Work
from shared.contracts.holds import LIVE, HoldState
from shared.holds.cells import Cells, many_writers
from shared.holds.entries import Entry, entry_of
from shared.holds.port import Claim, Inventory, Reach
from shared.holds.spans import Cell, chunks, per_cell
from shared.holds.tables import HoldTables

Chain = tuple[str, str]
LOCK_VISITS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(visit, 0))"
    " FROM unnest(CAST(:visits AS text[])) AS visit"
)


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
        self.cells = Cells(self.work, self.tables.cells, self.inventory)

    # ------------------------------------------------------------ reading

    def load_holds(self, holds: Iterable[str], chains: Iterable[Chain] = ()) -> None:
        """Read these holds and all live holds of their needs, with their claims, in order."""
        table = self.tables.holds
        wanted, chains = sorted(set(holds)), list(chains)
        self._lock_visits(wanted, chains)
        rows = self._read(table.c.hold.in_(wanted))
        visits = sorted({row.visit for row in rows} | {visit for visit, _need in chains})
        live = [state.value for state in LIVE]
        rows += self._read(and_(table.c.visit.in_(visits), table.c.state.in_(live)))
        for row in rows:
            if row.hold not in self.entries:
                self._add(entry_of(row))
        self._load_claims()

    def _lock_visits(self, holds: Sequence[str], chains: Iterable[Chain]) -> None:
        """Let one replica at a time count a visit, until it commits.

        Two holds of one need share cells, and a row lock cannot keep a hold away that is not there
        yet: each replica would count its own as the only one.
        """
        connection, table = self.work.connection, self.tables.holds
        if not many_writers(self.work):
            return
        visits = {visit for visit, _need in chains}
        known = select(table.c.visit).where(table.c.hold.in_(holds)).distinct()
        visits.update(connection.execute(known).scalars())
        connection.execute(LOCK_VISITS, {"visits": sorted(visits)})

    def _read(self, condition: Any) -> list[Any]:
        table = self.tables.holds
        statement = select(table).where(condition).order_by(table.c.hold).with_for_update()
        return list(self.work.connection.execute(statement))

    def _load_claims(self) -> None:
        claims = self.tables.claims
        live = sorted(entry.hold for entry in self.entries.values() if entry.live)
        mine: dict[str, list[Claim]] = defaultdict(list)
        for some in chunks(live):
            statement = select(claims).where(claims.c.hold.in_(some))
            for row in self.work.connection.execute(statement):
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
        before = self.share(entry.visit, entry.need)
        self._add(entry)
        self.cells.shift(before, self.share(entry.visit, entry.need))

    def move(self, entry: Entry, state: HoldState) -> None:
        """Bring a hold into a new state; its claims go when it is no longer live."""
        if entry.state is state:
            return
        before = self.share(entry.visit, entry.need)
        entry.state = state
        entry.revision += 1
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
        if new:
            self.work.connection.execute(
                self.tables.holds.insert(), [self._row(entry) for entry in new]
            )
        claims = [
            {"hold": e.hold, "unit": c.unit, "start": c.start, "stop": c.stop,
             "quantity": c.quantity}
            for e in new for c in e.claims
        ]  # fmt: skip
        if claims:
            self.work.connection.execute(self.tables.claims.insert(), claims)
        if moved:
            self._update_holds(moved)
        self.cells.save()

    def _update_holds(self, moved: list[Entry]) -> None:
        table = self.tables.holds
        names = ("state", "revision", "due_at", "body", "changed_at")
        statement = (
            update(table)
            .where(table.c.hold == bindparam("_hold"))
            .values({name: bindparam(name) for name in names})
        )
        rows = [self._row(entry) for entry in moved]
        self.work.connection.execute(
            statement, [{"_hold": row["hold"], **{n: row[n] for n in names}} for row in rows]
        )

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
