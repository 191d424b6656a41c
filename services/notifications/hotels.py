"""Hotels that answer by hand: who is written to, and which letter overtakes which.

Owns: making notices of orders. They go to the contacts of the hotel; where there is none, and when
a hotel stays silent, to the reception desk.
Must not: send anything, nor know what a hotel answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from services.notifications.book import Book, Stream, left
from services.notifications.documents import Contact, Role, Way
from services.notifications.orders import order_of, order_topic
from services.notifications.rendering import subject_of
from shared.chassis.work import Delivery, Work
from shared.contracts.hotel_desk import HotelAsked, HotelLetter
from shared.contracts.notices import NoticeKind


class Hotels:
    """The handler; it has no state."""

    def write(self, work: Work, some: Sequence[Delivery[HotelAsked]]) -> None:
        """Make a notice for each contact and channel; the same letter again makes none."""
        events = sorted((one.message for one in some), key=lambda one: one.sequence)
        book = Book(work, {one.visit for one in events}, {one.cause for one in events})
        for event in events:
            for contact in written_to(event, book.contacts.values()):
                for way in contact.ways:
                    _tell(book, contact, way, event)
        book.save()


def written_to(event: HotelAsked, contacts: Iterable[Contact]) -> list[Contact]:
    """The contacts of the hotel; and the reception desk when time runs out, or there are none."""
    known = list(contacts)
    theirs = [one for one in known if event.hotel in one.units]
    desks = [one for one in known if one.role is Role.DESK]
    return [*theirs, *desks] if event.urgent or not theirs else theirs


def _tell(book: Book, contact: Contact, way: Way, event: HotelAsked) -> None:
    stream: Stream = (contact.id, way.key, event.visit)
    topic = order_topic(event.order, event.sequence)
    before = _of_order(book.made[stream], event.order)
    if any(row["topic"] >= topic for row in before):
        return  # This very letter, or a newer one, is there already.
    for row in _of_order(book.waiting(stream), event.order):
        book.withhold(row, "overtaken by a newer letter about the order")
    reached = any(left(row) for row in before)
    if event.letter is HotelLetter.OFF and not reached:
        return  # Whoever was never asked need not be told that it is off.
    told = order_of(event)
    if contact.role is Role.DESK and event.urgent:
        # The desk calls the hotel, or answers in the console under a name of its own.
        told = told.model_copy(update={"link": ""})
    asks = event.letter in (HotelLetter.ASK, HotelLetter.REMINDER)
    book.make(
        contact, way, event.visit, kind=NoticeKind.ORDER, cause=event.cause, topic=topic,
        content=told, subject=subject_of(NoticeKind.ORDER, told, contact.language),
        due_at=book.work.now, expires_at=event.answer_by if asks else None,
    )  # fmt: skip


def _of_order(rows: Iterable[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["topic"].startswith(f"order/{order}/")]
