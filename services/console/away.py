"""What a request gets that met the console's own store while it was away: come back, and when.

Owns: that such an error is a problem of its own wherever it is met, and one line in the log.
Must not: take other errors of the store for its absence; those are mistakes of ours.
"""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from starlette.responses import Response

from services.console.access import AGAIN
from services.console.problems import Answer, ProblemError
from shared.chassis.store import STORE_AWAY

log = structlog.get_logger(__name__)


def install(app: FastAPI, answer: Answer) -> None:
    """Make what a store raises that is away a problem; `answer` says it."""

    async def away(request: Request, error: Exception) -> Response:
        # The route as it is written: an address may be a secret itself.
        route = getattr(request.scope.get("route"), "path", "")
        log.warning("store_away", route=route, error=repr(error)[:300])
        return answer(request, ProblemError("store-away", "repeat the request", headers=AGAIN))

    for kind in STORE_AWAY:
        app.add_exception_handler(kind, away)
