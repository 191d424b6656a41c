"""Rosters over HTTP: put, look for a purpose, erase; head-counts; the audit of all of it.

Writes do not go through the table of idempotency keys: it keeps what passes, and nothing of a
guest may be kept here. They need none: a roster put twice is put once, a guest erased stays so.
Must not: keep or log anything of a roster but its revision and opaque ids (`rosters`); must not
decide who sees what, the guests service does.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from services.console import rosters
from services.console.access import Who
from services.console.asking import ask
from services.console.door import FORMS, PROBLEMS, Parts, VisitId, answer, page, seen_revision
from services.console.intents import visit_address
from services.console.problems import ProblemError, unreadable
from services.console.roster_text import Rows, read_rows
from services.console.scope import check_seen
from services.console.shapes import AuditList, RosterBody, RosterDone, RosterPage, inlined
from services.console.tree import Unreadable
from shared.contracts.guests import (
    AuditVerdict,
    EraseGuest,
    ErasureReason,
    LookAtRoster,
    PutRoster,
    ReadAudit,
    ReadTotals,
    RosterTotals,
    VerifyAudit,
)
from shared.contracts.message import Problem
from shared.contracts.roster import FIELDS
from shared.contracts.values import GuestId, Slug

router = APIRouter(prefix="/v1", tags=["guests"], responses=PROBLEMS)
GuestPath = Annotated[str, Path(pattern=r"^g-[0-9a-hjkmnp-tv-z]{26}$", description="Opaque id.")]
_BODY: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-Match",
            "in": "header",
            "schema": {"type": "string", "pattern": '^"[1-9][0-9]*"$'},
            "description": "The ETag of the roster as you saw it; left out for the first one.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": inlined(RosterBody)},
            "text/csv": {
                "schema": {"type": "string"},
                "example": f"guest,{','.join(FIELDS)}\n",
            },
        },
    },
}


def _act(parts: Parts, who: Who) -> dict[str, Any]:
    """Who asks, as what, and a name for this one act: the audit keeps all three."""
    return {"cause": parts.service.new_id(), "actor": who.name, "roles": sorted(who.roles)}


@router.put("/visits/{visit}/roster", response_model=RosterDone, openapi_extra=_BODY)
async def put_roster(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Replace the roster, whole. Guests who are not in it any more are erased.

    Rows are told apart by guest id, or else by document, or else by name and phone.
    """
    expected = seen_revision(request) if "if-match" in request.headers else 0
    sent = await _rows(request)
    query = PutRoster(**_act(parts, who), visit=visit, expected_revision=expected, rows=sent.rows)
    told = await ask(parts.service, query)
    errors = [sent.locate(Problem.model_validate(one)) for one in told["problems"]]
    tag = {"ETag": f'"{told["revision"]}"'} if told["revision"] else {}
    sort = _REFUSED.get(told["outcome"])
    if sort is not None:
        detail = f"{len(errors)} problems; each says what would be right; nothing was changed"
        raise ProblemError(sort, detail, errors, tag)
    put = rosters.Put(visit, told["revision"], who.name, tuple(told["erased"]))
    await parts.service.writer.run(lambda work: rosters.told(work, put))
    done = {name: told[name] for name in ("outcome", "revision", "rows", "erased")}
    return answer({"visit": visit, **done}, headers=tag)


_REFUSED = {"invalid": "invalid-roster", "conflict": "roster-stale", "refused": "purpose-refused"}


async def _rows(request: Request) -> Rows:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "text/csv" and media not in FORMS:
        detail = "send application/json, application/yaml or text/csv"
        raise ProblemError("unsupported-media-type", detail)
    try:
        return read_rows(await request.body(), FORMS.get(media))
    except Unreadable as error:
        raise unreadable(error) from error


@router.get("/visits/{visit}/roster", response_model=RosterPage)
async def look(
    parts: Parts,
    who: Who,
    request: Request,
    visit: VisitId,
    purpose: Annotated[Slug, Query()],
    fields: Annotated[
        str | None, Query(max_length=500, description="By commas; all of the purpose if left out.")
    ] = None,
    guest: Annotated[GuestId | None, Query()] = None,
    after: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Response:
    """What a purpose allows of the roster. Each look is recorded, also a refused one."""
    await check_seen(parts.service, who, visit)
    wanted = None if fields is None else tuple(fields.split(",")[:30])
    query = LookAtRoster(
        **_act(parts, who), visit=visit, purpose=purpose, fields=wanted, guest=guest,
        after=after, limit=limit,
    )  # fmt: skip
    found = await ask(parts.service, query)
    outcome = found.pop("outcome")
    if outcome == "refused":
        errors = [Problem.model_validate(one) for one in found["problems"]]
        raise ProblemError("purpose-refused", errors[0].message, errors)
    if outcome == "missing":
        what = "roster" if guest is None else "such guest in the roster"
        raise ProblemError("not-found", f"{visit_address(visit)} has no {what}")
    shown = page({"visit": visit, "purpose": purpose, **found}, request)
    shown.headers["ETag"] = f'"{found["revision"]}"'
    return shown


@router.delete("/visits/{visit}/roster/guests/{guest}", status_code=204)
async def erase(
    parts: Parts,
    who: Who,
    visit: VisitId,
    guest: GuestPath,
    reason: ErasureReason = ErasureReason.WITHDRAWN,
) -> Response:
    """Destroy the key and the data of one guest. Head-counts and the audit stay."""
    query = EraseGuest(**_act(parts, who), visit=visit, guest=guest, reason=reason)
    outcome = (await ask(parts.service, query))["outcome"]
    if outcome == "missing":
        raise ProblemError("not-found", f"the roster of {visit} has no such guest")
    if outcome == "refused":
        raise ProblemError("purpose-refused", "this role may not erase")
    return Response(status_code=204)


@router.get("/visits/{visit}/roster/totals", response_model=RosterTotals)
async def totals(parts: Parts, who: Who, visit: VisitId) -> Response:
    """Head-counts by category and diet, as a spec takes them; erased guests are counted."""
    await check_seen(parts.service, who, visit)
    return answer(await ask(parts.service, ReadTotals(**_act(parts, who), visit=visit)))


@router.get("/guests/audit", response_model=AuditList)
async def audit(
    parts: Parts,
    who: Who,
    request: Request,
    visit: Annotated[Slug | None, Query()] = None,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Who looked at or wrote what, for which purpose, oldest first. Names no guest but by id."""
    query = ReadAudit(**_act(parts, who), visit=visit, after=after, limit=limit)
    return page(await ask(parts.service, query), request)


@router.get("/guests/audit/verification", response_model=AuditVerdict)
async def verify(
    parts: Parts,
    who: Who,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    known_seq: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    known_hash: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
) -> Response:
    """Whether the audit's chain is whole. Note its head: with it a cut-off end is found later."""
    query = VerifyAudit(**_act(parts, who), after=after, known_seq=known_seq, known_hash=known_hash)
    return answer(await ask(parts.service, query))
