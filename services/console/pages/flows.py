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
from services.console.spans import address
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic

EVERY_S = 2.0
PAGE, MOST_CURSOR = 50, 200
"""Rows of one page: each is drawn anew every two seconds."""

router = APIRouter(include_in_schema=False)
frame.Link("flows", "/flows", "operations", 6)


@router.get("/flows")
async def flows_page(
    parts: Parts, who: Who, request: Request,
    service: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=MOST_CURSOR)] = "",
) -> Response:  # fmt: skip
    """A page of all consumers, or of those of one service."""
    chosen = service if service in SERVICES else ""
    language, now = frame.language_for(request), parts.service.clock.now()
    topics = [text_of("flows", language, query={"service": chosen, "after": after})]
    flows, following = _page(_some(parts, chosen), after)
    return frame.render(
        request, who, "flows/page.html", title="flows.title", topics=topics, topic=topics[0],
        flows=flows, services=SERVICES, chosen=chosen, at=now,
        here=address("/flows", {"service": chosen, "after": after}),
        first_link=address("/flows", {"service": chosen}) if after else None,
        next_link=address("/flows", {"service": chosen, "after": following}) if following else None,
    )  # fmt: skip


@topic("flows", "/flows", every_s=EVERY_S)
async def rows(asked: Asked) -> Fragments:
    """The rows."""
    query = asked.query or {}
    wanted, after = query.get("service", ""), query.get("after", "")[:MOST_CURSOR]
    made, now = module("flows/row.html", asked.language), asked.parts.service.clock.now()
    some, _ = _page(_some(asked.parts, wanted if wanted in SERVICES else ""), after)
    return {f"flow-{one.consumer}": fragment(made.row(one, now)) for one in some}


def _some(parts: Console, service: str) -> list[Flow]:
    picture = parts.board.picture(parts.service.clock.now())
    return [one for one in picture.flows if service in ("", one.service)]


def _page(flows: list[Flow], after: str) -> tuple[list[Flow], str | None]:
    """The flows after the one at the end of the page before, and the cursor of the page after."""
    at = next((index + 1 for index, one in enumerate(flows) if one.consumer == after), 0)
    shown = flows[at : at + PAGE]
    return shown, shown[-1].consumer if at + PAGE < len(flows) else None


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

    here = f"/flows/{flow.service}/{flow.consumer}"
    done, tried = await levers.pulled(parts, who, request, lever, here)
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
