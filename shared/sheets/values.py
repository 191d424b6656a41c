"""Plain values of rooming lists, and places in a spreadsheet.

Must not: show a name in a `repr`, for what is shown may be logged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from shared.contracts.values import Text


@dataclass(frozen=True, slots=True)
class Line:
    """One guest on a rooming list. The hotel answers by line."""

    guest: str
    """Our opaque id; the hotel sends it back."""
    name: str = field(repr=False)
    room: str
    """Lines with the same share a room, for example `1`."""
    room_type: str
    """As the hotel calls it."""
    arrival: date
    departure: date
    room_number: str | None = None
    remark: str = field(default="", repr=False)
    stay: str = ""
    """How it stands, in words of ours."""
    record: int | None = None
    """Which word of the hotel's this line shows; it sends it back."""


@dataclass(frozen=True, slots=True)
class RoomingList:
    """What a hotel is sent. Versions of one order count up; each is the whole list."""

    hotel: Text
    order: str
    version: int
    lines: tuple[Line, ...]
    title: Text
    answer_by: datetime | None = None
    """In the hotel's zone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file, counted as spreadsheet programs do. Row and column 0: the whole sheet."""

    sheet: str = ""
    row: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`Sheet1!C7`; `Sheet1!7` for a whole row."""
        # Imported here: openpyxl takes ten megabytes and a fifth of a second.
        from openpyxl.utils import get_column_letter

        letter = get_column_letter(self.column) if self.column else ""
        cell = f"{letter}{self.row}" if self.row else letter
        return f"{self.sheet}!{cell}" if self.sheet and cell else self.sheet or cell


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that cannot be understood, in both languages."""

    code: str
    at: Place
    text: Text


class Unreadable(Exception):
    """A file of which nothing can be used."""

    def __init__(self, code: str, zh: str, en: str, at: Place | None = None) -> None:
        super().__init__(f"{code}: {en}")
        self.problem = Problem(code, at or Place(), Text(zh=zh, en=en))
