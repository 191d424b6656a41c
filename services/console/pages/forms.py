"""Forms: plain POST and redirect. A form carries the key that makes its write happen once.

A page puts `{{ parts.once(key) }}` into the form with a `key = new_key()` made when it is shown;
the handler of the POST reads `form = await read_form(request)`, checks, and ends with
`after(await parts.writes.run(request, form.body, intent, who), "/board", said="saved")`.
The word `said.saved` is then shown on the page that follows. Writes from other sites are refused by
the gate (`access`), for every route alike.

Must not: know any form.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import orjson
from fastapi import Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from services.console.problems import URN, ProblemDetails, ProblemError
from services.console.templating import wrong
from shared.contracts.message import Problem

MOST_FIELDS = 500
TYPE = "application/x-www-form-urlencoded"
KEY = "idempotency_key"


def new_key() -> str:
    """For one form that is shown once."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent. `body` is what makes two sendings the same request."""

    fields: tuple[tuple[str, str], ...]
    body: bytes

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field, without spaces around it."""
        return next((value.strip() for key, value in self.fields if key == name), default)

    def all(self, name: str) -> list[str]:
        """All values of a field that may be there several times."""
        return [value for key, value in self.fields if key == name]


async def read_form(request: Request) -> Form:
    """Read it and take its key. Raises ProblemError: 415, 422."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != TYPE:
        raise ProblemError("unsupported-media-type", f"send {TYPE}")
    body = await request.body()
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise ProblemError("invalid-request", "the form cannot be read") from error
    form = Form(tuple(fields), body)
    key = form.get(KEY)
    if key:
        request.state.form_key = key
    return form


def after(answer: Response, address: str, said: str = "") -> Response:
    """Where the browser goes after a write: to `address` when it was accepted.

    Raises ProblemError with what the owner said when it was not; a form that can show this beside
    its fields catches it. `said` names a word `said.…` that is shown there.
    """
    if answer.status_code >= 400:
        raise problem_of(answer)
    return to(address, said)


def to(address: str, said: str = "") -> Response:
    """Where the browser goes after a write of the console's own. `address` is on this site."""
    assert not urlsplit(address).netloc, address
    joint = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{joint}said={said}" if said else address, 303)


def problem_of(answer: Response) -> ProblemError:
    """The problem that an answer of the API carries."""
    told = ProblemDetails.model_validate(orjson.loads(bytes(answer.body)))
    sort = told.type.removeprefix(URN)
    return ProblemError(sort, told.detail, told.errors, {"Cache-Control": "no-store"})


def by_field(problems: tuple[Problem, ...], language: str) -> dict[str, Markup]:
    """Messages by the path of the field they are about; the others under an empty path."""
    found: dict[str, Markup] = {}
    for one in problems:
        path = one.path or ""
        parts = [wrong(part, language) for part in (one.message, one.remedy) if part]
        told = Markup("; ").join(parts)
        found[path] = found[path] + " · " + told if path in found else told
    return found
