"""`/parked/<service>/edit/<id>`: a message gets another body, looked at before it is kept.

First the body is checked: what is wrong stands beside it. Then the difference is shown. Only a body
whose difference was shown is kept; one that was changed since is checked again.

Owns: that page and its form.
Must not: know what is right; the service that parked the message does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.console.access import Who
from services.console.api_parked import MessageId
from services.console.api_parked_acts import checked, run
from services.console.body_fields import contract_of, fields_of, laid_out
from services.console.door import Console, Parts
from services.console.pages import frame, parked
from services.console.pages.forms import Form, new_key, problem_of, read_form
from services.console.pages.parked_act import ended, reason_wrong
from services.console.pages.parked_message import body_of, read_message
from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.contracts.message import Problem
from shared.contracts.parking import Edit, ParkedState
from shared.contracts.parking_reading import ParkedView

ROUTE = "/parked/{service}/edit/{message:path}"
KEEP = "keep"
REFUSED = (404, 409, 412, 422)
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person has written so far, and what is known of it."""

    body: str
    revision: int
    reason: str = ""
    problems: tuple[Problem, ...] = ()
    difference: tuple[str, ...] | None = None
    """None until the body was found right."""
    reason_wrong: str = ""
    """A word."""
    refused: str = ""
    """What the service said that would not keep it."""


@router.get(ROUTE)
async def edit_page(
    parts: Parts, who: Who, request: Request, service: str, message: MessageId
) -> Response:
    """The form."""
    seen = await read_message(parts, who, service, message)
    return _show(request, who, seen, Draft(laid_out(body_of(seen)), seen.revision))


@router.post(ROUTE)
async def edit(
    parts: Parts, who: Who, request: Request, service: str, message: MessageId
) -> Response:
    """Check a body, or keep the one whose difference was shown."""
    form = await read_form(request)
    seen = await read_message(parts, who, service, message)
    draft = await _checked(parts, who, service, message, form, seen)
    shown = form.get("shown") == print_of(draft.body)
    wrong = draft.difference is None or draft.reason_wrong or draft.refused
    if form.get("step") != KEEP or wrong or not shown:
        return _show(request, who, seen, draft, 422 if draft.problems else 200)
    act = Edit(message=message, revision=draft.revision, body=draft.body)
    extra = {"message": message, "difference": draft.difference}
    try:
        told = await run(parts, who, request, service, act, draft.reason, conditional=True,
                         extra=extra)  # fmt: skip
        if told.status_code >= 400:
            raise problem_of(told)
    except ProblemError as error:
        if error.status not in REFUSED:
            raise
        return _show(request, who, seen, _refused(draft, error), error.status)
    return ended(told, parked.message_at(service, message), said="parked_edited")


async def _checked(
    parts: Console, who: Principal, service: str, message: str, form: Form, seen: ParkedView
) -> Draft:
    """What was written, and whether the message could have it. Raises ProblemError."""
    given = dict(form.fields)
    # A form sends line breaks as CR LF, whatever was typed.
    body = given.get("body", "").replace("\r\n", "\n")
    revision, reason = _number(form.get("revision"), seen.revision), form.get("reason")
    keeps = form.get("step") == KEEP
    wrong = reason_wrong(reason) if keeps else ""
    try:
        act = Edit(message=message, revision=revision, body=body)
        found = await checked(parts, who, service, act)
    except ValidationError as error:
        told = tuple(Problem(code=one["type"], message=one["msg"]) for one in error.errors())
        return Draft(body, revision, reason, told, None, wrong)
    except ProblemError as error:
        if error.status != 422:
            raise
        return Draft(body, revision, reason, error.details.errors, None, wrong)
    return Draft(body, revision, reason, (), tuple(found), wrong)


def _refused(draft: Draft, error: ProblemError) -> Draft:
    return Draft(draft.body, draft.revision, draft.reason, error.details.errors,
                 refused=error.details.detail)  # fmt: skip


def _show(
    request: Request, who: Principal, seen: ParkedView, draft: Draft, status: int = 200
) -> Response:
    kind = contract_of(seen.subject)
    return frame.render(
        request, who, "parked/edit.html", title="parked.edit_title", status=status, seen=seen,
        draft=draft, key=new_key(), shown=print_of(draft.body),
        contract=kind.__name__ if kind else "", fields=fields_of(seen.subject, draft.body),
        editable=seen.state is ParkedState.PARKED and not seen.cut,
        stale=draft.revision != seen.revision,
    )  # fmt: skip


def print_of(body: str) -> str:
    """What says that a difference was shown for this very body."""
    return hashlib.sha256(body.encode()).hexdigest()


def _number(text: str, otherwise: int) -> int:
    fits = text.isascii() and text.isdigit() and 0 < len(text) < 10
    return max(1, int(text)) if fits else otherwise
