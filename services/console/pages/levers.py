"""The form of a lever: for how long, why, and what became of it.

Must not: know which lever; its page makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.console import templating
from services.console.api_intake import Lever, pull
from services.console.door import Console
from services.console.pages import forms, frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.contracts.message import Problem
from shared.contracts.parking import Reason

MINUTES = (5, 15, 60, 240, 720)
NOT_YET = 202
FIELDS = ("", "reason", "minutes")
"""What of the form an error may be about."""
_REASON: TypeAdapter[str] = TypeAdapter(Reason)


@dataclass(frozen=True, slots=True)
class Tried:
    """What stands in the form: what was sent, and what was wrong with it."""

    key: str = field(default_factory=forms.new_key)
    minutes: int = MINUTES[1]
    reason: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


def reason_in(form: forms.Form) -> str:
    """Why. Raises ProblemError (422) when it says nothing that can be kept."""
    try:
        return _REASON.validate_python(form.get("reason"))
    except ValidationError as error:
        told = Problem(code="invalid", path="reason", message=error.errors()[0]["msg"])
        raise ProblemError("invalid-request", "the reason cannot be kept", (told,)) from error


def minutes_in(form: forms.Form) -> int:
    """For how long. Raises ProblemError (422)."""
    minutes = form.get("minutes")
    if minutes not in map(str, MINUTES):
        raise ProblemError("invalid-request", "choose one of the times")
    return int(minutes)


def done(answer: Response, address: str) -> Response:
    """Where the browser goes after a lever was pulled. Raises ProblemError when it was not."""
    if answer.status_code == NOT_YET:
        return forms.after(answer, address, said="lever_pending")
    return forms.after(answer, address, said="lever_done")


def wrong(form: forms.Form, error: ProblemError, language: str) -> Tried:
    """The form again, with what was wrong beside the field that it is about."""
    minutes = form.get("minutes")
    found = forms.by_field(error.details.errors, language)
    errors = {name: found[name] for name in FIELDS if name in found}
    errors = errors or {"": templating.wrong(error.details.detail, language)}
    return Tried(
        form.get(forms.KEY) or forms.new_key(),
        int(minutes) if minutes in map(str, MINUTES) else MINUTES[1],
        form.get("reason"), errors, error.status,
    )  # fmt: skip


async def pulled(
    parts: Console, who: Principal, request: Request,
    lever: Callable[[int | None, str], Lever], address: str,
) -> tuple[Response | None, Tried]:  # fmt: skip
    """Pull a lever as the form says: where to go, or what to show again.

    `act` of the form is `pause` or `resume`.
    """
    form = await forms.read_form(request)
    try:
        reason = reason_in(form)
        minutes = minutes_in(form) if form.get("act") == "pause" else None
        answer = await pull(parts, who, request, form.body, lever(minutes, reason))
        return done(answer, address), Tried()
    except ProblemError as error:
        return None, wrong(form, error, frame.language_for(request))
