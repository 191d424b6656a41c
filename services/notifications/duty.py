"""Alarms: which posts are called, and what the letter is made of.

Owns: making notices of alarms. The letters of one alarm are a stream of their own, so that one that
does not get through holds up no other; `visit` of such a notice is the alarm's id.
Must not: send anything, nor decide whether there is an alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.notifications.book import Book, Stream
from services.notifications.calls import Call
from services.notifications.documents import Contact, Role, Way
from services.notifications.rendering import subject_of
from shared.chassis.work import Delivery, Work
from shared.contracts.alarms import STALE_S, AlarmRang
from shared.contracts.notices import NoticeKind


class Duty:
    """The handler; it knows in which zone times are told."""

    def __init__(self, zone: str) -> None:
        self._zone = zone

    def call(self, work: Work, some: Sequence[Delivery[AlarmRang]]) -> None:
        """Make a notice for each duty post and channel; the same call again makes none."""
        events = [delivery.message for delivery in some]
        book = Book(work, {one.alarm for one in events}, {one.cause for one in events})
        posts = [one for one in book.contacts.values() if one.role is Role.DUTY]
        for event in events:
            for post in posts:
                for way in post.ways:
                    self._tell(book, post, way, event)
        book.save()

    def _tell(self, book: Book, post: Contact, way: Way, event: AlarmRang) -> None:
        stream: Stream = (post.id, way.key, event.alarm)
        topic, told = topic_of(event.call), _told(event, self._zone)
        if (event.cause, topic) in book.taken(stream):
            return
        before = book.waiting(stream)
        for row in before:
            book.withhold(row, "called again before it was sent")
        made = book.make(
            post, way, event.alarm, kind=NoticeKind.ALARM, cause=event.cause, topic=topic,
            content=told, subject=subject_of(NoticeKind.ALARM, told, post.language),
            due_at=book.work.now, expires_at=event.called_at + timedelta(seconds=STALE_S),
        )  # fmt: skip
        for row in before:
            book.superseded(row, made)


def topic_of(call: int) -> str:
    """One notice per call."""
    return f"alarm/{call}"


def _told(event: AlarmRang, zone: str) -> Call:
    return Call(
        visit=event.alarm, title=event.sentence, harm=event.harm, level=event.level,
        call=event.call, about=event.visit, raised_at=event.raised_at, page=event.page, zone=zone,
    )  # fmt: skip
