"""The form of a lever: for how long, why, and what became of it.

Must not: know which lever; its page makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.console.api_intake import Lever, pull
from services.console.door import Console
from services.console.pages import forms
from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.contracts.parking import Reason

MINUTES = (5, 15, 60, 240, 720)
NOT_YET = 202
_REASON: TypeAdapter[str] = TypeAdapter(Reason)


@dataclass(frozen=True, slots=True)
class Tried:
    """What stands in the form: what was sent, and what was wrong with it."""

    key: str = field(default_factory=forms.new_key)
    minutes: int = MINUTES[1]
    reason: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


def reason_in(text: str) -> str:
    """A reason that can be kept. Raises ValidationError."""
    return _REASON.validate_python(text)


async def pulled(
    parts: Console, who: Principal, request: Request,
    lever: Callable[[int | None, str], Lever], address: str,
) -> tuple[Response | None, Tried]:  # fmt: skip
    """Pull a lever as the form says: where to go, or what to show again.

    `act` of the form is `pause` or `resume`.
    """
    form = await forms.read_form(request)
    minutes, reason = form.get("minutes"), form.get("reason")
    pausing = form.get("act") == "pause"
    chosen = int(minutes) if minutes in map(str, MINUTES) else MINUTES[1]
    try:
        reason_in(reason)
        if pausing and minutes not in map(str, MINUTES):
            raise ProblemError("invalid-request", "choose one of the times")
        wanted = lever(chosen if pausing else None, reason)
        answer = await pull(parts, who, request, form.body, wanted)
        if answer.status_code == NOT_YET:
            return forms.after(answer, address, said="lever_pending"), Tried()
        return forms.after(answer, address, said="lever_done"), Tried()
    except ValidationError as error:
        errors = {"reason": error.errors()[0]["msg"]}
        return None, Tried(minutes=chosen, reason=reason, errors=errors, status=422)
    except ProblemError as error:
        told = error.details
        errors = forms.by_field(told.errors) or {"": told.detail}
        return None, Tried(minutes=chosen, reason=reason, errors=errors, status=error.status)
