"""Letters in words: subject and text from sandboxed templates, in Chinese and English.

Owns: what templates may see, and the promise that nothing a planner wrote can break out of its
line: every value is cut to one line without control characters before it is put in.
Must not: decide what is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.notifications.calls import Call
from services.notifications.documents import Contact
from services.notifications.orders import HotelOrder, Stretch
from services.notifications.programme import Line, Programme
from services.notifications.questions import Question
from services.notifications.reminders import Reminder
from services.notifications.rules import Altered, Change
from services.notifications.wording import moment_text, span_text
from shared.contracts.notices import NoticeKind
from shared.contracts.values import Text

MAX_SUBJECT = 160
Said = Programme | Question | Reminder | Call | HotelOrder
_UNSEEN = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Marks that turn the direction of text: a title could rewrite the line it stands in."""


def plain(value: Any) -> Any:
    """One line of visible text; anything but text is left as it is."""
    if not isinstance(value, str):
        return value
    if value.isprintable():  # Then nothing in it breaks: asked once, not of each character.
        return " ".join(value.split())
    seen = (" " if _breaks(character) else character for character in value)
    return " ".join("".join(seen).split())


def _breaks(character: str) -> bool:
    return character in _UNSEEN or unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs", "Co")


_TEMPLATES = SandboxedEnvironment(
    loader=FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
    undefined=StrictUndefined,
    finalize=plain,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def subject_of(kind: NoticeKind, said: Said, language: str) -> str:
    """The subject line: one line, at most `MAX_SUBJECT` characters."""
    words = {**_about(said, language), "kind": kind.value}
    line = str(plain(_TEMPLATES.get_template(f"subject.{language}.j2").render(words)))
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1]}…"


def programme_text(change: Change, wanted: Programme, contact: Contact) -> str:
    """The text of a new, changed or cancelled arrangement."""
    language, zone = contact.language, wanted.zone
    return _render(
        change.kind,
        contact,
        _about(wanted, language)
        | {
            "host": wanted.host,
            "guests": wanted.guests,
            "whole": wanted.cancelled,
            "added": _lines(change.added, zone, language),
            "altered": [_altered(one, zone, language) for one in change.altered],
            "removed": _lines(change.removed, zone, language),
            "kept": len(change.kept),
            "facts": [
                {
                    "name": one.name,
                    "old": _in(one.before, language),
                    "new": _in(one.after, language),
                }
                for one in change.facts
            ],
        },
    )


def question_text(kind: NoticeKind, question: Question, contact: Contact) -> str:
    """The text of a question, or of its end."""
    language, zone = contact.language, question.zone
    window = question.window
    return _render(
        kind,
        contact,
        _about(question, language)
        | {
            "question": _in(question.question, language),
            "what": _in(question.what, language) if question.what else None,
            "when": span_text(window, zone, language) if window else None,
            "answer_by": moment_text(question.answer_by, zone, language),
        },
    )


def reminder_text(reminder: Reminder, contact: Contact) -> str:
    """The text of a reminder."""
    language, zone = contact.language, reminder.zone
    return _render(
        NoticeKind.REMINDER,
        contact,
        _about(reminder, language)
        | {
            "deadline": moment_text(reminder.deadline, zone, language),
            "lines": _lines(reminder.lines, zone, language),
        },
    )


def call_text(call: Call, contact: Contact) -> str:
    """The text that calls a duty post to an alarm, or tells it that the alarm is over."""
    language = contact.language
    return _render(
        NoticeKind.ALARM,
        contact,
        _about(call, language)
        | {
            "harm": _in(call.harm, language),
            "since": moment_text(call.raised_at, call.zone, language),
            "over": moment_text(call.cleared_at, call.zone, language) if call.cleared_at else "",
            "call": call.call,
            "concerns": call.about or "",
            "page": call.page,
        },
    )


def order_text(order: HotelOrder, contact: Contact, attached: bool) -> str:
    """The text of an order to a hotel that answers by hand; `attached`: a workbook goes with it."""
    language = contact.language
    answer_by = moment_text(order.answer_by, order.zone, language) if order.answer_by else ""
    return _render(
        NoticeKind.ORDER,
        contact,
        _about(order, language)
        | {
            "order": order.order,
            "edition": order.edition,
            "lines": [_rooms(one, language) for one in order.rooms],
            "answer_by": answer_by,
            "link": order.link,
            "names_by": f"{order.names_by}" if order.names_by else "",
            "attached": attached,
        },
    )


def _rooms(one: Stretch, language: str) -> dict[str, Any]:
    same = one.before is None or one.before == one.rooms
    return {
        "nights": f"{one.first}" if one.first == one.last else f"{one.first} – {one.last}",
        "type": _in(one.name, language),
        "rooms": one.rooms,
        "before": None if same else one.before,
    }


def _render(kind: NoticeKind, contact: Contact, words: Mapping[str, Any]) -> str:
    template = _TEMPLATES.get_template(f"{kind.value}.{contact.language}.j2")
    text = template.render({**words, "to": _in(contact.name, contact.language)})
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _about(said: Said, language: str) -> dict[str, Any]:
    """What every letter names: the visit, and how a question or reminder stands."""
    return {
        "title": _in(said.title, language),
        "visit": said.visit,
        "whole": isinstance(said, Programme) and said.cancelled,
        "outcome": said.outcome.value if isinstance(said, Question) else None,
        "about": said.about.value if isinstance(said, Reminder) else None,
        "hard": isinstance(said, Call) and said.level == "alarm",
        "over": isinstance(said, Call) and said.cleared_at is not None,
        "letter": said.letter.value if isinstance(said, HotelOrder) else "ask",
        "urgent": isinstance(said, HotelOrder) and said.urgent,
    }


def _in(text: Text, language: str) -> str:
    return text.zh if language == "zh" else text.en


def _lines(lines: Iterable[Line], zone: str, language: str) -> list[dict[str, str]]:
    return [_line(line, zone, language) for line in lines]


def _line(line: Line, zone: str, language: str) -> dict[str, str]:
    guarantee = line.guarantee_by
    return {
        "when": span_text(line.window, zone, language),
        "item": _in(line.item, language),
        "what": _in(line.what, language),
        "guarantee": moment_text(guarantee, zone, language) if guarantee else "",
    }


def _altered(one: Altered, zone: str, language: str) -> dict[str, Any]:
    """A line with old and new of everything in it that moved."""
    before, after = _line(one.before, zone, language), _line(one.after, zone, language)
    moved = [
        {"name": name, "old": before[name], "new": after[name]}
        for name in ("item", "when", "what", "guarantee")
        if before[name] != after[name]
    ]
    return {"when": after["when"], "item": after["item"], "moved": moved}
