"""Who has come to hotels by hand, over HTTP: counts by night, and the rooming list with names.

Must not: decide who sees names; the guests service does, and records each look.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.access import Who
from services.console.api_hotels import DAYS, HotelId
from services.console.asking import read_as, visit_of
from services.console.door import PROBLEMS, Parts, VisitId, answer
from services.console.hand_guests import GuestStays, guest_stays
from services.console.rooming_calendar import rooming_calendar
from services.console.rooming_list import MEDIA, Form, as_file, rooming_list, stays_seen
from services.console.scope import check_seen
from shared.contracts.hotels import MAX_NIGHTS_SHOWN
from shared.contracts.values import Slug
from shared.contracts.visits import VisitView

router = APIRouter(prefix="/v1", tags=["hotels"], responses=PROBLEMS)


@router.get("/visits/{visit}/arrivals", response_model=GuestStays)
async def of_visit(parts: Parts, who: Who, visit: VisitId) -> Response:
    """Guests of a visit at hotels by hand, by order and night: named, in house, no-show, walked."""
    await check_seen(parts.service, who, visit)
    return answer((await guest_stays(parts, who, visit=visit)).model_dump(mode="json"))


@router.get("/hotels/{hotel}/arrivals", response_model=GuestStays)
async def of_hotel(
    parts: Parts, who: Who, hotel: HotelId,
    after: Annotated[
        date | None, Query(description="The first night; today there if left out.")
    ] = None,
    nights: Annotated[int, Query(ge=1, le=MAX_NIGHTS_SHOWN)] = 14,
) -> Response:  # fmt: skip
    """The same of a hotel by hand: its definite orders with a night in the span."""
    start = None if after is None else min(max(after, DAYS[0]), DAYS[1])
    found = await guest_stays(parts, who, hotel=hotel, starts_on=start, nights=nights)
    return answer(found.model_dump(mode="json"))


_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The list, in Chinese and English.",
        "content": {one.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                    for one in MEDIA.values()},
    }
}  # fmt: skip


@router.get("/visits/{visit}/rooming-list", response_class=Response, responses=_FILES)
async def of_guests(
    parts: Parts, who: Who, visit: VisitId,
    form: Annotated[Form, Query(alias="format")] = Form.XLSX,
    hotel: Annotated[Slug | None, Query(description="Only this hotel.")] = None,
) -> Response:  # fmt: skip
    """Who sleeps where, with names and room numbers, as XLSX or CSV; each look is recorded. As
    iCalendar: each stay with its rooms by type, and no names."""
    view = read_as(VisitView, await visit_of(parts.service, visit, who), "the visit")
    if form is Form.ICS:
        content = rooming_calendar(view, await stays_seen(parts, who, view, hotel))
    else:
        content = await as_file(await rooming_list(parts, who, view, hotel), form)
    name = "-".join(one for one in (visit, hotel, "rooming-list") if one)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"',
               "Cache-Control": "no-store"}  # fmt: skip
    return Response(content, 200, headers, MEDIA[form])
