"""A feed as an iCalendar file (RFC 5545): one entry for each need, and nothing about a person.

Owns: what an entry says: title of the visit, item, place or team, how firm it is. Pure.
Must not: tell guests, hosts, costs or contacts; a calendar program gives what it reads to others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from services.console.words import say, speaker
from shared.contracts.values import Text, Window

if TYPE_CHECKING:
    from icalendar import Event

PRODUCT = "-//Redcrown//Console//EN"
AGAIN = "PT15M"
"""How often a program should ask, as RFC 5545 writes a duration."""
SHOWN = {"confirmed": "CONFIRMED", "held": "TENTATIVE", "pending": "TENTATIVE"}
"""States of needs that take a time; what is refused or not answered takes none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One need of one visit."""

    visit: str
    need: str
    title: Text
    item: Text
    window: Window
    state: str
    summary: Text | None
    """What is allotted, in words of its owner."""
    changed_at: datetime


def calendar_of(name: str, entries: Iterable[Entry], language: str) -> bytes:
    """The file. The same entries give the same bytes."""
    from icalendar import Calendar  # Here: a start has no use for it, and it takes 45 ms.

    t, calendar = speaker(language), Calendar()
    for key, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", "PUBLISH"),
                       ("x-wr-calname", name), ("x-published-ttl", AGAIN)):  # fmt: skip
        calendar.add(key, value)
    shown = [one for one in entries if one.state in SHOWN]
    for one in sorted(shown, key=lambda one: (one.window.starts_at, one.visit, one.need)):
        calendar.add_component(_event(one, language, t(f"feeds.state_{one.state}")))
    return bytes(calendar.to_ical())


def _event(one: Entry, language: str, state: str) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{one.visit}/{one.need}@redcrown")
    event.add("dtstamp", one.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", one.window.starts_at.astimezone(UTC))
    event.add("dtend", one.window.ends_at.astimezone(UTC))
    event.add("summary", plain(f"{say(one.title, language)} · {say(one.item, language)}"))
    what = f"{plain(say(one.summary, language))}\n" if one.summary else ""
    event.add("description", f"{what}{state}")
    event.add("status", SHOWN[one.state])
    event.add("class", "PRIVATE")
    return event


def plain(text: str) -> str:
    """One line without what a calendar cannot carry."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
