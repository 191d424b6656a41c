"""Trouble over HTTP: visits at risk, one visit as a sequence over services, the input of its plan.

Must not: judge; `services.visits` does, and says so in its answer.
"""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.console.access import Who
from services.console.api_visits import WRITTEN
from services.console.asking import ask, read_by, visit_of
from services.console.door import (
    PROBLEMS,
    Console,
    Parts,
    VisitId,
    answer,
    page,
    read_fields,
)
from services.console.intents import to_reconcile
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.shapes import Done, Page, fields_of, write_of
from services.console.tracing import Step, lanes_of, steps_of
from shared.contracts.impact import Impact, ListRisks, ReadPlanInput
from shared.contracts.notices import ListNotices
from shared.contracts.parking import Reason
from shared.contracts.reading import ReadTimeline
from shared.contracts.spec import Line
from shared.contracts.visits import Phase

router = APIRouter(prefix="/v1", tags=["risks"], responses=PROBLEMS)
NOTICES = 500
"""Notices of one visit in its trace."""


class ReasonFields(BaseModel):
    """Why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason


RECONCILE = write_of(fields_of(ReasonFields), if_match=False)


class RiskList(Page):
    """A page of visits at risk, least slack first."""

    as_of: str
    risks: list[Impact]


class Trace(Page):
    """A page of a visit's sequence."""

    visit: str
    lanes: list[str]
    steps: list[Step]
    notices_missing: bool
    """The notifications service did not answer, or there are more notices than fit."""


class PlanInput(BaseModel):
    """All that `plan()` looks at. `python -m deploy.cli plan FILE` runs it again."""

    now: str
    spec: dict[str, Any]
    proposed: dict[str, Any] | None
    status: dict[str, Any]
    pacing: dict[str, Any]


@router.get("/risks", response_model=RiskList)
async def risks(
    parts: Parts,
    who: Who,
    request: Request,
    phase: Phase | None = None,
    line: Line | None = None,
    after: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Visits that are not ready: whom it hurts, which moment they would miss, how much time is
    left to mend it, and whether it heals by itself or somebody must decide."""
    query = ListRisks(
        **read_by(who), phase=phase, line=line, stations=who.station_filter, after=after,
        limit=limit,
    )  # fmt: skip
    return page(await ask(parts.service, query), request)


@router.get("/visits/{visit}/trace", response_model=Trace)
async def trace(
    parts: Parts,
    who: Who,
    request: Request,
    visit: VisitId,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> Response:
    """Causes, decisions with reasons, commands, answers, repetitions and notices, with times and
    lanes. Notices stand on the page of the timeline into whose time they fall."""
    return page(await read_trace(parts, who, visit, after, limit), request)


async def read_trace(
    parts: Console, who: Principal, visit: str, after: int, limit: int, newest: bool = False
) -> dict[str, Any]:
    """A page of a visit's sequence, or its newest steps. Raises ProblemError."""
    await visit_of(parts.service, visit, who)
    query = ReadTimeline(**read_by(who), visit=visit, after=after, limit=limit, newest=newest)
    found = await ask(parts.service, query)
    entries = found["entries"]
    try:
        told = await ask(parts.service, ListNotices(**read_by(who), visit=visit, limit=NOTICES))
    except ProblemError:
        told = {"notices": [], "next": 0}
    from_start = not entries or entries[0]["seq"] == 1
    steps = _between(steps_of(entries, told["notices"]), from_start, found["next"] is None)
    return {
        "visit": visit,
        "lanes": lanes_of(steps),
        "steps": [step.model_dump() for step in steps],
        "notices_missing": told["next"] is not None,
        "next": found["next"],
    }


def _between(steps: list[Step], from_start: bool, to_end: bool) -> list[Step]:
    """Without the notices that other pages show."""
    places = [index for index, step in enumerate(steps) if step.seq is not None]
    if not places:
        return steps if from_start or to_end else []
    first = 0 if from_start else places[0]
    return steps[first:] if to_end else steps[first : places[-1] + 1]


@router.post("/visits/{visit}/reconcile", response_model=Done, responses=WRITTEN,
             openapi_extra=RECONCILE)  # fmt: skip
async def reconcile(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Have a visit looked at now: silent owners are asked again, and what was refused is tried once
    more. What is wanted stays as it is."""
    body, told = await read_fields(request, ReasonFields)
    return await parts.writes.run(request, body, to_reconcile(parts, who, visit, told.reason), who)


@router.get("/visits/{visit}/plan-input", response_model=PlanInput)
async def plan_input(parts: Parts, who: Who, visit: VisitId) -> Response:
    """What the orchestrator looks at when it plans this visit, as of now."""
    found = await ask(parts.service, ReadPlanInput(**read_by(who), visit=visit))
    if found["document"] is None or not who.sees(found["station"]):
        raise ProblemError("not-found", f"there is no visit {visit}")
    return answer(orjson.loads(found["document"]))
