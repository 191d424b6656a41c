"""The tables of the visits service, and reading and writing them in groups.

Must not: decide anything; `handlers` calls, `reconcile` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, Text, and_, bindparam, func, or_, select, update
from sqlmodel import Field, SQLModel

from shared.chassis.store import UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import Work, insertion
from shared.contracts.visits import Phase


class VisitRow(SQLModel):
    """A visit: columns to find it by, and its state and list line as documents."""

    visit: str = Field(primary_key=True, max_length=63)
    phase: str = Field(max_length=16, index=True)
    line: str = Field(max_length=16)
    station: str | None = Field(default=None, max_length=63, index=True)
    search: str = Field(sa_type=Text)
    """Id, title and host in lower case, for finding by a part of them."""
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    wake_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    guests: int = 0
    since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Not settled since; None while nothing is missing."""
    act_by: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When mending must begin at the latest; None while nothing is missing. The order of risks."""
    state: str = Field(sa_type=Text)
    summary: str = Field(sa_type=Text)
    trace: dict[str, Any] = Field(sa_type=JSON)
    """Trace headers of the last act, for what a timer causes."""


class SpecRow(SQLModel):
    """Every spec ever submitted or proposed. `key` is the revision, or the proposal's id."""

    visit: str = Field(primary_key=True, max_length=63)
    key: str = Field(primary_key=True, max_length=200)
    document: str = Field(sa_type=Text)
    actor: str = Field(max_length=200)
    cause: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)


class AnswerRow(SQLModel):
    """How a command ended, so that the same command asked again gets the same answer."""

    command: str = Field(primary_key=True, max_length=200)
    answer: str = Field(sa_type=Text)
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class TimelineRow(SQLModel):
    """One line of a visit's history."""

    visit: str = Field(primary_key=True, max_length=63)
    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=200)
    cause: str = Field(max_length=200, index=True)
    kind: str = Field(max_length=16)
    sentence: str = Field(sa_type=Text)
    data: dict[str, Any] = Field(sa_type=JSON)


VISITS = core(table(VisitRow, "visits", "visits"))
SPECS = core(table(SpecRow, "visits", "specs"))
ANSWERS = core(table(AnswerRow, "visits", "answers"))
TIMELINE = core(table(TimelineRow, "visits", "timeline"))
# Lists are in this order, and a schedule skips what is over without looking at the rows.
Index("ix_visits_visits_span", VISITS.c.starts_at, VISITS.c.visit, VISITS.c.ends_at)

UNDER_WAY = (Phase.HOLDING.value, Phase.CONFIRMING.value, Phase.CANCELLING.value)
"""Phases in which an owner's answer is awaited."""

# Built once: building a statement costs more than running it.
_VISITS_OF = (
    select(VISITS.c.visit, VISITS.c.state, VISITS.c.summary, VISITS.c.trace, VISITS.c.since)
    .where(VISITS.c.visit.in_(bindparam("ids", expanding=True)))
    .order_by(VISITS.c.visit)
    .with_for_update()
)
NEXT_DUE = select(func.min(VISITS.c.wake_at))
"""When the next visit is to be looked at."""
_DUE = (
    select(VISITS.c.visit)
    .where(
        or_(
            VISITS.c.wake_at <= bindparam("now"),
            and_(VISITS.c.wake_at > bindparam("ahead"), VISITS.c.phase.in_(UNDER_WAY)),
        )
    )
    # In the order of `wake_at`, but not along its index: SQLite would read all of it, every visit
    # there ever was, to find the few of the second kind.
    .order_by(func.coalesce(VISITS.c.wake_at, VISITS.c.wake_at))
    .limit(bindparam("most"))
    # Another replica is at work on those; to wait for it, holding others, could be a deadlock.
    .with_for_update(skip_locked=True)
)
_SPECS_OF = select(SPECS.c.visit, SPECS.c.key, SPECS.c.document).where(
    SPECS.c.visit.in_(bindparam("visits", expanding=True)),
    SPECS.c.key.in_(bindparam("names", expanding=True)),
)
_ANSWERS_TO = select(ANSWERS.c.command, ANSWERS.c.answer).where(
    ANSWERS.c.command.in_(bindparam("commands", expanding=True))
)
_CHANGE_VISIT = (
    update(VISITS)
    .where(VISITS.c.visit == bindparam("_visit"))
    .values({c.name: bindparam(c.name) for c in VISITS.columns if c.name != "visit"})
)


def load_visits(work: Work, ids: Iterable[str]) -> dict[str, Any]:
    """Rows of these visits by id, locked in order so that replicas cannot deadlock."""
    found = work.connection.execute(_VISITS_OF, {"ids": sorted(set(ids))})
    return {row.visit: row for row in found}


def due_visits(work: Work, limit: int, patience_s: float) -> list[str]:
    """Visits whose moment to be looked at has come, those that wait longest first.

    One under way never waits longer than `patience_s`: a later moment is from a wrong clock.
    """
    ahead = work.now + timedelta(seconds=patience_s)
    found = work.connection.execute(_DUE, {"now": work.now, "ahead": ahead, "most": limit})
    return list(found.scalars())


def load_specs(work: Work, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Spec documents by (visit, key)."""
    visits = sorted({visit for visit, _key in keys})
    names = sorted({key for _visit, key in keys})
    found = work.connection.execute(_SPECS_OF, {"visits": visits, "names": names})
    return {(row.visit, row.key): row.document for row in found}


def load_answers(work: Work, commands: Iterable[str]) -> dict[str, str]:
    """Answers already given, by command id."""
    found = work.connection.execute(_ANSWERS_TO, {"commands": sorted(commands)})
    return {row.command: row.answer for row in found}


def save(
    work: Work,
    new: list[dict[str, Any]],
    changed: list[dict[str, Any]],
    specs: list[dict[str, Any]],
    answers: list[dict[str, Any]],
    timeline: list[dict[str, Any]],
) -> None:
    """Write what a group decided, one statement per table."""
    if changed:
        rows = [{**row, "_visit": row["visit"]} for row in changed]
        work.connection.execute(_CHANGE_VISIT, rows)
    pairs = ((VISITS, new), (SPECS, specs), (ANSWERS, answers), (TIMELINE, timeline))
    for target, rows in pairs:
        if rows:
            work.connection.execute(insertion(target), rows)
