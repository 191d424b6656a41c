"""Who is told what on which change. Pure: read this first.

`parts_of` cuts from a visit's firm arrangement what concerns each contact; `compare` says how that
differs from what the contact was last told; `fate` decides, at the moment of sending, whether a
notice still says something new.

Must not: do I/O, read a clock, or know a channel.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notifications.documents import Contact
from services.notifications.programme import Line, Programme, alike
from services.notifications.wording import own_rooms
from shared.contracts.notices import NoticeKind
from shared.contracts.values import Text
from shared.contracts.visits import ArrangementChanged, FirmNeed


@dataclass(frozen=True, slots=True)
class Altered:
    """A line that stays, with what it said before."""

    before: Line
    after: Line


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the visit itself that is not as it was told: title, host, guests or zone."""

    name: str
    before: Text
    after: Text


@dataclass(frozen=True, slots=True)
class Change:
    """How what is to be told differs from what was told."""

    kind: NoticeKind
    added: tuple[Line, ...] = ()
    altered: tuple[Altered, ...] = ()
    removed: tuple[Line, ...] = ()
    kept: tuple[Line, ...] = ()
    facts: tuple[Fact, ...] = ()


def concerns(contact: Contact, need: FirmNeed, units: set[str]) -> bool:
    """Whether a need, which has these units and places, is this contact's business: by kind, by
    them, or all are."""
    return contact.sees_all or need.kind in contact.kinds or not units.isdisjoint(contact.units)


def _units(need: FirmNeed) -> set[str]:
    named = {need.unit, need.allotted.get("unit"), need.allotted.get("place")}
    return {str(one) for one in named if one} | {str(one.get("hotel")) for one in _hotels(need)}


def _hotels(need: FirmNeed) -> list[dict[str, Any]]:
    some = need.allotted.get("hotels") or ()
    return [one for one in some if isinstance(one, dict)]


def parts_of(arrangement: ArrangementChanged, contacts: Iterable[Contact]) -> dict[str, Programme]:
    """What concerns each contact, by its id; without lines when nothing does. Lines are in order
    of time. A need's units are gathered once: there are many more contacts than it concerns."""
    needs = () if arrangement.cancelled else arrangement.needs
    named = [(need, _units(need)) for need in needs]
    return {contact.id: _part(arrangement, contact, named) for contact in contacts}


def part_of(arrangement: ArrangementChanged, contact: Contact) -> Programme:
    """The same for one contact."""
    return parts_of(arrangement, (contact,))[contact.id]


def _part(
    arrangement: ArrangementChanged, contact: Contact, named: Iterable[tuple[FirmNeed, set[str]]]
) -> Programme:
    mine = [_line(need, contact) for need, units in named if concerns(contact, need, units)]
    return Programme(
        visit=arrangement.visit,
        sequence=arrangement.sequence,
        title=arrangement.title,
        host=arrangement.host,
        zone=arrangement.time_zone,
        guests=arrangement.guests if contact.sees_all else None,
        cancelled=arrangement.cancelled,
        lines=tuple(sorted(mine, key=_when)),
    )


def _line(need: FirmNeed, contact: Contact) -> Line:
    return Line(
        need=need.need,
        kind=need.kind,
        item=need.item,
        window=need.window,
        what=_what(need, contact),
        guarantee_by=moment(need.allotted.get("guarantee_by")),
    )


def _what(need: FirmNeed, contact: Contact) -> Text:
    """A hotel is told of its own rooms, not of what another house has."""
    if contact.sees_all:
        return need.summary
    mine = [one for one in _hotels(need) if one.get("hotel") in contact.units]
    return own_rooms(mine, need.allotted) if mine else need.summary


def moment(text: Any) -> datetime | None:
    """An instant out of what a service allotted; None when there is none."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _when(line: Line) -> tuple[datetime, datetime, str]:
    return (line.window.starts_at, line.window.ends_at, line.need)


def compare(told: Programme | None, wanted: Programme) -> Change | None:
    """What to tell somebody who knows `told`; None when there is nothing to tell."""
    if alike(told, wanted):
        return None
    if told is None or not told.lines:
        return Change(NoticeKind.NEW, added=wanted.lines)
    if not wanted.lines:
        return Change(NoticeKind.CANCELLED, removed=told.lines)
    old = {line.need: line for line in told.lines}
    new = {line.need: line for line in wanted.lines}
    return Change(
        NoticeKind.CHANGED,
        added=tuple(line for line in wanted.lines if line.need not in old),
        altered=tuple(
            Altered(old[line.need], line)
            for line in wanted.lines
            if line.need in old and old[line.need] != line
        ),
        removed=tuple(line for line in told.lines if line.need not in new),
        kept=tuple(line for line in wanted.lines if old.get(line.need) == line),
        facts=_facts(told, wanted),
    )


def _facts(told: Programme, wanted: Programme) -> tuple[Fact, ...]:
    def text(value: object) -> Text:
        return value if isinstance(value, Text) else Text(zh=str(value), en=str(value))

    pairs = ((name, getattr(told, name), getattr(wanted, name)) for name in _FACTS)
    return tuple(Fact(name, text(old), text(new)) for name, old, new in pairs if old != new)


_FACTS = ("title", "host", "guests", "zone")


def worth_making(told: Programme | None, on_the_way: bool, wanted: Programme) -> bool:
    """Whether an arrangement needs a notice at all.

    While another letter is on its way nobody can say what will have been told; the notice is made
    and `fate` decides when that is known.
    """
    return on_the_way or not alike(told, wanted)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a notice whose turn has come: sent with this change, or withheld."""

    change: Change | None
    reason: str = ""


def fate(told: Programme | None, wanted: Programme) -> Fate:
    """Compare with what was really sent, at the last moment before sending."""
    change = compare(told, wanted)
    return Fate(change) if change else Fate(None, "what was sent last says the same")


def too_late(expires_at: datetime | None, now: datetime) -> bool:
    """Whether the moment that a notice speaks of has passed."""
    return expires_at is not None and now >= expires_at


def topic_for(cause: str, sequence: int, taken: Iterable[tuple[str, str]]) -> str:
    """What distinguishes notices of one cause to one recipient: an act has one arrangement.

    Should an act lead to a second, different arrangement after the first was sent (a service had
    to be restored from a copy), the truth outweighs the rule, and the notice is told apart.
    """
    return ARRANGEMENT if (cause, ARRANGEMENT) not in taken else f"{ARRANGEMENT}/{sequence}"


ARRANGEMENT = "arrangement"
