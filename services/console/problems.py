"""Errors as problem details (RFC 9457): one table of what can go wrong at this door.

Owns: the stable `type` URNs, their titles and statuses, and the shape of every error answer.
Must not: tell anything about the inside (no stack traces, no store or bus messages).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.console.roles import methods_at
from services.console.tree import Unreadable, path_text, printable
from shared.contracts.message import Problem

MEDIA_TYPE = "application/problem+json"
URN = "urn:redcrown:problem:"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of problem."""

    status: int
    title: str


SORTS: dict[str, Sort] = {
    "unreadable-document": Sort(400, "The document cannot be read"),
    "invalid-document": Sort(422, "The document is not a valid visit spec"),
    "invalid-request": Sort(422, "The request is not valid"),
    "idempotency-key-missing": Sort(400, "The header Idempotency-Key is missing or not valid"),
    "idempotency-key-reused": Sort(422, "The Idempotency-Key was used for another request"),
    "request-under-way": Sort(409, "The same request is being handled right now"),
    "revision-missing": Sort(428, "The header If-Match is missing"),
    "revision-stale": Sort(412, "It has changed since you read it"),
    "conflict": Sort(409, "Its state does not allow this"),
    "refused-by-rules": Sort(422, "The visit breaks a rule"),
    "invalid-roster": Sort(422, "The roster is not valid"),
    "roster-stale": Sort(412, "The roster has changed since you read it"),
    "purpose-refused": Sort(403, "This is not within the purpose"),
    "login-needed": Sort(401, "Nobody is recognised here"),
    "login-failed": Sort(401, "Name or password is wrong"),
    "forbidden": Sort(403, "This account may not do this"),
    "too-many-requests": Sort(429, "Too many requests"),
    "not-found": Sort(404, "There is no such thing"),
    "method-not-allowed": Sort(405, "This address does not take this method"),
    "too-large": Sort(413, "The body is too large"),
    "unsupported-media-type": Sort(415, "The body is neither YAML nor JSON"),
    "provider-away": Sort(503, "The login provider does not answer right now"),
    "owner-away": Sort(503, "The service that knows this does not answer right now"),
    "store-away": Sort(503, "The console's own store does not answer right now"),
    "busy": Sort(503, "The console is answering as many requests as it can"),
    "too-many-commands": Sort(503, "Too many commands wait for their owners"),
    "too-many-visits": Sort(503, "Too many visits are coming together"),
    "too-many-streams": Sort(503, "Too many streams of changes are open"),
    "internal": Sort(500, "Something went wrong inside"),
}
_BY_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415:
              "unsupported-media-type", 503: "owner-away"}  # fmt: skip


class ProblemDetails(BaseModel):
    """The body of every answer from 400 on."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[Problem, ...] = ()


class ProblemError(Exception):
    """Ends a request with a problem. `headers` go into the answer."""

    def __init__(
        self,
        sort: str,
        detail: str = "",
        errors: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{sort}: {detail}")
        self.status = SORTS[sort].status
        self.headers = dict(headers or {})
        self.details = ProblemDetails(
            type=URN + sort,
            title=SORTS[sort].title,
            status=self.status,
            detail=printable(detail, 1_000),
            errors=tuple(errors),
        )


def unreadable(error: Unreadable) -> ProblemError:
    """A body that is no document."""
    sort = "too-large" if error.problem.code == "too_large" else "unreadable-document"
    return ProblemError(sort, error.problem.message, (error.problem,))


def as_json(content: Any) -> bytes:
    """JSON in UTF-8; what UTF-8 cannot carry is escaped, so that this never fails."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def problem_body(error: ProblemError) -> bytes:
    """The body of a problem."""
    return as_json(error.details.model_dump(mode="json", exclude_none=True))


def problem_response(error: ProblemError) -> Response:
    """A problem as an answer."""
    return Response(problem_body(error), error.status, error.headers, MEDIA_TYPE)


Answer = Callable[[Request, ProblemError], Response]


def install(app: FastAPI, answer: Answer) -> None:
    """Make every error of the framework a problem too; `answer` says it."""

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return answer(request, error)

    async def of_framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        allowed = methods_at(request.url.path)
        if error.status_code == 405 and allowed:
            # The framework names the methods of the first route at this address only.
            error.headers = {"Allow": ", ".join(allowed)}
        sort = _BY_STATUS.get(error.status_code)
        if sort is None:
            return answer(request, _of_status(error))
        return answer(request, ProblemError(sort, "", (), error.headers))

    async def of_parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, ProblemError("invalid-request", "", _parameters(error)))

    app.add_exception_handler(ProblemError, known)
    app.add_exception_handler(HTTPException, of_framework)
    app.add_exception_handler(RequestValidationError, of_parameters)


def _of_status(error: HTTPException) -> ProblemError:
    made = ProblemError("invalid-request", str(error.detail), (), error.headers)
    made.status = error.status_code
    title = HTTPStatus(error.status_code).phrase
    made.details = made.details.model_copy(
        update={"type": "about:blank", "status": error.status_code, "title": title}
    )
    return made


def _parameters(error: RequestValidationError) -> list[Problem]:
    return [
        Problem(
            code=one["type"],
            path=path_text(one["loc"]),
            message=printable(one["msg"].removeprefix("Value error, ")),
            remedy="see /v1/openapi.json for what this address takes",
        )
        for one in error.errors()
    ]
