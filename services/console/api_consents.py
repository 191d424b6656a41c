"""Consents over HTTP: a person's yes or no to a pending hold.

Must not: decide whether the hold may still be answered; its owner does.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, StrictBool
from starlette.responses import Response

from services.console.access import Who
from services.console.api_visits import WRITTEN
from services.console.door import PROBLEMS, Parts, read_fields
from services.console.intents import to_consent
from services.console.problems import ProblemError
from services.console.shapes import DoneHold, fields_of, write_of
from shared.contracts.catalog import resource_services
from shared.contracts.message import Problem
from shared.contracts.values import Prose

router = APIRouter(prefix="/v1/consents", tags=["consents"], responses=PROBLEMS)


class ConsentAnswer(BaseModel):
    """The answer of the person who was asked, told by the planner."""

    model_config = ConfigDict(extra="forbid")

    service: str
    """The service that asked: `service` of the need."""
    granted: StrictBool
    reason: Prose = ""


@router.post("/{hold:path}", response_model=DoneHold, responses=WRITTEN,
             openapi_extra=write_of(fields_of(ConsentAnswer), if_match=False))  # fmt: skip
async def answer_consent(
    parts: Parts,
    who: Who,
    request: Request,
    hold: Annotated[str, Path(pattern=r"^[\x21-\x7e]{1,200}$")],
) -> Response:
    """Answer a pending hold's question. Needs an Idempotency-Key."""
    body, told = await read_fields(request, ConsentAnswer)
    known = resource_services()
    if told.service not in known:
        wrong = Problem(
            code="unknown_service",
            path="service",
            message="there is no such service",
            remedy=f"use one of {', '.join(known)}",
        )
        raise ProblemError("invalid-request", wrong.message, (wrong,))
    intent = to_consent(parts, who, told.service, hold, told.granted, told.reason)
    return await parts.writes.run(request, body, intent, who)
