"""Which holds a change of a unit hits: reading them, and what no longer fits.

Two ways not to fit: a hold takes of a cell of which there is now less (`overflow`), or its owner's
rules say that what was given does not suit any more (`Judge`): a style of a hall takes fewer.

Must not: change anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, or_, select

from shared.contracts.changes import Hit
from shared.contracts.holds import LIVE, HoldState
from shared.holds.entries import Body
from shared.holds.overflow import Taken, overflowing
from shared.holds.port import QUARTER_S, Claim, Given, Inventory, Judge
from shared.holds.spans import Cell, chunks
from shared.holds.tables import HoldTables

DATES_END = 1_000_000
"""Slots below are dates, those above are quarter hours (`shared.holds.times` bounds both)."""


@dataclass(frozen=True, slots=True)
class Less:
    """A unit before and after a change, and when that is looked at."""

    unit: str
    befores: tuple[Inventory, ...]
    """As it was just before the change first; then as it was before each one since. Two changes of
    a whole and of its part would each hide what the other takes away."""
    after: Inventory
    now: datetime

    def units(self) -> list[str]:
        """Everything claimable that belongs to it."""
        known = (*self.befores, self.after)
        return sorted({part for one in known for part in one.parts(self.unit)})

    def room(self, cell: Cell) -> int:
        """How much there is of a cell after the change."""
        return max(self.after.capacity(*cell, self.now), 0)

    def lowered(self, cell: Cell) -> bool:
        """Whether there is less of a cell than there was at some time since."""
        room = self.room(cell)
        return any(room < one.capacity(*cell, self.now) for one in self.befores)


@dataclass(frozen=True, slots=True)
class Struck:
    """A hold that no longer fits, and when it first does not."""

    hit: Hit
    label: str


def struck(
    connection: Connection, tables: HoldTables, less: Less, judge: Judge[Any] | None = None
) -> list[Struck]:
    """The live holds that no longer fit, in the order in which they begin; what is over stays.

    `judge` where the change may leave something unsuitable although nothing of it is less.
    """
    known = {} if judge is None else _unsuited(connection, tables, less, judge)
    cells = _lowered(connection, tables, less)
    rows = _holds(connection, tables, sorted(cells.keys() - known.keys()))
    bodies = {hold: Body.model_validate_json(row.body) for hold, row in rows.items()}
    taken = [
        Taken(
            hold, row.visit, row.need or "", row.state == HoldState.CONFIRMED.value,
            row.changed_at, cells[hold],
        )
        for hold, row in rows.items()
        if (window := bodies[hold].window) is not None and window.ends_at > less.now
    ]  # fmt: skip
    gone = overflowing(taken, less.room)
    found = [
        Struck(_hit(rows[hold], bodies[hold]), less.befores[0].label(*min(cells[hold], key=_slot)))
        for hold in gone
    ]
    return sorted([*known.values(), *found], key=lambda one: place_of(one.hit))


def repriced(
    connection: Connection, tables: HoldTables, less: Less, judge: Judge[Any]
) -> list[Hit]:
    """The live holds that would cost something else if they were arranged again, in order."""
    found = []
    for row, body, given in _given(connection, tables, less, judge):
        anew = judge.price(given, less.after)
        if anew is not None and anew != judge.price(given, less.befores[0]):
            told = {"agreed": body.cost, "anew": anew}
            found.append(_hit(row, body).model_copy(update=told))
    return sorted(found, key=place_of)


def _unsuited(
    connection: Connection, tables: HoldTables, less: Less, judge: Judge[Any]
) -> dict[str, Struck]:
    """Holds that suited before the change and do not after it."""
    return {
        row.hold: Struck(_hit(row, body), less.befores[0].label(first.unit, first.start))
        for row, body, given in _given(connection, tables, less, judge)
        if any(judge.suits(given, one) for one in less.befores)
        if not judge.suits(given, less.after)
        for first in (min(given.claims, key=lambda one: (one.start, one.unit)),)
    }


def _given(
    connection: Connection, tables: HoldTables, less: Less, judge: Judge[Any]
) -> Iterator[tuple[Any, Body, Given]]:
    """The live holds that have to do with the unit and are not over, with what they were given."""
    units = {one for it in (*less.befores, less.after) for one in judge.concerns(less.unit, it)}
    mine: set[str] = set()
    for some in chunks(sorted(units)):
        mine |= {row.hold for row in connection.execute(_live(tables), _where(less, some))}
    for some in chunks(sorted(mine)):
        parts: dict[str, list[Claim]] = defaultdict(list)
        for it in connection.execute(tables.statements.claims, {"holds": some}):
            parts[it.hold].append(Claim(it.unit, it.start, it.stop, it.quantity))
        for row in connection.execute(_named(tables), {"holds": some}):
            body = Body.model_validate_json(row.body)
            if body.window is not None and body.window.ends_at > less.now:
                yield row, body, Given(body.window, body.allotted, tuple(parts[row.hold]))


@cache
def _named(tables: HoldTables) -> Select[Any]:
    """These holds."""
    holds = tables.holds
    return select(holds).where(holds.c.hold.in_(bindparam("holds", expanding=True)))


def place_of(hit: Hit) -> str:
    """Sorts hits by when they begin; the cursor of a page."""
    return f"{hit.starts_at.isoformat()}/{hit.hold}"


def _slot(cell: Cell) -> tuple[int, str]:
    return cell[1], cell[0]


def _hit(row: Any, body: Body) -> Hit:
    assert body.window is not None
    return Hit(
        hold=row.hold, visit=row.visit, need=row.need, kind=row.kind, state=HoldState(row.state),
        starts_at=body.window.starts_at, ends_at=body.window.ends_at, summary=body.summary,
    )  # fmt: skip


def _lowered(connection: Connection, tables: HoldTables, less: Less) -> dict[str, dict[Cell, int]]:
    """What each live hold takes of the cells of which there is less, what is past left out."""
    known: dict[Cell, bool] = {}
    found: dict[str, dict[Cell, int]] = defaultdict(lambda: defaultdict(int))
    for row in connection.execute(_live(tables), _where(less, less.units())):
        for slot in range(row.start, row.stop):
            cell = (row.unit, slot)
            if cell not in known:
                known[cell] = less.lowered(cell)
            if known[cell]:
                found[row.hold][cell] += row.quantity
    return found


def _where(less: Less, units: Sequence[str]) -> dict[str, Any]:
    """What `_live` is asked with: the units, and what is over."""
    day, quarter = less.now.date().toordinal() - 1, int(less.now.timestamp()) // QUARTER_S
    return {"units": units, "day": day, "quarter": quarter}


@cache
def _live(tables: HoldTables) -> Select[Any]:
    """Claims of live holds in units that are not over. Built once: each change of a unit is looked
    at again and again for a minute."""
    claims, holds = tables.claims, tables.holds
    ahead = or_(
        and_(claims.c.stop < DATES_END, claims.c.stop > bindparam("day")),
        and_(claims.c.stop >= DATES_END, claims.c.stop > bindparam("quarter")),
    )
    return (
        select(claims)
        .join(holds, holds.c.hold == claims.c.hold)
        .where(claims.c.unit.in_(bindparam("units", expanding=True)), ahead)
        .where(holds.c.state.in_(sorted(state.value for state in LIVE)))
    )


def _holds(connection: Connection, tables: HoldTables, names: Sequence[str]) -> dict[str, Any]:
    holds = tables.holds
    found: dict[str, Any] = {}
    for some in chunks(names):
        rows = connection.execute(select(holds).where(holds.c.hold.in_(some)))
        found |= {row.hold: row for row in rows}
    return found
