"""Reading visits: pages of the list, one visit whole, its timeline.

Must not: change anything.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlmodel import Session

from services.visits import views
from services.visits.preview import preview
from services.visits.specbook import Reading, read
from services.visits.status import VisitState
from services.visits.store import SPECS, TIMELINE, VISITS
from shared.contracts.reading import (
    ListVisits,
    ReadTimeline,
    ReadVisit,
    TimelineEntry,
    TimelinePage,
    VisitAnswer,
    VisitPage,
)
from shared.contracts.spec import VisitSpec
from shared.contracts.visits import VisitSummary

_VISIT = re.compile(r"[a-z0-9-]{1,63}")


def list_visits(session: Session, query: ListVisits) -> VisitPage:
    """Visits by start, then id. A cursor that makes no sense starts from the beginning."""
    wanted = select(VISITS.c.summary, VISITS.c.starts_at, VISITS.c.visit)
    if query.phase is not None:
        wanted = wanted.where(VISITS.c.phase == query.phase.value)
    if query.line is not None:
        wanted = wanted.where(VISITS.c.line == query.line)
    if query.stations is not None:
        wanted = wanted.where(VISITS.c.station.in_(query.stations))
    if query.text:
        wanted = wanted.where(VISITS.c.search.contains(query.text.lower(), autoescape=True))
    place = read_cursor(query.after)
    if place is not None:
        wanted = wanted.where(tuple_(VISITS.c.starts_at, VISITS.c.visit) > tuple_(*place))
    ordered = wanted.order_by(VISITS.c.starts_at, VISITS.c.visit).limit(query.limit + 1)
    rows = session.execute(ordered).all()
    page = rows[: query.limit]
    more = cursor_of(page[-1]) if len(rows) > query.limit else None
    return VisitPage(
        visits=tuple(VisitSummary.model_validate_json(row.summary) for row in page), next=more
    )


def cursor_of(row: Any) -> str:
    """The place of a row in lists by start, then id."""
    return urlsafe_b64encode(json.dumps([row.starts_at.isoformat(), row.visit]).encode()).decode()


def read_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """Start and id of a cursor; None without one, or when it makes no sense."""
    if cursor is None:
        return None
    try:
        starts_at, visit = json.loads(urlsafe_b64decode(cursor.encode()))
        instant = datetime.fromisoformat(starts_at)
        if instant.tzinfo is None or not _VISIT.fullmatch(visit):
            return None
        return instant.astimezone(UTC), visit
    except (ValueError, TypeError, OverflowError):
        return None


def read_visit(session: Session, query: ReadVisit) -> VisitAnswer:
    """One visit with spec, needs, rules and the preview of its proposal."""
    row = session.execute(
        select(VISITS.c.state, VISITS.c.summary).where(VISITS.c.visit == query.visit)
    ).one_or_none()
    if row is None:
        return VisitAnswer(visit=None)
    state = VisitState.model_validate_json(row.state)
    line = VisitSummary.model_validate_json(row.summary)
    reading = _reading(session, query.visit, str(state.revision))
    shown = None
    if state.proposal is not None and line.proposal is not None:
        proposed = _reading(session, query.visit, state.proposal.id)
        shown = preview(state, reading, proposed, line.proposal)
    return VisitAnswer(visit=views.whole(state, reading, line, shown))


def _reading(session: Session, visit: str, key: str) -> Reading:
    found = session.execute(
        select(SPECS.c.document).where(SPECS.c.visit == visit, SPECS.c.key == key)
    ).scalar_one()
    return read(VisitSpec.model_validate_json(found))


def read_timeline(session: Session, query: ReadTimeline) -> TimelinePage:
    """Entries after a sequence number, or the newest; in order."""
    wanted = select(TIMELINE).where(TIMELINE.c.visit == query.visit, TIMELINE.c.seq > query.after)
    if query.newest:
        last = wanted.order_by(TIMELINE.c.seq.desc()).limit(query.limit)
        rows = session.execute(last).all()[::-1]
    else:
        rows = session.execute(wanted.order_by(TIMELINE.c.seq).limit(query.limit + 1)).all()
    page = rows[: query.limit]
    entries = tuple(
        TimelineEntry.model_validate(
            {name: getattr(row, name) for name in TimelineEntry.model_fields}
        )
        for row in page
    )
    return TimelinePage(entries=entries, next=entries[-1].seq if len(rows) > query.limit else None)
