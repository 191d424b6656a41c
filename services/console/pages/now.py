"""`/now`: is anything wrong, what, whom does it hurt, until when; and one service below it.

Owns: the page, its live parts, and the form that drains a service.
Must not: judge; `judging` does. Must not: offer anything that the JSON API does not.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_intake import Lever
from services.console.asking import ask, read_by
from services.console.door import Console, Parts
from services.console.finding import harm_of
from services.console.judging import judge, needing, verdict
from services.console.pages import frame, levers
from services.console.pages.alarms import FIRST as ALARMS_FIRST
from services.console.pages.alarms import standing
from services.console.pages.risks import FIRST, read_risks
from services.console.parked_finding import known
from services.console.picture import Flow, Picture, ServiceLine
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from shared.contracts.vitals import IntakeActs, ListIntakeActs

EVERY_S = 2.0
BUSY_SHOWN = 8
FINDINGS_SHOWN = 20
"""Those that hurt most; the rest is counted, and told by `GET /v1/now`."""
YOUNG_S = 120.0
ACTS_SHOWN = 20

router = APIRouter(include_in_schema=False)
frame.Link("now", "/now", "operations", 5)


@router.get("/now")
async def now_page(parts: Parts, who: Who, request: Request) -> Response:
    """Everything at one look."""
    language = frame.language_for(request)
    return frame.render(
        request, who, "now/page.html", title="now.title",
        topics=[text_of(one, language) for one in ("now", "alarms_first", "risks_first")],
        at=parts.service.clock.now(), risks=await read_risks(parts, who, FIRST),
        alarms=await standing(parts), most_alarms=ALARMS_FIRST, **_all(parts),
    )  # fmt: skip


@topic("now", "/now", every_s=EVERY_S)
async def live(asked: Asked) -> Fragments:
    """Its parts."""
    made = module("now/parts.html", asked.language)
    told = _all(asked.parts)
    picture, at = told["picture"], asked.parts.service.clock.now()
    found = {
        "now-verdict": made.verdict(told, at),
        "now-findings": made.findings(told["findings"], told["more"], at),
        "now-busy": made.busy(told["busy"], at),
        "now-bus": made.bus(picture),
    }
    found |= {f"service-{one.service}": made.service(one, at) for one in picture.services}
    found |= {f"store-{one.service}": made.store(one) for one in picture.services}
    return {id_: fragment(html) for id_, html in found.items()}


def _all(parts: Console) -> dict[str, Any]:
    now = parts.service.clock.now()
    picture = parts.board.picture(now)
    findings = judge(picture, now)
    busy = [one for one in picture.flows if one.waiting + one.in_flight or _alone(one)]
    busy.sort(key=lambda one: (-one.behind_s, -one.waiting, one.consumer))
    return {
        "picture": picture,
        "findings": findings[:FINDINGS_SHOWN],
        "more": max(0, len(findings) - FINDINGS_SHOWN),
        "verdict": verdict(findings),
        "needing": needing(findings),
        "busy": busy[:BUSY_SHOWN],
        "young": (now - picture.listening_since).total_seconds() < YOUNG_S,
    }


def _alone(flow: Flow) -> bool:
    """Whether it was paused by itself; of a drained service its own line tells."""
    return flow.paused_until is not None and not flow.drained


# -------------------------------------------------------------------- one service


@router.get("/now/{service}")
async def service_page(parts: Parts, who: Who, request: Request, service: str) -> Response:
    """One service with its processes, its lever, and what was done with it."""
    return await _service_page(parts, who, request, known(service), levers.Tried())


@router.post("/now/{service}")
async def drain(parts: Parts, who: Who, request: Request, service: str) -> Response:
    """Drain it, or let it take messages again."""
    name = known(service)

    def lever(minutes: int | None, reason: str) -> Lever:
        return Lever(name, None, minutes, reason)

    done, tried = await levers.pulled(parts, who, request, lever, f"/now/{name}")
    return done or await _service_page(parts, who, request, name, tried)


@topic("now_service", "/now/{service}", every_s=EVERY_S)
async def live_service(asked: Asked) -> Fragments:
    """The live part of one service's page."""
    now = asked.parts.service.clock.now()
    picture = asked.parts.board.picture(now)
    line = _line(picture, known(asked.about))
    made = module("now/parts.html", asked.language)
    return {"now-service": fragment(made.whole(line, _flows(picture, line), now))}


async def _service_page(
    parts: Console, who: Principal, request: Request, service: str, tried: levers.Tried
) -> Response:
    now = parts.service.clock.now()
    picture = parts.board.picture(now)
    line, language = _line(picture, service), frame.language_for(request)
    return frame.render(
        request, who, "now/service.html", title=service, status=tried.status,
        topics=[text_of("now_service", language, service)],
        line=line, flows=_flows(picture, line), at=now, tried=tried, harm=harm_of(service),
        acts=await _acts(parts, who, service), choices=levers.MINUTES,
    )  # fmt: skip


def _line(picture: Picture, service: str) -> ServiceLine:
    return next(one for one in picture.services if one.service == service)


def _flows(picture: Picture, line: ServiceLine) -> list[Flow]:
    return [one for one in picture.flows if one.service == line.service]


async def _acts(parts: Console, who: Principal, service: str) -> IntakeActs | None:
    """The newest acts; None when the service does not answer."""
    query = ListIntakeActs(**read_by(who), limit=ACTS_SHOWN)
    try:
        return IntakeActs.model_validate(await ask(parts.service, query, service))
    except ProblemError:
        return None
