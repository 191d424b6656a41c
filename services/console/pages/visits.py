"""`/`, the list of visits as they stand.

Owns: the filter, and the rows, which live.
Must not: offer anything that the JSON API does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import ask, question, read_as, read_by
from services.console.door import Parts
from services.console.pages import frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from shared.chassis.service import Service
from shared.contracts.reading import ListVisits, VisitPage
from shared.contracts.spec import Line
from shared.contracts.visits import Phase

PAGE = 50
MOST_SEARCH, MOST_CURSOR = 100, 300

router = APIRouter(include_in_schema=False)
frame.Link("visits", "/", "planning", 10)


@router.get("/")
async def visits(
    parts: Parts,
    who: Who,
    request: Request,
    phase: str = "",
    line: str = "",
    text: Annotated[str, Query(max_length=MOST_SEARCH)] = "",
    after: Annotated[str, Query(max_length=MOST_CURSOR)] = "",
) -> Response:
    """The list as HTML. A filter that makes no sense is no filter."""
    kept = known({"phase": phase, "line": line, "text": text})
    try:
        found, status = await _read(parts.service, who, {**kept, "after": after}), 200
    except ProblemError as error:
        found, status = None, error.status
    following = found.next if found else None
    language = frame.language_for(request)
    return frame.render(
        request, who, "visits/page.html", title="visits.title", status=status,
        topics=(live := [text_of("visits", language, query={**kept, "after": after})]),
        topic=live[0],
        visits=found.visits if found else None,
        kept=kept, phases=list(Phase), lines=list(Line),
        here=_link({**kept, "after": after}),
        first_link=_link(kept) if after else None,
        next_link=_link({**kept, "after": following}) if following else None,
    )  # fmt: skip


@topic("visits", "/", on="visits")
async def rows(asked: Asked) -> Fragments:
    """The rows of one page of the list."""
    query = asked.query or {}
    wanted = {**known(query), "after": query.get("after", "")[:MOST_CURSOR]}
    found = await _read(asked.parts.service, asked.who, wanted)
    row = module("visits/row.html", asked.language).row
    return {f"visit-{one.visit}": fragment(row(one)) for one in found.visits}


def known(query: Mapping[str, str]) -> dict[str, str]:
    """What of a query is a filter that makes sense."""
    phase, line = query.get("phase", ""), query.get("line", "")
    return {
        "phase": phase if phase in set(Phase) else "",
        "line": line if line in set(Line) else "",
        "text": query.get("text", "")[:MOST_SEARCH],
    }


async def _read(service: Service, who: Principal, wanted: Mapping[str, str]) -> VisitPage:
    """A page of the list. Raises ProblemError (503) when there is no answer."""
    filters: dict[str, Any] = {key: one or None for key, one in wanted.items() if key != "text"}
    query = question(
        ListVisits, **read_by(who), **filters, text=wanted["text"], stations=who.station_filter,
        limit=PAGE,
    )  # fmt: skip
    return read_as(VisitPage, await ask(service, query), "the list of visits")


def _link(query: Mapping[str, str]) -> str:
    return "/?" + urlencode({name: value for name, value in query.items() if value})
