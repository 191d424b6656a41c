"""Alarms: which posts are called, and what the letter is made of.

Owns: making notices of alarms, and the one that says that an alarm is over. The letters of one
alarm are a stream of their own, so that one that does not get through holds up no other; `visit` of
such a notice is the alarm's id.
Must not: send anything, nor decide whether there is an alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.notifications.book import Book, Stream, left
from services.notifications.calls import Call
from services.notifications.documents import Contact, Role, Way
from services.notifications.rendering import subject_of
from shared.chassis.work import Delivery, Work
from shared.contracts.alarms import STALE_S, AlarmCleared, AlarmRang
from shared.contracts.notices import NoticeKind
from shared.contracts.values import Text

OVER = "alarm/over"
"""The topic of the one letter that says so; and a mark on an alarm that is over."""


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
            if book.is_closed(event.alarm, OVER):
                continue  # The call was overtaken: nobody is called to what is over.
            for post in posts:
                for way in post.ways:
                    self._tell(book, post, way, event)
        book.save()

    def clear(self, work: Work, some: Sequence[Delivery[AlarmCleared]]) -> None:
        """Tell whoever a call has reached, or may have, by the way that it took; calls that surely
        have not left are withheld. The same again changes nothing."""
        events = [delivery.message for delivery in some]
        book = Book(work, {one.alarm for one in events}, {one.cause for one in events})
        for event in events:
            book.close_early(event.alarm, OVER)
            for stream in book.streams_made(event.alarm):
                self._end(book, stream, event)
        book.save()

    def _end(self, book: Book, stream: Stream, event: AlarmCleared) -> None:
        if book.state(stream, OVER) is not None:
            return
        for row in book.waiting(stream):
            book.withhold(row, "the alarm was over before it was sent")
        post = book.contacts.get(stream[0])
        way = next((one for one in post.ways if one.key == stream[1]), None) if post else None
        if post is None or way is None or not any(map(left, book.made[stream])):
            return
        told = _over(event, self._zone)
        book.make(
            post, way, event.alarm, kind=NoticeKind.ALARM, cause=event.cause, topic=OVER,
            content=told, subject=subject_of(NoticeKind.ALARM, told, post.language),
            due_at=book.work.now, expires_at=event.cleared_at + timedelta(seconds=STALE_S),
        )  # fmt: skip

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


def _over(event: AlarmCleared, zone: str) -> Call:
    return Call(
        visit=event.alarm, title=event.sentence, harm=Text(zh="", en=""), level=event.level,
        call=1, about=event.visit, raised_at=event.raised_at, cleared_at=event.cleared_at,
        page=event.page, zone=zone,
    )  # fmt: skip
