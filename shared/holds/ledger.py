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
from typing import Any, TypeVar

from sqlalchemy import BindParameter, and_, bindparam, case, or_, select, text, update

from shared.chassis.work import Work
from shared.contracts.holds import LIVE, HoldState
from shared.holds.entries import Entry, entry_of
from shared.holds.port import Claim, Inventory, Reach
from shared.holds.spans import Cell, joined, per_cell
from shared.holds.tables import HoldTables

Chain = tuple[str, str]
T = TypeVar("T")
CHUNK = 200
"""Holds or ranges in one statement."""
LOCK_VISITS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(visit, 0))"
    " FROM unnest(CAST(:visits AS text[])) AS visit"
)


@dataclass(slots=True)
class _Cell:
    taken: int
    capacity: int
    """As stored; what is possible now is asked of the inventory."""
    stored: bool
    delta: int = 0


@dataclass(slots=True)
class Ledger:
    """Load, change, save: each once per group."""

    work: Work
    tables: HoldTables
    inventory: Inventory
    entries: dict[str, Entry] = field(default_factory=dict)
    _chains: dict[Chain, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    _cells: dict[Cell, _Cell] = field(default_factory=dict)

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

    @property
    def _many_writers(self) -> bool:
        """Whether others may write at the same moment; SQLite lets one transaction in at a time."""
        return self.work.connection.dialect.name == "postgresql"

    def _lock_visits(self, holds: Sequence[str], chains: Iterable[Chain]) -> None:
        """Let one replica at a time count a visit, until it commits.

        Two holds of one need share cells, and a row lock cannot keep a hold away that is not there
        yet: each replica would count its own as the only one.
        """
        connection, table = self.work.connection, self.tables.holds
        if not self._many_writers:
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
        for some in _chunks(live):
            statement = select(claims).where(claims.c.hold.in_(some))
            for row in self.work.connection.execute(statement):
                mine[row.hold].append(Claim(row.unit, row.start, row.stop, row.quantity))
        for hold, some_claims in mine.items():
            self.entries[hold].claims = tuple(sorted(some_claims))

    def load_cells(self, reaches: Sequence[Reach]) -> None:
        """Lock, then read the cells that the holds have or the rules may look at.

        In two statements: one that waited for a lock does not see the rows that came meanwhile.
        """
        guards = sorted({guard for reach in reaches for guard in reach.guards})
        self._ensure(guards)
        ranges = [one for reach in reaches for one in reach.ranges]
        ranges += [(unit, slot, slot + 1) for unit, slot in guards]
        ranges += [
            (claim.unit, claim.start, claim.stop)
            for entry in self.entries.values()
            for claim in entry.claims
        ]
        table = self.tables.cells
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
            for some in _chunks(joined(ranges))
        ]
        if self._many_writers:
            for read in reads:
                self.work.connection.execute(read.with_for_update())
        for read in reads:
            for row in self.work.connection.execute(read):
                self._cells[row.unit, row.slot] = _Cell(row.taken, row.capacity, True)

    def _ensure(self, cells: Sequence[Cell]) -> None:
        """Create empty rows for cells that must be there to be locked or counted up."""
        rows = [
            {"unit": unit, "slot": slot, "taken": 0, "capacity": self.possible((unit, slot))}
            for unit, slot in cells
        ]
        self.work.insert_if_missing(self.tables.cells, rows)

    def possible(self, cell: Cell) -> int:
        """How much there is of a cell now."""
        return max(self.inventory.capacity(cell[0], cell[1], self.work.now), 0)

    def taken(self, cell: Cell) -> int:
        """How much of a cell is taken, this group's changes included."""
        known = self._cells.get(cell)
        return known.taken + known.delta if known else 0

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
        self._shift(before, self.share(entry.visit, entry.need))

    def move(self, entry: Entry, state: HoldState) -> None:
        """Bring a hold into a new state; its claims go when it is no longer live."""
        if entry.state is state:
            return
        before = self.share(entry.visit, entry.need)
        entry.state = state
        entry.revision += 1
        entry.changed = True
        self._shift(before, self.share(entry.visit, entry.need))

    def _add(self, entry: Entry) -> None:
        self.entries[entry.hold] = entry
        self._chains[entry.visit, entry.need or ""].append(entry)

    def _shift(self, before: dict[Cell, int], now: dict[Cell, int]) -> None:
        for cell in before.keys() | now.keys():
            delta = now.get(cell, 0) - before.get(cell, 0)
            if delta:
                known = self._cells.setdefault(cell, _Cell(0, self.possible(cell), False))
                known.delta += delta

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
        self._save_cells()

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

    def _save_cells(self) -> None:
        """Takes must fit what is possible now, or the database refuses; gives always go through,
        even where the capacity has shrunk below what is taken."""
        changed = sorted((cell, known) for cell, known in self._cells.items() if known.delta)
        # Who gives back has taken before: only a take may find no row.
        self._ensure([cell for cell, known in changed if known.delta > 0 and not known.stored])
        table = self.tables.cells
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


def _chunks(some: Sequence[T]) -> list[Sequence[T]]:
    return [some[start : start + CHUNK] for start in range(0, len(some), CHUNK)]
