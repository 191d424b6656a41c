"""`/visits/{visit}/documents/{kind}`: a document of a visit to be printed, in Chinese or English.

Owns: reading the visit and the names of what it was allotted, and rendering one document.
Must not: decide what is in it; `documents` and `rooming` do. It shows what stands: a proposal, or
an edit on its way, is in no document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.documents import Kind, entries_of, inventories_of, obstacle
from services.console.door import Console, Parts, VisitId
from services.console.loads import VALUES
from services.console.pages import frame
from services.console.pages.visit import read_visit
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.rooming import rooming_of
from services.console.stocks import read_names
from services.console.templating import TEMPLATES
from services.console.visit_view import budget_share
from services.console.words import speaker
from shared.contracts.inventory import UnitView
from shared.contracts.visits import VisitView

ROUTE = "/visits/{visit}/documents/{kind}"
router = APIRouter(include_in_schema=False)
TEMPLATES.globals.update(document_kinds=list(Kind))


@router.get(ROUTE)
async def document(parts: Parts, who: Who, request: Request, visit: VisitId, kind: str) -> Response:
    """The document as HTML, or why there is none now (409)."""
    if kind not in set(Kind):
        raise ProblemError("not-found", f"no such document; there are {', '.join(Kind)}")
    view = await read_visit(parts, who, visit)
    language = frame.language_for(request)
    name = speaker(language)(f"doc.{kind}")
    title = f"{view.title.model_dump()[language]} · {name}"
    now = datetime.now(UTC).astimezone(ZoneInfo(view.time_zone))
    why = obstacle(view)
    if why is not None:
        return frame.render(
            request, who, "document/none.html", title=title, status=409, remembers=False,
            visit=view, kind=kind, name=name, why=why, at=now,
        )  # fmt: skip
    units, missing = await _units(parts, who, view, inventories_of(view))
    return frame.render(
        request, who, f"document/{kind}.html", title=title, remembers=False, visit=view,
        kind=kind, name=name, at=now, missing=missing, values=VALUES,
        **_read(Kind(kind), view, units),
    )  # fmt: skip


def _read(kind: Kind, view: VisitView, units: dict[tuple[str, str], UnitView]) -> dict[str, Any]:
    """What is in it. Raises ProblemError when an owner allotted what makes no sense."""
    try:
        return _content(kind, view, units)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProblemError("owner-away", "what was allotted cannot be read") from error


def _content(kind: Kind, view: VisitView, units: dict[tuple[str, str], UnitView]) -> dict[str, Any]:
    if kind is Kind.ROOMING:
        return {"rooming": rooming_of(view, units)}
    days = entries_of(view, units)
    if kind is Kind.PROGRAMME:
        return {"days": days}
    sheets = [entry for _, entries in days for entry in entries if entry.functions]
    return {"days": days, "sheets": sheets, "rooming": rooming_of(view, units),
            "budget": budget_share(view)}  # fmt: skip


async def _units(
    parts: Console, who: Principal, view: VisitView, wanted: Iterable[tuple[str, str]]
) -> tuple[dict[tuple[str, str], UnitView], bool]:
    """Units by kind and id, and whether some could not be read: their ids stand for them then."""
    some = list(wanted)
    stocks = await asyncio.gather(
        *(read_names(parts.service, who, service, kind, view.starts_at) for service, kind in some)
    )
    found = {
        (kind, unit.unit): unit
        for (_, kind), stock in zip(some, stocks, strict=True)
        for unit in (stock.units if stock else ())
    }
    return found, any(stock is None for stock in stocks)
