"""`/inventory`, what there is to be booked: units by service, their figures and how full they are.

Owns: the tabs and the window. Read only: a unit is changed on its own page (`unit`).
Must not: show a unit for which a liaison does not speak.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.door import Parts
from services.console.loads import (
    WORDS_OF,
    closures_of,
    dossier_of,
    facts_of,
    parts_of,
    sections_of,
)
from services.console.pages import frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.spans import address, lengths, moves, read_days
from services.console.stocks import read_page
from services.console.templating import SITE_ZONE
from services.console.words import Speaker, speaker
from shared.contracts.catalog import resource_services
from shared.contracts.inventory import UnitView

PATH, NEW = "/inventory", "/new-unit"
PAGE, USUAL_DAYS, MOST_DAYS = 24, 7, 31
COUNTS = {1: "board.day", 7: "board.week", 14: "board.weeks2"}
MOST_CURSOR = 200

router = APIRouter(include_in_schema=False)
frame.Link("inventory", PATH, "planning", 30)


@router.get(PATH)
async def inventory(
    parts: Parts,
    who: Who,
    request: Request,
    service: str = "",
    kind: str = "",
    after: Annotated[str, Query(max_length=MOST_CURSOR)] = "",
) -> Response:
    """One page of one kind of units. A tab that is not there is the first one."""
    sections, t = sections_of(resource_services()), speaker(frame.language_for(request))
    owner, kind = next((one for one in sections if one == (service, kind)), sections[0])
    now = datetime.now(UTC)
    days = read_days(dict(request.query_params), now, SITE_ZONE, USUAL_DAYS, MOST_DAYS)
    window = (days.scale.starts_at, days.scale.ends_at)
    here = {"service": owner, "kind": kind}
    try:
        stock, status = (
            await read_page(parts.service, who, owner, kind, window, after or None, PAGE),
            200,
        )
    except ProblemError as error:
        stock, status = None, error.status
    following = stock.next if stock else None
    return frame.render(
        request, who, "inventory/page.html", title="inventory.title", status=status,
        units=None if stock is None else [
            shown(one, t, who.may("POST", "/feeds"), owner) for one in stock.units
        ],
        whole=stock is None or stock.whole, days=days, here=here,
        new_link=new_link(who, owner, stock.units[0]) if stock and stock.units else "",
        tabs=[
            (address(PATH, {"service": one, "kind": sort}, days.query), WORDS_OF.get(sort), one,
             (one, sort) == (owner, kind))
            for one, sort in sections
        ],
        moves=moves(PATH, days, here, now), lengths=lengths(PATH, days, here, COUNTS),
        first_link=address(PATH, here, days.query) if after else None,
        next_link=address(PATH, here, days.query, {"after": following}) if following else None,
    )  # fmt: skip


def new_link(who: Principal, service: str, like: UnitView) -> str:
    """Where a unit like this is added; empty for who may not, or where none is added."""
    if not (like.adds and who.may("POST", NEW)):
        return ""
    return address(NEW, {"service": service, "kind": like.kind, "like": like.unit})


def shown(unit: UnitView, t: Speaker, planner: bool, service: str) -> dict[str, object]:
    """What the page says of a unit; a planner is offered its calendar."""
    return {
        "unit": unit,
        "path": f"{PATH}/{service}/{unit.unit}",
        "href": f"{PATH}/{service}/{unit.unit}" + ("" if unit.may_change else f"?kind={unit.kind}"),
        "retired": bool(unit.document.get("retired")),
        "parts": parts_of(unit),
        "facts": facts_of(unit, t),
        "dossier": dossier_of(unit),
        "closures": closures_of(unit, SITE_ZONE),
        "feed": {"halls": "hall", "people": "escort"}.get(unit.kind, "") if planner else "",
        "sample": bool(unit.document.get("sample")),
        "note": unit.document.get("note"),
    }
