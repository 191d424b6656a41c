"""What a resource service brings to the kernel: pure rules over its inventory.

A unit is anything with a capacity (a hall, a room type of a hotel, a sitting of a kitchen, a
person). Its capacity is counted in slots, numbered by integers: nights for rooms, days for
sittings, quarter hours for everything booked by the clock. A claim takes a quantity of one unit in
a half-open range of slots. The database refuses any claim beyond capacity; the rules decide which
claims to make and explain it when there are none.

Must not: do I/O, read a clock, draw chance. Everything needed is in the arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from shared.contracts.holds import Alternative, Consent, NeedRequest, Refusal
from shared.contracts.values import Label, Money, Slug, Text, Window

QUARTER_S = 900
"""Seconds in a clock slot."""
CLOSURES = "closures"
"""The field of a document that lists when its unit cannot be used."""


class Unit(BaseModel):
    """Base of a service's inventory documents, as written in the seed file. Typos are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    may_change: ClassVar[frozenset[str]] = frozenset()
    """What may be changed while the system runs: `closures`, and at most one number, either a field
    or `list.field` of the parts that are listed with an `id`, or a field of numbers by name."""
    priced: ClassVar[str] = ""
    """The field of its price in minor units, or `list.field`; empty where it has none."""
    described: ClassVar[frozenset[str]] = frozenset({"name", "note"})
    """Fields that describe it and take no room: `field`, or `field.field`."""
    retires: ClassVar[bool] = False
    """Whether it may be taken out of use while the system runs."""
    adds: ClassVar[bool] = False
    """Whether units of this kind may be added while the system runs: only where one more takes
    nothing from anybody."""

    id: Slug
    name: Text
    sample: bool = False
    """True where the figures are plausible samples and not a real unit's."""
    note: Label | None = None
    retired: bool = False
    """It takes nobody any more: the rules do not see it."""


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """`quantity` of `unit` in the slots `start <= slot < stop`."""

    unit: str
    start: int
    stop: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What `allocate` may look at: `(unit, start, stop)` ranges. Anything else reads as free.

    `guards` are cells `(unit, slot)` that must be locked before deciding, because a rule looks
    wider than the cells it will claim (a driver's rest between two days, for example).
    """

    ranges: tuple[tuple[str, int, int], ...]
    guards: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Allotment:
    """A yes: the claims to make, what they mean, what they cost, and whose consent is needed."""

    claims: tuple[Claim, ...]
    summary: Text
    allotted: dict[str, Any]
    """For machines; must have the key `unit` (the main unit's id). Plain JSON values only."""
    cost: Money
    consent: Consent | None = None
    alternatives: tuple[Alternative, ...] = ()
    """Ways out, should the consent be refused or never come. Ranked."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a live hold was given."""

    window: Window
    allotted: Mapping[str, Any]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the same need of the same visit holds already: to be kept as far as possible."""

    claims: tuple[Claim, ...]
    allotted: dict[str, Any]
    confirmed: bool


class Free(Protocol):
    """What is left, the need's own standing holds not counted against it."""

    def free(self, unit: str, slot: int) -> int:
        """Capacity left in one slot; never negative."""

    def least(self, unit: str, start: int, stop: int) -> int:
        """Smallest capacity left in the slots `start <= slot < stop`."""

    def taken(self, unit: str, slot: int) -> int:
        """How much of the slot others have taken."""

    def idle(self, unit: str, start: int, stop: int) -> bool:
        """Whether others have taken nothing in the slots `start <= slot < stop`."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to decide."""

    request: NeedRequest
    free: Free
    now: datetime
    consent_within_s: int
    standing: Standing | None = None
    advise: bool = True
    """Whether a refusal is to have its ways out. One that nobody is told needs none, and to look
    for them costs more than all else that is decided."""


class Inventory(Protocol):
    """A service's units, parsed once and read-only. The service adds what its rules need."""

    def capacity(self, unit: str, slot: int, now: datetime) -> int:
        """How much there is of `unit` in `slot`; 0 for an unknown unit."""

    def label(self, unit: str, slot: int) -> str:
        """When the slot is, for people: `2026-12-03`, `2026-12-03 lunch`, `2026-12-03 10:15`."""

    def parts(self, unit_id: str) -> Sequence[str]:
        """The claimable units that belong to an inventory document (a hotel's room types)."""


Stocked = TypeVar("Stocked", bound=Inventory)
Judged = TypeVar("Judged", bound=Inventory, contravariant=True)


class Rules(Protocol[Stocked]):
    """The four things a service must say about itself."""

    documents: Mapping[str, type[Unit]]
    """Kinds of inventory documents and their models, by the section name in the seed file."""

    def inventory(self, units: Mapping[str, Sequence[Unit]]) -> Stocked:
        """Build the inventory of all documents by kind. Raises ValueError on a broken reference."""

    def reach(self, request: NeedRequest, inventory: Stocked) -> Reach:
        """Which cells `allocate` may look at for this request."""

    def allocate(self, ask: Ask, inventory: Stocked) -> Allotment | Refusal:
        """Decide one request: claims that fit, or a refusal with ranked alternatives.

        Without `ask.advise` a refusal may have none.
        """


@runtime_checkable
class Judge(Protocol[Judged]):
    """What rules may say besides of what stands, when a unit is changed."""

    def concerns(self, unit_id: str, inventory: Judged) -> Sequence[str]:
        """The claimable units in which holds stand that have to do with a document."""

    def suits(self, given: Given, inventory: Judged) -> bool:
        """Whether what was given is still what it should be, cells apart (the ledger counts)."""

    def price(self, given: Given, inventory: Judged) -> Money | None:
        """What the same would cost now; None when it is not to be had any more."""


def quarters(window: Window, before_s: int = 0, after_s: int = 0) -> tuple[int, int]:
    """The clock slots that a window with its buffers touches, as `(start, stop)`.

    Rounded outward: a booking that touches a quarter hour takes it.
    """
    start = window.starts_at.timestamp() - before_s
    stop = window.ends_at.timestamp() + after_s
    return int(start // QUARTER_S), int(-(-stop // QUARTER_S))


def quarter_starts(slot: int) -> datetime:
    """When a clock slot begins."""
    return datetime.fromtimestamp(slot * QUARTER_S, UTC)


def nights(window: Window, zone: str) -> tuple[int, int]:
    """The nights between the local dates of arrival and departure, as `(start, stop)` ordinals."""
    arrival, departure = window.local(zone)
    return arrival.date().toordinal(), departure.date().toordinal()


def local_days(window: Window, zone: str) -> tuple[int, int]:
    """The local dates that a window touches, as `(start, stop)` ordinals."""
    starts, _ = window.local(zone)
    last = (window.ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
    return starts.date().toordinal(), last.date().toordinal() + 1


def day_label(slot: int) -> str:
    """The date of a night or day slot."""
    return date.fromordinal(slot).isoformat()
