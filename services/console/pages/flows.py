"""`/flows`: every durable consumer, how far it is, and the form that pauses it.

Must not: offer anything that the JSON API does not.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_intake import Lever
from services.console.door import Console, Parts
from services.console.finding import harm_of
from services.console.pages import frame, levers
from services.console.parked_finding import SERVICES, known
from services.console.picture import Flow
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic

EVERY_S = 2.0

router = APIRouter(include_in_schema=False)
frame.Link("flows", "/flows", "operations", 6)


@router.get("/flows")
async def flows_page(
    parts: Parts, who: Who, request: Request,
    service: Annotated[str, Query(max_length=60)] = "",
) -> Response:  # fmt: skip
    """All consumers, or those of one service."""
    chosen = service if service in SERVICES else ""
    language, now = frame.language_for(request), parts.service.clock.now()
    topics = [text_of("flows", language, query={"service": chosen})]
    return frame.render(
        request, who, "flows/page.html", title="flows.title", topics=topics, topic=topics[0],
        flows=_some(parts, chosen), services=SERVICES, chosen=chosen, at=now,
        here=f"/flows?service={chosen}" if chosen else "/flows",
    )  # fmt: skip


@topic("flows", "/flows", every_s=EVERY_S)
async def rows(asked: Asked) -> Fragments:
    """The rows."""
    wanted = (asked.query or {}).get("service", "")
    made, now = module("flows/row.html", asked.language), asked.parts.service.clock.now()
    some = _some(asked.parts, wanted if wanted in SERVICES else "")
    return {f"flow-{one.consumer}": fragment(made.row(one, now)) for one in some}


def _some(parts: Console, service: str) -> list[Flow]:
    picture = parts.board.picture(parts.service.clock.now())
    return [one for one in picture.flows if service in ("", one.service)]


# -------------------------------------------------------------------- one consumer


@router.get("/flows/{service}/{consumer}")
async def flow_page(
    parts: Parts, who: Who, request: Request, service: str, consumer: str
) -> Response:
    """One consumer, and its lever."""
    return _flow_page(parts, who, request, _flow(parts, service, consumer), levers.Tried())


@router.post("/flows/{service}/{consumer}")
async def pause(parts: Parts, who: Who, request: Request, service: str, consumer: str) -> Response:
    """Pause it, or let it go on."""
    flow = _flow(parts, service, consumer)

    def lever(minutes: int | None, reason: str) -> Lever:
        return Lever(flow.service, flow.consumer, minutes, reason)

    address = f"/flows/{flow.service}/{flow.consumer}"
    done, tried = await levers.pulled(parts, who, request, lever, address)
    return done or _flow_page(parts, who, request, flow, tried)


@topic("flow", "/flows/{service}/{consumer}", every_s=EVERY_S)
async def live(asked: Asked) -> Fragments:
    """The live part of one consumer's page."""
    service, _, consumer = asked.about.partition("/")
    flow = _flow(asked.parts, service, consumer)
    made, now = module("flows/row.html", asked.language), asked.parts.service.clock.now()
    return {"flow-whole": fragment(made.whole(flow, now))}


def _flow_page(
    parts: Console, who: Principal, request: Request, flow: Flow, tried: levers.Tried
) -> Response:
    language, about = frame.language_for(request), f"{flow.service}/{flow.consumer}"
    return frame.render(
        request, who, "flows/consumer.html", title=flow.consumer, status=tried.status,
        topics=[text_of("flow", language, about)], flow=flow, at=parts.service.clock.now(),
        tried=tried, harm=harm_of(flow.service), choices=levers.MINUTES,
    )  # fmt: skip


def _flow(parts: Console, service: str, consumer: str) -> Flow:
    """A consumer by name. Raises ProblemError (404)."""
    for one in _some(parts, known(service)):
        if one.consumer == consumer:
            return one
    raise ProblemError("not-found", f"{service} has not told of a consumer {consumer}")
