"""The schedule: what many visits have in a window, for boards.

Owns: which needs are shown of each visit, and how large a page may be.
Must not: change anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlmodel import Session

from services.visits import views
from services.visits.expand import PlannedNeed, needs_of
from services.visits.queries import cursor_of, read_cursor
from services.visits.status import VisitState
from services.visits.store import SPECS, VISITS
from shared.contracts.reading import ListSchedule, ScheduleNeed, SchedulePage, ScheduleVisit
from shared.contracts.spec import VisitSpec
from shared.contracts.values import Window
from shared.contracts.visits import NeedView, Phase, VisitSummary

PAGE_BYTES = 600_000
"""A page ends early rather than being too large for the bus."""
KEPT = 1_000
"""Specs whose needs are remembered."""


def list_schedule(session: Session, query: ListSchedule) -> SchedulePage:
    """Visits that overlap the window, by start, then id, with their needs in it."""
    rows = session.execute(_wanted(query)).all()
    page = rows[: query.limit]
    states = {row.visit: VisitState.model_validate_json(row.state) for row in page}
    needs = _needs(session, list(states.values()))
    shown: list[ScheduleVisit] = []
    size = 0
    for row in page:
        one = _visit(states[row.visit], row.summary, needs[row.visit], query)
        size += len(one.model_dump_json().encode())
        if shown and size > PAGE_BYTES:
            break
        shown.append(one)
    more = len(shown) < len(rows)
    return SchedulePage(visits=tuple(shown), next=cursor_of(rows[len(shown) - 1]) if more else None)


def _wanted(query: ListSchedule) -> Select[Any]:
    columns = (VISITS.c.visit, VISITS.c.starts_at, VISITS.c.state, VISITS.c.summary)
    wanted = select(*columns).where(
        VISITS.c.starts_at < query.ends_at, VISITS.c.ends_at > query.starts_at
    )
    if query.phase is None:
        wanted = wanted.where(VISITS.c.phase != Phase.CANCELLED.value)
    else:
        wanted = wanted.where(VISITS.c.phase == query.phase.value)
    if query.line is not None:
        wanted = wanted.where(VISITS.c.line == query.line)
    if query.stations is not None:
        wanted = wanted.where(VISITS.c.station.in_(query.stations))
    place = read_cursor(query.after)
    if place is not None:
        starts_at, visit = place
        same = and_(VISITS.c.starts_at == starts_at, VISITS.c.visit > visit)
        wanted = wanted.where(or_(VISITS.c.starts_at > starts_at, same))
    return wanted.order_by(VISITS.c.starts_at, VISITS.c.visit).limit(query.limit + 1)


def _needs(session: Session, states: Sequence[VisitState]) -> dict[str, tuple[PlannedNeed, ...]]:
    """The needs of each visit's present spec."""
    keys = {(one.visit, str(one.revision)) for one in states}
    found = session.execute(
        select(SPECS.c.visit, SPECS.c.key, SPECS.c.document).where(
            SPECS.c.visit.in_([visit for visit, _ in keys]),
            SPECS.c.key.in_({key for _, key in keys}),
        )
    )
    return {row.visit: _read(row.document) for row in found if (row.visit, row.key) in keys}


@lru_cache(KEPT)
def _read(document: str) -> tuple[PlannedNeed, ...]:
    return needs_of(VisitSpec.model_validate_json(document))


def _visit(
    state: VisitState, line: str, needs: Sequence[PlannedNeed], query: ListSchedule
) -> ScheduleVisit:
    views_ = [views.need_view(state, one) for one in needs if _overlaps(one.request.window, query)]
    return ScheduleVisit(
        **VisitSummary.model_validate_json(line).model_dump(),
        kinds=tuple(sorted({one.request.kind for one in needs})),
        needs=tuple(_need(one) for one in views_),
    )


def _overlaps(window: Window, query: ListSchedule) -> bool:
    return window.starts_at < query.ends_at and window.ends_at > query.starts_at


def units_of(allotted: Mapping[str, Any]) -> tuple[str, ...]:
    """Every unit that an allotment names, each once, the main one first."""
    rides = [one for one in allotted.get("vehicles") or () if isinstance(one, dict)]
    named = [allotted.get("unit"), *(allotted.get("people") or ())]
    named += [ride.get(part) for ride in rides for part in ("vehicle", "driver")]
    return tuple(dict.fromkeys(str(one) for one in named if one))


def _need(view: NeedView) -> ScheduleNeed:
    return ScheduleNeed(
        need=view.need, kind=view.kind, service=view.service, item=view.item, window=view.window,
        state=view.state, unit=view.allotted.get("unit"), units=units_of(view.allotted),
        summary=view.summary,
        why=view.refusal.sentence if view.refusal else None,
        answer_by=view.consent.answer_by if view.consent else None,
    )  # fmt: skip
