"""What services take in, stopped and begun over HTTP: pause a consumer, drain a service.

Each is a command to the service, is done once for one Idempotency-Key, and wants a reason that is
kept with it. A pause ends by itself.

Must not: decide whether a pause is right; the service does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi import Query as Given
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.console.access import Who
from services.console.api_parked import ServiceName
from services.console.api_visits import WRITTEN
from services.console.asking import ask, read_by
from services.console.commands import Addressed, Intent
from services.console.door import PROBLEMS, Console, Parts, page, read_fields
from services.console.parked_finding import known
from services.console.roles import Principal
from services.console.shapes import DoneAct, Page, fields_of, write_of
from shared.contracts.parking import Reason
from shared.contracts.parking_reading import Cursor
from shared.contracts.values import Key
from shared.contracts.vitals import PAUSE_MAX_S, IntakeAct, ListIntakeActs, SetIntake

MOST_MINUTES = int(PAUSE_MAX_S / 60)

router = APIRouter(prefix="/v1/services", tags=["operations"], responses=PROBLEMS)
Consumer = Annotated[Key, Path(description="Durable consumer, as `GET /v1/now` names it.")]


class ResumeFields(BaseModel):
    """Why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason


class PauseFields(ResumeFields):
    """For how long, and why."""

    minutes: int = Field(ge=1, le=MOST_MINUTES)
    """It ends by itself after that."""


class IntakeActList(Page):
    """A page of acts."""

    acts: list[IntakeAct]


PAUSE = write_of(fields_of(PauseFields), if_match=False)
RESUME = write_of(fields_of(ResumeFields), if_match=False)


@router.get("/{service}/intake", response_model=IntakeActList)
async def list_intake_acts(
    parts: Parts,
    who: Who,
    request: Request,
    service: ServiceName,
    after: Cursor | None = None,
    limit: Annotated[int, Given(ge=1, le=200)] = 50,
) -> Response:
    """Who paused and resumed what at this service, and why; newest first."""
    query = ListIntakeActs(**read_by(who), after=after, limit=limit)
    return page(await ask(parts.service, query, known(service)), request)


@router.post("/{service}/consumers/{consumer}/pause", response_model=DoneAct, responses=WRITTEN,
             openapi_extra=PAUSE)  # fmt: skip
async def pause_consumer(
    parts: Parts, who: Who, request: Request, service: ServiceName, consumer: Consumer
) -> Response:
    """Let one consumer have no messages for a while; they wait in the stream, in order."""
    body, told = await read_fields(request, PauseFields)
    lever = Lever(service, consumer, told.minutes, told.reason)
    return await pull(parts, who, request, body, lever)


@router.post("/{service}/consumers/{consumer}/resume", response_model=DoneAct, responses=WRITTEN,
             openapi_extra=RESUME)  # fmt: skip
async def resume_consumer(
    parts: Parts, who: Who, request: Request, service: ServiceName, consumer: Consumer
) -> Response:
    """End the pause of one consumer. One that its service is drained with goes on."""
    body, told = await read_fields(request, ResumeFields)
    return await pull(parts, who, request, body, Lever(service, consumer, None, told.reason))


@router.post("/{service}/drain", response_model=DoneAct, responses=WRITTEN,
             openapi_extra=PAUSE)  # fmt: skip
async def drain(parts: Parts, who: Who, request: Request, service: ServiceName) -> Response:
    """Let a service take no messages at all for a while; it goes on answering questions."""
    body, told = await read_fields(request, PauseFields)
    lever = Lever(service, None, told.minutes, told.reason)
    return await pull(parts, who, request, body, lever)


@router.post("/{service}/resume", response_model=DoneAct, responses=WRITTEN,
             openapi_extra=RESUME)  # fmt: skip
async def resume(parts: Parts, who: Who, request: Request, service: ServiceName) -> Response:
    """End the draining of a service. Consumers that were paused alone stay so."""
    body, told = await read_fields(request, ResumeFields)
    return await pull(parts, who, request, body, Lever(service, None, None, told.reason))


@dataclass(frozen=True, slots=True)
class Lever:
    """What is to be done, to what, and why."""

    service: str
    consumer: str | None
    minutes: int | None
    """None ends the pause."""
    reason: str

    def until(self, now: datetime) -> datetime | None:
        """When the pause ends."""
        return None if self.minutes is None else now + timedelta(minutes=self.minutes)


async def pull(
    parts: Console, who: Principal, request: Request, body: bytes, lever: Lever
) -> Response:
    """Send the command, and wait for what the service says. Raises ProblemError."""
    owner = known(lever.service)

    async def make(command: str) -> Addressed:
        return SetIntake(
            cause=command, actor=who.name, command=command, reason=lever.reason,
            durable=lever.consumer, paused_until=lever.until(parts.service.clock.now()),
        ), owner  # fmt: skip

    intent = Intent("act", f"/v1/services/{owner}/intake", make)
    return await parts.writes.run(request, body, intent, who)
