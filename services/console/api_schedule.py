"""What visits have in a window, over HTTP.

Must not: change anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_inventory import check_window
from services.console.asking import ask, read_by
from services.console.door import PROBLEMS, Parts, page
from services.console.roles import Principal
from services.console.shapes import ScheduleList
from shared.contracts.reading import ListSchedule
from shared.contracts.spec import Line
from shared.contracts.values import Slug
from shared.contracts.visits import Phase

router = APIRouter(prefix="/v1", tags=["visits"], responses=PROBLEMS)
MAX_SPAN = timedelta(days=62)


@router.get("/schedule", response_model=ScheduleList)
async def schedule(
    parts: Parts,
    who: Who,
    request: Request,
    starts_at: Annotated[datetime, Query(description="With offset.")],
    ends_at: Annotated[datetime, Query(description="With offset; at most 62 days later.")],
    phase: Annotated[Phase | None, Query(description="All but cancelled if left out.")] = None,
    line: Line | None = None,
    station: Annotated[Slug | None, Query()] = None,
    after: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Visits that overlap a window, in order of start, with those of their needs that do."""
    check_window(starts_at, ends_at, MAX_SPAN)
    query = ListSchedule(
        **read_by(who), starts_at=starts_at, ends_at=ends_at, phase=phase, line=line,
        stations=stations_of(who, station), after=after, limit=limit,
    )  # fmt: skip
    return page(await ask(parts.service, query), request)


def stations_of(who: Principal, station: str | None) -> tuple[str, ...] | None:
    """The stations to list: what is asked for, as far as this principal sees it; None for all."""
    if not station:
        return who.station_filter
    return (station,) if who.sees(station) else ()
