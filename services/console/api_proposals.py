"""Proposals over HTTP: look at a change before it is made, then commit or drop it.

Must not: decide; `services.visits` does.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.console.access import Who
from services.console.api_visits import WRITTEN
from services.console.asking import visit_of
from services.console.door import (
    PROBLEMS,
    Parts,
    VisitId,
    answer,
    read_document,
    read_fields,
    seen_revision,
)
from services.console.intents import to_commit, to_drop, to_propose
from services.console.problems import ProblemError
from services.console.shapes import SPEC, Done, fields_of, write_of
from shared.contracts.values import Key
from shared.contracts.visits import ProposalView

router = APIRouter(prefix="/v1/visits/{visit}/proposal", tags=["proposals"], responses=PROBLEMS)


class Commit(BaseModel):
    """Which proposal to commit: the one that was looked at."""

    model_config = ConfigDict(extra="forbid")

    proposal: Key


@router.post(
    "", status_code=201, response_model=Done, responses=WRITTEN, openapi_extra=write_of(SPEC)
)
async def propose(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Hold what a changed spec would need beside what stands. Replaces an open proposal."""
    expected = seen_revision(request)
    body, document, spec = await read_document(request, visit)
    intent = to_propose(parts, who, expected, spec, document.locate)
    return await parts.writes.run(request, body, intent, who)


@router.get("", response_model=ProposalView)
async def read(parts: Parts, who: Who, visit: VisitId) -> Response:
    """Everything that would move, what it costs, and what stands against it."""
    found = await visit_of(parts.service, visit, who)
    if found.get("proposed") is None:
        raise ProblemError("not-found", f"the visit {visit} has no proposal")
    return answer(found["proposed"], headers={"ETag": f'"{found["revision"]}"'})


@router.post(
    "/commit", response_model=Done, responses=WRITTEN, openapi_extra=write_of(fields_of(Commit))
)
async def commit(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Make the open proposal the spec, all or nothing. Needs If-Match and an Idempotency-Key."""
    expected = seen_revision(request)
    body, wish = await read_fields(request, Commit)
    intent = to_commit(parts, who, visit, expected, wish.proposal)
    return await parts.writes.run(request, body, intent, who)


@router.delete("", response_model=Done, responses=WRITTEN, openapi_extra=write_of(if_match=False))
async def drop(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Forget the proposal; what stood stands. If-Match is honoured when given."""
    expected = seen_revision(request) if "if-match" in request.headers else None
    intent = to_drop(parts, who, visit, expected)
    return await parts.writes.run(request, await request.body(), intent, who)
