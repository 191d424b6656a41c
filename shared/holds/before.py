"""The inventories as they were before changes of units, from the history of the changes.

Must not: decide what a change takes away (`hitting`), or change anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from shared.holds.port import Inventory, Rules, Unit
from shared.holds.stock import in_use
from shared.holds.tables import HoldTables

CHANGES_SINCE = 50
"""Changes that came after the one that is looked at, within a minute."""
log = structlog.get_logger(__name__)


def befores(
    connection: Connection,
    tables: HoldTables,
    rules: Rules[Any],
    documents: Mapping[str, Sequence[Unit]],
    revision: int,
) -> tuple[Inventory, ...]:
    """The inventories before the change of that revision and before each one since, the oldest
    first; `documents` are those of now."""
    asked = {"revision": revision, "most": CHANGES_SINCE}
    found: list[Inventory] = []
    for row in connection.execute(tables.statements.since, asked):
        if row.before:
            documents = replaced(rules, documents, row.kind, row.before)
        else:
            documents = without(documents, row.kind, row.unit)
        try:
            found.insert(0, rules.inventory(in_use(documents)))
        except ValueError as error:
            # What was there before does not go with what came since: so there is more, not less.
            log.warning("before_does_not_link", unit=row.unit, error=str(error)[:300])
    return tuple(found)


def without(documents: Mapping[str, Sequence[Unit]], kind: str, unit: str) -> dict[str, list[Unit]]:
    """Documents as they were before one of them was added."""
    return {
        name: [one for one in some if name != kind or one.id != unit]
        for name, some in documents.items()
    }


def replaced(
    rules: Rules[Any],
    documents: Mapping[str, Sequence[Unit]],
    kind: str,
    document: Mapping[str, Any],
) -> dict[str, list[Unit]]:
    """Documents with one of them as it was, or is to be."""
    one = rules.documents[kind](**document)
    some = [one if unit.id == one.id else unit for unit in documents[kind]]
    return {**{name: list(others) for name, others in documents.items()}, kind: some}
