"""How everything is at this moment, over HTTP: `GET /v1/now`.

Must not: ask anybody; it tells what was heard.
"""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from services.console.door import PROBLEMS, Parts, answer
from services.console.judging import judge, needing
from services.console.picture import (
    Conservation,
    Finding,
    Flow,
    ServiceLine,
    StreamLine,
    Untaken,
)
from shared.contracts.values import Instant

router = APIRouter(prefix="/v1", tags=["operations"], responses=PROBLEMS)


class Now(BaseModel):
    """What is wrong, whom it hurts, and all that it was worked out from."""

    as_of: Instant
    """How old the answer is: when beats can arrive, now; without the bus, when it went away."""
    listening_since: Instant
    """What happened before that, this console has not heard."""
    live: bool
    needing: int
    """Findings that want somebody."""
    findings: list[Finding]
    """What hurts most first."""
    services: list[ServiceLine]
    consumers: list[Flow]
    streams: list[StreamLine]
    commands: Conservation
    untaken: list[Untaken]
    """Streams into which services send in vain."""
    server: str
    cluster: str | None
    round_trip_ms: float | None


@router.get("/now", response_model=Now)
async def read_now(parts: Parts) -> Response:
    """Services, consumers and streams as they are, and what is wrong with them."""
    now = parts.service.clock.now()
    picture = parts.board.picture(now)
    findings = judge(picture, now)
    told = picture.model_dump(mode="json")
    told["consumers"] = told.pop("flows")
    told["findings"] = [one.model_dump(mode="json") for one in findings]
    return answer({**told, "needing": needing(findings)})
