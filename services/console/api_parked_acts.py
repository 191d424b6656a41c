"""Acts on parked messages over HTTP: edit, replay, stop, discard, restore.

Each is a command to the service that parked the message, is done once for one Idempotency-Key, and
wants a reason that is kept with it.

Must not: decide whether an act is right; the service does.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.console.access import Who
from services.console.api_parked import MessageId, ServiceName
from services.console.api_visits import WRITTEN
from services.console.asking import ask, read_by
from services.console.commands import Addressed, Intent
from services.console.door import PROBLEMS, Console, Parts, read_fields, seen_revision
from services.console.idempotency import command_of, key_of
from services.console.parked_finding import known
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.shapes import DoneAct, DoneEdit, fields_of, write_of
from shared.contracts.message import Problem
from shared.contracts.parking import (
    MAX_PER_S,
    ActOnParked,
    Chosen,
    Discard,
    Edit,
    Pace,
    Reason,
    Replay,
    Restore,
    Stop,
)
from shared.contracts.parking_reading import CheckEdit
from shared.contracts.values import Key

router = APIRouter(prefix="/v1/parked", tags=["parked"], responses=PROBLEMS)
MESSAGE = {"application/json": {"schema": {"type": "object"}}}
Why = Annotated[Reason, Query(description="Kept with the act.")]


class ChosenFields(Chosen):
    """Which messages, and why: named ones, or a group as it was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason

    def chosen(self) -> Chosen:
        """The messages alone."""
        return Chosen.model_validate(self.model_dump(include=set(Chosen.model_fields)))


class ReplayFields(ChosenFields):
    """What to replay, and how."""

    per_s: float = Field(default=20.0, ge=0.01, le=MAX_PER_S)
    """Messages a second."""
    stop_at_first_failure: bool = False

    def act(self) -> Replay:
        """The act."""
        return Replay(chosen=self.chosen(), per_s=self.per_s,
                      stop_at_first_failure=self.stop_at_first_failure)  # fmt: skip


class PaceFields(BaseModel):
    """How fast to go on, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_s: float = Field(ge=0.01, le=MAX_PER_S)
    """Messages a second."""
    reason: Reason


@router.put("/{service}/bodies/{message:path}", response_model=DoneEdit, responses=WRITTEN,
            openapi_extra=write_of(MESSAGE))  # fmt: skip
async def edit(
    parts: Parts,
    who: Who,
    request: Request,
    service: ServiceName,
    message: MessageId,
    reason: Why,
) -> Response:
    """Give a message the body of this request. Needs If-Match with the revision you saw, and an
    Idempotency-Key. The answer shows what is different from the message as it came."""
    expected, body = seen_revision(request), await request.body()
    act = Edit(message=message, revision=expected, body=_text(body))
    told = await checked(parts, who, service, act)
    extra = {"message": message, "difference": told}
    return await run(parts, who, request, service, act, reason, conditional=True, extra=extra)


async def checked(parts: Console, who: Principal, service: str, act: Edit) -> list[str]:
    """What an edit would change, line by line. Raises ProblemError: 404, or 422 with the places."""
    query = CheckEdit(**read_by(who), message=act.message, body=act.body)
    told = await ask(parts.service, query, known(service))
    if not told["found"]:
        raise ProblemError("not-found", f"{service} has no parked message {act.message}")
    if told["problems"]:
        problems = [Problem.model_validate(one) for one in told["problems"]]
        raise ProblemError("invalid-request", "its consumer could not read this body", problems)
    return list(told["difference"])


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        told = Problem(code="not_utf8", message=f"byte {error.start} is not UTF-8",
                       remedy="send JSON in UTF-8")  # fmt: skip
        raise ProblemError("unreadable-document", told.message, (told,)) from error


@router.post("/{service}/replays", status_code=201, response_model=DoneAct, responses=WRITTEN,
             openapi_extra=write_of(fields_of(ReplayFields), if_match=False))  # fmt: skip
async def begin_replay(parts: Parts, who: Who, request: Request, service: ServiceName) -> Response:
    """Put messages into their handlers again, at a rate. Its progress is at `status`."""
    _, told = await read_fields(request, ReplayFields)
    resource = f"/v1/parked/{known(service)}/replays/{command_of(who.name, key_of(request))}"
    return await run(
        parts, who, request, service, told.act(), told.reason, resource=resource, creates=True
    )


@router.put("/{service}/replays/{replay}/rate", response_model=DoneAct, responses=WRITTEN,
            openapi_extra=write_of(fields_of(PaceFields), if_match=False))  # fmt: skip
async def pace_replay(
    parts: Parts,
    who: Who,
    request: Request,
    service: ServiceName,
    replay: Annotated[Key, Path()],
) -> Response:
    """Let a running replay go on at another rate, from its next messages on."""
    _, told = await read_fields(request, PaceFields)
    resource = f"/v1/parked/{known(service)}/replays/{replay}"
    act = Pace(replay=replay, per_s=told.per_s)
    return await run(parts, who, request, service, act, told.reason, resource=resource)


@router.delete("/{service}/replays/{replay}", response_model=DoneAct, responses=WRITTEN,
               openapi_extra=write_of(if_match=False))  # fmt: skip
async def stop_replay(
    parts: Parts,
    who: Who,
    request: Request,
    service: ServiceName,
    replay: Annotated[Key, Path()],
    reason: Why,
) -> Response:
    """Stop a replay; the messages it has not reached are parked again."""
    resource = f"/v1/parked/{known(service)}/replays/{replay}"
    return await run(parts, who, request, service, Stop(replay=replay), reason, resource=resource)


@router.post("/{service}/discard", response_model=DoneAct, responses=WRITTEN,
             openapi_extra=write_of(fields_of(ChosenFields), if_match=False))  # fmt: skip
async def discard(parts: Parts, who: Who, request: Request, service: ServiceName) -> Response:
    """Give messages up. They can be restored for 30 days."""
    _, told = await read_fields(request, ChosenFields)
    return await run(parts, who, request, service, Discard(chosen=told.chosen()), told.reason)


@router.post("/{service}/restore", response_model=DoneAct, responses=WRITTEN,
             openapi_extra=write_of(fields_of(ChosenFields), if_match=False))  # fmt: skip
async def restore(parts: Parts, who: Who, request: Request, service: ServiceName) -> Response:
    """Park discarded messages again."""
    _, told = await read_fields(request, ChosenFields)
    return await run(parts, who, request, service, Restore(chosen=told.chosen()), told.reason)


async def run(
    parts: Console,
    who: Principal,
    request: Request,
    service: str,
    act: Edit | Replay | Pace | Stop | Discard | Restore,
    reason: str,
    resource: str = "",
    **intent: Any,
) -> Response:
    """Do an act, once for one key; what came as the request's body makes it the same request.

    The answer is that of the API. Raises ProblemError.
    """
    owner = known(service)

    async def make(command: str) -> Addressed:
        return ActOnParked(
            cause=command, actor=who.name, command=command, reason=reason, act=act
        ), owner  # fmt: skip

    wanted = Intent("act", resource, make, **intent)
    return await parts.writes.run(request, await request.body(), wanted, who)
