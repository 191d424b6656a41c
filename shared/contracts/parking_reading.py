"""Questions about parked messages and their answers: lists, groups by cause, one whole, acts.

Every service parks what it cannot handle, so these classes have no owner of their own: a question
is addressed to the service that parked the message.

Must not: change anything; queries are stored nowhere.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.contracts.impact import Named
from shared.contracts.message import Problem, Query
from shared.contracts.parking import MAX_BODY, ParkedId, ParkedState
from shared.contracts.values import Instant, Key, Slug, Value


def _cursor(text: str) -> str:
    moment, _, last = text.partition("|")
    try:
        datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        last = ""
    if not last or not last.isprintable():  # No store can look for a NUL.
        raise ValueError("not the cursor of a page; leave it out to begin at the first page")
    return text


VISITS_OF_GROUP = 50
Cursor = Annotated[str, Field(max_length=300), AfterValidator(_cursor)]
"""Where a page ended: a moment and an id."""


class ListParked(Query):
    """A page of parked messages, oldest first. Answered by `ParkedPage`."""

    state: ParkedState | None = None
    group: Key | None = None
    as_of: Instant | None = None
    """Only what had failed by then, as an act on a group reaches it."""
    after: Cursor | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ParkedLine(Value):
    """One parked message in a list."""

    id: str
    service: Key
    state: ParkedState
    reason: str
    """`unreadable` (not what the contract says) or `failing` (its handler fails)."""
    subject: str
    consumer: str
    group: Key
    """What has the same cause at the same consumer is of one group."""
    error: str
    """One line."""
    attempts: int
    replays: int
    edited: bool
    revision: int
    """Grows with each act; send it back when editing."""
    parked_at: Instant
    failed_at: Instant
    """When it last failed."""
    names: Named | None = None
    """What it is about, if it is about a visit."""


class ParkedPage(Value):
    """Parked messages; `as_of` freezes what was seen."""

    as_of: Instant
    messages: tuple[ParkedLine, ...]
    next: str | None = None


class GroupParked(Query):
    """Messages in one state, folded by cause. Answered by `ParkedGroups`."""

    state: ParkedState = ParkedState.PARKED
    group: Key | None = None
    """Only this one."""
    as_of: Instant | None = None
    """Only what had failed by then, as an act on a group reaches it."""
    limit: int = Field(default=100, ge=1, le=200)


class ParkedGroup(Value):
    """Messages of one cause."""

    group: Key
    service: Key
    subject: str
    consumer: str
    error_class: str
    error: str
    """First line of one of them."""
    count: int
    first_at: Instant
    last_at: Instant
    visits: tuple[Slug, ...] = ()
    """Visits that its messages are about, at most `VISITS_OF_GROUP` of them."""
    visits_total: int = 0


class ParkedGroups(Value):
    """The largest groups, and how many messages there are in each state."""

    as_of: Instant
    groups: tuple[ParkedGroup, ...]
    more: bool
    totals: dict[str, int]


class ReadParked(Query):
    """One message whole. Answered by `ParkedAnswer`."""

    message: ParkedId


class ActView(Value):
    """One act on parked messages, or the end of a replay."""

    act: Key
    service: Key
    kind: str
    """edit, replay, stop, discard, restore, or ended (a replay came to its end)."""
    actor: Key
    at: Instant
    reason: str
    outcome: str
    """As in `CommandAnswered`."""
    problems: tuple[Problem, ...] = ()
    count: int
    """Messages that it reached."""
    detail: dict[str, Any] = Field(default_factory=dict)


class ParkedView(ParkedLine):
    """One message whole. Texts that are too long for an answer are cut; `cut` says so."""

    headers: dict[str, str]
    body: str
    """As it came; bytes that are no UTF-8 are written as `\\xff`, and `body_base64` has them."""
    body_base64: str | None = None
    body_edited: str | None = None
    cut: bool = False
    difference: tuple[str, ...] = ()
    """Between the body as it came and as it is now."""
    error_text: str
    history: tuple[dict[str, Any], ...]
    acts: tuple[ActView, ...]


class ParkedAnswer(Value):
    """The message, or None when there is none of that id."""

    message: ParkedView | None


class CheckEdit(Query):
    """Whether a message could have this body. Answered by `EditChecked`; changes nothing."""

    message: ParkedId
    body: str = Field(max_length=MAX_BODY)


class EditChecked(Value):
    """What is wrong with a body (nothing when `problems` is empty), and what it changes."""

    found: bool
    problems: tuple[Problem, ...] = ()
    difference: tuple[str, ...] = ()


class ReadReplay(Query):
    """How far a replay has come. Answered by `ReplayAnswer`."""

    replay: Key


class ReplayView(Value):
    """The progress of a replay."""

    replay: Key
    service: Key
    state: str
    """running, ended, stopped (by a person), or failed (stopped by its first failure)."""
    actor: Key
    reason: str
    per_s: float
    stop_at_first_failure: bool
    total: int
    waiting: int
    done: int
    failed: int
    left: int
    """Parked again, because the replay was stopped before it reached them."""
    failures: tuple[str, ...] = ()
    """The first messages that failed."""
    started_at: Instant
    ended_at: Instant | None = None


class ReplayAnswer(Value):
    """The replay, or None when there is none of that name."""

    replay: ReplayView | None


class ListActs(Query):
    """A page of all acts at one service, newest first. Answered by `ActPage`."""

    after: Cursor | None = None
    limit: int = Field(default=50, ge=1, le=100)


class ActPage(Value):
    """Acts."""

    acts: tuple[ActView, ...]
    next: str | None = None
