"""Reading visits at risk, weighing parked messages, and the input of a plan.

Must not: change anything, or decide; `impact` and `weighing` do.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlmodel import Session

from services.visits.impact import impact, order
from services.visits.pacing import Pacing
from services.visits.specbook import Reading, read
from services.visits.status import VisitState
from services.visits.store import ANSWERS, SPECS, UNDER_WAY, VISITS
from services.visits.weighing import Known, weigh
from shared.contracts.impact import (
    Impact,
    ListRisks,
    PlanInputAnswer,
    ReadPlanInput,
    RiskPage,
    Weighing,
    Weighings,
    WeighMessages,
)
from shared.contracts.spec import VisitSpec
from shared.contracts.visits import VisitSummary

LATE_AFTER_S = 10.0
"""A visit that is on its way to an answer for no longer than this is no risk yet."""
_COLUMNS = (VISITS.c.visit, VISITS.c.state, VISITS.c.summary, VISITS.c.since)


def list_risks(session: Session, query: ListRisks, pacing: Pacing, now: datetime) -> RiskPage:
    """Visits that are not settled. The store has them in order: `act_by` is indexed, and is empty
    for all others, so that neither settled nor closed visits are looked at."""
    late = now - timedelta(seconds=LATE_AFTER_S)
    wanted = select(*_COLUMNS, VISITS.c.act_by, VISITS.c.guests).where(
        VISITS.c.act_by.is_not(None),
        or_(VISITS.c.phase.not_in(UNDER_WAY), VISITS.c.since <= late),
    )
    if query.phase is not None:
        wanted = wanted.where(VISITS.c.phase == query.phase.value)
    if query.line is not None:
        wanted = wanted.where(VISITS.c.line == query.line)
    if query.stations is not None:
        wanted = wanted.where(VISITS.c.station.in_(query.stations))
    place = _read_cursor(query.after)
    if place is not None:
        wanted = wanted.where(_beyond(*place))
    ordered = wanted.order_by(VISITS.c.act_by, VISITS.c.guests.desc(), VISITS.c.visit)
    rows = session.execute(ordered.limit(query.limit + 1)).all()
    page = rows[: query.limit]
    risks = sorted(_impacts(session, page, pacing, now).values(), key=order)
    more = _cursor(page[-1]) if len(rows) > query.limit else None
    return RiskPage(as_of=now, risks=tuple(risks), next=more)


def _beyond(act_by: datetime, guests: int, visit: str) -> Any:
    same = VISITS.c.act_by == act_by
    return or_(
        VISITS.c.act_by > act_by,
        and_(same, VISITS.c.guests < guests),
        and_(same, VISITS.c.guests == guests, VISITS.c.visit > visit),
    )


def _cursor(row: Any) -> str:
    place = [row.act_by.isoformat(), row.guests, row.visit]
    return urlsafe_b64encode(json.dumps(place).encode()).decode()


def _read_cursor(cursor: str | None) -> tuple[datetime, int, str] | None:
    """The place where a page ended; nonsense begins anew."""
    if cursor is None:
        return None
    try:
        act_by, guests, visit = json.loads(urlsafe_b64decode(cursor.encode()))
        instant = datetime.fromisoformat(act_by)
        if instant.tzinfo is None or not isinstance(guests, int) or not isinstance(visit, str):
            return None
        return instant.astimezone(UTC), min(max(guests, 0), 2**31 - 1), visit.replace("\x00", "")
    except (ValueError, TypeError, OverflowError):
        return None


def _impacts(
    session: Session, rows: Iterable[Any], pacing: Pacing, now: datetime
) -> dict[str, Impact]:
    rows = list(rows)
    states = {row.visit: VisitState.model_validate_json(row.state) for row in rows}
    readings = _readings(session, states)
    found: dict[str, Impact] = {}
    for row in rows:
        line = VisitSummary.model_validate_json(row.summary)
        since = row.since or line.changed_at
        one = impact(states[row.visit], readings[row.visit], line, since, pacing, now)
        if one is not None:
            found[row.visit] = one
    return found


def _readings(session: Session, states: dict[str, VisitState]) -> dict[str, Reading]:
    """The spec in force of each visit."""
    keys = {str(state.revision) for state in states.values()}
    wanted = select(SPECS.c.visit, SPECS.c.key, SPECS.c.document).where(
        SPECS.c.visit.in_(states), SPECS.c.key.in_(keys)
    )
    return {
        row.visit: read(VisitSpec.model_validate_json(row.document))
        for row in session.execute(wanted)
        if row.key == str(states[row.visit].revision)
    }


def weigh_messages(
    session: Session, query: WeighMessages, pacing: Pacing, now: datetime
) -> Weighings:
    """Verdicts on parked messages, and the impact of each visit that they name."""
    names = {*query.visits, *(one.named.visit for one in query.messages)}
    rows = session.execute(select(*_COLUMNS).where(VISITS.c.visit.in_(names))).all()
    states = {row.visit: VisitState.model_validate_json(row.state) for row in rows}
    phases = {row.visit: VisitSummary.model_validate_json(row.summary).phase for row in rows}
    asked = {one.named.command for one in query.messages if one.named.command is not None}
    answered = set(
        session.execute(select(ANSWERS.c.command).where(ANSWERS.c.command.in_(asked))).scalars()
    )
    weighed = []
    for one in query.messages:
        visit = one.named.visit
        known = Known(states.get(visit), phases.get(visit), one.named.command in answered)
        judged = weigh(one, known)
        weighed.append(Weighing(ref=one.ref, verdict=judged.verdict, why=judged.why))
    impacts = sorted(_impacts(session, rows, pacing, now).values(), key=order)
    return Weighings(as_of=now, weighings=tuple(weighed), impacts=tuple(impacts))


def plan_input(
    session: Session, query: ReadPlanInput, pacing: Pacing, now: datetime
) -> PlanInputAnswer:
    """Spec, proposed spec, state, pacing and moment: all that `plan()` looks at."""
    row = session.execute(
        select(VISITS.c.state, VISITS.c.station).where(VISITS.c.visit == query.visit)
    ).one_or_none()
    if row is None:
        return PlanInputAnswer(document=None)
    state = VisitState.model_validate_json(row.state)
    keys = {str(state.revision), *([state.proposal.id] if state.proposal else ())}
    found = select(SPECS.c.key, SPECS.c.document).where(
        SPECS.c.visit == query.visit, SPECS.c.key.in_(keys)
    )
    specs = {one.key: json.loads(one.document) for one in session.execute(found)}
    document = {
        "now": now.isoformat(),
        "spec": specs.get(str(state.revision)),
        "proposed": specs.get(state.proposal.id) if state.proposal else None,
        "status": state.model_dump(mode="json"),
        "pacing": {**asdict(pacing), "worth_retrying": sorted(pacing.worth_retrying)},
    }
    text = json.dumps(document, ensure_ascii=False)
    return PlanInputAnswer(station=row.station, document=text)
