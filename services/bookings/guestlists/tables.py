"""The tables of lists of guests, and what a row of them is in memory.

Must not: hold what a guest is called, or decide anything.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table

from services.bookings.hotels.book import TABLES
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import Ref, StayOrder, StayView
from services.bookings.hotels.states import StayState
from shared.chassis.store import BigInt, UtcDateTime
from shared.contracts.hotel_guests import HotelStay
from shared.contracts.values import Money

LISTS = Table(
    "bookings_hotel_lists",
    TABLES,
    Column("ours", String(50), primary_key=True),
    Column("hotel", String(63), nullable=False),
    Column("visit", String(63), nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=True),
    Column("leased_until", UtcDateTime, nullable=True),
    Column("tries", Integer, nullable=False),
    Column("owned", Boolean, nullable=False),
    Column("unplaced", Integer, nullable=False),
    Column("said", String(400), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_bookings_hotel_lists_due", "hotel", "due_at"),
    Index("ix_bookings_hotel_lists_visit", "visit"),
    comment="The guests of one order at a hotel: `wanted` grows whenever they may have changed.",
)
ROWS = Table(
    "bookings_hotel_rows",
    TABLES,
    Column("stay", String(50), primary_key=True),
    Column("ours", String(50), nullable=False),
    Column("number", Integer, nullable=False),
    Column("guest", String(28), nullable=False),
    Column("sharer", String(28), nullable=False),
    Column("adults", Integer, nullable=False),
    Column("kind", String(63), nullable=False),
    Column("arrival", Date, nullable=False),
    Column("departure", Date, nullable=False),
    Column("fen", BigInt, nullable=False),
    Column("theirs", String(120), nullable=True),
    Column("state", String(16), nullable=False),
    Column("told", Boolean, nullable=False),
    Column("said", String(400), nullable=False),
    Index("ix_bookings_hotel_rows_ours", "ours", "number"),
    Index("ix_bookings_hotel_rows_guest", "guest"),
    Index("ix_bookings_hotel_rows_sharer", "sharer"),
    comment="One reservation for one room, by the opaque id of the guest in whose name it is, and "
    "of whoever shares it and is to be named, too.",
)


class RowState(StrEnum):
    """Whether the hotel has a reservation."""

    ASKING = "asking"
    """It may be sent, or was, and nothing was read of it yet."""
    THERE = "there"
    REFUSED = "refused"
    """The hotel said no, or has cancelled it by itself."""
    OVER = "over"


ABSENT = (StayState.NO_SHOW.value, StayState.WALKED.value)
"""What a row says whose guest did not come, or was sent to another house. Those are facts of the
hotel, and no work of ours."""
DOUBLED = "doubled"
"""What a row says of which the hotel has more than one reservation, and its list."""
FOREIGN = "foreign"
"""What a list says in whose block the hotel has a reservation that is not of ours."""
WATCHED = (DOUBLED, FOREIGN)
"""A list that is a person's for one of these is still compared: it ends by itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """A reservation: our reference of it, and who has the room."""

    stay: str
    number: int
    guest: str
    adults: int
    kind: str
    arrival: date
    departure: date
    fen: int
    """Price of the whole stay."""
    theirs: str | None = None
    state: RowState = RowState.ASKING
    told: bool = False
    """The hotel has the names of this guest and of the sharer, as far as we know."""
    said: str = ""
    """Code of why not; empty when nothing is wrong."""
    sharer: str = ""
    """Who shares the room and is named there, too; a room is for two at most (`shared.lodging`).
    Empty where the hotel's system takes one name."""

    @property
    def guests(self) -> tuple[str, ...]:
        """All who are named."""
        return (self.guest, self.sharer) if self.sharer else (self.guest,)

    @property
    def ref(self) -> Ref:
        """Of the reservation at the hotel."""
        return Ref(self.stay, self.theirs, self.arrival)

    def is_as(self, view: StayView) -> bool:
        """Whether the hotel shows the room type and the nights that were ordered."""
        shown = (view.kind, view.arrival, view.departure)
        return shown == (self.kind, self.arrival, self.departure)

    def order(self, rate: str) -> StayOrder:
        """The room as it is ordered."""
        price = Money(amount=self.fen)
        return StayOrder(
            self.stay, self.kind, rate, self.arrival, self.departure, price, self.adults
        )


def stay_reference(ours: str, number: int) -> str:
    """Our reference of a reservation: it follows from the order's, and is never used twice."""
    return f"{ours}r{number}"


def is_ours(stay: str, ours: str) -> bool:
    """Whether a reference is one of a reservation of this order, known or not."""
    return stay.startswith(f"{ours}r")


def row_of(found: Any) -> Row:
    """From the store."""
    names = Row.__dataclass_fields__
    row = Row(**{name: getattr(found, name) for name in names})
    return replace(row, state=RowState(row.state))


def columns_of(row: Row, ours: str) -> dict[str, Any]:
    """For the store."""
    return {**asdict(row), "state": row.state.value, "ours": ours}


@dataclass(frozen=True, slots=True)
class GuestList:
    """A list as it was when somebody took it up, until `leased_until`."""

    ours: str
    hotel: str
    wanted: int
    tries: int
    leased_until: datetime
    block: Ref
    stay: HotelStay | None
    """What is definite; None while nothing is."""
    given_up: bool
    """Nobody wants the rooms any more: reservations are taken back."""
    fen: dict[str, int]
    """Price of one room for the whole stay, by room type."""
    rows: tuple[Row, ...]
    """Without those that are over."""
    last: int
    """The highest number of a row that there ever was."""
    intents: tuple[tuple[Intent, datetime, bool], ...] = ()
    """Writes whose outcome is open, since when, and whether their answers are known to be lost."""
