"""Cut-offs of a hotel's blocks, and pick-up by night as files, over HTTP.

A visit's file is for whoever sees the visit. Dates and counts only: no guest is named.
Must not: count; bookings does.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_hotels import DAYS, HotelId, orders_of
from services.console.asking import ask, read_as, read_by, visit_of
from services.console.door import PROBLEMS, Console, Parts, page
from services.console.roles import Principal
from services.console.shapes import Page
from shared.contracts.hotel_pickup import (
    HotelCut,
    HotelCuts,
    PickupFile,
    PickupForm,
    ReadHotelCuts,
    ReadPickup,
)
from shared.contracts.values import Slug

router = APIRouter(responses=PROBLEMS)
Form = Annotated[PickupForm, Path(description="How the file is written.")]
VisitId = Annotated[Slug, Path(description="Id of the visit.")]
TYPES = {
    PickupForm.CSV: "text/csv; charset=utf-8",
    PickupForm.ICS: "text/calendar; charset=utf-8",
    PickupForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FILE: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The file. `X-Complete` is `false` when there are more nights than fit.",
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for kind in TYPES.values()
        },
    }
}


class HotelCutList(Page):
    """A page of cut-offs."""

    cuts: list[HotelCut]


@router.get("/v1/hotels/{hotel}/cut-offs", response_model=HotelCutList, tags=["operations"])
async def list_cut_offs(
    parts: Parts, who: Who, request: Request, hotel: HotelId,
    done: Annotated[bool, Query(description="Those that have counted, the newest first.")] = False,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """Cut-offs to come, the next first, with what the hotel would take back."""
    found = await cuts_of(parts, who, hotel, done, after, limit)
    return page(found.model_dump(mode="json"), request)


@router.get("/v1/hotels/{hotel}/pick-up/{form}", responses=FILE, tags=["operations"])
async def hotel_pick_up(
    parts: Parts, who: Who, hotel: HotelId, form: Form,
    after: Annotated[
        date | None, Query(description="The first night; today there if left out.")
    ] = None,
) -> Response:  # fmt: skip
    """Contracted, held and taken up by night and room type at one hotel."""
    await orders_of(parts, who, hotel, False, None, 1)
    starts_on = min(max(after, DAYS[0]), DAYS[1]) if after is not None else None
    query = ReadPickup(**read_by(who), hotel=hotel, starts_on=starts_on, file=form)
    return await _file(parts, query, hotel)


@router.get("/v1/visits/{visit}/pick-up/{form}", responses=FILE, tags=["visits"])
async def visit_pick_up(parts: Parts, who: Who, visit: VisitId, form: Form) -> Response:
    """The same for one visit, in all hotels that must agree."""
    await visit_of(parts.service, visit, who)
    return await _file(parts, ReadPickup(**read_by(who), visit=visit, file=form), visit)


async def cuts_of(
    parts: Console, who: Principal, hotel: str, done: bool, after: str | None, limit: int
) -> HotelCuts:
    """Cut-offs of a hotel. Raises ProblemError: 503."""
    query = ReadHotelCuts(**read_by(who), hotel=hotel, done=done, after=after, limit=limit)
    return read_as(HotelCuts, await ask(parts.service, query), "the cut-offs of a hotel")


async def _file(parts: Console, query: ReadPickup, name: str) -> Response:
    found = read_as(PickupFile, await ask(parts.service, query), "the pick-up")
    headers = {
        "Content-Disposition": f'attachment; filename="pick-up-{name}.{query.file.value}"',
        "Cache-Control": "no-store",
        "X-Complete": "true" if found.whole else "false",
    }
    return Response(b64decode(found.content), 200, headers, TYPES[query.file])
