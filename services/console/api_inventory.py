"""Inventories, notices, the stream of changes and the document's schema over HTTP.

Must not: change anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import ask, read_by
from services.console.door import PROBLEMS, Parts, page
from services.console.problems import ProblemError, as_json
from services.console.schema import visit_spec_schema
from services.console.scope import check_seen
from services.console.shapes import InventoryList, NoticeList
from shared.contracts.catalog import kinds_of, resource_services
from shared.contracts.inventory import ReadInventory
from shared.contracts.message import Problem
from shared.contracts.notices import ListNotices, NoticeState
from shared.contracts.values import Slug

router = APIRouter(prefix="/v1", responses=PROBLEMS)
WINDOW = timedelta(days=7)
MAX_WINDOW = timedelta(days=366)


def check_service(service: str) -> None:
    """Raise ProblemError (404) for a service that has no inventory."""
    if service not in resource_services():
        known = ", ".join(resource_services())
        raise ProblemError("not-found", f"no such service; there are {known}")


@router.get("/inventory/{service}", response_model=InventoryList, tags=["inventory"])
async def inventory(
    parts: Parts,
    who: Who,
    request: Request,
    service: str,
    starts_at: Annotated[
        datetime | None, Query(description="With offset; now if left out.")
    ] = None,
    ends_at: Annotated[datetime | None, Query(description="A week later if left out.")] = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Units of a service, their documents, and how much of each is taken in a window."""
    check_service(service)
    start = starts_at or parts.service.clock.now().replace(second=0, microsecond=0)
    end = ends_at or _later(start)
    check_window(start, end)
    query = ReadInventory(
        **read_by(who), starts_at=start, ends_at=end, kind=kind, after=after, limit=limit
    )
    found = await ask(parts.service, query, service)
    found["units"] = who.inventory(service, found["units"])
    fixed = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
    return page({"kinds": list(kinds_of(service)), **found}, request, **fixed)


def _later(start: datetime) -> datetime:
    try:
        return start + WINDOW
    except OverflowError:
        return start


def check_window(start: datetime, end: datetime, most: timedelta = MAX_WINDOW) -> None:
    """Raise ProblemError (422) unless a window has offsets, is in the calendar and short enough."""
    wrong = None
    if start.tzinfo is None or end.tzinfo is None:
        wrong = ("no_offset", "a time has no offset", "write for example 2027-08-18T00:00:00Z")
    elif not 1971 <= start.year <= 9998 or not 1971 <= end.year <= 9998:
        wrong = ("bad_window", "the window is outside of the calendar", "use years from 1971 on")
    elif not timedelta(0) < end - start <= most:
        message = f"the window is empty or longer than {most.days} days"
        wrong = ("bad_window", message, "let ends_at be later than starts_at")
    if wrong is not None:
        code, message, remedy = wrong
        told = Problem(code=code, path="query.starts_at", message=message, remedy=remedy)
        raise ProblemError("invalid-request", message, (told,))


@router.get("/notices", response_model=NoticeList, tags=["notices"])
async def notices(
    parts: Parts,
    who: Who,
    request: Request,
    visit: Annotated[Slug | None, Query()] = None,
    state: NoticeState | None = None,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Who was told what on which change, oldest first."""
    if visit is not None:
        await check_seen(parts.service, who, visit)
    elif not who.sees_all:
        raise ProblemError("forbidden", "name the visit: this account sees its stations only")
    query = ListNotices(**read_by(who), visit=visit, state=state, after=after, limit=limit)
    return page(await ask(parts.service, query), request)


@router.get("/events", tags=["events"], response_class=Response,
            responses={200: {"content": {"text/event-stream": {}}}})  # fmt: skip
async def events(
    parts: Parts,
    who: Who,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
    after: Annotated[str | None, Query(max_length=100, description="As Last-Event-ID.")] = None,
) -> Response:
    """Changes as server-sent events: `hello`, `visit_changed` (a list line), `reload`, `bus`.

    Open the stream first, then read the list: nothing is missed between. `reload` says that
    changes may have been missed.
    """
    return parts.hub.stream(last_event_id or after, who.sees)


@router.get("/schemas/visit-spec.json", tags=["schemas"], response_class=Response,
            responses={200: {"content": {"application/schema+json": {}}}})  # fmt: skip
async def visit_spec() -> Response:
    """The JSON Schema of the document that a planner writes."""
    return Response(as_json(visit_spec_schema()), media_type="application/schema+json")
