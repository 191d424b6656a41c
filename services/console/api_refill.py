"""Filling the bus again over HTTP, service by service: what each would send, and having it done.

Each is a command to the service, is done once for one Idempotency-Key, and wants a reason.
Must not: delete anything of the bus; `make rebuild-bus` does, with rights that no service has.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_intake import RESUME, ResumeFields
from services.console.api_parked import ServiceName
from services.console.api_visits import WRITTEN
from services.console.asking import ask, read_as, read_by
from services.console.commands import Addressed, Intent
from services.console.door import PROBLEMS, Console, Parts, answer, read_fields
from services.console.parked_finding import known
from services.console.roles import Principal
from services.console.shapes import DoneAct
from shared.contracts.refilling import ReadRefill, RefillBus, RefillView

router = APIRouter(prefix="/v1/services", tags=["operations"], responses=PROBLEMS)


@router.get("/{service}/refill", response_model=RefillView)
async def read_refill(parts: Parts, who: Who, service: ServiceName) -> Response:
    """What a service would send again, and how far it is with what it was told to."""
    return answer((await view_of(parts, who, known(service))).model_dump(mode="json"))


@router.post("/{service}/refill", response_model=DoneAct, responses=WRITTEN,
             openapi_extra=RESUME)  # fmt: skip
async def refill(parts: Parts, who: Who, request: Request, service: ServiceName) -> Response:
    """Have a service send again all that nobody is known to have handled. Nothing is deleted, and
    what was handled is known to whoever gets it again."""
    body, told = await read_fields(request, ResumeFields)
    return await pull(parts, who, request, body, known(service), told.reason)


async def view_of(parts: Console, who: Principal, service: str) -> RefillView:
    """How a service's outbox stands. Raises ProblemError: 503."""
    found = await ask(parts.service, ReadRefill(**read_by(who)), service)
    return read_as(RefillView, found, f"the outbox of {service}")


async def pull(
    parts: Console, who: Principal, request: Request, body: bytes, service: str, reason: str
) -> Response:
    """Send the command, and wait for what the service says. Raises ProblemError."""

    async def make(command: str) -> Addressed:
        return RefillBus(cause=command, actor=who.name, command=command, reason=reason), service

    intent = Intent("act", f"/v1/services/{service}/refill", make)
    return await parts.writes.run(request, body, intent, who)
