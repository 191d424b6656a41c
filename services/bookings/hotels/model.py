"""The values that travel over the port. Codes are ours; an adapter maps them to the hotel's.

Nights are the hotel's local dates, arrivals included and departures excluded; a `business_date` is
the hotel's own idea of today. Instants are aware and in UTC. Money is in minor units.
Must not: show what a guest is called: a card of a guest has no printed form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from services.bookings.hotels.errors import HotelError
from services.bookings.hotels.states import BlockState, StayState
from shared.contracts.values import Money


@dataclass(frozen=True, slots=True)
class Ref:
    """A block or stay by our reference and, once the hotel answered, by the hotel's."""

    ours: str
    theirs: str | None = None
    first_night: date | None = None
    """Helps systems that find nothing by our reference alone."""


@dataclass(frozen=True, slots=True)
class RoomNight:
    """So many rooms of a type for one night."""

    night: date
    kind: str
    rooms: int


@dataclass(frozen=True, slots=True)
class NightCount:
    """A night of a block: contracted, still held for us, and picked up by reservations."""

    night: date
    kind: str
    contracted: int
    held: int
    picked: int

    @property
    def over(self) -> int:
        """Rooms picked up past the contract; one real system lets that happen."""
        return max(0, self.picked - self.contracted)


@dataclass(frozen=True, slots=True)
class Remark:
    """Success that is not plain: `warning` or `duplicate`, and what the hotel said."""

    kind: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class BlockOrder:
    """A block to be held. `last_night` follows from the rooms; `cut_off` is the hotel's date."""

    ours: str
    name: str
    rate: str
    rooms: tuple[RoomNight, ...]
    cut_off: date

    @property
    def first_night(self) -> date:
        """The earliest night."""
        return min(one.night for one in self.rooms)

    @property
    def last_night(self) -> date:
        """The latest night, included."""
        return max(one.night for one in self.rooms)


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block as the hotel showed it."""

    ref: Ref
    state: BlockState
    nights: tuple[NightCount, ...]
    cut_off: date | None = None
    changed_at: datetime | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class StayOrder:
    """One room for one stay."""

    ours: str
    kind: str
    rate: str
    arrival: date
    departure: date
    price: Money
    """Of the whole stay."""
    adults: int = 1


@dataclass(frozen=True, slots=True)
class StayChange:
    """What is to be different; None leaves as it is."""

    arrival: date | None = None
    departure: date | None = None
    kind: str | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class StayView:
    """A reservation as the hotel's room line showed it."""

    ref: Ref
    state: StayState
    kind: str
    arrival: date
    departure: date
    block: str | None = None
    """The hotel's id of the block it was picked up from, when the hotel shows it."""
    room: str | None = None
    changed_at: datetime | None = None
    remarks: tuple[Remark, ...] = ()
    named: bool = False
    """It was compared with a guest's card, and is in that name."""


@dataclass(frozen=True, slots=True, repr=False)
class GuestCard:
    """What a hotel needs to know of a guest: fetched when it is sent, kept nowhere."""

    given: str
    family: str
    nationality: str | None = None
    """ISO 3166-1 alpha-2; only for hotels that register guests with it."""
    sharing: tuple[GuestCard, ...] = ()
    """Those who share this guest's room and are named in the same reservation; their own is empty.
    It is empty for systems that take one name."""

    def __repr__(self) -> str:
        return "GuestCard(…)"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a rooming list."""

    order: StayOrder
    guest: GuestCard


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one line: a reservation, or why not."""

    ours: str
    stay: StayView | None = None
    error: HotelError | None = None


@dataclass(frozen=True, slots=True)
class RoomingResult:
    """What became of a rooming list, one result per row, in the order of the rows."""

    rows: tuple[RowResult, ...]

    @property
    def partial(self) -> bool:
        """Some rows were taken and some were not."""
        taken = sum(one.stay is not None for one in self.rows)
        return 0 < taken < len(self.rows)


@dataclass(frozen=True, slots=True)
class Hint:
    """Something changed at the hotel. It is a hint to read, never what to believe."""

    event: str
    """The hotel's id of the event: the same id is the same event."""
    entity: str
    """`stay`, `block` or `other`."""
    theirs: str
    at: datetime
    """When it happened, by the hotel's clock."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Hints since a cursor, oldest first. With `more`, ask again at once with the new cursor."""

    hints: tuple[Hint, ...]
    cursor: str
    more: bool = False
    gap: bool = False
    """The hotel keeps more than it showed, or no longer has it: a sweep is due."""


@dataclass(frozen=True, slots=True)
class InboundCall:
    """A call of the hotel to us, as it arrived."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
