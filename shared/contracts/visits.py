"""The language of the orchestrator: what planners command, and what it announces and answers.

Must not: carry anything about a person; counts and opaque ids only.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field

from shared.contracts.holds import Alternative, Consent, Hold, Refusal
from shared.contracts.message import Command, Event
from shared.contracts.spec import VisitSpec
from shared.contracts.values import Instant, Key, Money, NeedId, Slug, Text, Value, Window, Zone


class Phase(StrEnum):
    """Where a visit stands, for display only; decisions look at holds, never at the phase."""

    HOLDING = "holding"
    """Answers to placed holds are awaited."""
    WAITING = "waiting"
    """A person's consent is awaited."""
    CONFIRMING = "confirming"
    READY = "ready"
    BLOCKED = "blocked"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class ProposalPhase(StrEnum):
    """Where a proposal stands."""

    HOLDING = "holding"
    WAITING = "waiting"
    OPEN = "open"
    """Every need is held: it can be committed."""
    BLOCKED = "blocked"


class VisitCommand(Command):
    """Base of planner commands. `command` names the act: asked twice, it is done once."""

    owner: ClassVar[str | None] = "visits"
    command: Key
    visit: Slug


class SubmitVisit(VisitCommand):
    """Replace the whole spec. Opens a new visit when `expected_revision` is 0.

    `expected_revision` is the revision the planner saw; another one is a conflict.
    """

    expected_revision: int = Field(ge=0)
    spec: VisitSpec


class ProposeVisit(VisitCommand):
    """Hold what `spec` would need beside what stands, and show what would move and cost."""

    expected_revision: int = Field(ge=1)
    spec: VisitSpec
    replaces: str | None = Field(default=None, max_length=200)
    """The open proposal that the planner saw, empty for none; another one is a conflict. Left out:
    whatever is open is replaced."""


class CommitProposal(VisitCommand):
    """Make the open proposal the spec, all or nothing."""

    expected_revision: int = Field(ge=1)
    proposal: Key


class DropProposal(VisitCommand):
    """Forget the proposal; its holds go, what stood stands."""

    proposal: Key


class CancelVisit(VisitCommand):
    """Release everything the visit holds."""

    expected_revision: int = Field(ge=1)
    reason: str = Field(default="", max_length=1_000)


class ReconcileVisit(VisitCommand):
    """Look at the visit now instead of when its moment comes: owners that are silent are asked
    again, and what was refused is tried once more. Changes nothing of what is wanted."""

    reason: str = Field(min_length=1, max_length=1_000)


class RuleFinding(Value):
    """What one dated rule of the field says about this visit."""

    rule: Key
    severity: str
    """block, warn or info."""
    sentence: Text
    citation: str
    path: str = ""


class NeedView(Value):
    """One need of a visit and what stands for it."""

    need: NeedId
    kind: str
    service: str
    item: Text
    window: Window
    state: str
    """asked, pending, held, confirmed, refused, expired or released."""
    attempt: int = 0
    hold: Key | None = None
    summary: Text | None = None
    allotted: dict[str, Any] = Field(default_factory=dict)
    cost: Money | None = None
    consent: Consent | None = None
    refusal: Refusal | None = None


class Move(Value):
    """One line of a preview: what a need is now, what it would be, and what that costs more."""

    need: NeedId
    kind: str
    service: str
    hold: Key | None = None
    """The hold placed for the proposal."""
    change: str
    """added, changed, removed or kept."""
    before: Text | None = None
    after: Text | None = None
    cost_before: Money | None = None
    cost_after: Money | None = None
    obstacle: Refusal | None = None
    """What stands against it, with alternatives."""
    consent: Consent | None = None


class ProposalView(Value):
    """A preview: everything that would move."""

    proposal: Key
    phase: ProposalPhase
    based_on: int
    moves: tuple[Move, ...]
    cost_before: Money
    cost_after: Money
    findings: tuple[RuleFinding, ...] = ()
    options: tuple[Alternative, ...] = ()
    """Ranked ways out, when something stands against it."""
    expires_at: Instant | None = None
    actor: Key | None = None
    """Who proposed it."""
    spec: VisitSpec | None = None
    """What is proposed, whole."""


class VisitSummary(Value):
    """One line of a list of visits."""

    visit: Slug
    revision: int
    """Of the spec; the ETag of edits."""
    sequence: int
    """Of the whole state; grows with each change anyone can see."""
    phase: Phase
    line: str
    station: Slug | None = None
    title: Text
    host: str
    guests: int
    starts_at: Instant
    ends_at: Instant
    needs_total: int
    needs_firm: int
    cost: Money
    proposal: ProposalPhase | None = None
    changed_at: Instant


class VisitView(VisitSummary):
    """One visit whole: spec, status, rules and proposal."""

    time_zone: Zone
    spec: VisitSpec
    needs: tuple[NeedView, ...]
    reasons: tuple[Text, ...] = ()
    """Why it is not ready, in sentences."""
    findings: tuple[RuleFinding, ...] = ()
    proposed: ProposalView | None = None


class VisitChanged(Event):
    """The state of a visit changed in a way that someone can see. Carries the list line."""

    owner: ClassVar[str | None] = "visits"
    state: VisitSummary


class FirmNeed(Value):
    """One confirmed need, as notices need it."""

    need: NeedId
    kind: str
    item: Text
    window: Window
    unit: Key | None = None
    summary: Text
    allotted: dict[str, Any] = Field(default_factory=dict)


class ArrangementChanged(Event):
    """The whole firm arrangement of a visit, sent only when all of it is confirmed or cancelled.

    Nothing uncommitted ever appears here, so notices may be built from it blindly.
    """

    owner: ClassVar[str | None] = "visits"
    visit: Slug
    revision: int
    sequence: int
    line: str
    title: Text
    host: str
    time_zone: Zone
    guests: int
    cancelled: bool
    starts_at: Instant
    ends_at: Instant
    needs: tuple[FirmNeed, ...]


class ConsentAsked(Event):
    """A unit's contact is asked for a yes or no; or the question is withdrawn (`open` false)."""

    owner: ClassVar[str | None] = "visits"
    visit: Slug
    title: Text
    hold: Hold
    open: bool
