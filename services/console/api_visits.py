"""Visits over HTTP: submit, list, read, edit, cancel, and how a command ended.

Must not: decide; `services.visits` does, and says so in its answer.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import ask, read_by, visit_of
from services.console.commands import status_address
from services.console.door import (
    PROBLEMS,
    Parts,
    VisitId,
    answer,
    page,
    read_document,
    seen_revision,
)
from services.console.intents import to_cancel, to_edit, to_submit
from services.console.problems import ProblemError
from services.console.scope import check_seen
from services.console.shapes import (
    SPEC,
    CommandState,
    Done,
    Pending,
    TimelineList,
    VisitList,
    write_of,
)
from shared.contracts.reading import ListVisits, ReadTimeline
from shared.contracts.spec import Line
from shared.contracts.visits import Phase, VisitView

router = APIRouter(prefix="/v1", tags=["visits"], responses=PROBLEMS)
WRITTEN: dict[int | str, dict[str, Any]] = {
    202: {"model": Pending, "description": "Kept; the outcome will be at `status`."}
}


@router.post("/visits", status_code=201, response_model=Done, responses=WRITTEN,
             openapi_extra=write_of(SPEC, if_match=False))  # fmt: skip
async def submit(parts: Parts, who: Who, request: Request) -> Response:
    """Open a new visit from a spec in YAML or JSON. Needs an Idempotency-Key."""
    body, document, spec = await read_document(request)
    return await parts.writes.run(request, body, to_submit(who, spec, document.locate), who)


@router.put("/visits/{visit}", response_model=Done, responses=WRITTEN, openapi_extra=write_of(SPEC))
async def edit(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Replace the whole spec. Needs If-Match with the revision you saw, and an Idempotency-Key."""
    expected = seen_revision(request)
    body, document, spec = await read_document(request, visit)
    intent = to_edit(parts, who, expected, spec, document.locate)
    return await parts.writes.run(request, body, intent, who)


@router.delete("/visits/{visit}", response_model=Done, responses=WRITTEN, openapi_extra=write_of())
async def cancel(
    parts: Parts,
    who: Who,
    request: Request,
    visit: VisitId,
    reason: Annotated[str, Query(max_length=1_000)] = "",
) -> Response:
    """Cancel: everything the visit holds is released. Needs If-Match and an Idempotency-Key."""
    expected = seen_revision(request)
    intent = to_cancel(parts, who, visit, expected, reason)
    return await parts.writes.run(request, await request.body(), intent, who)


@router.get("/visits", response_model=VisitList)
async def list_visits(
    parts: Parts,
    who: Who,
    request: Request,
    phase: Phase | None = None,
    line: Line | None = None,
    text: Annotated[str, Query(max_length=100, description="Part of id, title or host.")] = "",
    after: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Visits in order of start."""
    query = ListVisits(
        **read_by(who), phase=phase, line=line, text=text, stations=who.station_filter,
        after=after, limit=limit,
    )  # fmt: skip
    return page(await ask(parts.service, query), request)


@router.get("/visits/{visit}", response_model=VisitView)
async def read(parts: Parts, who: Who, visit: VisitId) -> Response:
    """One visit whole. Its ETag is the revision of the spec: send it back as If-Match."""
    found = await visit_of(parts.service, visit, who)
    return answer(found, headers={"ETag": f'"{found["revision"]}"'})


@router.get("/visits/{visit}/timeline", response_model=TimelineList)
async def timeline(
    parts: Parts,
    who: Who,
    request: Request,
    visit: VisitId,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> Response:
    """Each cause, decision, command and answer, in order. The newest 5,000 lines of a visit are
    kept; of one that ended years ago the last."""
    await check_seen(parts.service, who, visit)
    query = ReadTimeline(**read_by(who), visit=visit, after=after, limit=limit)
    found = await ask(parts.service, query)
    if not found["entries"] and after == 0:
        raise ProblemError("not-found", f"there is no visit {visit}")
    return page(found, request)


@router.get("/commands/{command}", response_model=CommandState)
async def command_state(
    parts: Parts, who: Who, command: Annotated[str, Path(pattern="^c-[0-9a-f]{40}$")]
) -> Response:
    """How a command ended, or that its owner has not answered yet."""
    act = await parts.writes.find(command)
    if act is None or not (who.sees_all or act.actor == who.name):
        raise ProblemError("not-found", "there is no such command, or it is more than 48 h old")
    told = act.answer
    state = {
        "command": command,
        "state": "pending" if told is None else "answered",
        "outcome": told.outcome if told else None,
        "about": act.resource,
        "revision": told.revision if told else None,
        "problems": [one.model_dump(mode="json") for one in told.problems] if told else [],
        "status": status_address(command),
    }
    return answer(state, headers={} if told else {"Retry-After": "1"})
