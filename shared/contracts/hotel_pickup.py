"""Cut-offs of blocks at hotels that must agree, and what of the blocks is taken up, as files.

Must not: carry what a guest is called; these are dates and counts.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.hotel_desk import MAX_SHEET
from shared.contracts.message import Query
from shared.contracts.values import Instant, Key, Slug, Sought, Value

MAX_PICKUP_ROWS = 5_000
"""Nights and room types of one file."""
MAX_PICKUP_ENTRIES = 1_000
"""Of one that is a calendar: an entry is ten times as long as a row."""


class CutOutcome(StrEnum):
    """What came of a cut-off."""

    KEPT = "kept"
    """The hotel keeps all that is wanted."""
    TAKEN = "taken"
    """The hotel took back rooms that are wanted; it was asked once more, and the visit is told what
    it did not give."""
    SPARE = "spare"
    """Rooms that nobody wants any more were given back."""
    OWNED = "owned"
    """Nobody knows what became of the block: a person decides."""
    OTHER = "other"


class HotelCut(Value):
    """The cut-off of one order. Numbers are room nights: rooms times nights."""

    order: Key
    visit: Slug
    need: str
    first_night: date
    cut_off: date
    """The last date, by the hotel's business date, on which rooms without a name are ours."""
    wanted: int
    contracted: int
    picked: int | None
    """Taken up. At a hotel by hand, rooms that guests of the roster have; None until the cut-off is
    near, and while the guests service does not tell."""
    at_risk: int | None = None
    """Wanted and not taken up: what the hotel takes back by itself, or may sell. None until it is
    near, and where nobody knows what is taken up."""
    looked_at: Instant | None = None
    """When that was looked at last; None until it is near."""
    done_at: Instant | None = None
    """When it counted; None while it is to come."""
    outcome: CutOutcome | None = None
    kept: int = 0
    taken: int = 0
    spare: int = 0
    changed_at: Instant
    """Of the order."""


class ReadHotelCuts(Query):
    """Cut-offs of a hotel: those to come, the next first; or those that have counted, the newest
    first. Answered by `HotelCuts`."""

    owner: ClassVar[str | None] = "bookings"
    hotel: Slug
    done: bool = False
    after: Sought | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)


class HotelCuts(Value):
    """A page of cut-offs."""

    cuts: tuple[HotelCut, ...] = ()
    next: str | None = None


class PickupForm(StrEnum):
    """How a file is written."""

    CSV = "csv"
    XLSX = "xlsx"
    ICS = "ics"


class ReadPickup(Query):
    """Pick-up by night and room type of a hotel, or of a visit in all its hotels, from a night on.
    Answered by `PickupFile`."""

    owner: ClassVar[str | None] = "bookings"
    hotel: Slug | None = None
    visit: Slug | None = None
    """At least one of the two, or the file is empty."""
    starts_on: date | None = None
    """Today there when it is left out for a hotel; the first night for a visit."""
    file: PickupForm


class PickupFile(Value):
    """A file in base64. `whole` is false when there are more nights than fit."""

    content: str = Field(max_length=MAX_SHEET * 4 // 3 + 4, repr=False)
    rows: int
    whole: bool = True


QUERIES = (ReadHotelCuts, ReadPickup)
