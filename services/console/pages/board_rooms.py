"""`/board/rooms`, a heat map of room-nights by hotel and night.

Must not: say whose rooms they are.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.door import Parts
from services.console.heat import HeatRow, added, rows_of
from services.console.layout import days_between
from services.console.pages import frame
from services.console.pages.board import PATH, views_of
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.spans import Days, lengths, moves, read_days
from services.console.stocks import read_all
from services.console.templating import SITE_ZONE, fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from services.console.words import WORDS
from shared.chassis.service import Service

ROOMS = f"{PATH}/rooms"
COUNTS = {7: "board.week", 14: "board.weeks2"}
USUAL_DAYS, MOST_DAYS = 7, 21
STEP = timedelta(days=7)
ALL = "all-hotels"

router = APIRouter(include_in_schema=False)


@router.get(ROOMS)
async def rooms(parts: Parts, who: Who, request: Request) -> Response:
    """The heat map as HTML."""
    query = dict(request.query_params)
    now = datetime.now(UTC)
    days = read_days(query, now, SITE_ZONE, USUAL_DAYS, MOST_DAYS)
    try:
        (found, whole), status = await read_rows(parts.service, who, days), 200
    except ProblemError as error:
        found, whole, status = None, True, error.status
    live = text_of("nights", frame.language_for(request), query=days.query)
    return frame.render(
        request, who, "board/rooms.html", title="board.rooms_title", status=status,
        topics=(live,), rows=found, whole=whole, nights=days_between(days.first, days.last),
        days=days, kept={}, shape={}, moves=moves(ROOMS, days, {}, now),
        lengths=lengths(ROOMS, days, {}, COUNTS), views=views_of(days, {}, "rooms"), plain=ROOMS,
    )  # fmt: skip


@topic("nights", ROOMS, on="visits")
async def rows(asked: Asked) -> Fragments:
    """The rows of some nights."""
    days = read_days(asked.query or {}, datetime.now(UTC), SITE_ZONE, USUAL_DAYS, MOST_DAYS)
    found, _ = await read_rows(asked.parts.service, asked.who, days)
    drawn = module("board/rooms_row.html", asked.language)
    return {f"nights-{_slug(one)}": fragment(drawn.row(one)) for one in found}


async def read_rows(service: Service, who: Principal, days: Days) -> tuple[list[HeatRow], bool]:
    """Rows, all hotels together first, and whether none are missing. Raises ProblemError (503)."""
    nights = days_between(days.first, days.last)
    # An owner takes the dates of the window in UTC.
    window = (_noon(days.first), _noon(days.last + timedelta(days=1)))
    stock = await read_all(service, who, "bookings", "hotels", window, STEP)
    found = rows_of(stock.units, nights)
    hotels = [one for one in found if one.stars]
    if len(hotels) > 1:
        found = [added(ALL, WORDS["board.all_hotels"], hotels, nights), *found]
    return found, stock.whole


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _slug(row: HeatRow) -> str:
    return row.id.replace("/", "-")
