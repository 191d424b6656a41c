"""`/visits/{visit}`: one visit whole, as it stands and as it is proposed to be; it lives.

Owns: reading the visit with its history and notices, and rendering them.
Must not: change anything; `visit_acts` and `visit_edit` do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import ask, read_as, read_by, visit_of
from services.console.documents import FIRM
from services.console.door import Console, Parts, VisitId
from services.console.hand_guests import GuestStay, guest_stays
from services.console.pages import frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from services.console.visit_view import (
    act_key,
    budget_share,
    days_of,
    difference,
    may,
    may_consent,
    moves_of,
    pending,
    troubles_by_need,
)
from shared.contracts.catalog import CATALOG
from shared.contracts.hotel_troubles import HotelTroubles, ReadHotelTroubles
from shared.contracts.notices import ListNotices, NoticeView
from shared.contracts.reading import ReadTimeline, TimelineEntry
from shared.contracts.visits import VisitView

HISTORY, NOTICES = 40, 100
ROUTE = "/visits/{visit}"
UNDONE = {"moved": ("danger", "visit.no_moved"), "later": ("warm", "visit.no_later")}
"""How an act is told that was not done, or not yet."""
ROOMED = ("held", FIRM)
"""States of a need of rooms in which a hotel may have an order for it."""
SECTIONS = ("lead", "facts", "reasons", "proposal", "days", "notices", "history")
"""What lives: each a macro of `visit/parts.html` that makes the element `visit-<name>`."""

router = APIRouter(include_in_schema=False)


@router.get(ROUTE)
async def page(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """The visit as HTML."""
    seen = await read_seen(parts, who, visit)
    language = frame.language_for(request)
    view: VisitView = seen["visit"]
    return frame.render(
        request, who, "visit/page.html", title=view.title.model_dump()[language],
        topics=[text_of("visit", language, visit)], seen=seen,
        lists=who.may("GET", "/v1/visits/{visit}/rooming-list"),
        cancel_key=act_key(view, "cancel"), undone=UNDONE.get(request.query_params.get("no", "")),
    )  # fmt: skip


@topic("visit", ROUTE, on="visit", every_s=10)
async def sections(asked: Asked) -> Fragments:
    """Everything on the page that can change. Notices and history are told by no announcement."""
    seen = await read_seen(asked.parts, asked.who, asked.about)
    macros = module("visit/parts.html", asked.language)
    return {f"visit-{name}": fragment(getattr(macros, name)(seen)) for name in SECTIONS}


async def read_visit(parts: Console, who: Principal, visit: str) -> VisitView:
    """The visit as its owner tells it. Raises ProblemError."""
    return read_as(VisitView, await visit_of(parts.service, visit, who), "the visit")


async def read_seen(parts: Console, who: Principal, visit: str) -> Mapping[str, Any]:
    """All that the page shows. Raises ProblemError when there is no such visit for this reader."""
    view = await read_visit(parts, who, visit)
    history, notices, stays, troubles = await asyncio.gather(
        _history(parts, who, visit), _notices(parts, who, visit), _stays(parts, who, view),
        _troubles(parts, who, view),
    )  # fmt: skip
    return {
        "visit": view,
        "days": days_of(view),
        "moves": moves_of(view),
        "may": may(who, view),
        "budget": budget_share(view),
        "pending": [
            {**one, "mine": may_consent(who, view, one["service"], one["consent"].asked_of),
             "key": act_key(view, "consent", one["hold"])}
            for one in pending(view)
        ],
        "once": {name: act_key(view, name) for name in ("commit", "drop")},
        "more": difference(view.proposed.cost_before, view.proposed.cost_after)
        if view.proposed
        else None,
        "kinds": {kind: one.name for kind, one in CATALOG.items()},
        "history": history,
        "notices": notices,
        "stays": stays,
        "troubles": troubles_by_need(troubles, stays),
        "has_rooms": _has_rooms(view),
        "now": datetime.now(UTC),
    }  # fmt: skip


async def _history(parts: Console, who: Principal, visit: str) -> list[TimelineEntry] | None:
    """The newest entries, newest first; None when they cannot be had."""
    query = ReadTimeline(**read_by(who), visit=visit, limit=HISTORY, newest=True)
    try:
        found = await ask(parts.service, query)
        return [TimelineEntry.model_validate(one) for one in reversed(found["entries"])]
    except (ProblemError, ValidationError):
        return None


async def _notices(parts: Console, who: Principal, visit: str) -> list[NoticeView] | None:
    """Notices of this visit, newest first; None when they cannot be had."""
    query = ListNotices(**read_by(who), visit=visit, limit=NOTICES)
    try:
        found = await ask(parts.service, query)
        return [NoticeView.model_validate(one) for one in reversed(found["notices"])]
    except (ProblemError, ValidationError):
        return None


def _has_rooms(view: VisitView) -> bool:
    return any(one.kind == "room" and one.state in ROOMED for one in view.needs)


async def _troubles(parts: Console, who: Principal, view: VisitView) -> HotelTroubles:
    """What of its orders at hotels wants somebody's eyes; nothing when it cannot be had."""
    if not _has_rooms(view):
        return HotelTroubles()
    query = ReadHotelTroubles(**read_by(who), visit=view.visit)
    try:
        return read_as(HotelTroubles, await ask(parts.service, query), "what is wrong at hotels")
    except ProblemError:
        return HotelTroubles()


async def _stays(
    parts: Console, who: Principal, view: VisitView
) -> Mapping[str, Sequence[GuestStay]]:
    """Who has come to hotels by hand, by need; nothing when it cannot be had."""
    if not any(one.kind == "room" and one.state == FIRM for one in view.needs):
        return {}
    try:
        found = await guest_stays(parts, who, visit=view.visit)
    except ProblemError:
        return {}
    by_need: dict[str, list[GuestStay]] = {}
    for one in found.stays:
        by_need.setdefault(one.stay.need, []).append(one)
    return by_need
