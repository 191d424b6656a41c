"""Changing a unit while the system runs: shown first, saved once, then what no longer fits goes.

Owns: the question what a change would hit, the transaction that saves it, its history, and the
sweep that withdraws holds, in small portions, until none is left that does not fit.
Must not: decide what no longer fits (`overflow`) or move a hold (`kernel.hear`).

The sweep goes on for a while after the change: another replica may have been allotting by the
inventory as it was before, and commits after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, func, select, update
from sqlmodel import Session

from shared.chassis.work import Delivery, Work, insertion, row_by
from shared.contracts.changes import (
    ChangePreview,
    ChangesPage,
    ChangeUnit,
    Hit,
    ListChanges,
    MadeChange,
    PreviewChange,
    UnitChange,
)
from shared.contracts.fields import get
from shared.contracts.message import CommandAnswered, Problem
from shared.contracts.values import Text
from shared.holds.alteration import AlterationError
from shared.holds.before import befores
from shared.holds.closing_words import withdrawal
from shared.holds.hearing import Word
from shared.holds.hitting import Less, place_of, repriced, struck
from shared.holds.port import Judge, Rules
from shared.holds.rewriting import Rewriting, missing
from shared.holds.stock import SEED_LOCK, Stock
from shared.holds.tables import HoldTables

WITHDRAW_AT_ONCE = 200
"""Holds in one transaction."""
LOOK_AGAIN_S = 5.0
LOOK_FOR_S = 60.0
"""How long after a change holds that were allotted by the old inventory are looked for."""
Hear = Callable[[Work, Sequence[Word]], int]
Outcome = tuple[str, int, tuple[Problem, ...]]
log = structlog.get_logger(__name__)


class Changes:
    """Changes of the units of one resource service."""

    def __init__(
        self, service: str, rules: Rules[Any], tables: HoldTables, stock: Stock, hear: Hear
    ) -> None:
        self._service, self._rules, self._tables = service, rules, tables
        self._stock, self._hear = stock, hear
        self._rewriting = Rewriting(rules, tables, stock)

    # ------------------------------------------------------------ asking

    def preview(self, session: Session, query: PreviewChange, now: datetime) -> ChangePreview:
        """What a change would hit as things stand, or what is wrong with it."""
        connection = session.connection()
        if query.change.add is not None:
            return self._rewriting.preview_added(connection, query)
        row = self._rewriting.unit(connection, query.unit, query.kind)
        if row is None:
            return ChangePreview(unit=query.unit, problems=(missing(query.unit),))
        told = ChangePreview(
            unit=row.id, kind=row.kind, name=row.document["name"], revision=row.revision
        )
        try:
            found = self._rewriting.changed(connection, row, query.change, now)
        except AlterationError as error:
            return told.model_copy(update={"problems": error.problems})
        less = Less(row.id, (found.before,), found.after, now)
        hits = self._hits(connection, less, query.change)
        rest = [one for one in hits or () if query.after is None or place_of(one) > query.after]
        page = rest[: query.limit]
        return told.model_copy(
            update={
                "hits": tuple(page),
                "withdraws": query.change.price is None,
                "hits_known": hits is not None,
                "holds_total": len(hits or ()),
                "visits_total": len({one.visit for one in hits or ()}),
                "next": place_of(page[-1]) if len(rest) > len(page) else None,
            }
        )

    def _hits(self, connection: Connection, less: Less, change: UnitChange) -> list[Hit] | None:
        """Whom a change hits; None when the rules do not say whom a price concerns."""
        if change.price is None:
            judge = self._rewriting.judge(change)
            return [one.hit for one in struck(connection, self._tables, less, judge)]
        if isinstance(self._rules, Judge):
            return repriced(connection, self._tables, less, self._rules)
        return None

    def page(self, session: Session, query: ListChanges) -> ChangesPage:
        """The newest changes of a unit."""
        changes = self._tables.changes
        wanted = select(changes).where(changes.c.unit == query.unit)
        if query.kind is not None:
            wanted = wanted.where(changes.c.kind == query.kind)
        newest = wanted.order_by(changes.c.revision.desc()).limit(query.limit)
        rows = session.connection().execute(newest)
        return ChangesPage(
            changes=tuple(
                MadeChange(
                    command=row.command, actor=row.actor, at=row.made_at, revision=row.revision,
                    change=UnitChange.model_validate(row.change), withdrawn=row.withdrawn,
                    settled=row.look_at is None,
                )
                for row in rows
            )
        )  # fmt: skip

    # ------------------------------------------------------------ saving

    def save(self, work: Work, some: Sequence[Delivery[ChangeUnit]]) -> None:
        """Save changes, each of the revision that was seen; a known command is only answered."""
        work.alone(SEED_LOCK)
        for delivery in some:
            command = delivery.message
            outcome, revision, problems = self._save(work, command)
            work.send(
                CommandAnswered(
                    cause=command.cause, actor=command.actor, command=command.command,
                    outcome=outcome, about=command.unit, revision=revision, problems=problems,
                ),
                delivery,
            )  # fmt: skip

    def _save(self, work: Work, command: ChangeUnit) -> Outcome:
        done = row_by(self._tables.changes, "command")
        known = work.connection.execute(done, {"command": command.command}).first()
        if known is not None:
            return "accepted", int(known.revision), ()
        if command.change.add is not None:
            return self._add(work, command)
        row = self._rewriting.unit(work.connection, command.unit, command.kind)
        if row is None:
            work.only_if_settled(f"unit {command.unit} is not known")
            return "missing", 0, (missing(command.unit),)
        if row.revision != command.expected_revision:
            work.only_if_settled(f"unit {command.unit} is at revision {row.revision}")
            stale = self._rewriting.stale(work.connection, row, command.expected_revision)
            return "conflict", row.revision, (stale,)
        try:
            new = self._rewriting.changed(work.connection, row, command.change, work.now).document
        except AlterationError as error:
            return "invalid", row.revision, error.problems
        return "accepted", self._write(work, row, command, new), ()

    def _add(self, work: Work, command: ChangeUnit) -> Outcome:
        unit, kind = command.unit, command.kind
        try:
            new = self._rewriting.added(work.connection, unit, kind, command.change)
        except AlterationError as error:
            return "invalid", 0, error.problems
        revision = self._revision(work)
        row = {"kind": kind, "id": unit, "document": new, "revision": revision}
        work.connection.execute(insertion(self._tables.units), row)
        change = command.change.model_copy(update={"add": new})
        made: dict[str, Any] = {"kind": kind, "unit": unit, "revision": revision, "before": {},
                                "look_at": None}  # fmt: skip
        self._note(work, command, change, made)
        return "accepted", revision, ()

    def _revision(self, work: Work) -> int:
        newest = work.connection.execute(select(func.max(self._tables.units.c.revision))).scalar()
        return max(int(newest or 0) + 1, work.life.floor)

    def _write(self, work: Work, row: Any, command: ChangeUnit, new: Mapping[str, Any]) -> int:
        units, revision = self._tables.units, self._revision(work)
        same = (units.c.kind == row.kind, units.c.id == row.id)
        work.connection.execute(update(units).where(*same).values(document=new, revision=revision))
        change = command.change
        if change.describe is not None:
            # As the document has taken it, so that nothing unread is kept.
            told = {path: get(new, path) for path in change.describe}
            change = change.model_copy(update={"describe": told})
        look_at = None if change.price is not None else work.now
        made = {"kind": row.kind, "unit": row.id, "revision": revision, "before": row.document,
                "look_at": look_at}  # fmt: skip
        self._note(work, command, change, made)
        return revision

    def _note(
        self, work: Work, command: ChangeUnit, change: UnitChange, made: Mapping[str, Any]
    ) -> None:
        told = {"command": command.command, "cause": command.cause, "actor": command.actor,
                "made_at": work.now, "withdrawn": 0}  # fmt: skip
        row = {**told, **made, "change": change.model_dump(mode="json")}
        work.connection.execute(insertion(self._tables.changes), row)

    # ------------------------------------------------------------ what no longer fits

    def settle(self, work: Work) -> bool:
        """Withdraw a portion of what the oldest change leaves no room for. True when there may be
        more.

        In a transaction of its own: what was saved must be committed before an inventory of it is
        kept in memory.
        """
        if work.recovering:
            return False
        if self._due(work) is None:
            return False
        work.alone("settle")
        row = self._due(work)
        if row is None:
            return True
        words = self._words(work, row)
        # Of those whose time is over meanwhile none is taken back.
        taken = self._hear(work, words) if words else 0
        over = row.made_at + timedelta(seconds=LOOK_FOR_S) <= work.now
        later = None if over else work.now + timedelta(seconds=LOOK_AGAIN_S)
        settled = {"_command": row.command, "look_at": work.now if words else later,
                   "withdrawn": row.withdrawn + taken}  # fmt: skip
        work.connection.execute(self._tables.statements.settled, settled)
        return True

    def _due(self, work: Work) -> Any:
        unsettled = self._tables.statements.unsettled
        return work.connection.execute(unsettled, {"now": work.now}).one_or_none()

    def _words(self, work: Work, row: Any) -> list[Word]:
        after, documents = self._stock.inventory(work), self._stock.documents(work.connection)
        since = befores(work.connection, self._tables, self._rules, documents, row.revision)
        if not since:
            return []
        change = UnitChange.model_validate(row.change)
        name = Text.model_validate(row.before["name"])
        less = Less(row.unit, since, after, work.now)
        found = struck(work.connection, self._tables, less, self._rewriting.judge(change))
        return [
            Word(one.hit.hold, withdrawal(change, name, one.label))
            for one in found[:WITHDRAW_AT_ONCE]
        ]
