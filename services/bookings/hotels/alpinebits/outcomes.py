"""How a call went, in the four outcomes of the standard, and as the answer that says so.

success: nothing to tell. advisory: done, with a remark (type 11). warning: done, but a rule of
business was not met, and a person of the hotel should look (type 3). error: nothing was done.
Must not: decide an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from services.bookings.hotels.alpinebits import xml

VERSION = "8.000"
ADVISORY = 11
BUSINESS_RULE = 3
APPLICATION = 13
INVALID_HOTEL = 392
UNABLE_TO_PROCESS = 450
SYSTEM_ERROR = 448
"""Numbers of the OpenTravel code lists EWT (types) and ERR (codes)."""
MOST_NOTES = 50
"""Of one answer; what is more is counted in the last one."""


class Kind(StrEnum):
    """The four outcomes."""

    SUCCESS = "success"
    ADVISORY = "advisory"
    WARNING = "warning"
    ERROR = "error"


class Wish(StrEnum):
    """What a hotel's system is asked to send again as a whole."""

    HANDSHAKE = "ALPINEBITS_SEND_HANDSHAKE"
    FREE_ROOMS = "ALPINEBITS_SEND_FREEROOMS"
    RATE_PLANS = "ALPINEBITS_SEND_RATEPLANS"
    INVENTORY = "ALPINEBITS_SEND_INVENTORY"


@dataclass(frozen=True, slots=True)
class Note:
    """One remark. `record` names what it is about; `code` is told in errors only."""

    type: int
    text: str
    code: int | None = None
    record: str | None = None
    wish: Wish | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call went: `failed` with the notes that say why, or done, with remarks or none."""

    failed: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def kind(self) -> Kind:
        """Which of the four outcomes it is."""
        if self.failed:
            return Kind.ERROR
        if any(note.type != ADVISORY for note in self.notes):
            return Kind.WARNING
        return Kind.ADVISORY if self.notes else Kind.SUCCESS

    @classmethod
    def error(cls, text: str, code: int = UNABLE_TO_PROCESS) -> Self:
        """Nothing was done."""
        return cls(True, (Note(APPLICATION, text, code),))

    def and_note(self, *notes: Note) -> Outcome:
        """The same with more remarks."""
        return Outcome(self.failed, self.notes + notes)


def warning(text: str, record: str | None = None) -> Note:
    """A rule of business was not met; the rest was done."""
    return Note(BUSINESS_RULE, text, record=record)


def advisory(text: str, wish: Wish | None = None) -> Note:
    """A remark, or a wish for everything anew."""
    return Note(ADVISORY, text, wish=wish)


def answer(name: str, outcome: Outcome) -> Any:
    """The root of the answer `name`; a success has still to be given its content."""
    root = xml.element(name, Version=VERSION)
    if outcome.failed:
        errors = xml.child(root, "Errors")
        for note in _few(outcome.notes):
            xml.child(errors, "Error", _text(note.text), Type=_error_type(note),
                      Code=None if note.code is None else str(note.code),
                      Status=note.wish)  # fmt: skip
        return root
    xml.child(root, "Success")
    if outcome.notes:
        warnings = xml.child(root, "Warnings")
        for note in _few(outcome.notes):
            xml.child(warnings, "Warning", _text(note.text), Type=str(note.type),
                      RecordID=_record(note), Status=note.wish)  # fmt: skip
    return root


def _error_type(note: Note) -> str:
    """The schema knows two types of errors."""
    return str(ADVISORY if note.type == ADVISORY else APPLICATION)


def _record(note: Note) -> str | None:
    return xml.printable(note.record)[:64] or None if note.record else None


def _text(text: str) -> str:
    return xml.printable(text)[:500]


def _few(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    if len(notes) <= MOST_NOTES:
        return notes
    rest = len(notes) - MOST_NOTES + 1
    last = notes[MOST_NOTES - 1]
    return (*notes[: MOST_NOTES - 1], Note(last.type, f"and {rest} more", last.code))
