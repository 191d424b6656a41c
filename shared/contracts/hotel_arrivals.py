"""Who of a definite order by hand has come: what a hotel says of each guest, by opaque id.

Names never pass here. The console knows who is on the list now, without names, and sends it along;
bookings knows what was said before, and which moves are legal.

Must not: carry what a guest is called, or a hotel's own words: a room number has a form of its own,
so that no name fits in.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from shared.contracts.guests import MAX_GUESTS
from shared.contracts.hotel_desk import Token
from shared.contracts.hotel_guests import HotelStay, RoomedGuest
from shared.contracts.message import Query
from shared.contracts.values import GuestId, Instant, NeedId, Slug, Text, Value

ROOM_NUMBER = r"[A-Z]{0,2}-?[0-9]{1,5}(-[0-9]{1,5})?[A-Z]?"
"""`812`, `A1203`, `8-1203`, `12B`: a building in at most two letters, digits, a letter."""
RoomNumber = Annotated[str, Field(max_length=15, pattern=rf"^({ROOM_NUMBER})?$")]
"""Empty: the number is taken away."""
MAX_CHANGES = 200
"""Of one guest of one order; a hotel that says more is told to ask the reception desk."""
MAX_STAYS = 200
"""Definite orders by hand in one answer."""


class ArrivalState(StrEnum):
    """How a guest's stay stands, in the words of `bookings.hotels.states.StayState`."""

    CONFIRMED = "confirmed"
    """Expected: nothing was said yet, or a mistake was taken back."""
    IN_HOUSE = "in_house"
    DEPARTED = "departed"
    NO_SHOW = "no_show"
    WALKED = "walked"
    """The hotel has sent the guest to another house."""


class Arrival(Value):
    """A guest as the hotel last said. `version` 0: nothing was ever said."""

    guest: GuestId
    state: ArrivalState = ArrivalState.CONFIRMED
    number: str = ""
    version: int = 0
    may: tuple[ArrivalState, ...] = ()
    """Where the stay can go today; what takes back a mistake of today is among them."""


class ReadArrivals(Query):
    """What was said of these guests behind a link so far. Answered by `Arrivals`."""

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    token: Token
    guests: tuple[GuestId, ...] = Field(max_length=MAX_GUESTS)


class Arrivals(Value):
    """`found` is False for a link that opens nothing, and while the rooms are not definite."""

    found: bool
    guests: tuple[Arrival, ...] = ()


class ArrivalSaid(Value):
    """What is said of one guest. None says nothing about it, and changes nothing."""

    guest: GuestId
    seen: int = Field(ge=0, le=10**6)
    """The version that whoever says it has seen."""
    state: ArrivalState | None = None
    number: RoomNumber | None = None


class SayArrivals(Query):
    """A hotel's word on its guests. Each line counts for itself; said twice it changes nothing.

    `listed`: who is on the list now, and who shares. Answered by `ArrivalsSaid`.
    """

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    token: Token
    lines: tuple[ArrivalSaid, ...] = Field(max_length=MAX_GUESTS)
    listed: tuple[RoomedGuest, ...] = Field(max_length=MAX_GUESTS)


class PreviewArrivals(SayArrivals):
    """What these lines would come to. Changes nothing. Answered by `ArrivalsSaid`."""


class LineOutcome(StrEnum):
    """What became of a line, or would."""

    TAKEN = "taken"
    UNCHANGED = "unchanged"
    STALE = "stale"
    """Somebody else said something since: look, and say it again."""
    GONE = "gone"
    """The guest is not on the list any more."""
    ILLEGAL = "illegal"
    """The stay cannot go there from where it is."""
    EARLY = "early"
    """Before the day of arrival nobody has come, or not come."""
    CLASH = "clash"
    """Guests who share have one room number, and nobody else has it."""
    DOUBLED = "doubled"
    """Two lines about one guest."""
    TOO_MANY = "too_many"


class LineTold(Value):
    """A line's outcome, and the guest as the hotel's word then stands."""

    guest: GuestId
    outcome: LineOutcome
    now: Arrival
    before: Arrival


class ArrivalsSaid(Value):
    """One result for each line, in order. `found` as in `Arrivals`."""

    found: bool
    lines: tuple[LineTold, ...] = ()


class HandNight(Value):
    """Guests of one order on one night, by what the hotel said; others are expected. None: the
    night is still to come."""

    night: date
    in_house: int | None = None
    """Checked in, and not gone by that night."""
    no_show: int | None = None
    walked: int | None = None


class HandStay(Value):
    """A definite order by hand, and its nights."""

    stay: HotelStay
    name: Text
    """Of the hotel."""
    nights: tuple[HandNight, ...]
    no_shows: int = 0
    """Guests who are told as not come."""
    said_at: Instant | None = None
    """When the hotel last said something; None when it never did."""


class ReadHandStays(Query):
    """Definite orders by hand: of a visit, or those of a hotel with a night in the span.

    Answered by `HandStays`.
    """

    owner: ClassVar[str | None] = "bookings"
    visit: Slug | None = None
    hotel: Slug | None = None
    starts_on: date | None = None
    nights: int = Field(default=14, ge=1, le=31)


class HandStays(Value):
    """By arrival. `whole` is false when there were more than `MAX_STAYS`."""

    stays: tuple[HandStay, ...] = ()
    whole: bool = True


class GuestArrival(Value):
    """What a hotel said of a guest of a visit."""

    need: NeedId
    hotel: Slug
    guest: GuestId
    state: ArrivalState
    number: str = ""


class ListArrivals(Query):
    """What hotels by hand said of the guests of a visit. Answered by `GuestArrivals`."""

    owner: ClassVar[str | None] = "bookings"
    visit: Slug


class GuestArrivals(Value):
    """Those of whom something was said."""

    guests: tuple[GuestArrival, ...] = ()


QUERIES = (ReadArrivals, SayArrivals, PreviewArrivals, ReadHandStays, ListArrivals)
