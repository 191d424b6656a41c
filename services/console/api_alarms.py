"""Alarms over HTTP: which stand, which did, and taking one on or silencing it.

The writes change nothing when they are repeated, so they need no key; each stands in the audit.

Must not: raise or clear an alarm; the watch does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from services.console import alarm_store, bounds
from services.console.access import Who
from services.console.alarm_life import Alarm
from services.console.door import PROBLEMS, Console, Parts, answer, page, read_fields
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.shapes import Page, fields_of
from shared.chassis.work import Work
from shared.contracts.parking import Reason
from shared.contracts.values import Slug

MOST_MINUTES = int(bounds.ALARM_SILENCE_MAX_S / 60)
AGAIN = {"Retry-After": "1"}
AlarmId = Annotated[Slug, Path(description="Id of the alarm.")]

router = APIRouter(prefix="/v1/alarms", tags=["operations"], responses=PROBLEMS)


class AlarmList(Page):
    """A page of alarms, newest first."""

    alarms: list[Alarm]


class SilenceFields(BaseModel):
    """For how long, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minutes: int = Field(ge=1, le=MOST_MINUTES)
    reason: Reason


SILENCE = {"requestBody": {"required": True, "content": fields_of(SilenceFields)}}


@router.get("", response_model=AlarmList)
async def list_alarms(
    parts: Parts,
    request: Request,
    state: Annotated[Literal["open", "cleared"] | None, Query()] = None,
    after: Annotated[Slug | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Alarms: those that stand (`open`), those that were cleared, or all of 90 days."""
    cleared = None if state is None else state == "cleared"
    some, cursor = await parts.service.read(
        lambda session: alarm_store.page(session, cleared, after, limit)
    )
    told = [one.model_dump(mode="json") for one in some]
    return page({"alarms": told, "next": cursor}, request)


@router.get("/{alarm}", response_model=Alarm)
async def read_alarm(parts: Parts, alarm: AlarmId) -> Response:
    """One alarm."""
    return answer((await alarm_of(parts, alarm)).model_dump(mode="json"))


@router.put("/{alarm}/acknowledgement", response_model=Alarm)
async def acknowledge(parts: Parts, who: Who, alarm: AlarmId) -> Response:
    """Take it on: duty posts are not called again for it. The first who does stays."""
    return answer((await acknowledged(parts, who, alarm)).model_dump(mode="json"))


@router.put("/{alarm}/silence", response_model=Alarm, openapi_extra=SILENCE)
async def silence(parts: Parts, who: Who, request: Request, alarm: AlarmId) -> Response:
    """Call nobody for it for a while, also when it is cleared and raised anew."""
    _, told = await read_fields(request, SilenceFields)
    found = await silenced(parts, who, alarm, told.minutes, told.reason)
    return answer(found.model_dump(mode="json"))


@router.delete("/{alarm}/silence", response_model=Alarm)
async def unsilence(parts: Parts, who: Who, alarm: AlarmId) -> Response:
    """End its silence."""
    return answer((await silenced(parts, who, alarm, None, "")).model_dump(mode="json"))


# -------------------------------------------------------------------- for pages, too


async def alarm_of(parts: Console, alarm: str) -> Alarm:
    """One alarm. Raises ProblemError (404)."""
    found = await parts.service.read(lambda session: alarm_store.find(session, alarm))
    if found is None:
        raise ProblemError("not-found", f"there is no alarm {alarm}")
    return found


async def acknowledged(parts: Console, who: Principal, alarm: str) -> Alarm:
    """Take one on. Raises ProblemError: 404, 409, 503."""
    return await _written(parts, alarm, lambda work: alarm_store.acknowledge(work, alarm, who.name))


async def silenced(
    parts: Console, who: Principal, alarm: str, minutes: int | None, reason: str
) -> Alarm:
    """Silence one for so many minutes, or end that. Raises ProblemError: 404, 409, 503."""

    def write(work: Work) -> bool:
        until = None if minutes is None else work.now + timedelta(minutes=minutes)
        return alarm_store.silence(work, alarm, who.name, until, reason)

    return await _written(parts, alarm, write)


async def _written(parts: Console, alarm: str, write: Callable[[Work], bool]) -> Alarm:
    await alarm_of(parts, alarm)
    try:
        stands = await parts.service.writer.run(write)
    except (SQLAlchemyError, RuntimeError) as error:
        raise ProblemError("store-away", "repeat the request", headers=AGAIN) from error
    if not stands:
        raise ProblemError("conflict", "the alarm is cleared already")
    for name in ("alarms", "alarms_first", "alarm"):
        parts.desk.mark(name)
    return await alarm_of(parts, alarm)
