"""Questions about visits and their answers: lists, one visit whole, its timeline.

Must not: change anything; queries are stored nowhere.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from shared.contracts.message import Query
from shared.contracts.values import Instant, Key, NeedId, Slug, Sought, Text, Value, Window
from shared.contracts.visits import Phase, VisitSummary, VisitView


class TimelineEntry(Value):
    """One line of a visit's history."""

    seq: int
    at: Instant
    actor: Key
    cause: Key
    kind: str
    """asked (a planner's act), decided, commanded, answered, announced."""
    sentence: str
    data: dict[str, Any] = Field(default_factory=dict)


class ListVisits(Query):
    """A page of visits by start time. Answered by `VisitPage`."""

    owner: ClassVar[str | None] = "visits"
    phase: Phase | None = None
    line: str | None = None
    text: Sought = Field(default="", max_length=100)
    """Part of the id, title or host."""
    stations: tuple[Slug, ...] | None = Field(default=None, max_length=1_000)
    """Only visits of these stations; all when left out."""
    after: str | None = Field(default=None, max_length=300)
    """Cursor of the page before."""
    limit: int = Field(default=50, ge=1, le=200)


class VisitPage(Value):
    """Visits in order of start, then id."""

    visits: tuple[VisitSummary, ...]
    next: str | None = None


class ReadVisit(Query):
    """One visit whole. Answered by `VisitAnswer`."""

    owner: ClassVar[str | None] = "visits"
    visit: Slug


class VisitAnswer(Value):
    """The visit, or None when there is none of that name."""

    visit: VisitView | None


class ReadTimeline(Query):
    """A page of one visit's history. Answered by `TimelinePage`. Numbers that are missing at the
    beginning are of lines that were forgotten (`services.visits.forgetting`)."""

    owner: ClassVar[str | None] = "visits"
    visit: Slug
    after: int = Field(default=0, ge=0)
    limit: int = Field(default=200, ge=1, le=1_000)
    newest: bool = False
    """The last `limit` entries instead of the first ones after `after`."""


class TimelinePage(Value):
    """Entries in order; `next` is the `after` of the following page."""

    entries: tuple[TimelineEntry, ...]
    next: int | None = None


class ListSchedule(Query):
    """What visits have in a window `[starts_at, ends_at)`. Answered by `SchedulePage`."""

    owner: ClassVar[str | None] = "visits"
    starts_at: Instant
    ends_at: Instant
    phase: Phase | None = None
    """Every phase but `cancelled` when left out: what is cancelled takes nothing."""
    line: str | None = None
    stations: tuple[Slug, ...] | None = Field(default=None, max_length=1_000)
    """Only visits of these stations; all when left out."""
    after: str | None = Field(default=None, max_length=300)
    """Cursor of the page before."""
    limit: int = Field(default=50, ge=1, le=200)


class ScheduleNeed(Value):
    """One need as a board shows it."""

    need: NeedId
    kind: str
    service: str
    item: Text
    window: Window
    state: str
    """As in `NeedView`."""
    unit: Key | None = None
    """The main unit that is allotted to it."""
    units: tuple[Key, ...] = ()
    """All of them: every person of a team, every vehicle and its driver."""
    summary: Text | None = None
    why: Text | None = None
    """Why it was refused."""
    answer_by: Instant | None = None
    """Until when a person's consent is awaited."""


class ScheduleVisit(VisitSummary):
    """A visit that overlaps the window, with those of its needs that do."""

    kinds: tuple[str, ...]
    """Kinds of all its needs, those outside of the window too."""
    needs: tuple[ScheduleNeed, ...]


class SchedulePage(Value):
    """Visits in order of start, then id. A page may end before the limit: see `next`."""

    visits: tuple[ScheduleVisit, ...]
    next: str | None = None
