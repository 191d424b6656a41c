"""What the endpoints share: the console's parts, and reading a request by hand.

Owns: bodies, content types, If-Match, links to the next page.
Must not: let the framework parse a body; its errors would not tell places.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Path, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from services.console.access import Gate
from services.console.admission import Admission
from services.console.board import Board
from services.console.callers import Callers
from services.console.document import Document, Form, decode, read_spec, read_tree
from services.console.explain import explain
from services.console.feeds import Feeds
from services.console.fragments import Desk
from services.console.idempotency import Writes
from services.console.live import Hub
from services.console.problems import ProblemDetails, ProblemError, as_json, unreadable
from services.console.rates import Rate
from services.console.tree import Unreadable
from shared.chassis.service import Service
from shared.contracts.message import Problem
from shared.contracts.spec import VisitSpec
from shared.contracts.values import Slug

M = TypeVar("M", bound=BaseModel)
_TAG = re.compile(r'"([1-9][0-9]{0,8})"')
FORMS: dict[str, Form] = {
    "": "yaml",
    "application/json": "json",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
    "text/plain": "yaml",
}


@dataclass(frozen=True, slots=True)
class Console:
    """The parts of the running console."""

    service: Service
    writes: Writes
    hub: Hub
    desk: Desk
    board: Board
    admission: Admission
    gate: Gate
    feeds: Feeds
    hotels: Rate
    """How often each link of a hotel is followed."""
    callers: Callers


def _console(request: Request) -> Console:
    console: Console = request.app.state.console
    return console


Parts = Annotated[Console, Depends(_console)]
VisitId = Annotated[Slug, Path(description="Id of the visit.")]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemDetails, "description": "A problem (application/problem+json)."},
    "503": {
        "model": ProblemDetails,
        "description": "A service, or the console's own store, is away or busy: "
        "come back after Retry-After.",
    },
}


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer in UTF-8."""
    return Response(as_json(content), status, dict(headers or {}), "application/json")


def page(found: dict[str, Any], request: Request, **fixed: Any) -> Response:
    """A page of a list: `next` is an address, `next_after` the bare cursor; null at the end."""
    cursor = found.pop("next", None)
    link = None
    if cursor is not None:
        query = {**dict(request.query_params), **fixed, "after": cursor}
        link = f"{request.url.path}?{urlencode(query)}"
    headers = {"Link": f'<{link}>; rel="next"'} if link else {}
    return answer({**found, "next": link, "next_after": cursor}, headers=headers)


def seen_revision(request: Request) -> int:
    """The revision that the planner saw. Raises ProblemError: 428 without, 412 for nonsense."""
    given = request.headers.get("if-match", "").strip()
    if not given or given == "*":
        detail = 'say which revision you saw, for example If-Match: "3" (the ETag of what you read)'
        raise ProblemError("revision-missing", detail)
    match = _TAG.fullmatch(given)
    if match is None:
        raise ProblemError("revision-stale", f"nothing has the ETag {given}; read it again")
    return int(match[1])


async def read_document(
    request: Request, visit: str | None = None
) -> tuple[bytes, Document, VisitSpec]:
    """The visit spec in the body, of the visit in the address if that names one.

    Raises ProblemError with the places of what is wrong.
    """
    form = _form(request)
    body = await request.body()
    document = await asyncio.to_thread(read_spec, body, form)
    if document.spec is None:
        if document.tree is None:
            only = document.problems[0]
            sort = "too-large" if only.code == "too_large" else "unreadable-document"
            raise ProblemError(sort, only.message, document.problems)
        detail = f"{len(document.problems)} problems; each says what would be right"
        raise ProblemError("invalid-document", detail, document.problems)
    spec = document.spec
    if visit is not None and spec.visit != visit:
        told = Problem(
            code="wrong_visit",
            path="visit",
            message=f"the spec is of {spec.visit}, the address of {visit}",
            remedy=f"write `visit: {visit}`, or submit a new visit",
        )
        raise ProblemError("invalid-document", told.message, (document.locate(told),))
    return body, document, spec


async def read_fields(request: Request, model: type[M]) -> tuple[bytes, M]:
    """A small body. Raises ProblemError."""
    form = _form(request)
    body = await request.body()
    try:
        tree = read_tree(decode(body), form)
        return body, model.model_validate(tree.plain())
    except Unreadable as error:
        raise unreadable(error) from error
    except ValidationError as error:
        raise ProblemError("invalid-request", "", explain(error, tree)) from error


def _form(request: Request) -> Form:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = FORMS.get(media)
    if form is None:
        detail = f"{media} is not read; send application/yaml or application/json"
        raise ProblemError("unsupported-media-type", detail)
    return form
