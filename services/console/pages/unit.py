"""`/inventory/{service}/{unit}`: one unit, its changes, and a form that shows what a change hits.

Owns: the three forms (close, lift, count) and the preview, which has an address of its own. What is
saved is what was previewed, of the revision that was previewed.
Must not: decide what a change hits; the owner of the unit does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.console.access import Who
from services.console.api_changes import changes_of, preview_of
from services.console.api_inventory import check_service
from services.console.asking import ask, read_as, read_by, visit_of
from services.console.door import Console, Parts
from services.console.intents import to_change
from services.console.pages import forms, frame
from services.console.pages.inventory import shown
from services.console.pages.visit_acts import MOVED, NOT_YET, seen_revision
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.spans import read_days
from services.console.templating import SITE_ZONE
from services.console.unit_forms import change_of, ends_of, given, numbers_of
from services.console.words import speaker
from shared.contracts.changes import ChangePreview, Hit, UnitChange
from shared.contracts.inventory import InventoryPage, ReadInventory, UnitView
from shared.contracts.message import Problem
from shared.contracts.values import Slug, Text

ROUTE = "/inventory/{service}/{unit}"
HITS_SHOWN, CHANGES_SHOWN, DAYS = 20, 10, 7
AT_ONCE = 5
"""Visits that are asked for at the same time."""
INVALID = 422
Asked = tuple[ChangePreview | None, tuple[Problem, ...]]
NOTHING: Asked = (None, ())
router = APIRouter(include_in_schema=False)


def address(service: str, unit: str, told: Mapping[str, str] | None = None) -> str:
    """Of the unit, or of the preview of a change of it."""
    return f"/inventory/{service}/{unit}" + (f"?{urlencode(told)}" if told else "")


async def read_unit(
    parts: Console, who: Principal, request: Request, service: str, unit: str
) -> UnitView:
    """The unit that may be changed among those of that id, else the first. Raises ProblemError."""
    check_service(service)
    days = read_days({}, parts.service.clock.now(), SITE_ZONE, DAYS, DAYS)
    query = ReadInventory(**read_by(who), starts_at=days.scale.starts_at,
                          ends_at=days.scale.ends_at, unit=unit)  # fmt: skip
    found = await ask(parts.service, query, service)
    found["units"] = who.inventory(service, found.get("units", []))
    units = read_as(InventoryPage, found, f"the inventory of {service}").units
    if not units:
        raise ProblemError("not-found", f"{service} has no unit {unit}")
    return min(units, key=lambda one: not one.may_change)


@router.get(ROUTE)
async def unit_page(
    parts: Parts, who: Who, request: Request, service: str, unit: Slug,
    after: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:  # fmt: skip
    """The unit; with the fields of a change in the address also what that would hit."""
    view = await read_unit(parts, who, request, service, unit)
    told = given(dict(request.query_params))
    may = who.may("POST", ROUTE)
    preview, problems = await _asked(parts, who, service, view, told, after) if may else NOTHING
    past = await changes_of(parts, who, service, unit, CHANGES_SHOWN) if who.sees_all else None
    language = frame.language_for(request)
    return frame.render(
        request, who, "inventory/one.html", title=view.name.model_dump()[language],
        status=INVALID if problems else 200, service=service, may=may, told=told,
        one=shown(view, speaker(language), who.may("POST", "/feeds"), service), preview=preview,
        errors=forms.by_field(problems), key=forms.new_key(), ends=ends_of(view),
        visits=await _visits(parts, who, preview.hits if preview else ()),
        numbers=numbers_of(view), stale="stale" in request.query_params,
        made=past.changes if past else (),
        next_link=address(service, unit, {**told, "after": preview.next})
        if preview and preview.next else None,
    )  # fmt: skip


async def _asked(
    parts: Console, who: Principal, service: str, view: UnitView, told: Mapping[str, str],
    after: str | None,
) -> Asked:  # fmt: skip
    """What the change in an address would hit, or what is wrong with it."""
    if "act" not in told:
        return NOTHING
    change = change_of(told, view, SITE_ZONE)
    if not isinstance(change, UnitChange):
        return None, change
    found = await preview_of(parts, who, service, view.unit, change, after, HITS_SHOWN)
    return (None, found.problems) if found.problems else (found, ())


@dataclass(frozen=True, slots=True)
class Known:
    """What the preview says of a visit."""

    title: Text
    starts_at: datetime


async def _visits(parts: Console, who: Principal, hits: tuple[Hit, ...]) -> dict[str, Known]:
    """What is known of the visits that are hit; one that cannot be read is named only."""
    some = asyncio.Semaphore(AT_ONCE)

    async def read(visit: str) -> tuple[str, Known] | None:
        async with some:
            try:
                found = await visit_of(parts.service, visit, who)
            except ProblemError:
                return None
        starts_at = datetime.fromisoformat(found["starts_at"])
        return visit, Known(Text.model_validate(found["title"]), starts_at)

    read_ones = await asyncio.gather(*map(read, sorted({one.visit for one in hits})))
    return dict(one for one in read_ones if one is not None)


@router.post(ROUTE)
async def save(parts: Parts, who: Who, request: Request, service: str, unit: Slug) -> Response:
    """Save what was previewed; where somebody was faster, show what it would hit now."""
    form = await forms.read_form(request)
    view = await read_unit(parts, who, request, service, unit)
    told = given(dict(form.fields))
    change = change_of(told, view, SITE_ZONE)
    if not isinstance(change, UnitChange):
        return RedirectResponse(address(service, unit, told), 303)
    intent = to_change(who, service, unit, seen_revision(form), change)
    try:
        answer = await parts.writes.run(request, form.body, intent, who)
        if answer.status_code == NOT_YET:
            return forms.to(address(service, unit), said="unit_pending")
        return forms.after(answer, address(service, unit), said="unit_changed")
    except ProblemError as error:
        if error.status not in (*MOVED, INVALID):
            raise
        stale = {"stale": "1"} if error.status in MOVED else {}
        return RedirectResponse(address(service, unit, {**told, **stale}), 303)
