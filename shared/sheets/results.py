"""What can become of a row of a returned spreadsheet.

Must not: decide which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from shared.contracts.hotel_arrivals import ArrivalState
from shared.contracts.values import Text
from shared.sheets.values import Place, Problem
from shared.sheets.words import Answer, Column


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


RESULTS: dict[Result, Text] = {
    Result.ACCEPTED: Text(zh="接受", en="accepted"),
    Result.REFUSED: Text(zh="拒绝", en="refused"),
    Result.UNANSWERED: Text(zh="未答复", en="not answered"),
    Result.CHANGED: Text(zh="酒店有改动", en="changed by the hotel"),
    Result.UNKNOWN: Text(zh="不在名单上", en="not on the list"),
    Result.DOUBLED: Text(zh="重复", en="doubled"),
    Result.UNCLEAR: Text(zh="看不懂", en="not understood"),
}
"""For screens."""


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
    stay: ArrivalState | None = None
    record: int | None = None
