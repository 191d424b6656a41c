"""The calendar file of a letter: one entry per line, replaced by the next letter about the visit.

The UID of an entry follows from visit and need and never changes; SEQUENCE is that of the
arrangement, so a calendar keeps the newest (RFC 5545, 3.8.7.4). One file has one METHOD
(RFC 5546, 1.4), so what is cancelled travels in a file of its own.

Written line by line, the same bytes as the library that reads such files makes of it
(`tests/rules/test_calendar.py`): its general way takes ten times as long, for each letter.

Must not: decide what is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from services.notifications.channels.port import Attachment
from services.notifications.programme import Line, Programme
from services.notifications.rendering import plain
from services.notifications.rules import Change
from shared.contracts.values import Text

PRODUCT = "-//Redcrown//Notifications//EN"
STATUS = {"PUBLISH": "CONFIRMED", "CANCEL": "CANCELLED"}
LINE_BYTES = 74
"""Octets of a line, without the space it may begin with."""
MARKS = rb"\^"
"""What begins an escape, of texts and of parameters (RFC 6868)."""


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
    content = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", f"METHOD:{method}"]
    # What all entries share is put into words once.
    title, made = plain(_in(about.title, language)), _moment(at)
    ending = (f"ORGANIZER:mailto:{plain(sender)}", f"STATUS:{STATUS[method]}", "END:VEVENT")
    for line in lines:
        item, what = plain(_in(line.item, language)), plain(_in(line.what, language))
        content += (
            "BEGIN:VEVENT",
            f"SUMMARY:{_escaped(f'{title} · {item}')}",
            f"DTSTART:{_moment(line.window.starts_at)}",
            f"DTEND:{_moment(line.window.ends_at)}",
            f"DTSTAMP:{made}",
            f"UID:{_escaped(uid_of(about.visit, line.need))}",
            f"SEQUENCE:{about.sequence}",
            f"DESCRIPTION:{_escaped(what)}",
            *ending,
        )
    content.append("END:VCALENDAR")
    name = "programme.ics" if method == "PUBLISH" else "cancelled.ics"
    return Attachment(name, method, "".join(f"{_folded(one)}\r\n" for one in content))


def _in(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en


def _moment(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    day = f"{utc.year:04}{utc.month:02}{utc.day:02}"
    return f"{day}T{utc.hour:02}{utc.minute:02}{utc.second:02}Z"


def _escaped(text: str) -> str:
    """A text of one line (RFC 5545, 3.3.11). An escaped line break that somebody wrote is one."""
    broken = text.replace(r"\N", "\n").replace("\\", "\\\\")
    return broken.replace(";", r"\;").replace(",", r"\,").replace("\n", r"\n")


def _folded(line: str) -> str:
    """At most `LINE_BYTES` in a line, the next one behind a space (RFC 5545, 3.1); between
    characters, and never behind a mark that the next character belongs to."""
    octets = line.encode()
    if len(octets) <= LINE_BYTES:
        return line
    parts, start = [], 0
    while len(octets) - start > LINE_BYTES:
        end = start + LINE_BYTES
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        if octets[end - 1] in MARKS:
            end -= 1
        parts.append(octets[start:end])
        start = end
    return b"\r\n ".join([*parts, octets[start:]]).decode()
