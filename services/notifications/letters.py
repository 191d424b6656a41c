"""From a notice whose turn has come to a letter, or to a reason why it is not sent. Pure.

Must not: send, or keep anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from services.notifications.calendar import calendars
from services.notifications.calls import Call
from services.notifications.channels.port import Letter
from services.notifications.documents import Contact, Way
from services.notifications.orders import HotelOrder, rooms_of
from services.notifications.programme import Programme
from services.notifications.questions import Question
from services.notifications.reminders import Reminder
from services.notifications.rendering import (
    call_text,
    order_text,
    programme_text,
    question_text,
    reminder_text,
    subject_of,
)
from services.notifications.rules import fate, too_late
from shared.contracts.notices import NoticeKind


@dataclass(frozen=True, slots=True)
class Withheld:
    """The notice is not sent, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A notice whose turn it is, and what one must know to write it."""

    row: Mapping[str, Any]
    contact: Contact
    way: Way
    told: Programme | None
    """What the recipient really got last."""
    asked: bool
    """Whether the question that an answer closes was really sent."""


def write(turn: Turn, sender: str, now: datetime) -> Letter | Withheld:
    """The letter as it stands at this moment. The same notice written again is the same letter."""
    row, kind = turn.row, NoticeKind(turn.row["kind"])
    if too_late(row["expires_at"], now):
        return Withheld("the moment it speaks of has passed")
    if kind is NoticeKind.ALARM:
        call = Call.model_validate_json(row["content"])
        subject = subject_of(kind, call, turn.contact.language)
        return _letter(turn, sender, kind, subject, call_text(call, turn.contact))
    if kind is NoticeKind.ORDER:
        return _order(turn, sender)
    if kind is NoticeKind.REMINDER:
        reminder = Reminder.model_validate_json(row["content"])
        subject = subject_of(kind, reminder, turn.contact.language)
        return _letter(turn, sender, kind, subject, reminder_text(reminder, turn.contact))
    if kind in (NoticeKind.QUESTION, NoticeKind.ANSWERED):
        if kind is NoticeKind.ANSWERED and not turn.asked:
            return Withheld("the question was never sent")
        question = Question.model_validate_json(row["content"])
        subject = subject_of(kind, question, turn.contact.language)
        return _letter(turn, sender, kind, subject, question_text(kind, question, turn.contact))
    return _arrangement(turn, sender)


def _order(turn: Turn, sender: str) -> Letter:
    """An order, with the rooms of the workbook that goes with it, where the way is e-mail."""
    order = HotelOrder.model_validate_json(turn.row["content"])
    rooms = rooms_of(order) if turn.way.channel == "email" else None
    subject = subject_of(NoticeKind.ORDER, order, turn.contact.language)
    text = order_text(order, turn.contact, attached=rooms is not None)
    return replace(_letter(turn, sender, NoticeKind.ORDER, subject, text), rooms=rooms)


def _arrangement(turn: Turn, sender: str) -> Letter | Withheld:
    wanted = Programme.model_validate_json(turn.row["content"])
    verdict = fate(turn.told, wanted)
    if verdict.change is None:
        return Withheld(verdict.reason)
    change, language = verdict.change, turn.contact.language
    letter = _letter(
        turn,
        sender,
        change.kind,
        subject_of(change.kind, wanted, language),
        programme_text(change, wanted, turn.contact),
    )
    address = parseaddr(sender)[1]
    files = calendars(change, wanted, language, address, turn.row["created_at"])
    return letter.with_files(files)


def _letter(turn: Turn, sender: str, kind: NoticeKind, subject: str, text: str) -> Letter:
    notice, domain = str(turn.row["id"]), parseaddr(sender)[1].rpartition("@")[2]
    return Letter(
        id=notice,
        message_id=f"<{notice}@{domain}>",
        sender=sender,
        to=turn.way.address,
        recipient=turn.contact.id,
        visit=str(turn.row["visit"]),
        kind=kind.value,
        language=turn.contact.language,
        subject=subject,
        text=text,
        created_at=turn.row["created_at"],
    )
