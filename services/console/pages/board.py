"""`/board`, visits by day on a timeline: what is firm, what is missing, what is at once.

Owns: the filter and the span, which are the whole address; and the bands, which live.
Must not: change anything; a bar leads to its visit, and a dragged one to the form that proposes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_schedule import stations_of
from services.console.asking import ask, question, read_as, read_by
from services.console.bands import STATES, Band, band_of, sums
from services.console.door import Parts
from services.console.pages import frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.slugs import is_slug
from services.console.spans import Days, address, lengths, moves, read_days
from services.console.templating import SITE_ZONE, fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from services.console.visit_view import may_move
from shared.chassis.service import Service
from shared.contracts.reading import ListSchedule, SchedulePage
from shared.contracts.spec import Line
from shared.contracts.visits import Phase

PATH = "/board"
PAGE, USUAL_DAYS, MOST_DAYS = 40, 3, 31
EACH_MINUTE_S = 60.0
COUNTS = {1: "board.day", 3: "board.days3", 7: "board.week", 14: "board.weeks2"}
MOST_CURSOR = 300

router = APIRouter(include_in_schema=False)
frame.Link("board", PATH, "planning", 20)


@router.get(PATH)
async def board(
    parts: Parts,
    who: Who,
    request: Request,
    after: Annotated[str, Query(max_length=MOST_CURSOR)] = "",
) -> Response:
    """The board as HTML, or with `as=table` as a table. What makes no sense is no filter."""
    query = dict(request.query_params)
    now = datetime.now(UTC)
    days, kept = read_days(query, now, SITE_ZONE, USUAL_DAYS, MOST_DAYS), known(query)
    try:
        found, status = await read_schedule(parts.service, who, days, {**kept, "after": after}), 200
    except ProblemError as error:
        found, status = None, error.status
    as_table = query.get("as") == "table"
    shape = {"as": "table" if as_table else ""}
    here = {**kept, **days.query, **shape}
    lives = {**kept, **days.query, "after": after}
    live = text_of("board", frame.language_for(request), query=lives)
    bands = bands_of(who, found, days)
    return frame.render(
        request, who, "board/table.html" if as_table else "board/page.html",
        title="board.title", status=status, topics=() if as_table else (live,), topic=live,
        bands=None if found is None else bands, sums=sums(bands), states=STATES, days=days,
        kept=kept, shape=shape, phases=list(Phase), lines=list(Line),
        stations=_stations(who, found),
        moves=moves(PATH, days, {**kept, **shape}, now),
        lengths=lengths(PATH, days, {**kept, **shape}, COUNTS),
        views=views_of(days, kept, "table" if as_table else "timeline"),
        here=address(PATH, here, {"after": after}), plain=address(PATH, days.query, shape),
        first_link=address(PATH, here) if after else None,
        next_link=address(PATH, here, {"after": found.next}) if found and found.next else None,
    )  # fmt: skip


@topic("board", PATH, on="visits", every_s=EACH_MINUTE_S)
async def bands(asked: Asked) -> Fragments:
    """The bands of one page of the board, their sums, and the line of the present moment."""
    query = asked.query or {}
    now = datetime.now(UTC)
    days = read_days(query, now, SITE_ZONE, USUAL_DAYS, MOST_DAYS)
    wanted = {**known(query), "after": query.get("after", "")[:MOST_CURSOR]}
    found = await read_schedule(asked.parts.service, asked.who, days, wanted)
    laid_out = bands_of(asked.who, found, days)
    drawn = module("board/band.html", asked.language)
    fragments = {f"band-{one.visit.visit}": fragment(drawn.band(one)) for one in laid_out}
    fragments["board-sums"] = fragment(drawn.key(sums(laid_out)))
    fragments["board-now"] = fragment(drawn.present(days, now))
    return fragments


def views_of(days: Days, kept: Mapping[str, str], current: str) -> list[Any]:
    """The tabs above every view of the board: address, word, is current."""
    return [
        (address(PATH, kept, days.query), "board.timeline", current == "timeline"),
        (address(PATH, kept, days.query, {"as": "table"}), "board.table", current == "table"),
        (address(f"{PATH}/halls", days.query), "board.halls", current == "halls"),
        (address(f"{PATH}/rooms", days.query), "board.rooms", current == "rooms"),
    ]


def known(query: Mapping[str, str]) -> dict[str, str]:
    """What of a query is a filter that makes sense."""
    phase, line, station = (query.get(name, "") for name in ("phase", "line", "station"))
    return {
        "phase": phase if phase in set(Phase) else "",
        "line": line if line in set(Line) else "",
        "station": station if is_slug(station) else "",
    }


def bands_of(who: Principal, found: SchedulePage | None, days: Days) -> list[Band]:
    """Visits laid out on the timeline of some days, as this reader sees them."""
    scale = days.scale
    some = found.visits if found else ()
    return [band_of(one, scale, days.zone, may_move(who, one)) for one in some]


def _stations(who: Principal, found: SchedulePage | None) -> list[str]:
    """Stations to offer: one's own, or those of the visits that are shown."""
    shown = {one.station for one in found.visits if one.station} if found else set()
    return sorted(shown | who.stations)


async def read_schedule(
    service: Service, who: Principal, days: Days, wanted: Mapping[str, str], limit: int = PAGE
) -> SchedulePage:
    """A page of what visits have in some days. Raises ProblemError (503) without an answer."""
    scale = days.scale
    query = question(
        ListSchedule, **read_by(who), starts_at=scale.starts_at, ends_at=scale.ends_at,
        phase=wanted.get("phase") or None, line=wanted.get("line") or None,
        stations=stations_of(who, wanted.get("station")), after=wanted.get("after") or None,
        limit=limit,
    )  # fmt: skip
    return read_as(SchedulePage, await ask(service, query), "the schedule")
