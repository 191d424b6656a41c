"""Rosters: who the guests of a visit are. Personal data crosses the bus here and nowhere else.

Every message is a question answered by reply, also those that write: no stream stores them.
Must not: become a command or an event; must not show content in an error or when printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from shared.contracts.message import Problem, Query
from shared.contracts.values import GuestId, Instant, Key, NeedId, Slug, Value

MAX_GUESTS = 1_000
"""In one roster; a larger party is several visits."""
MAX_COUNTED = 50
"""Visits whose guests are counted in one answer."""


class Personal(Value):
    """Base of what may hold personal data: neither errors nor logs ever show what is in it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Nothing, so that printing one shows no one."""
        return ()


class GuestsQuery(Personal, Query):
    """Base of questions to the guests service. `roles` are what the actor may act as."""

    owner: ClassVar[str | None] = "guests"
    roles: tuple[Annotated[str, Field(pattern="^[a-z][a-z_]{0,31}$")], ...] = Field(
        min_length=1, max_length=10
    )


class PutRoster(GuestsQuery):
    """Replace the roster of a visit, whole. Sent twice, it changes nothing more.

    Rows are read by the guests service, which says of each what is wrong with it. Guests that are
    not in `rows` any more are erased. `expected_revision` is the one the sender saw, 0 for none.
    Answered by `RosterPut`.
    """

    visit: Slug
    expected_revision: int = Field(ge=0)
    rows: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=MAX_GUESTS)


class RowPut(Value):
    """What became of one row, counted from 0."""

    row: int
    guest: GuestId
    outcome: str
    """added, changed or unchanged."""
    not_kept: tuple[str, ...] = ()
    """Sensitive fields that were left out because no consent is recorded."""


class RosterPut(Value):
    """How a roster was received; all of it or nothing.

    `outcome` is `changed`, `unchanged`, `conflict` (someone else was first), `invalid` (see
    `problems`) or `refused` (none of the roles may).
    """

    outcome: str
    revision: int = 0
    rows: tuple[RowPut, ...] = ()
    erased: tuple[GuestId, ...] = ()
    problems: tuple[Problem, ...] = ()


class Lodging(Value):
    """Where guests of a visit sleep: a need for rooms, and one hotel of it."""

    need: NeedId
    hotel: Slug
    alone: bool = False
    """The need has no other hotel: guests of whom no hotel is said sleep there, too."""


class LookAtRoster(GuestsQuery):
    """A page of a roster for one purpose. Recorded, also when refused. Answered by `RosterView`."""

    visit: Slug
    purpose: Slug
    fields: tuple[str, ...] | None = Field(default=None, max_length=30)
    """Only these; all that the purpose allows when left out."""
    guest: GuestId | None = None
    """Only this one."""
    lodging: Lodging | None = None
    """Only guests who are lodged there; some purposes want it said."""
    after: int = Field(default=0, ge=0, le=2**31)
    limit: int = Field(default=200, ge=1, le=500)


class RosterView(Personal):
    """Guests in the roster's order, each with its opaque id as `guest`.

    `outcome` is `shown`, `refused` (see `problems`) or `missing` (no such roster or guest).
    """

    outcome: str
    revision: int = 0
    guests: tuple[dict[str, Any], ...] = ()
    next: int | None = None
    problems: tuple[Problem, ...] = ()
    """Why it was refused; or guests whose data was changed behind the service's back."""


class ErasureReason(StrEnum):
    """Why a guest is erased; a closed list, so that the record of it holds nothing personal."""

    WITHDRAWN = "withdrawn"
    """The guest has withdrawn the consent, or asks for it."""
    NOT_COMING = "not_coming"
    MISTAKE = "mistake"
    ENDED = "ended"
    """The purpose has ended."""


class EraseGuest(GuestsQuery):
    """Destroy a guest's key and data; head-counts stay if `counted`. Answered by `GuestErased`."""

    visit: Slug
    guest: GuestId
    reason: ErasureReason
    counted: bool = True


class GuestErased(Value):
    """`outcome` is `erased` (also when it was before), `missing` or `refused`."""

    outcome: str


class ReadTotals(GuestsQuery):
    """Head-counts of a visit's roster. They name no one. Answered by `RosterTotals`."""

    visit: Slug


class RosterTotals(Value):
    """Counts over all guests, those erased since among them. `revision` 0: there is no roster."""

    visit: Slug
    revision: int = 0
    guests: int = 0
    erased: int = 0
    categories: dict[str, int] = Field(default_factory=dict)
    diets: dict[str, int] = Field(default_factory=dict)
    """As `diets` of a meal takes them."""


class CountLodged(GuestsQuery):
    """How many guests some visits lodge where. They name no one. Answered by `LodgedCounts`."""

    visits: tuple[Slug, ...] = Field(max_length=MAX_COUNTED)


class LodgedCount(Value):
    """Guests of a visit who are lodged for one need; `hotel` is None where no hotel is said."""

    visit: Slug
    need: NeedId
    hotel: Slug | None = None
    guests: int


class LodgedCounts(Value):
    """Those who are on the roster now."""

    counts: tuple[LodgedCount, ...] = ()


class ReadAudit(GuestsQuery):
    """A page of who looked at or wrote what. Answered by `AuditPage`."""

    visit: Slug | None = None
    after: int = Field(default=0, ge=0, le=2**53)
    limit: int = Field(default=100, ge=1, le=500)


class AuditEntry(Value):
    """One look or write. Holds nothing personal."""

    seq: int
    at: Instant
    actor: Key
    roles: tuple[str, ...]
    cause: Key
    act: str
    """put, look, erase, retire or rewrap."""
    purpose: str
    visit: str
    guests: tuple[str, ...]
    fields: tuple[str, ...]
    outcome: str
    hash: str


class AuditPage(Value):
    """Entries in order; `next` is the `after` of the following page. May be shorter than asked."""

    entries: tuple[AuditEntry, ...]
    next: int | None = None


class VerifyAudit(GuestsQuery):
    """Recompute the chain behind `after`. Answered by `AuditVerdict`.

    Whoever noted an earlier head, its number and hash, can ask whether it still is in the chain.
    """

    after: int = Field(default=0, ge=0, le=2**53)
    known_seq: int | None = Field(default=None, ge=1, le=2**53)
    known_hash: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")


class AuditVerdict(Value):
    """Whether the chain is whole as far as it was read; `next` is where to go on."""

    whole: bool
    checked: int
    head_seq: int
    head_hash: str
    broken_at: int | None = None
    """The first entry that is not as it was written, or that is missing."""
    reason: str = ""
    next: int | None = None


QUERIES: tuple[type[GuestsQuery], ...] = (
    PutRoster,
    LookAtRoster,
    EraseGuest,
    ReadTotals,
    CountLodged,
    ReadAudit,
    VerifyAudit,
)
"""All that the guests service answers."""
