"""The reminders of some visits in one transaction: rescheduled, due, dropped.

Must not: decide when a reminder is due; `reminders` does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select

from services.notifications import store
from services.notifications.book import Book
from services.notifications.reminders import Reminder, to_keep
from shared.chassis.work import Work
from shared.contracts.notices import NoticeKind
from shared.contracts.visits import ArrangementChanged

WAITING, SENT, CANCELLED = "waiting", "sent", "cancelled"


class Diary:
    """Open it when the visits are locked; `save` writes what has changed."""

    def __init__(self, work: Work, visits: Collection[str]) -> None:
        self._work = work
        self._rows = {row["id"]: row for row in store.reminders(work, visits)}
        self._stored = set(self._rows)
        self._moved: set[str] = set()

    def due(self) -> list[Reminder]:
        """Reminders whose moment has come."""
        now = self._work.now
        return [
            _read(row)
            for row in self._rows.values()
            if row["state"] == WAITING and row["due_at"] <= now
        ]

    def cause(self, reminder: str) -> str:
        """The act whose arrangement called for a reminder."""
        return str(self._rows[reminder]["cause"])

    def move(self, reminder: str, state: str, reason: str) -> None:
        """Change the state of a reminder."""
        self._rows[reminder].update(state=state, reason=reason)
        self._moved.add(reminder)

    def reschedule(
        self, book: Book, event: ArrangementChanged, wanted: Mapping[str, Reminder]
    ) -> None:
        """Cancel what the arrangement no longer calls for; add what it newly calls for."""
        mine = [row for row in self._rows.values() if row["visit"] == event.visit]
        unsent = self._unsent(book, event.visit)
        missed = set()
        for row in mine:
            reminder = _read(row)
            if reminder.id in wanted or row["state"] not in (WAITING, SENT):
                continue
            letters = unsent.get(reminder.id, ())
            if row["state"] == WAITING or letters:
                if row["due_at"] <= self._work.now:
                    missed.add(reminder.matter)
                self.move(reminder.id, CANCELLED, "the arrangement has changed")
            for letter in letters:
                book.withhold(letter, "the arrangement has changed")
        standing = {row["id"] for row in mine if row["state"] != CANCELLED}
        for one in to_keep(wanted, standing, missed, self._work.now):
            self._write(one, event.cause)

    def _unsent(self, book: Book, visit: str) -> dict[str, list[dict[str, Any]]]:
        """Letters of reminders that have not left, by reminder."""
        found: dict[str, list[dict[str, Any]]] = {}
        for stream in book.streams(visit):
            for row in book.waiting(stream):
                if row["kind"] == NoticeKind.REMINDER:
                    found.setdefault(row["topic"].removeprefix("reminder/"), []).append(row)
        return found

    def _write(self, reminder: Reminder, cause: str) -> None:
        self._rows[reminder.id] = {
            "id": reminder.id,
            "visit": reminder.visit,
            "cause": cause,
            "due_at": reminder.due_at,
            "state": WAITING,
            "reason": "",
            "content": reminder.model_dump_json(),
        }
        self._moved.add(reminder.id)

    def save(self) -> None:
        """Write what has changed."""
        rows = [self._rows[one] for one in sorted(self._moved)]
        store.change(
            self._work, store.REMINDERS, "id", [row for row in rows if row["id"] in self._stored]
        )
        store.add(
            self._work, store.REMINDERS, [row for row in rows if row["id"] not in self._stored]
        )


def due_visits(work: Work, limit: int) -> list[str]:
    """Visits that have a reminder whose moment has come."""
    table = store.REMINDERS
    found = work.connection.execute(
        select(table.c.visit)
        .where(table.c.state == WAITING, table.c.due_at <= work.now)
        .distinct()
        .limit(limit)
    )
    return [row.visit for row in found]


NEXT_DUE = select(func.min(store.REMINDERS.c.due_at)).where(store.REMINDERS.c.state == WAITING)
"""When the next reminder is due."""


def _read(row: Mapping[str, Any]) -> Reminder:
    return Reminder.model_validate_json(row["content"])
