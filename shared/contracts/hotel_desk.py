"""Hotels that answer by hand: the letter that asks them, and the page behind its link.

The page is asked and answered over request and reply, its answers included: no stream stores a
token that somebody sends back. The letter's event carries the link, for only notifications may take
it; a link opens one order of one hotel, until a moment, and can be revoked.

Must not: carry what a guest is called, or anything in a hotel's own words: they may name somebody.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from shared.contracts.message import Event, Query
from shared.contracts.values import CountOrZero, Instant, Key, Slug, Sought, Text, Value, Zone

MAX_LINES = 2_000
"""Nights and room types of one order."""
MAX_LINK = 1_200
MAX_SHEET = 500 * 1024
"""Bytes of a spreadsheet, in either direction; in base64 it fits into one message."""
Token = Annotated[Sought, Field(max_length=600, repr=False)]


class RoomLine(Value):
    """Rooms of one type on one night; `before` is what the hotel agreed to earlier, if it did."""

    night: date
    kind: Slug
    name: Text
    rooms: CountOrZero
    before: CountOrZero | None = None


class HotelLetter(StrEnum):
    """Why a hotel is written to."""

    ASK = "ask"
    """A new order, or a new edition of one, wants an answer."""
    REMINDER = "reminder"
    CUT = "cut"
    """What is wanted now is no more than was agreed to: no answer is needed."""
    FIRM = "firm"
    """The rooms that were agreed to are definitely taken."""
    LINK = "link"
    """The same order under a new link; the one before opens nothing any more."""
    OFF = "off"
    """Nobody wants the rooms any more."""


class HotelAsked(Event):
    """A hotel without a system is to be written to. `sequence` grows with each letter of an order;
    a letter overtakes those before it that have not left."""

    owner: ClassVar[str | None] = "bookings"
    order: Key
    hotel: Slug
    name: Text
    visit: Slug
    letter: HotelLetter
    edition: int = Field(ge=1)
    """Of the order: it grows with each change of what is wanted."""
    sequence: int = Field(ge=1)
    urgent: bool = False
    """The hotel stays silent and time runs out: the reception desk is told, too."""
    rooms: tuple[RoomLine, ...] = Field(max_length=MAX_LINES)
    answer_by: Instant | None = None
    zone: Zone
    link: str = Field(max_length=MAX_LINK, repr=False)
    """Where it is answered, without a login."""
    names_by: date | None = None
    """The last date, by the hotel's business date, on which rooms without a guest are ours; None
    where none was agreed, and once it is over."""


class DeskState(StrEnum):
    """How an order stands with a hotel that answers by hand."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """The hotel took back what it had agreed to."""
    OFF = "off"


class HotelReason(StrEnum):
    """Why a hotel says no. A list and no free text: words may name somebody."""

    FULL = "full"
    CLOSED = "closed"
    TERMS = "terms"
    OTHER = "other"


class RoomsLeft(Value):
    """What the hotel could give instead on one night."""

    night: date
    kind: Slug
    rooms: CountOrZero


class HotelPage(Value):
    """What a link shows; `found` is False for every link that opens nothing, whatever the cause."""

    found: bool
    order: Key = "-"
    hotel: Text = Text(zh="", en="")
    visit: Slug = "none"
    edition: int = 0
    state: DeskState = DeskState.OFF
    firm: bool = False
    rooms: tuple[RoomLine, ...] = ()
    answer_by: Instant | None = None
    answered_at: Instant | None = None
    reason: HotelReason | None = None
    zone: Zone = "Asia/Shanghai"
    names_by: date | None = None
    """The last date on which rooms without a guest are ours; None where none was agreed."""


class ReadHotelPage(Query):
    """What the holder of a link sees. Answered by `HotelPage`."""

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    token: Token


class AnswerHotelPage(Query):
    """A hotel's word on the edition that it saw. Sent twice, it changes nothing more.

    `answer` is accepted, refused or withdrawn. Answered by `HotelPageAnswered`.
    """

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    token: Token
    edition: int = Field(ge=1)
    answer: DeskState
    reason: HotelReason | None = None
    left: tuple[RoomsLeft, ...] = Field(default=(), max_length=MAX_LINES)


class HotelPageAnswered(Value):
    """`taken`; `stale`: the order has changed since; `closed`: nothing is asked any more, or it
    was answered otherwise; `invalid`; `missing`: the link opens nothing. And the page as it is."""

    outcome: str
    page: HotelPage


class ReadHotelSheet(Query):
    """The order of a link as a workbook: to be filled in, or definite. Answered by `HotelSheet`."""

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    token: Token


class HotelSheet(Value):
    """XLSX in base64; empty for an order of which nothing is asked and nothing definite. Not
    `found` for a link that opens nothing."""

    found: bool
    order: Key = "-"
    edition: int = 0
    content: str = Field(default="", repr=False)


class PreviewHotelSheet(Query):
    """What a workbook that came back would say; changes nothing. Answered by `HotelSheetRead`."""

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    token: Token
    content: str = Field(max_length=MAX_SHEET * 4 // 3 + 4, repr=False)


class SheetProblem(Value):
    """Something in a sheet that is not clear, and where."""

    at: str
    text: Text


class HotelSheetRead(Value):
    """What was read: an answer for `AnswerHotelPage`, or why there is none."""

    found: bool
    closed: bool = False
    """The order waits for no answer any more: nothing was read."""
    edition: int = 0
    answer: DeskState | None = None
    reason: HotelReason | None = None
    left: tuple[RoomsLeft, ...] = ()
    problems: tuple[SheetProblem, ...] = ()


QUERIES = (ReadHotelPage, AnswerHotelPage, ReadHotelSheet, PreviewHotelSheet)
