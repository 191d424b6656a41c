"""What operations do about a hotel, over HTTP: pause its link, set it aside, ask again.

Each is a command to bookings, is done once for one Idempotency-Key, and wants a reason.
Must not: decide whether an act is right; bookings does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_hotels import HotelId
from services.console.api_intake import PAUSE, RESUME, PauseFields, ResumeFields
from services.console.api_visits import WRITTEN
from services.console.asking import ask, read_by
from services.console.commands import Addressed, Intent
from services.console.door import PROBLEMS, Console, Parts, page, read_fields
from services.console.roles import Principal
from services.console.shapes import DoneAct, Page
from shared.contracts.hotels import ActOnHotel, DoneHotelAct, HotelAct, ListHotelActs
from shared.contracts.parking_reading import Cursor
from shared.contracts.values import Key

router = APIRouter(prefix="/v1/hotels", tags=["operations"], responses=PROBLEMS)
OrderId = Annotated[Key, Path(description="Our reference of an order.")]


class HotelActList(Page):
    """A page of acts."""

    acts: list[DoneHotelAct]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done about a hotel, and why."""

    hotel: str
    act: HotelAct
    reason: str
    minutes: int | None = None
    """Of a pause."""
    order: str | None = None
    """Of asking again."""


@router.get("/{hotel}/acts", response_model=HotelActList)
async def list_acts(
    parts: Parts, who: Who, request: Request, hotel: HotelId,
    after: Cursor | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:  # fmt: skip
    """Who did what about this hotel, and why; newest first."""
    query = ListHotelActs(**read_by(who), hotel=hotel, after=after, limit=limit)
    return page(await ask(parts.service, query), request)


@router.post("/{hotel}/pause", response_model=DoneAct, responses=WRITTEN, openapi_extra=PAUSE)
async def pause(parts: Parts, who: Who, request: Request, hotel: HotelId) -> Response:
    """Ask nothing over the link of a hotel for a while; its orders wait."""
    body, told = await read_fields(request, PauseFields)
    return await do(parts, who, request, body, Wish(hotel, HotelAct.PAUSE, told.reason,
                                                    told.minutes))  # fmt: skip


@router.post("/{hotel}/resume", response_model=DoneAct, responses=WRITTEN, openapi_extra=RESUME)
async def resume(parts: Parts, who: Who, request: Request, hotel: HotelId) -> Response:
    """End the pause of a link."""
    return await _plain(parts, who, request, hotel, HotelAct.RESUME)


@router.post("/{hotel}/by-hand", response_model=DoneAct, responses=WRITTEN, openapi_extra=RESUME)
async def by_hand(parts: Parts, who: Who, request: Request, hotel: HotelId) -> Response:
    """Set a link aside: orders that were never sent go out by letter."""
    return await _plain(parts, who, request, hotel, HotelAct.BY_HAND)


@router.post("/{hotel}/by-link", response_model=DoneAct, responses=WRITTEN, openapi_extra=RESUME)
async def by_link(parts: Parts, who: Who, request: Request, hotel: HotelId) -> Response:
    """Use the link again for new orders."""
    return await _plain(parts, who, request, hotel, HotelAct.BY_LINK)


@router.post("/{hotel}/orders/{order}/again", response_model=DoneAct, responses=WRITTEN,
             openapi_extra=RESUME)  # fmt: skip
async def again(
    parts: Parts, who: Who, request: Request, hotel: HotelId, order: OrderId
) -> Response:
    """Look at an order now: the hotel is read, and only then asked for what it lacks."""
    body, told = await read_fields(request, ResumeFields)
    wish = Wish(hotel, HotelAct.ASK_AGAIN, told.reason, order=order)
    return await do(parts, who, request, body, wish)


async def _plain(
    parts: Console, who: Principal, request: Request, hotel: str, act: HotelAct
) -> Response:
    body, told = await read_fields(request, ResumeFields)
    return await do(parts, who, request, body, Wish(hotel, act, told.reason))


async def do(parts: Console, who: Principal, request: Request, body: bytes, wish: Wish) -> Response:
    """Send the command, and wait for what bookings says. Raises ProblemError."""

    async def make(command: str) -> Addressed:
        now = parts.service.clock.now()
        until = None if wish.minutes is None else now + timedelta(minutes=wish.minutes)
        return ActOnHotel(
            cause=command, actor=who.name, command=command, hotel=wish.hotel, act=wish.act,
            reason=wish.reason, paused_until=until, order=wish.order,
        ), None  # fmt: skip

    intent = Intent("act", f"/v1/hotels/{wish.hotel}/acts", make)
    return await parts.writes.run(request, body, intent, who)
