"""The calendar file of a letter: one entry per line, replaced by the next letter about the visit.

The UID of an entry follows from visit and need and never changes; SEQUENCE is that of the
arrangement, so a calendar keeps the newest (RFC 5545, 3.8.7.4). One file has one METHOD
(RFC 5546, 1.4), so what is cancelled travels in a file of its own.

Must not: decide what is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from icalendar import Calendar, Event, vCalAddress

from services.notifications.channels.port import Attachment
from services.notifications.programme import Line, Programme
from services.notifications.rendering import plain
from services.notifications.rules import Change

PRODUCT = "-//Redcrown//Notifications//EN"


def calendars(
    change: Change, wanted: Programme, language: str, sender: str, at: datetime
) -> tuple[Attachment, ...]:
    """A PUBLISH file with all lines as they are now, and a CANCEL file with those that are off.

    `at` is the moment the notice was made, not sent: a letter sent twice is the same letter.
    """
    files = []
    if wanted.lines:
        files.append(_file("PUBLISH", wanted.lines, wanted, language, sender, at))
    if change.removed:
        files.append(_file("CANCEL", change.removed, wanted, language, sender, at))
    return tuple(files)


def uid_of(visit: str, need: str) -> str:
    """The lasting name of an entry."""
    return f"{visit}/{need}@redcrown"


def _file(
    method: str, lines: Iterable[Line], about: Programme, language: str, sender: str, at: datetime
) -> Attachment:
    calendar = Calendar()
    for name, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", method)):
        calendar.add(name, value)
    for line in lines:
        calendar.add_component(_event(method, line, about, language, sender, at))
    name = "programme.ics" if method == "PUBLISH" else "cancelled.ics"
    return Attachment(name, method, calendar.to_ical().decode())


def _event(
    method: str, line: Line, about: Programme, language: str, sender: str, at: datetime
) -> Event:
    title, item, what = (
        plain(text.zh if language == "zh" else text.en)
        for text in (about.title, line.item, line.what)
    )
    event = Event()
    event.add("uid", uid_of(about.visit, line.need))
    event.add("sequence", about.sequence)
    event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", line.window.starts_at.astimezone(UTC))
    event.add("dtend", line.window.ends_at.astimezone(UTC))
    event.add("summary", f"{title} · {item}")
    event.add("description", what)
    event.add("status", "CONFIRMED" if method == "PUBLISH" else "CANCELLED")
    event.add("organizer", vCalAddress(f"mailto:{sender}"))
    return event
