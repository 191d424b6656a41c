"""Hotels that must agree, over HTTP: how each stands, its orders, its nights.

Must not: judge; bookings puts those with problems first.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import ask, read_as, read_by
from services.console.door import PROBLEMS, Console, Parts, page
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.shapes import Page
from shared.contracts.hotels import (
    MAX_NIGHTS_SHOWN,
    HotelLine,
    HotelNight,
    HotelNights,
    HotelOrder,
    HotelOrders,
    ReadHotelNights,
    ReadHotelOrders,
    ReadHotels,
)
from shared.contracts.values import Slug

router = APIRouter(prefix="/v1/hotels", tags=["operations"], responses=PROBLEMS)
HotelId = Annotated[Slug, Path(description="Id of the hotel.")]
USUAL_NIGHTS = 14
DAYS = (date(1971, 1, 1), date(9998, 1, 1))
"""What a calendar of ours holds."""


class HotelList(Page):
    """A page of hotels."""

    hotels: list[HotelLine]


class HotelOrderList(Page):
    """One hotel, and a page of its orders."""

    line: HotelLine
    orders: list[HotelOrder]


class HotelNightList(Page):
    """Rooms by night of one hotel."""

    starts_on: str
    nights: list[HotelNight]
    whole: bool


@router.get("", response_model=HotelList)
async def list_hotels(
    parts: Parts, who: Who, request: Request,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """Hotels that are asked, those with problems first, then by the next arrival concerned."""
    query = ReadHotels(**read_by(who), after=after, limit=limit)
    return page(await ask(parts.service, query), request)


@router.get("/{hotel}", response_model=HotelOrderList)
async def read_hotel(
    parts: Parts, who: Who, request: Request, hotel: HotelId,
    ended: Annotated[bool, Query(description="Orders that are over, too.")] = False,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """One hotel, and its orders: those that need somebody first."""
    found = await orders_of(parts, who, hotel, ended, after, limit)
    return page(found.model_dump(mode="json"), request)


@router.get("/{hotel}/nights", response_model=HotelNightList)
async def read_nights(
    parts: Parts, who: Who, request: Request, hotel: HotelId,
    after: Annotated[
        date | None, Query(description="The first night; today there if left out.")
    ] = None,
    nights: Annotated[int, Query(ge=1, le=MAX_NIGHTS_SHOWN)] = USUAL_NIGHTS,
) -> Response:  # fmt: skip
    """Rooms by night and type: wanted, agreed to, taken up (null where nothing tells)."""
    found = await nights_of(parts, who, hotel, after, nights)
    return page(found.model_dump(mode="json"), request, nights=nights)


async def orders_of(
    parts: Console, who: Principal, hotel: str, ended: bool, after: str | None, limit: int
) -> HotelOrders:
    """A hotel and a page of its orders. Raises ProblemError: 404, 503."""
    query = ReadHotelOrders(**read_by(who), hotel=hotel, ended=ended, after=after, limit=limit)
    found = read_as(HotelOrders, await ask(parts.service, query), "the orders of a hotel")
    if found.line is None:
        raise ProblemError("not-found", f"no hotel {hotel} is asked for rooms")
    return found


async def nights_of(
    parts: Console, who: Principal, hotel: str, starts_on: date | None, nights: int
) -> HotelNights:
    """Nights of a hotel from a day on. Raises ProblemError: 503."""
    if starts_on is not None:
        starts_on = min(max(starts_on, DAYS[0]), DAYS[1])
    query = ReadHotelNights(**read_by(who), hotel=hotel, starts_on=starts_on, nights=nights)
    return read_as(HotelNights, await ask(parts.service, query), "the nights of a hotel")
