"""Which reminders a firm arrangement calls for, and what becomes of those that are due. Pure.

Field rules: the final count is due at the kitchen's guarantee deadline (function sheets, 72 hours
before the sitting as a rule), so the desk is reminded a day and two hours before; unused rooms of
a block fall back to the hotel at the cut-off date; units prepare from the programme of the next
day, in the afternoon before.

Must not: do I/O or read a clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from services.notifications.documents import Contact, Role
from services.notifications.programme import Line, Programme
from services.notifications.rules import moment
from shared.contracts.values import Text
from shared.contracts.visits import ArrangementChanged, FirmNeed

GUARANTEE_LEADS = (timedelta(hours=24), timedelta(hours=2))
CUT_OFF_LEADS = (timedelta(hours=24),)
DAY_BEFORE_AT = time(16, 0)
"""Local time of the reminder of the next day's programme."""


class About(StrEnum):
    """What a reminder is about."""

    GUARANTEE = "guarantee"
    CUT_OFF = "cut_off"
    DAY_BEFORE = "day_before"


class Reminder(BaseModel):
    """One reminder to one contact. Its id follows from what it says, so that equal is equal."""

    model_config = ConfigDict(frozen=True)

    id: str
    visit: str
    recipient: str
    about: About
    subject: str
    """The need, or the local date, that it is about."""
    due_at: datetime
    deadline: datetime
    """After this moment there is nothing left to remind of."""
    title: Text
    zone: str
    lines: tuple[Line, ...]

    @property
    def matter(self) -> tuple[str, str, str]:
        """Who is reminded of what, whatever it says."""
        return (self.recipient, self.about.value, self.subject)


def reminders_of(
    arrangement: ArrangementChanged, contacts: Iterable[Contact], parts: Mapping[str, Programme]
) -> dict[str, Reminder]:
    """All reminders that this arrangement calls for, by id, whenever they are due. `parts` are
    what of it concerns each contact, by its id."""
    if arrangement.cancelled:
        return {}
    found: list[Reminder] = []
    for contact in contacts:
        if contact.role is Role.DESK:
            found += _of_deadlines(arrangement, contact, parts[contact.id])
        elif not contact.sees_all:
            found += _of_days(arrangement, contact, parts[contact.id])
    return {one.id: one for one in found}


def _of_deadlines(
    arrangement: ArrangementChanged, desk: Contact, part: Programme
) -> list[Reminder]:
    lines = {line.need: line for line in part.lines}
    made: list[Reminder] = []
    for need in arrangement.needs:
        for about, deadline, leads in _deadlines(need):
            made += [
                _reminder(
                    arrangement,
                    desk,
                    about,
                    need.need,
                    deadline - lead,
                    deadline,
                    (lines[need.need],),
                )
                for lead in leads
            ]
    return made


def _deadlines(need: FirmNeed) -> list[tuple[About, datetime, tuple[timedelta, ...]]]:
    found: list[tuple[About, datetime, tuple[timedelta, ...]]] = []
    guarantee = moment(need.allotted.get("guarantee_by"))
    if guarantee is not None:
        found.append((About.GUARANTEE, guarantee, GUARANTEE_LEADS))
    cut_off = cut_off_of(need.allotted)
    if cut_off is not None:
        found.append((About.CUT_OFF, cut_off, CUT_OFF_LEADS))
    return found


def cut_off_of(allotted: Mapping[str, Any]) -> datetime | None:
    """The earliest cut-off among the blocks that rooms were allotted from, where it is given."""
    places = [allotted, *(one for one in allotted.get("hotels") or () if isinstance(one, dict))]
    given = [found for place in places if (found := moment(place.get("cut_off")))]
    return min(given, default=None)


def _of_days(arrangement: ArrangementChanged, contact: Contact, part: Programme) -> list[Reminder]:
    zone = ZoneInfo(arrangement.time_zone)
    days: dict[Any, list[Line]] = {}
    for line in part.lines:
        days.setdefault(line.window.starts_at.astimezone(zone).date(), []).append(line)
    return [
        _reminder(
            arrangement,
            contact,
            About.DAY_BEFORE,
            day.isoformat(),
            datetime.combine(day - timedelta(days=1), DAY_BEFORE_AT, zone),
            lines[0].window.starts_at,
            tuple(lines),
        )
        for day, lines in days.items()
    ]


def _reminder(
    arrangement: ArrangementChanged,
    contact: Contact,
    about: About,
    subject: str,
    due_at: datetime,
    deadline: datetime,
    lines: tuple[Line, ...],
) -> Reminder:
    said = "\n".join(line.model_dump_json() for line in lines)
    parts = (arrangement.visit, contact.id, about.value, subject, due_at.isoformat(), said)
    return Reminder(
        id=hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32],
        visit=arrangement.visit,
        recipient=contact.id,
        about=about,
        subject=subject,
        due_at=due_at,
        deadline=deadline,
        title=arrangement.title,
        zone=arrangement.time_zone,
        lines=lines,
    )


def to_keep(
    wanted: Mapping[str, Reminder],
    standing: Container[str],
    missed: Container[tuple[str, str, str]],
    now: datetime,
) -> list[Reminder]:
    """The reminders to write down: wanted, not standing yet, and not due already.

    One whose moment has passed when the arrangement becomes known says nothing that the notice of
    the arrangement, which leaves at the same time, does not say; but where a reminder of the same
    matter was due and had not left (`missed`), this one takes its place.
    """
    return [
        one
        for one in wanted.values()
        if one.id not in standing
        and (one.due_at > now or (one.matter in missed and one.deadline > now))
    ]


def sort_out(due: Sequence[Reminder], now: datetime) -> tuple[list[Reminder], dict[str, str]]:
    """Of the reminders that are due: which to send, and why the others are dropped (by id).

    After a time of being down several may be due at once: of those about the same deadline only the
    last one is sent; those whose deadline has passed are dropped.
    """
    dropped = {one.id: "its deadline had passed" for one in due if now >= one.deadline}
    alive = [one for one in due if one.id not in dropped]
    last: dict[tuple[str, tuple[str, str, str]], Reminder] = {}
    for one in sorted(alive, key=lambda one: (one.due_at, one.id)):
        key = (one.visit, one.matter)
        if key in last:
            dropped[last[key].id] = "overtaken by a later one"
        last[key] = one
    return list(last.values()), dropped
