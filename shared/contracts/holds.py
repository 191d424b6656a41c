"""The language between orchestrator and resource services: place, confirm, release, answer.

Owns: the commands and the event of holds. A hold is resolved once: see `shared.holds.machine`.
Must not: name a kind of need; wishes travel as data that the owning service reads.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from shared.contracts.message import Command, Event
from shared.contracts.values import (
    Count,
    CountOrZero,
    Instant,
    Key,
    Money,
    NeedId,
    Prose,
    Slug,
    Text,
    Value,
    Window,
    Zone,
)

MAX_HOLDS_PER_MESSAGE = 100


class HoldState(StrEnum):
    """Where a hold stands at its owner."""

    PENDING = "pending"
    """Capacity is kept, a person's consent is awaited until `answer_by`."""
    HELD = "held"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    RELEASED = "released"
    EXPIRED = "expired"


LIVE = frozenset({HoldState.PENDING, HoldState.HELD, HoldState.CONFIRMED})
"""States in which a hold takes capacity."""


class PartyFacts(Value):
    """What any service may know about the party: counts, never a person."""

    guests: Count
    companions: CountOrZero = 0
    foreign: CountOrZero = 0
    """Guests whom a hotel must be able to register as foreigners."""


class NeedRequest(Value):
    """One need as its service sees it. Equal requests want the same thing: see `fingerprint`."""

    need: NeedId
    kind: str
    line: str
    """government, business, foreign or event."""
    event: Slug | None = None
    """The event whose room blocks and quotas may be used."""
    window: Window
    zone: Zone
    party: PartyFacts
    details: dict[str, Any]
    """The planner's wishes, valid for `catalog.CATALOG[kind].details`."""


class HoldRequest(Value):
    """Place this hold. `hold` follows from visit, need and attempt: asking twice is asking once."""

    hold: Key
    request: NeedRequest
    tag: str = Field(default="", max_length=200)
    """Told back with the hold, so that one who has forgotten asking knows what it was for."""


class PlaceHolds(Command):
    """Hold capacity for needs of one visit for a while. Answered by `HoldsChanged`.

    Lives are durations, counted by the owner's clock: no two clocks need to agree.
    """

    visit: Slug
    hold_for_s: int = Field(default=3600, ge=1, le=7 * 86400)
    consent_within_s: int = Field(default=1800, ge=1, le=7 * 86400)
    """How long a person may take to consent, in seconds."""
    holds: tuple[HoldRequest, ...] = Field(min_length=1, max_length=MAX_HOLDS_PER_MESSAGE)


class ConfirmHolds(Command):
    """Make held holds firm. A confirmed hold never expires. Answered by `HoldsChanged`."""

    visit: Slug
    holds: tuple[Key, ...] = Field(min_length=1, max_length=MAX_HOLDS_PER_MESSAGE)


class ReleaseHolds(Command):
    """Let holds go; unknown ones are remembered as released, should their placing arrive late."""

    visit: Slug
    holds: tuple[Key, ...] = Field(min_length=1, max_length=MAX_HOLDS_PER_MESSAGE)


class AnswerConsent(Command):
    """A person's yes or no to a pending hold. Answered by `HoldsChanged` and `CommandAnswered`."""

    command: Key
    hold: Key
    granted: bool
    reason: Prose = ""


class Alternative(Value):
    """Something that would fit. Ranked: the first is the nearest to the wish."""

    sentence: Text
    change: dict[str, Any] = Field(default_factory=dict)
    """Fields of the need's details (or `starts_at`/`ends_at`) to set, so that it fits."""


class Refusal(Value):
    """Why not, for machines and for people, and what would be possible instead."""

    code: Key
    """For example `no_capacity`, `too_large`, `closed`, `consent_refused`, `consent_silent`."""
    sentence: Text
    alternatives: tuple[Alternative, ...] = ()


class Consent(Value):
    """A person outside must agree before the hold counts as held."""

    asked_of: Key
    """The unit whose contact decides, for example a kitchen."""
    name: Text | None = None
    """What that unit is called; None where an older version asked."""
    answer_by: Instant
    question: Text
    asked_by_owner: bool = False
    """The owner of the hold writes to that unit itself: nobody else need ask."""

    @property
    def who(self) -> Text:
        """The name of the unit, or its id."""
        return self.name or Text(zh=self.asked_of, en=self.asked_of)


class Hold(Value):
    """The whole state of one hold at its owner. `revision` grows with each change of the hold."""

    hold: Key
    visit: Slug
    need: NeedId | None = None
    """None when only a release of an unknown hold was ever seen."""
    kind: str | None = None
    state: HoldState
    revision: int
    expires_at: Instant | None = None
    consent: Consent | None = None
    refusal: Refusal | None = None
    summary: Text | None = None
    """What was allotted, in one sentence."""
    allotted: dict[str, Any] = Field(default_factory=dict)
    """What was allotted, for machines: units, rooms by type, people, slots."""
    cost: Money | None = None
    window: Window | None = None
    tag: str = ""
    """As it was asked with."""


class HoldsChanged(Event):
    """The whole state of the named holds. Observers drop revisions they have already seen."""

    visit: Slug
    holds: tuple[Hold, ...]
