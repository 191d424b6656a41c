"""`/bus`: fill the bus again from the stores; what each service would send, and how far it is.

Owns: the lever for all services at once: one form, a command to each of them.
Must not: delete anything of the bus. Must not: offer anything that the JSON API does not.
"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_refill import pull, view_of
from services.console.door import Console, Parts
from services.console.pages import forms, frame, levers
from services.console.parked_finding import SERVICES
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from shared.contracts.refilling import MOST_COUNTED, RefillView

ROUTE = "/bus"
EVERY_S = 2.0
Views = dict[str, RefillView | None]
"""By service; None when it does not answer."""

router = APIRouter(include_in_schema=False)


@router.get(ROUTE)
async def bus_page(parts: Parts, who: Who, request: Request) -> Response:
    """What would be sent again, by service; the lever; how far it is."""
    return await _page(parts, who, request, levers.Tried())


@router.post(ROUTE)
async def refill(parts: Parts, who: Who, request: Request) -> Response:
    """Have every service fill the bus again. Sent twice, it is done once."""
    form = await forms.read_form(request)
    key = form.get(forms.KEY) or forms.new_key()
    try:
        reason, pending = levers.reason_in(form), False
        for service in SERVICES:
            # One form, a command to each: each has a key of its own that follows from the form's.
            request.state.form_key = f"{key}-{service}"
            answer = await pull(parts, who, request, form.body, service, reason)
            if answer.status_code >= 400:
                raise forms.problem_of(answer)
            pending = pending or answer.status_code == levers.NOT_YET
    except ProblemError as error:
        return await _page(
            parts, who, request, levers.wrong(form, error, frame.language_for(request))
        )
    if pending:
        return forms.to(ROUTE, said="refill_pending")
    return forms.to(ROUTE, said="refill_begun")


@topic("bus", ROUTE, every_s=EVERY_S)
async def live(asked: Asked) -> Fragments:
    """The rows."""
    made, at = module("bus/parts.html", asked.language), asked.parts.service.clock.now()
    views = await _views(asked.parts, asked.who)
    return {f"refill-{name}": fragment(made.row(name, one, at)) for name, one in views.items()}


async def _page(parts: Console, who: Principal, request: Request, tried: levers.Tried) -> Response:
    views = await _views(parts, who)
    told = [one for one in views.values() if one is not None]
    return frame.render(
        request, who, "bus/page.html", title="bus.title", status=tried.status, tried=tried,
        topics=[text_of("bus", frame.language_for(request))], views=views,
        at=parts.service.clock.now(), total=sum(one.would_send for one in told),
        more=any(one.would_send >= MOST_COUNTED for one in told),
        away=[name for name, one in views.items() if one is None],
    )  # fmt: skip


async def _views(parts: Console, who: Principal) -> Views:
    """How each outbox stands; all are asked at once."""

    async def one(service: str) -> RefillView | None:
        try:
            return await view_of(parts, who, service)
        except ProblemError:
            return None

    found = await asyncio.gather(*map(one, SERVICES))
    return dict(zip(SERVICES, found, strict=True))
