"""Group handlers: load the visits concerned, ask the rules, make and withhold notices in bulk.

Must not: send anything; `courier` does, after the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from services.notifications import documents, store
from services.notifications.book import Book, left
from services.notifications.diary import Diary, due_visits
from services.notifications.documents import Contact, Way
from services.notifications.programme import Programme
from services.notifications.questions import (
    Question,
    answer_topic,
    asked_of,
    outcome_of,
    question_of,
    question_topic,
)
from services.notifications.reminders import Reminder, reminders_of, sort_out
from services.notifications.rendering import subject_of
from services.notifications.rules import ARRANGEMENT, compare, parts_of, topic_for, worth_making
from shared.chassis.work import Delivery, Work
from shared.contracts.notices import NoticeKind, NoticeState
from shared.contracts.visits import ArrangementChanged, ConsentAsked

REMIND_BATCH = 100
"""Visits whose due reminders are looked at in one transaction."""


class Desk:
    """The handlers share only two settings."""

    def __init__(self, grace_s: float, zone: str) -> None:
        self._grace, self._zone = timedelta(seconds=grace_s), zone

    def seed(self, work: Work, folder: Path) -> None:
        """Bring in `<folder>/notifications.yaml`. Raises SeedError."""
        path = folder / "notifications.yaml"
        if path.exists():
            store.save_contacts(work, documents.read_contacts(path))

    # ------------------------------------------------------------ arrangements

    def arrange(self, work: Work, some: Sequence[Delivery[ArrangementChanged]]) -> None:
        """Take in firm arrangements; older ones than known are dropped."""
        events = [delivery.message for delivery in some]
        visits = {event.visit for event in events}
        book = Book(work, visits, {event.cause for event in events})
        diary = Diary(work, visits)
        for event in sorted(events, key=lambda one: one.sequence):
            if event.sequence <= book.sequence(event.visit):
                continue
            book.remember(event)
            contacts = book.contacts.values()
            parts = parts_of(event, contacts)
            for contact in contacts:
                for way in contact.ways:
                    self._tell(book, contact, way, parts[contact.id], event)
            diary.reschedule(book, event, reminders_of(event, contacts, parts))
        book.save()
        diary.save()

    def _tell(
        self, book: Book, contact: Contact, way: Way, part: Programme, event: ArrangementChanged
    ) -> None:
        stream = (contact.id, way.key, event.visit)
        told, leaving = book.known(stream), _arrangements(book.on_the_way(stream))
        overtaken = _arrangements(book.waiting(stream))
        if not worth_making(told, bool(leaving), part):
            for row in overtaken:
                book.withhold(row, "the arrangement is again as it was told")
            return
        for row in overtaken:
            book.withhold(row, "overtaken by a newer arrangement")
        base = Programme.model_validate_json(leaving[-1]["content"]) if leaving else told
        change = compare(base, part)
        kind = change.kind if change else NoticeKind.CHANGED
        made = book.make(
            contact,
            way,
            event.visit,
            kind=kind,
            cause=event.cause,
            topic=topic_for(event.cause, event.sequence, book.taken(stream)),
            content=part,
            subject=subject_of(kind, part, contact.language),
            due_at=book.work.now + self._grace,
        )
        for row in overtaken:
            book.superseded(row, made)

    # ------------------------------------------------------------ questions

    def consent(self, work: Work, some: Sequence[Delivery[ConsentAsked]]) -> None:
        """Ask a unit's contact, or close what was asked."""
        events = [delivery.message for delivery in some]
        book = Book(work, {one.visit for one in events}, {one.cause for one in events})
        for event in events:
            if event.open:
                self._ask(book, event)
            else:
                self._close(book, event)
        book.save()

    def _ask(self, book: Book, event: ConsentAsked) -> None:
        question = question_of(event, book.zone(event.visit, self._zone))
        if event.hold.consent is not None and event.hold.consent.asked_by_owner:
            return
        if question is None or question.hold in book.visits[event.visit]["closed"]:
            return
        topic = question_topic(question.hold)
        for contact in asked_of(event, book.contacts.values()):
            for way in contact.ways:
                if book.state((contact.id, way.key, event.visit), topic) is not None:
                    continue
                book.make(
                    contact,
                    way,
                    event.visit,
                    kind=NoticeKind.QUESTION,
                    cause=event.cause,
                    topic=topic,
                    content=question,
                    subject=subject_of(NoticeKind.QUESTION, question, contact.language),
                    due_at=book.work.now + self._grace,
                    expires_at=question.answer_by,
                )

    def _close(self, book: Book, event: ConsentAsked) -> None:
        topic, outcome = question_topic(event.hold.hold), outcome_of(event.hold)
        asked = [(stream, rows[-1]) for stream, all_rows in book.made.items()
                 if stream[2] == event.visit
                 and (rows := [row for row in all_rows if row["topic"] == topic])]  # fmt: skip
        if not asked:
            book.close_early(event.visit, event.hold.hold)
        for stream, row in asked:
            contact = book.contacts.get(stream[0])
            way = contact.way(stream[1]) if contact else None
            if left(row) and contact and way:
                self._tell_outcome(book, contact, way, event, row)
            elif row["state"] == NoticeState.WAITING:
                book.withhold(row, f"the question was closed before it was sent: {outcome.value}")

    def _tell_outcome(
        self, book: Book, contact: Contact, way: Way, event: ConsentAsked, row: dict[str, str]
    ) -> None:
        stream, topic = (contact.id, way.key, event.visit), answer_topic(event.hold.hold)
        if any(known == topic for _cause, known in book.taken(stream)):
            return
        question = Question.model_validate_json(book.content(row["id"]))
        closed = question.model_copy(update={"outcome": outcome_of(event.hold)})
        book.make(
            contact,
            way,
            event.visit,
            kind=NoticeKind.ANSWERED,
            cause=event.cause,
            topic=topic,
            content=closed,
            subject=subject_of(NoticeKind.ANSWERED, closed, contact.language),
            due_at=book.work.now + self._grace,
        )

    # ------------------------------------------------------------ reminders

    def remind(self, work: Work) -> bool:
        """Make notices of reminders whose moment has come. True when there may be more."""
        visits = due_visits(work, REMIND_BATCH)
        if not visits:
            return False
        book, diary = Book(work, visits), Diary(work, visits)
        due = diary.due()
        to_send, dropped = sort_out(due, work.now)
        for reminder in to_send:
            self._remind(book, reminder, diary.cause(reminder.id))
            diary.move(reminder.id, "sent", "")
        for one, reason in dropped.items():
            diary.move(one, "dropped", reason)
        book.save()
        diary.save()
        return len(visits) == REMIND_BATCH

    def _remind(self, book: Book, reminder: Reminder, cause: str) -> None:
        contact = book.contacts.get(reminder.recipient)
        for way in contact.ways if contact else ():
            assert contact is not None
            book.make(
                contact,
                way,
                reminder.visit,
                kind=NoticeKind.REMINDER,
                cause=cause,
                topic=f"reminder/{reminder.id}",
                content=reminder,
                subject=subject_of(NoticeKind.REMINDER, reminder, contact.language),
                due_at=book.work.now,
                expires_at=reminder.deadline,
            )


def _arrangements(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["topic"].startswith(ARRANGEMENT)]
