"""`/parked/<service>/replays/<id>`: how far a replay has come, its rate, and stopping it.

Owns: that page, which lives.
Must not: pace anything; the service does, whoever looks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from services.console.access import Who
from services.console.api_parked_acts import run
from services.console.asking import read_by
from services.console.door import Console, Parts
from services.console.pages import frame, parked
from services.console.pages.forms import new_key, problem_of, read_form
from services.console.pages.parked_act import ended, rate_in, reason_wrong
from services.console.parked_finding import find_replay
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import TEMPLATES, fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from shared.contracts.parking import MAX_PER_S, Pace, Stop
from shared.contracts.parking_reading import ReadReplay, ReplayView
from shared.contracts.values import Key

ROUTE = "/parked/{service}/replays/{replay}"
OVER = 409
ReplayId = Annotated[Key, Path()]
router = APIRouter(include_in_schema=False)


@router.get(ROUTE)
async def replay_page(
    parts: Parts, who: Who, request: Request, service: str, replay: ReplayId
) -> Response:
    """The page."""
    return await _show(parts, who, request, service, replay)


@router.post("/parked/{service}/replays/{replay}/stop")
async def stop(
    parts: Parts, who: Who, request: Request, service: str, replay: ReplayId
) -> Response:
    """Stop it. One that was over already is shown as it ended."""
    form = await read_form(request)
    reason = form.get("reason")
    if wrong := reason_wrong(reason):
        return await _show(parts, who, request, service, replay, reason, wrong, 422)
    act = Stop(replay=replay)
    return await _done(parts, who, request, service, act, reason, said="parked_stopped")


@router.post("/parked/{service}/replays/{replay}/rate")
async def pace(
    parts: Parts, who: Who, request: Request, service: str, replay: ReplayId
) -> Response:
    """Let it go on at another rate. One that was over already is shown as it ended."""
    form = await read_form(request)
    reason = form.get("reason")
    if wrong := reason_wrong(reason):
        return await _show(parts, who, request, service, replay, reason, wrong, 422, opened="rate")
    act = Pace(replay=replay, per_s=rate_in(form))
    return await _done(parts, who, request, service, act, reason, said="parked_paced")


async def _done(
    parts: Console, who: Principal, request: Request, service: str, act: Pace | Stop, reason: str,
    said: str,
) -> Response:  # fmt: skip
    here = parked.replay_at(service, act.replay)
    try:
        told = await run(parts, who, request, service, act, reason, resource=f"/v1{here}")
        if told.status_code >= 400:
            raise problem_of(told)
    except ProblemError as error:
        if error.status != OVER:
            raise
        return RedirectResponse(here, 303)
    return ended(told, here, said=said)


async def _show(
    parts: Console, who: Principal, request: Request, service: str, replay: str,
    reason: str = "", wrong: str = "", status: int = 200, opened: str = "stop",
) -> Response:  # fmt: skip
    seen = await _read(parts, who, service, replay)
    text = text_of("parked_replay", frame.language_for(request), f"{service}/{replay}")
    return frame.render(
        request, who, "parked/replay.html", title="parked.progress_title", status=status,
        topics=parked.living(who, [text]), seen=seen, key=new_key(), reason=reason, wrong=wrong,
        opened=opened if wrong else "", rate_key=new_key(), most_rate=MAX_PER_S,
        may_act=who.may("POST", "/parked/{service}/replays/{replay}/stop"),
    )  # fmt: skip


async def _read(parts: Console, who: Principal, service: str, replay: str) -> ReplayView:
    query = ReadReplay(**read_by(who), replay=replay)
    return ReplayView.model_validate(await find_replay(parts.service, query, service))


@topic("parked_replay", ROUTE, every_s=1)
async def progress(asked: Asked) -> Fragments:
    """How far it is."""
    service, _, replay = asked.about.partition("/")
    seen = await _read(asked.parts, asked.who, service, replay)
    made = module("parked/rows.html", asked.language)
    return {"replay-progress": fragment(made.progress(seen, datetime.now(UTC)))}


RUNS = {
    "running": ("parked.run_running", "calm"),
    "ended": ("parked.run_ended", "good"),
    "stopped": ("parked.run_stopped", "warm"),
    "failed": ("parked.run_failed", "danger"),
}
"""The word and the tone of each state of a replay."""
TEMPLATES.globals.update(parked_runs=RUNS)
