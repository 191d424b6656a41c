"""Every write that a principal tried, with its outcome, stands in the audit before it is answered.

Owns: an ASGI layer around the routes that writes that line.
Must not: count on an endpoint to remember it; nor let an answer out that stands nowhere.
"""

from __future__ import annotations

from dataclasses import replace

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.console import audit
from services.console.audit import Entry
from services.console.problems import ProblemError, problem_response
from services.console.roles import Principal
from shared.chassis.service import Service

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
log = structlog.get_logger(__name__)


def entry_of(request: Request, who: Principal) -> Entry:
    """The line of a request: who, what, and under which key. Bodies and queries stay out."""
    key = getattr(request.state, "form_key", request.headers.get("idempotency-key", ""))[:200]
    return Entry(
        principal=who.name,
        roles=sorted(who.roles),
        method=request.method,
        route=str(getattr(request.state, "route", "")),
        resource=request.url.path,
        key=key.encode("ascii", "replace").decode(),
    )


class Recorder:
    """Writes the line between the end of a write and its answer."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold its answer until its line is there."""
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self._app(scope, receive, send)
            return
        request, begun, replaced = Request(scope), False, False

        async def recorded(message: Message) -> None:
            nonlocal begun, replaced
            begins = message["type"] == "http.response.start"
            begun = begun or begins
            if begins and not await self._record(request, message["status"]):
                replaced = True
                detail = "what was asked may be done; repeat it with the same key"
                problem = ProblemError("store-away", detail, headers={"Retry-After": "1"})
                await problem_response(problem)(scope, receive, send)
            elif not replaced:
                await send(message)

        try:
            await self._app(scope, receive, recorded)
        except ClientDisconnect:
            raise  # It left before it had said what is wanted.
        except Exception as error:
            if not begun:  # What was asked may be done all the same; the guard answers.
                await self._record(request, getattr(error, "status", 500))
            raise

    async def _record(self, request: Request, status: int) -> bool:
        who = getattr(request.state, "principal", None)
        if who is None:
            return True  # Nobody was recognised, so nothing was done; logins write their own line.
        entry = replace(entry_of(request, who), status=status)
        try:
            await self._service.writer.run(
                lambda work: audit.append(work.connection, work.now, entry)
            )
        except (SQLAlchemyError, RuntimeError) as error:
            log.error("audit_away", error=repr(error)[:300])
            return False
        return True
