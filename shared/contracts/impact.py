"""What trouble means for a visit: whom it hurts, until when it can be mended, and what to do.

Owns: the shape of an impact, and the questions about it. Answered by the visits service alone:
nobody else knows what is wanted.

Must not: carry anything about a person; counts and opaque ids only.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.message import Query
from shared.contracts.values import Instant, Key, NeedId, Slug, Text, Value
from shared.contracts.visits import Phase

MAX_WEIGHED = 100
"""Messages, or visits, in one question."""


class Verdict(StrEnum):
    """What is to be done about a failure."""

    SUPERSEDED = "superseded"
    """The visit wants something else by now: to give the message up is safe."""
    DONE = "done"
    """What it wanted is so already: to give it up is safe."""
    RETRY = "retry"
    """It is still wanted, and doing it twice is doing it once: to try again is safe."""
    DECIDE = "decide"
    """A person must decide: a rule, a refusal, a consent, or a message nobody can read."""


class GateKind(StrEnum):
    """Moments that a visit can miss."""

    HOLD_EXPIRY = "hold_expiry"
    CONSENT = "consent"
    CUT_OFF = "cut_off"
    """A hotel lets go of the rooms of a block."""
    GUARANTEE = "guarantee"
    """A kitchen is told the final count."""
    RULE = "rule"
    """A dated rule of the field; `rule` names it."""
    START = "start"
    """The function itself begins."""
    ARRIVAL = "arrival"


class Impact(Value):
    """What it means for one visit that something is not settled."""

    visit: Slug
    title: Text
    station: Slug | None = None
    line: str
    phase: Phase
    revision: int
    need: NeedId | None = None
    """The need that is most pressing; None when a rule bars the whole visit."""
    service: str | None = None
    """Who books that need."""
    open_needs: int
    """Needs that are not confirmed."""
    sentence: Text
    guests: int
    starts_at: Instant
    next_gate: GateKind
    """The first moment that would be missed."""
    gate: Text
    gate_at: Instant
    rule: Key | None = None
    """The rule behind the gate or the verdict."""
    since: Instant
    """Not settled since."""
    repair_s: int
    """How long it usually takes to mend a need of this kind, in seconds."""
    repair_basis: str = "default"
    """`default`: from a table of assumptions, not from this system's history."""
    slack_s: int
    """Seconds that are left to begin with mending; negative when it is late already."""
    verdict: Verdict
    why: Text
    if_nothing: Text
    """What happens if nobody does anything."""


class RiskPage(Value):
    """Visits at risk, least slack first, then most guests; `as_of` is the owner's clock."""

    as_of: Instant
    risks: tuple[Impact, ...]
    next: str | None = None


class ListRisks(Query):
    """A page of visits that are not ready, the most pressing first. Answered by `RiskPage`."""

    owner: ClassVar[str | None] = "visits"
    phase: Phase | None = None
    line: str | None = None
    stations: tuple[Slug, ...] | None = Field(default=None, max_length=1_000)
    """Only visits of these stations; all when left out."""
    after: str | None = Field(default=None, max_length=300)
    """Cursor of the page before."""
    limit: int = Field(default=50, ge=1, le=200)


class NamedHold(Value):
    """A hold that a message is about, and the revision that it tells of, if it tells."""

    hold: Key
    revision: int | None = None


class Named(Value):
    """What a message says it is about, so that it can be weighed without its body."""

    visit: Slug
    message: str = Field(max_length=100)
    """Its name, for example `confirm_holds`."""
    command: Key | None = None
    holds: tuple[NamedHold, ...] = Field(default=(), max_length=100)
    revision: int | None = None
    """Of the spec: the one told of, or the one that a planner saw."""
    sequence: int | None = None


class ToWeigh(Value):
    """One parked message. `ref` is the asker's own name for it and comes back."""

    ref: Key
    named: Named
    readable: bool = True
    """False when it is not what its contract says."""


class WeighMessages(Query):
    """What these parked messages mean for their visits. Answered by `Weighings`."""

    owner: ClassVar[str | None] = "visits"
    messages: tuple[ToWeigh, ...] = Field(default=(), max_length=MAX_WEIGHED)
    visits: tuple[Slug, ...] = Field(default=(), max_length=MAX_WEIGHED)
    """Visits whose impact alone is asked for."""


class Weighing(Value):
    """The verdict on one message."""

    ref: Key
    verdict: Verdict
    why: Text


class Weighings(Value):
    """Verdicts in the order of the question; impacts of the visits that are not settled."""

    as_of: Instant
    weighings: tuple[Weighing, ...]
    impacts: tuple[Impact, ...]


class ReadPlanInput(Query):
    """What `plan()` would be given for a visit now. Answered by `PlanInputAnswer`."""

    owner: ClassVar[str | None] = "visits"
    visit: Slug


class PlanInputAnswer(Value):
    """The input as a document that `deploy.cli plan` runs again; None when there is no visit."""

    station: Slug | None = None
    document: str | None
