"""`/visits/{visit}/move`: an item at another time, or in another hall; sending it proposes that.

The board leads here, filled in, when a bar was dragged (`need`, `by` in minutes, `hall`); a link
leads here where there is no script.

Owns: the form. It opens a proposal, never changes what stands.
Must not: judge whether there is room; the owners of the holds do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.document import read_spec
from services.console.door import Console, Parts, VisitId
from services.console.editing import text_of
from services.console.intents import to_propose
from services.console.moving import (
    Target,
    Wrong,
    moved,
    need_of,
    read_hall,
    read_time,
    shifted,
    wall_clock,
)
from services.console.pages import frame
from services.console.pages.forms import Form, by_field, new_key, read_form
from services.console.pages.visit import read_visit
from services.console.pages.visit_acts import seen_revision, shown
from services.console.pages.visit_edit import base_of, moved_on
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.scope import check_station
from services.console.stocks import read_names
from services.console.templating import TEMPLATES
from services.console.visit_view import OVER, days_of, move_link
from shared.contracts.message import Problem
from shared.contracts.values import Text
from shared.contracts.visits import NeedView, VisitView

ROUTE = "/visits/{visit}/move"
Asked = Annotated[str, Query(max_length=200)]
router = APIRouter(include_in_schema=False)
TEMPLATES.globals.update(move_link=move_link)


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form. Without a need it offers all of them."""

    need: NeedView | None = None
    starts_at: str = ""
    hall: str = ""
    problems: tuple[Problem, ...] = ()
    stale: bool = False
    status: int = 200


@router.get(ROUTE)
async def move(
    parts: Parts, who: Who, request: Request, visit: VisitId,
    need: Asked = "", by: Asked = "0", hall: Asked = "",
) -> Response:  # fmt: skip
    """The form, filled with where a need stands, or is dragged to."""
    view = await _open_visit(parts, who, visit)
    halls = await _halls(parts, who, view)
    filled, known = Filled(), None
    if need:
        try:
            known = need_of(view, need)
            filled = Filled(known, _written(wall_clock(view, known.window.starts_at)), "")
            starts_at = shifted(view, known, by)
            filled = Filled(known, _written(starts_at), read_hall(known, hall, halls))
        except Wrong as wrong:
            filled = Filled(known, filled.starts_at, "", (wrong.problem,), status=422)
    return _show(request, who, view, halls, filled)


@router.post(ROUTE)
async def propose(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Propose it, or show the form again with what is wrong or new."""
    form = await read_form(request)
    view = await _open_visit(parts, who, visit)
    halls = await _halls(parts, who, view)
    known: NeedView | None = None
    try:
        known = need_of(view, form.get("need"))
        filled = Filled(known, form.get("starts_at")[:40], form.get("hall")[:80])
        if moved_on(form, view):
            return _show(request, who, view, halls, replace(filled, status=409, stale=True))
        target = Target(known.need, read_time(form.get("starts_at")),
                        read_hall(known, form.get("hall"), halls))  # fmt: skip
        changed = moved(base_of(view), target)
    except Wrong as wrong:
        again = Filled(known, form.get("starts_at")[:40], form.get("hall")[:80])
        return _show(
            request, who, view, halls, replace(again, status=422, problems=(wrong.problem,))
        )
    return await _propose(parts, who, request, view, halls, form, filled, text_of(changed))


async def _propose(
    parts: Console, who: Principal, request: Request, view: VisitView,
    halls: Mapping[str, Text] | None, form: Form, filled: Filled, text: str,
) -> Response:  # fmt: skip
    document = await asyncio.to_thread(read_spec, text, "yaml")
    if document.spec is None:
        return _show(
            request, who, view, halls, replace(filled, status=422, problems=document.problems)
        )
    try:
        intent = to_propose(parts, who, seen_revision(form), document.spec, document.locate,
                            form.get("proposal"))  # fmt: skip
        answer = await parts.writes.run(request, form.body, intent, who)
        return shown(answer, view.visit, said="proposed")
    except ProblemError as error:
        if error.status not in (409, 412, 422):
            raise
        told = error.details.errors or (
            Problem(code="refused", message=error.details.detail or error.details.title),
        )
        now = await read_visit(parts, who, view.visit)
        stale = moved_on(form, now)
        again = replace(filled, status=error.status, problems=() if stale else told, stale=stale)
        return _show(request, who, now, halls, again)


async def _open_visit(parts: Console, who: Principal, visit: str) -> VisitView:
    """A visit that this principal may change. Raises ProblemError: 404, 403, 409."""
    view = await read_visit(parts, who, visit)
    check_station(who, view.station)
    if view.phase in OVER:
        raise ProblemError("conflict", f"the visit is {view.phase}; nothing in it can be moved")
    return view


async def _halls(parts: Console, who: Principal, view: VisitView) -> Mapping[str, Text] | None:
    """Names of the halls that there are, by id; None when they cannot be read."""
    found = await read_names(parts.service, who, "venues", "halls", view.starts_at)
    return {one.unit: one.name for one in found.units} if found else None


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _show(
    request: Request, who: Principal, view: VisitView, halls: Mapping[str, Text] | None,
    filled: Filled,
) -> Response:  # fmt: skip
    need = filled.need
    language = frame.language_for(request)
    item = need.need.partition("/")[0] if need else ""
    return frame.render(
        request, who, "visit/move.html", title="move.title", status=filled.status, visit=view,
        item=next((one for one in view.spec.programme if one.id == item), None),
        days=() if need else days_of(view), filled=filled,
        begins=wall_clock(view, need.window.starts_at) if need else None,
        ends=wall_clock(view, need.window.ends_at) if need else None,
        halls=sorted((halls or {}).items(), key=lambda one: one[1].model_dump()[language]),
        errors=by_field(filled.problems, language), key=new_key(),
    )  # fmt: skip
