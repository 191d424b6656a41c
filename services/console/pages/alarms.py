"""`/alarms`: what stands, who has taken it on, what was; one alarm with its levers; the rules.

Owns: the page, its live parts, and the block on the page Now.
Must not: offer anything that the JSON API does not.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.console import alarm_store
from services.console.access import Who
from services.console.alarm_hotels import hotel_of
from services.console.alarm_life import Alarm, shown_first
from services.console.alarm_rules import RULES
from services.console.api_alarms import AlarmId, acknowledged, alarm_of, silenced
from services.console.asking import ask, read_by
from services.console.door import Console, Parts
from services.console.pages import forms, frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from shared.contracts.notices import ListNotices, NoticePage
from shared.contracts.parking import Reason
from shared.contracts.values import Slug

ROUTE = "/alarms"
PAGE, FIRST = 50, 5
EVERY_S = 5.0
MINUTES = (15, 60, 240, 1440, 7 * 1440)
NOTICES = 100
TODO = {
    "bus_stores_nothing": "alarm_todo.bus_stores_nothing",
    "stream_copy_behind": "alarm_todo.stream_copy_behind",
    "rooms_lost": "alarm_todo.rooms_lost",
    "guests_missing": "alarm_todo.guests_missing",
    "roster_went_back": "alarm_todo.roster_went_back",
}
"""Rules whose alarms say who sees to them, and how."""
_REASON: TypeAdapter[str] = TypeAdapter(Reason)

router = APIRouter(include_in_schema=False)
frame.Link("alarms", ROUTE, "operations", 7)


async def standing(parts: Console) -> list[Alarm]:
    """All that stand, as a person should read them."""
    found = await parts.service.read(alarm_store.standing)
    return shown_first(found, parts.service.clock.now())


@router.get(ROUTE)
async def alarms_page(
    parts: Parts, who: Who, request: Request, after: Annotated[Slug | None, Query()] = None
) -> Response:
    """All that stand; those that were cleared, paged; the rules."""
    cleared, cursor = await parts.service.read(
        lambda session: alarm_store.page(session, True, after, PAGE)
    )
    return frame.render(
        request, who, "alarms/page.html", title="alarms.title",
        topics=[text_of("alarms", frame.language_for(request))], alarms=await standing(parts),
        cleared=cleared, next=cursor, after=after, rules=RULES, at=parts.service.clock.now(),
    )  # fmt: skip


@topic("alarms", ROUTE, every_s=EVERY_S)
async def live(asked: Asked) -> Fragments:
    """Those that stand."""
    made, at = module("alarms/parts.html", asked.language), asked.parts.service.clock.now()
    return {"alarms-open": fragment(made.open(await standing(asked.parts), at))}


@topic("alarms_first", "/now", every_s=EVERY_S)
async def live_first(asked: Asked) -> Fragments:
    """The first of them, on the page Now."""
    made, at = module("alarms/parts.html", asked.language), asked.parts.service.clock.now()
    return {"now-alarms": fragment(made.first(await standing(asked.parts), FIRST, at))}


# -------------------------------------------------------------------- one alarm


@router.get("/alarms/{alarm}")
async def alarm_page(parts: Parts, who: Who, request: Request, alarm: AlarmId) -> Response:
    """One alarm: its life, who was told, and what can be done."""
    return await _alarm_page(parts, who, request, await alarm_of(parts, alarm), {}, 200)


@router.post("/alarms/{alarm}")
async def act(parts: Parts, who: Who, request: Request, alarm: AlarmId) -> Response:
    """Take it on, silence it, or end its silence: `act` of the form says which."""
    form = await forms.read_form(request)
    minutes, reason = form.get("minutes"), form.get("reason")
    try:
        if form.get("act") == "acknowledge":
            await acknowledged(parts, who, alarm)
            return _back(alarm, said="alarm_acknowledged")
        if form.get("act") == "unsilence":
            await silenced(parts, who, alarm, None, "")
            return _back(alarm, said="alarm_heard")
        if minutes not in map(str, MINUTES):
            raise ProblemError("invalid-request", "choose one of the times")
        await silenced(parts, who, alarm, int(minutes), _REASON.validate_python(reason))
        return _back(alarm, said="alarm_silenced")
    except ValidationError as error:
        errors, status = {"reason": error.errors()[0]["msg"]}, 422
    except ProblemError as error:
        errors, status = {"": error.details.detail}, error.status
    tried = {"errors": errors, "reason": reason, "minutes": minutes}
    return await _alarm_page(parts, who, request, await alarm_of(parts, alarm), tried, status)


def _back(alarm: str, said: str) -> Response:
    # Acts on one alarm end on its page, also when the button stood on the list.
    return forms.to(f"/alarms/{alarm}", said=said)


@topic("alarm", "/alarms/{alarm}", every_s=EVERY_S)
async def live_alarm(asked: Asked) -> Fragments:
    """The live part of one alarm's page."""
    made, at = module("alarms/parts.html", asked.language), asked.parts.service.clock.now()
    found = await alarm_of(asked.parts, asked.about)
    return {"alarm-whole": fragment(made.whole(found, at))}


async def _alarm_page(
    parts: Console, who: Principal, request: Request, alarm: Alarm, tried: dict[str, Any],
    status: int,
) -> Response:  # fmt: skip
    language, at = frame.language_for(request), parts.service.clock.now()
    rule = next((one for one in RULES if one.name == alarm.rule), None)
    return frame.render(
        request, who, "alarms/one.html", title=getattr(alarm.sentence, language), status=status,
        topics=[text_of("alarm", language, alarm.id)], alarm=alarm, at=at, rule=rule,
        may_act=who.may("POST", "/alarms/{alarm}") and alarm.cleared_at is None,
        todo=TODO.get(alarm.rule), hotel=hotel_of(alarm.rule, alarm.about),
        quiet=alarm.quiet(at), choices=MINUTES, told=await _told(parts, who, alarm.id),
        tried={"errors": {}, "reason": "", "minutes": MINUTES[1], **tried},
    )  # fmt: skip


async def _told(parts: Console, who: Principal, alarm: str) -> NoticePage | None:
    """Which posts were told; None when notifications do not answer."""
    query = ListNotices(**read_by(who), visit=alarm, limit=NOTICES)
    try:
        return NoticePage.model_validate(await ask(parts.service, query))
    except (ProblemError, ValidationError):
        return None
