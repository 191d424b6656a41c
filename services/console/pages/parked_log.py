"""`/parked/acts`: who did what with parked messages, when and why.

Owns: that page.
Must not: change anything.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import read_by
from services.console.door import Parts
from services.console.pages import frame, parked
from services.console.parked_finding import SERVICES, find_acts
from services.console.problems import ProblemError
from shared.contracts.parking_reading import ActView, Cursor, ListActs

PAGE = 50
_ACTS: TypeAdapter[list[ActView]] = TypeAdapter(list[ActView])
router = APIRouter(include_in_schema=False)


@router.get("/parked/acts")
async def acts(
    parts: Parts, who: Who, request: Request, service: str = "",
    after: Annotated[Cursor | None, Query()] = None,
) -> Response:  # fmt: skip
    """A page of them, newest first."""
    only = service if service in SERVICES else ""
    query = ListActs(**read_by(who), after=after, limit=PAGE)
    try:
        found, status = await find_acts(parts.service, query, only or None), 200
    except ProblemError as error:
        away = [only] if only else list(SERVICES)
        found, status = {"acts": [], "away": away, "next": None}, error.status
    return frame.render(
        request, who, "parked/acts.html", title="parked.acts_title", status=status,
        acts=_ACTS.validate_python(found["acts"]), away=found["away"], service=only,
        services=SERVICES, missing=status != 200,
        first_link=parked.address("/parked/acts", {"service": only}) if after else None,
        next_link=parked.address("/parked/acts", {"service": only, "after": found["next"]})
        if found["next"] else None,
    )  # fmt: skip
