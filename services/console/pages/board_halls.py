"""`/board/halls`, a calendar of halls: what is taken, by which visit, and what is free.

Owns: joining the venues' load with the visits that the reader sees.
Must not: name a visit that the reader does not see: its time is shown as taken only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.door import Parts
from services.console.halls import HallRow, rows_of
from services.console.pages import frame
from services.console.pages.board import COUNTS, PATH, read_schedule, views_of
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.spans import Days, lengths, moves, read_days
from services.console.stocks import read_all
from services.console.templating import SITE_ZONE, fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from services.console.visit_view import may_move
from shared.chassis.service import Service
from shared.contracts.reading import ScheduleVisit

HALLS = f"{PATH}/halls"
USUAL_DAYS, MOST_DAYS = 1, 14
STEP = timedelta(days=4)
"""A hall has 96 quarter hours a day, and its owner shows 400 at a time."""
VISITS_PAGE, MOST_PAGES = 200, 5

router = APIRouter(include_in_schema=False)


@router.get(HALLS)
async def halls(parts: Parts, who: Who, request: Request) -> Response:
    """The calendar as HTML."""
    query = dict(request.query_params)
    now = datetime.now(UTC)
    days = read_days(query, now, SITE_ZONE, USUAL_DAYS, MOST_DAYS)
    try:
        (rows, places, whole), status = await read_rows(parts.service, who, days), 200
    except ProblemError as error:
        rows, places, whole, status = None, {}, True, error.status
    live = text_of("halls", frame.language_for(request), query=days.query)
    grouped = [
        (places.get(place), list(some))
        for place, some in groupby(rows or (), key=lambda one: one.place)
    ]
    return frame.render(
        request, who, "board/halls.html", title="board.halls_title", status=status,
        topics=(live,), rows=rows, grouped=grouped, whole=whole, days=days, kept={}, shape={},
        moves=moves(HALLS, days, {}, now), lengths=lengths(HALLS, days, {}, COUNTS),
        views=views_of(days, {}, "halls"), plain=HALLS,
    )  # fmt: skip


@topic("halls", HALLS, on="visits", every_s=60.0)
async def rows(asked: Asked) -> Fragments:
    """The halls of some days."""
    now = datetime.now(UTC)
    days = read_days(asked.query or {}, now, SITE_ZONE, USUAL_DAYS, MOST_DAYS)
    found, _, _ = await read_rows(asked.parts.service, asked.who, days)
    drawn = module("board/hall_row.html", asked.language)
    present = module("board/band.html", asked.language).present(days, now)
    fragments = {f"hall-{one.unit.unit}": fragment(drawn.row(one)) for one in found}
    return fragments | {"board-now": fragment(present)}


Found = tuple[list[HallRow], Mapping[str, object], bool]


async def read_rows(service: Service, who: Principal, days: Days) -> Found:
    """Rows, names of places, and whether nothing is missing. Raises ProblemError (503)."""
    scale = days.scale
    window = (scale.starts_at, scale.ends_at)
    found = await read_all(service, who, "venues", "halls", window, STEP)
    places = await read_all(service, who, "venues", "places", window)
    visits, all_visits = await _visits(service, who, days)
    names = {one.unit: one.name for one in places.units}
    whole = found.whole and places.whole and all_visits
    shown = rows_of(found.units, visits, scale, lambda one: may_move(who, one))
    return shown, names, whole


async def _visits(service: Service, who: Principal, days: Days) -> tuple[list[ScheduleVisit], bool]:
    found: list[ScheduleVisit] = []
    after = ""
    for _ in range(MOST_PAGES):
        page = await read_schedule(service, who, days, {"after": after}, VISITS_PAGE)
        found += page.visits
        if page.next is None:
            return found, True
        after = page.next
    return found, False
