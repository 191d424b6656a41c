"""Every statement of the kernel's hot path, built once: building one costs more than running it.

Owns: the SQL of holds, claims and cells, for both databases.
Must not: run anything; `ledger` and `cells` do.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    Table,
    TextClause,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from shared.contracts.holds import LIVE

MOVED = ("state", "revision", "due_at", "body", "changed_at")
"""The columns of a hold that change after it was made."""


class Statements:
    """The statements over one service's tables."""

    def __init__(
        self, holds: Table, claims: Table, cells: Table, units: Table, changes: Table
    ) -> None:
        self.cells = cells
        self.look = select(func.count(), func.max(units.c.revision))
        self.documents = select(units).order_by(units.c.kind, units.c.id)
        self.new_holds = holds.insert()
        self.new_claims = claims.insert()
        self.holds = _read_holds(holds)
        self.visits_of = (
            select(holds.c.visit)
            .where(holds.c.hold.in_(bindparam("holds", expanding=True)))
            .distinct()
        )
        self.due, self.next_due = _due(holds), select(func.min(holds.c.due_at))
        self.unsettled = _unsettled(changes)
        self.next_unsettled = select(func.min(changes.c.look_at))
        self.settled = (
            update(changes)
            .where(changes.c.command == bindparam("_command"))
            .values(look_at=bindparam("look_at"), withdrawn=bindparam("withdrawn"))
        )
        self.since = _since(changes)
        self.claims = select(claims).where(claims.c.hold.in_(bindparam("holds", expanding=True)))
        self.move_holds = (
            update(holds)
            .where(holds.c.hold == bindparam("_hold"))
            .values({name: bindparam(name) for name in MOVED})
        )
        self.lock_visits = text(
            "SELECT pg_advisory_xact_lock(hashtextextended(visit, 0))"
            " FROM unnest(CAST(:visits AS text[])) AS visit"
        )
        self.read_cells = {dialect: _read_cells(cells, dialect) for dialect in _EACH}
        self.lock_cells = text(f"{self.read_cells['postgresql']} FOR UPDATE OF c")
        self.take_cells = {
            "sqlite": _take_cells(sqlite.insert(cells), cells),
            "postgresql": _take_cells(postgresql.insert(cells), cells),
        }
        self.count_cells = _count_cells(cells)


_EACH = {"sqlite": "json_each", "postgresql": "jsonb_array_elements"}


def _due(holds: Table) -> Any:
    """Holds whose time has come, the longest over first."""
    return (
        select(holds.c.hold)
        .where(holds.c.due_at <= bindparam("now"))
        .order_by(holds.c.due_at)
        .limit(bindparam("most"))
    )


def _unsettled(changes: Table) -> Any:
    """The change of a unit that has waited longest to be looked at."""
    return (
        select(changes)
        .where(changes.c.look_at <= bindparam("now"))
        .order_by(changes.c.look_at)
        .limit(1)
    )


def _since(changes: Table) -> Any:
    """The change of a unit that made a revision, and those after it, the newest first."""
    return (
        select(changes)
        .where(changes.c.revision >= bindparam("revision"))
        .order_by(changes.c.revision.desc())
        .limit(bindparam("most"))
    )


def _read_holds(holds: Table) -> Any:
    """Holds by name, and all live holds of visits, in one order for all replicas."""
    named = holds.c.hold.in_(bindparam("holds", expanding=True))
    of_visits = holds.c.visit.in_(bindparam("visits", expanding=True))
    live = holds.c.state.in_(sorted(state.value for state in LIVE))
    return (
        select(holds)
        .where(or_(named, and_(of_visits, live)))
        .order_by(holds.c.hold)
        .with_for_update()
    )


def _read_cells(cells: Table, dialect: str) -> TextClause:
    """Cells in many ranges at once; `ranges` is a JSON list of [unit, start, stop]."""
    value = "CAST(:ranges AS jsonb)" if dialect == "postgresql" else ":ranges"
    return text(
        f"SELECT c.unit, c.slot, c.taken FROM {_EACH[dialect]}({value}) AS r"  # noqa: S608
        f" JOIN {cells.name} AS c ON c.unit = r.value ->> 0"
        " AND c.slot >= CAST(r.value ->> 1 AS bigint) AND c.slot < CAST(r.value ->> 2 AS bigint)"
        " ORDER BY c.unit, c.slot"
    )


def _take_cells(insertion: Any, cells: Table) -> Any:
    """Takes of cells that had no row a moment ago; another replica may have made it meanwhile."""
    new = insertion.excluded
    return insertion.on_conflict_do_update(
        index_elements=[cells.c.unit, cells.c.slot],
        set_={"taken": cells.c.taken + new.taken, "capacity": new.capacity},
    )


def _count_cells(cells: Table) -> Any:
    """Takes must fit what is possible now, or the database refuses; gives always go through, even
    where the capacity has shrunk below what is taken."""
    total = cells.c.taken + bindparam("_delta")
    room: BindParameter[int] = bindparam("_room")
    fits_or_fails = case((bindparam("_delta") > 0, room), (total > room, total), else_=room)
    return (
        update(cells)
        .where(cells.c.unit == bindparam("_unit"), cells.c.slot == bindparam("_slot"))
        .values(taken=total, capacity=fits_or_fails)
    )
