"""`/inventory/{service}/{unit}`: one unit, its changes, and a form that shows what a change hits.

Owns: the forms (close, lift, count, price, describe, retire) and the preview, which has an address
of its own. What is saved is what was previewed, of the revision that was previewed.
Must not: decide what a change hits; the owner of the unit does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from services.console.access import Who
from services.console.api_changes import Kind, changes_of, preview_of
from services.console.api_inventory import check_service
from services.console.asking import ask, question, read_as, read_by, visit_of
from services.console.door import Console, Parts
from services.console.intents import to_change
from services.console.loads import PRICES, VALUES
from services.console.pages import forms, frame
from services.console.pages.inventory import new_link, shown
from services.console.pages.visit_acts import MOVED, NOT_YET, seen_revision
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.spans import read_days
from services.console.templating import SITE_ZONE
from services.console.unit_dossier import differences_of, fields_of, of_paths
from services.console.unit_forms import (
    change_of,
    ends_of,
    given,
    numbers_of,
    parts_named,
    prices_of,
)
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
MOST_KIND = 64
"""Of a question; no kind of document is longer."""
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, and what came of it."""

    change: UnitChange | None = None
    preview: ChangePreview | None = None
    problems: tuple[Problem, ...] = ()


NOTHING = Asked()


def address(service: str, unit: str, told: Mapping[str, str] | None = None) -> str:
    """Of the unit, or of the preview of a change of it; `told` may have the kind of document."""
    return f"/inventory/{service}/{unit}" + (f"?{urlencode(told)}" if told else "")


async def read_unit(
    parts: Console, who: Principal, service: str, unit: str, kind: str | None
) -> UnitView:
    """The unit of that id, of that kind of document; left out, what is booked itself: a sight
    rather than the place where it is. Raises ProblemError."""
    check_service(service)
    days = read_days({}, parts.service.clock.now(), SITE_ZONE, DAYS, DAYS)
    query = question(ReadInventory, **read_by(who), starts_at=days.scale.starts_at,
                          ends_at=days.scale.ends_at, unit=unit, kind=kind or None)  # fmt: skip
    found = await ask(parts.service, query, service)
    found["units"] = who.inventory(service, found.get("units", []))
    units = read_as(InventoryPage, found, f"the inventory of {service}").units
    if not units:
        raise ProblemError("not-found", f"{service} has no unit {unit}")
    return min(units, key=lambda one: not one.may_change)


@router.get(ROUTE)
async def unit_page(
    parts: Parts, who: Who, request: Request, service: str, unit: Slug,
    after: Annotated[str | None, Query(max_length=300)] = None, kind: Kind = None,
) -> Response:  # fmt: skip
    """The unit; with the fields of a change in the address also what that would hit."""
    view = await read_unit(parts, who, service, unit, kind)
    told = given(dict(request.query_params))
    may = who.may("POST", ROUTE)
    asked = await _asked(parts, who, service, view, told, after) if may else NOTHING
    known = await changes_of(parts, who, service, unit, CHANGES_SHOWN, view.kind[:MOST_KIND]) \
        if who.sees_all else None  # fmt: skip
    language, preview, new = frame.language_for(request), asked.preview, asked.change
    if new is not None and new.describe:
        told = of_paths(told, new.describe)
    return frame.render(
        request, who, "inventory/one.html", title=view.name.model_dump()[language],
        status=INVALID if asked.problems else 200, service=service, may=may, told=told,
        one=shown(view, speaker(language), who.may("POST", "/feeds"), service), preview=preview,
        key=forms.new_key(), visits=await _visits(parts, who, preview.hits if preview else ()),
        differences=differences_of(view, new.describe or {}) if new and preview else (),
        new_link=new_link(who, service, view),
        stale="stale" in request.query_params, made=known.changes if known else (),
        next_link=address(service, unit, {**told, "after": preview.next})
        if preview and preview.next else None, **_form_of(view, told, asked.problems, language),
    )  # fmt: skip


def _form_of(
    view: UnitView, told: Mapping[str, str], problems: tuple[Problem, ...], language: str
) -> dict[str, Any]:
    """What the forms show."""
    errors = forms.by_field(problems, language)
    return {
        "errors": errors, "ends": ends_of(view), "numbers": numbers_of(view),
        "prices": prices_of(view), "price_word": PRICES.get(view.priced, "units.price"),
        "fields": fields_of(view, told, errors), "values": VALUES, "part_names": parts_named(view),
    }  # fmt: skip


async def _asked(
    parts: Console, who: Principal, service: str, view: UnitView, told: Mapping[str, str],
    after: str | None,
) -> Asked:  # fmt: skip
    """What the change in an address would hit, or what is wrong with it."""
    if "act" not in told:
        return NOTHING
    change = change_of(told, view, SITE_ZONE)
    if not isinstance(change, UnitChange):
        return Asked(problems=change)
    found = await preview_of(
        parts, who, service, view.unit, change, after, HITS_SHOWN, view.kind[:MOST_KIND]
    )  # fmt: skip
    return Asked(change, None if found.problems else found, found.problems)


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
    told = given(dict(form.fields))
    view = await read_unit(parts, who, service, unit, told.get("kind"))
    here = address(service, unit, {} if view.may_change else {"kind": view.kind})
    change = change_of(told, view, SITE_ZONE)
    if not isinstance(change, UnitChange):
        return RedirectResponse(address(service, unit, told), 303)
    intent = to_change(who, service, (unit, view.kind[:MOST_KIND]), seen_revision(form), change)
    try:
        answer = await parts.writes.run(request, form.body, intent, who)
        if answer.status_code == NOT_YET:
            return forms.to(here, said="unit_pending")
        if change.price is not None or change.describe is not None:
            return forms.after(answer, here, said="unit_saved")
        return forms.after(answer, here, said="unit_changed")
    except ProblemError as error:
        if error.status not in (*MOVED, INVALID):
            raise
        stale = {"stale": "1"} if error.status in MOVED else {}
        return RedirectResponse(address(service, unit, {**told, **stale}), 303)
