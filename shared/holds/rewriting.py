"""The documents of a service with one of them changed or one more.

Owns: which document a change means, and what a change would make of the inventory.
Must not: save anything, or look at holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from shared.contracts.changes import NO_SUCH_UNIT, ChangePreview, PreviewChange, UnitChange
from shared.contracts.message import Problem
from shared.contracts.values import Text
from shared.holds.adding import added
from shared.holds.alteration import AlterationError, altered, place_of_problem
from shared.holds.before import replaced
from shared.holds.port import Inventory, Judge, Rules, Unit
from shared.holds.stock import Stock, in_use
from shared.holds.tables import HoldTables

MOST_CHANGES_TOLD = 3


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A document after a change, and what there is before and after it."""

    document: dict[str, Any]
    before: Inventory
    after: Inventory


class Rewriting:
    """Documents of one resource service, one of them changed."""

    def __init__(self, rules: Rules[Any], tables: HoldTables, stock: Stock) -> None:
        self._rules, self._tables, self._stock = rules, tables, stock

    def unit(self, connection: Connection, unit: str, kind: str | None) -> Any:
        """The row of the unit of that id, of that kind of document; None when there is none.

        Of several kinds the one that is booked itself: a sight rather than the place it is at.
        """
        units = self._tables.units
        wanted = select(units).where(units.c.id == unit, units.c.kind.in_(self._rules.documents))
        if kind is not None:
            wanted = wanted.where(units.c.kind == kind)
        rows = connection.execute(wanted.order_by(units.c.kind)).all()
        models = self._rules.documents
        return min(rows, key=lambda row: (not models[row.kind].may_change, row.kind), default=None)

    def changed(
        self, connection: Connection, row: Any, change: UnitChange, now: datetime
    ) -> Rewritten:
        """What the change makes of it. Raises AlterationError."""
        new = altered(row.document, change, self._rules.documents[row.kind], now)
        documents = self._stock.documents(connection)
        try:
            after = self._rules.inventory(self.replaced(documents, row.kind, new))
        except ValueError as error:
            path = place_of_problem(change)
            told = Problem(code="does_not_link", path=path, message=str(error)[:400])
            raise AlterationError(told) from error
        return Rewritten(new, self._rules.inventory(in_use(documents)), after)

    def replaced(
        self, documents: Mapping[str, Sequence[Unit]], kind: str, document: Mapping[str, Any]
    ) -> dict[str, list[Unit]]:
        """What the rules see with another document in the place of the one of its id."""
        return in_use(replaced(self._rules, documents, kind, document))

    def added(
        self, connection: Connection, unit: str, kind: str | None, change: UnitChange
    ) -> dict[str, Any]:
        """The document of a unit that there is not yet. Raises AlterationError."""
        return added(self._rules, self._stock.documents(connection), unit, kind, change)

    def preview_added(self, connection: Connection, query: PreviewChange) -> ChangePreview:
        """What is wrong with a unit that there is not yet; it takes nothing from anybody."""
        told = ChangePreview(unit=query.unit, kind=query.kind or "")
        try:
            new = self.added(connection, query.unit, query.kind, query.change)
        except AlterationError as error:
            return told.model_copy(update={"problems": error.problems})
        return told.model_copy(update={"name": Text.model_validate(new["name"])})

    def judge(self, change: UnitChange) -> Judge[Any] | None:
        """Who says what does not suit after a change that may leave room and yet not suit."""
        may = change.count or change.describe or change.retire
        return self._rules if may and isinstance(self._rules, Judge) else None

    def stale(self, connection: Connection, row: Any, seen: int) -> Problem:
        """What to say to who saw an older unit: its revision, and what came since."""
        changes = self._tables.changes
        since = connection.execute(
            select(changes)
            .where(changes.c.unit == row.id, changes.c.kind == row.kind, changes.c.revision > seen)
            .order_by(changes.c.revision.desc())
            .limit(MOST_CHANGES_TOLD)
        )
        told = "; ".join(f"{one.actor}: {_done(one.change)}" for one in since)
        return Problem(
            code="stale_revision",
            message=f"the unit is at revision {row.revision}, you saw {seen}"
            + (f"; since then {told}" if told else ""),
            remedy="read it again: somebody has changed it meanwhile",
        )


def missing(unit: str) -> Problem:
    """There is no such unit."""
    return Problem(
        code=NO_SUCH_UNIT, path="unit", message=f"there is no unit {unit} that can be changed",
        remedy="read the inventory: it says of each unit what may be changed",
    )  # fmt: skip


def _done(change: Mapping[str, Any]) -> str:
    """A saved change in few words: its act and what it set, without texts."""
    made = UnitChange.model_validate(change)
    if made.count is not None:
        return f"count {made.count.part or ''} {made.count.quantity}".replace("  ", " ")
    if made.price is not None:
        return f"price {made.price.part or ''} {made.price.amount}".replace("  ", " ")
    if made.describe is not None:
        return f"describe {', '.join(sorted(made.describe))}"
    if made.retire is not None:
        return "retire" if made.retire else "take back"
    if made.add is not None:
        return "add"
    return "close" if made.close is not None else "lift"
