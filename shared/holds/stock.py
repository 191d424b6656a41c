"""The inventory of a service: documents in the store, one parsed inventory in memory.

Owns: seeding from a file, noticing a change of the documents, and pages of units with their load.
Must not: allot anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from sqlalchemy import Connection, and_, func, or_, select, tuple_, update
from sqlmodel import Session

from shared.chassis.work import Work
from shared.contracts.inventory import CellLoad, InventoryPage, ReadInventory, UnitView
from shared.holds.port import QUARTER_S, Inventory, Rules, Unit
from shared.holds.tables import HoldTables
from shared.plain_yaml import read_plain

MAX_CELLS = 400
"""Loaded cells shown for one unit; a wider window shows the first of them."""
SEED_LOCK = "seed"
"""Documents change one at a time, whoever changes them."""
PAGE_BYTES = 600_000
"""A page ends early rather than being too large for the bus."""


class SeedError(ValueError):
    """The seed file is not right; says where."""


class Stock:
    """Reads documents into an `Inventory`, anew only when they have changed."""

    def __init__(self, service: str, rules: Rules[Any], tables: HoldTables) -> None:
        self._service, self._rules, self._tables = service, rules, tables
        self._seen: tuple[int, int] | None = None
        self._inventory: Inventory | None = None

    def inventory(self, work: Work) -> Inventory:
        """The present inventory. One small query tells whether another replica changed it."""
        return self.inventory_on(work.connection)

    def inventory_on(self, connection: Connection) -> Inventory:
        """The same, on any connection."""
        row = connection.execute(self._tables.statements.look).one()
        seen = (int(row[0]), int(row[1] or 0))
        if self._inventory is None or seen != self._seen:
            found = self._rules.inventory(in_use(self.documents(connection)))
            self._inventory, self._seen = found, seen
        return self._inventory

    def documents(self, connection: Connection) -> dict[str, list[Unit]]:
        """All documents by kind."""
        rows = connection.execute(self._tables.statements.documents)
        documents: dict[str, list[Unit]] = {kind: [] for kind in self._rules.documents}
        for one in rows:
            documents[one.kind].append(self._rules.documents[one.kind](**one.document))
        return documents

    # ------------------------------------------------------------ seeding

    def seed(self, work: Work, folder: Path) -> int:
        """Bring in `<folder>/<service>.yaml`; returns how many documents are new or changed.

        A unit that somebody has changed since is left as it is. Raises SeedError naming the
        section, the document and the field.
        """
        path = folder / f"{self._service}.yaml"
        if not path.exists():
            return 0
        documents = read_seed(path, self._rules.documents)
        self._check(path.name, documents)
        work.alone(SEED_LOCK)
        units = self._tables.units
        known = {(r.kind, r.id): r.document for r in work.connection.execute(select(units))}
        newest = work.connection.execute(select(func.max(units.c.revision))).scalar() or 0
        edited = self._edited(work.connection)
        new, changed = [], []
        for kind, some in documents.items():
            for one in some:
                row = {"kind": kind, "id": one.id, "document": one.model_dump(mode="json"),
                       "revision": newest + 1}  # fmt: skip
                if (kind, one.id) not in known:
                    new.append(row)
                elif known[kind, one.id] != row["document"] and (kind, one.id) not in edited:
                    changed.append(row)
        work.insert_if_missing(units, new)
        for row in changed:
            same = and_(units.c.kind == row["kind"], units.c.id == row["id"])
            work.connection.execute(update(units).where(same).values(row))
        if edited:
            self._check(
                f"{path.name}, with what was changed since", self.documents(work.connection)
            )
        return len(new) + len(changed)

    def _check(self, what: str, documents: Mapping[str, Sequence[Unit]]) -> None:
        try:
            self._rules.inventory(in_use(documents))
        except ValueError as error:
            raise SeedError(f"{what}: {error}") from error

    def _edited(self, connection: Connection) -> set[tuple[str, str]]:
        """Kind and id of the units that somebody has changed: they are theirs from then on."""
        changes = self._tables.changes
        found = connection.execute(select(changes.c.kind, changes.c.unit).distinct())
        return {(row.kind, row.unit) for row in found}

    # ------------------------------------------------------------ reading

    def page(self, session: Session, query: ReadInventory) -> InventoryPage:
        """Units in order of kind and id, with the cells of the window that are not empty."""
        connection = session.connection()
        inventory = self.inventory_on(connection)
        units = self._tables.units
        wanted = select(units).order_by(units.c.kind, units.c.id).limit(query.limit + 1)
        if query.kind is not None:
            wanted = wanted.where(units.c.kind == query.kind)
        if query.unit is not None:
            wanted = wanted.where(units.c.id == query.unit)
        if query.after is not None and "/" in query.after:
            kind, _, last = query.after.partition("/")
            wanted = wanted.where(tuple_(units.c.kind, units.c.id) > (kind, last))
        rows = connection.execute(wanted).all()
        load = self._load(connection, inventory, [row.id for row in rows[: query.limit]], query)
        shown = _that_fit(
            UnitView(
                unit=row.id,
                kind=row.kind,
                name=row.document["name"],
                document=row.document,
                revision=row.revision,
                may_change=tuple(sorted(self._rules.documents[row.kind].may_change)),
                priced=self._rules.documents[row.kind].priced,
                described=tuple(sorted(self._rules.documents[row.kind].described)),
                retires=self._rules.documents[row.kind].retires,
                adds=self._rules.documents[row.kind].adds,
                load=tuple(load.get(row.id, ())),
            )
            for row in rows[: query.limit]
        )
        more = len(rows) > len(shown)
        return InventoryPage(
            units=shown, next=f"{shown[-1].kind}/{shown[-1].unit}" if more else None
        )

    def _load(
        self, connection: Connection, inventory: Inventory, ids: Sequence[str], query: ReadInventory
    ) -> Mapping[str, list[CellLoad]]:
        """A unit's slots are quarter hours or days; the window is looked up in both countings."""
        shown_by: dict[str, list[str]] = defaultdict(list)
        for one in dict.fromkeys(ids):
            for part in inventory.parts(one):
                shown_by[part].append(one)
        if not shown_by:
            return {}
        cells = self._tables.cells
        quarters = [int(t.timestamp()) // QUARTER_S for t in (query.starts_at, query.ends_at)]
        days = [t.date().toordinal() for t in (query.starts_at, query.ends_at)]
        found = connection.execute(
            select(cells)
            .where(cells.c.unit.in_(list(shown_by)), cells.c.taken > 0)
            .where(
                or_(
                    and_(cells.c.slot >= quarters[0], cells.c.slot <= quarters[1]),
                    and_(cells.c.slot >= days[0], cells.c.slot <= days[1]),
                )
            )
            .order_by(cells.c.unit, cells.c.slot)
        )
        load: dict[str, list[CellLoad]] = defaultdict(list)
        for row in found:
            label = inventory.label(row.unit, row.slot)
            cell = CellLoad(part=row.unit, slot=row.slot, label=label, taken=row.taken,
                            capacity=row.capacity)  # fmt: skip
            for one in shown_by[row.unit]:
                if len(load[one]) < MAX_CELLS:
                    load[one].append(cell)
        return load


def in_use(documents: Mapping[str, Sequence[Unit]]) -> dict[str, list[Unit]]:
    """The documents that the rules see: none of a unit that is retired."""
    return {kind: [one for one in some if not one.retired] for kind, some in documents.items()}


def _that_fit(views: Iterable[UnitView]) -> tuple[UnitView, ...]:
    """As many of the first units as fit a page, at least one."""
    shown: list[UnitView] = []
    size = 0
    for view in views:
        size += len(view.model_dump_json().encode())
        if shown and size > PAGE_BYTES:
            break
        shown.append(view)
    return tuple(shown)


def read_seed(path: Path, models: Mapping[str, type[Unit]]) -> dict[str, list[Unit]]:
    """Documents of a seed file by section. Raises SeedError."""
    try:
        sections = read_plain(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SeedError(f"{path.name}: {error}") from error
    if not isinstance(sections, dict) or not all(
        isinstance(some, list | None) for some in sections.values()
    ):
        raise SeedError(f"{path.name}: write sections, each with a list of documents")
    strange = sorted(str(section) for section in set(sections) - set(models))
    if strange:
        known = ", ".join(models)
        raise SeedError(f"{path.name}: no such section {strange[0]!r}; use {known}")
    found: dict[str, list[Unit]] = {}
    for kind, model in models.items():
        found[kind] = []
        for index, document in enumerate(sections.get(kind) or []):
            try:
                found[kind].append(model.model_validate(document))
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                where = ".".join(str(part) for part in first["loc"])
                told = f"{kind}[{index}].{where}: {first['msg']}"
                raise SeedError(f"{path.name}: {told}") from error
    return found
