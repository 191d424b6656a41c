"""What can become of a row of a returned spreadsheet.

Must not: decide which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from services.bookings.hotels.sheets.values import Place, Problem
from services.bookings.hotels.sheets.words import Answer, Column


class Result(StrEnum):
    """What became of a row."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    CHANGED = "changed"
    """The hotel wrote something other than what was sent; whether that is well, we have to say."""
    UNKNOWN = "unknown"
    """Nobody on the list."""
    DOUBLED = "doubled"
    """The same guest stands in another row; the first of equal rows counts."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Change:
    """A field that differs from what was sent."""

    column: Column
    sent: str = field(repr=False)
    came: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RowResult:
    """The result of one row."""

    at: Place
    result: Result
    guest: str | None = None
    room_number: str | None = None
    reason: str = field(default="", repr=False)
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    answer: Answer | None = None
