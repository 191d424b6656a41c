"""How hotels that must agree stand, for operations, and what operations do about them.

Owns: the questions that the console asks bookings, what they are answered by, and the command.
Must not: carry what a guest is called, or anything in a hotel's own words: they may name somebody.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.hotel_names import HotelNames
from shared.contracts.hotel_troubles import HotelFeed
from shared.contracts.message import Command, Problem, Query
from shared.contracts.parking import Reason
from shared.contracts.parking_reading import Cursor
from shared.contracts.values import Instant, Key, Slug, Sought, Text, Value

MAX_NIGHTS_SHOWN = 31  # nights of one answer


class HotelLinkState(StrEnum):
    """How the line to a hotel is, as far as anybody knows."""

    GOOD = "good"
    SILENT = "silent"
    """The last calls failed: it was not reached, or its answers cannot be trusted."""
    IDLE = "idle"
    LETTERS = "letters"
    """It has no system: letters go out, and a person there answers behind a link."""
    GONE = "gone"
    """There are orders, but the hotel is in no file of links any more: nobody carries them out."""


class OrderState(StrEnum):
    """How an order stands with its hotel, from the one that needs a person to those at rest."""

    OWNED = "owned"
    """Bookings goes no further by itself: a person decides."""
    UNKNOWN = "unknown"
    """A write may have arrived; only reading tells."""
    WAITING = "waiting"
    """It was tried and did not get through; it is tried again."""
    ASKING = "asking"
    """Nothing has been asked of the hotel for it yet."""
    ASKED = "asked"
    """A person at the hotel was written to and has not answered."""
    TENTATIVE = "tentative"
    DEFINITE = "definite"
    REFUSED = "refused"
    OVER = "over"
    OTHER = "other"  # Another state of a block, such as washed or released.


class HotelLine(Value):
    """One hotel that must agree, with the orders that have not ended."""

    hotel: Slug
    name: Text
    system: str = Field(max_length=20)
    """Of its link, such as `haip` or `by_hand`; empty when it is in no file of links."""
    link: HotelLinkState
    heard_at: Instant | None = None
    """When it last gave an answer to be trusted; None when it never did."""
    failed_at: Instant | None = None
    """When a call last failed, if that is later."""
    orders: int = 0
    waiting: int = 0
    """Orders that have no answer yet: asking, asked, waiting or unknown."""
    unknown: int = 0
    owned: int = 0
    differing: int = 0
    """Orders that the hotel was seen to hold otherwise than we do."""
    tries: int = 0
    """Most tries in a row of an order that waits."""
    next_arrival: date | None = None
    """First night of the next order that is concerned; None when none is."""
    answer_by: Instant | None = None
    """When the first hold that waits for this hotel ends without an answer; None when none does."""
    cut_off: date | None = None
    """The next day on which rooms that are not taken up are the hotel's again."""
    cut_off_known: bool = False  # nothing was agreed with a hotel that answers by hand
    paused_until: Instant | None = None
    """Nothing is asked over its link until then."""
    by_hand: bool = False
    """Its link is set aside: what was not sent yet goes out by letter."""
    feed: HotelFeed | None = None  # None: it has none
    may_pause: bool = False
    may_switch: bool = False
    """It has a link of its own, and letters to it can be signed."""


class ReadHotels(Query):
    """The hotels that must agree, those with problems first. Answered by `HotelLines`."""

    owner: ClassVar[str | None] = "bookings"
    after: Sought | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class HotelLines(Value):
    """A page of hotels, by problem and then by the next arrival that is concerned."""

    hotels: tuple[HotelLine, ...]
    next: str | None = None


class HotelOrder(Value):
    """One order: a block for one need of a visit."""

    order: Key
    visit: Slug
    need: str
    first_night: date
    last_night: date
    state: OrderState
    by_hand: bool = False
    rooms: int = 0
    """Most rooms that are wanted in one night."""
    contracted: int | None = None
    """Most rooms that the hotel has agreed to in one night; None when nothing stands."""
    said: str = Field(default="", max_length=400)
    """Code of what the hotel said last, empty when nothing is wrong."""
    differs: Text | None = None
    tries: int = 0
    due_at: Instant | None = None  # looked at again; None when it rests
    answer_by: Instant | None = None
    may_ask: bool = False
    """Somebody may have the hotel asked again: it is read first."""
    names: HotelNames | None = None
    open_since: Instant | None = None
    """A write is out whose outcome nobody knows, since then."""
    ended: bool = False
    changed_at: Instant


class ReadHotelOrders(Query):
    """One hotel and a page of its orders. Answered by `HotelOrders`."""

    owner: ClassVar[str | None] = "bookings"
    hotel: Slug
    ended: bool = False
    after: Sought | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)


class HotelOrders(Value):
    """Orders, those that need somebody first. `line` is None for a hotel that nobody asks."""

    line: HotelLine | None = None
    orders: tuple[HotelOrder, ...] = ()
    next: str | None = None


class HotelNight(Value):
    """One night and room type over a hotel's open orders. What nothing tells of is None."""

    night: date
    kind: str
    name: Text
    wanted: int
    contracted: int
    picked: int | None = None
    free: int | None = None
    """Rooms that the hotel says it would sell to anybody."""


class ReadHotelNights(Query):
    """Rooms by night at one hotel, from a night on. Answered by `HotelNights`."""

    owner: ClassVar[str | None] = "bookings"
    hotel: Slug
    starts_on: date | None = None
    """Today there when it is left out."""
    nights: int = Field(default=14, ge=1, le=MAX_NIGHTS_SHOWN)


class HotelNights(Value):
    """Nights in order. `whole` is false when there were more orders than are added up."""

    starts_on: date
    nights: tuple[HotelNight, ...] = ()
    whole: bool = True
    next: date | None = None  # where later nights begin; None when no order reaches so far


class HotelAct(StrEnum):
    """What operations may do about a hotel."""

    PAUSE = "pause"
    """Ask nothing over its link until `paused_until`; orders wait."""
    RESUME = "resume"
    BY_HAND = "by_hand"
    """What was never sent goes out by letter; what was sent stays with the link."""
    BY_LINK = "by_link"
    """New orders go over the link again; what went out by letter stays with its letter."""
    ASK_AGAIN = "ask_again"
    """Look at one order now: the hotel is read, and only then asked for what it lacks."""


class ActOnHotel(Command):
    """Do something about a hotel that must agree; said again it changes nothing more. Answered by
    `CommandAnswered` about the command."""

    owner: ClassVar[str | None] = "bookings"
    command: Key
    hotel: Slug
    act: HotelAct
    reason: Reason
    paused_until: Instant | None = None
    """Of a pause; at most `vitals.PAUSE_MAX_S` from now, so that a forgotten one ends by itself."""
    order: Key | None = None  # of asking again


class ListHotelActs(Query):
    """What was done about a hotel, newest first. Answered by `HotelActs`."""

    owner: ClassVar[str | None] = "bookings"
    hotel: Slug
    after: Cursor | None = None
    limit: int = Field(default=50, ge=1, le=200)


class DoneHotelAct(Value):
    """One act, and how it ended."""

    command: Key
    hotel: Slug
    act: HotelAct
    order: Key | None = None
    paused_until: Instant | None = None
    actor: Key
    at: Instant
    reason: str
    outcome: str
    problems: tuple[Problem, ...] = ()


class HotelActs(Value):
    """A page of acts."""

    acts: tuple[DoneHotelAct, ...]
    next: str | None = None


QUERIES = (ReadHotels, ReadHotelOrders, ReadHotelNights, ListHotelActs)
