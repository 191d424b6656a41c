"""`/parked/<service>/replay`, `discard`, `restore`: an act is looked at, then done.

A GET shows what the act would do now: how many messages, about which visits, at which rate, how
long it takes. The POST does it, once for the key of the form that was shown.

Owns: these pages, and reading a selection from an address or a form.
Must not: choose messages; the service that parked them does, by the selection that was shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.console.access import Who
from services.console.api_parked_acts import run
from services.console.door import Console, Parts
from services.console.idempotency import command_of, key_of
from services.console.pages import frame, parked
from services.console.pages.forms import Form, after, new_key, problem_of, read_form
from services.console.pages.parked_reach import Reach, reach_of
from services.console.parked_finding import known
from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.contracts.parking import MAX_PER_S, Chosen, Discard, Reason, Replay, Restore

REFUSED = (404, 409, 422)
NOT_YET = 202
RATE, SLOWEST = 20.0, 0.01
MOST_NAMED = 100
"""Messages that are chosen one by one: no page of a group shows more."""
_REASON: TypeAdapter[str] = TypeAdapter(Reason)
Verb = Literal["replay", "discard", "restore"]
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """An act that is being looked at."""

    verb: Verb
    service: str
    chosen: Chosen
    reach: Reach
    per_s: float
    stop: bool

    @property
    def takes_s(self) -> int:
        """How long a replay of this many takes at least, at its rate."""
        return math.ceil(self.reach.count / self.per_s)

    @property
    def back(self) -> str:
        """Where one came from."""
        if self.chosen.group is None:
            return named_at(self.service, self.chosen)
        return parked.group_at(self.service, self.chosen.group, state=self.reach.state)


@router.get("/parked/{service}/replay")
async def look_at_replay(parts: Parts, who: Who, request: Request, service: str) -> Response:
    """What a replay would do."""
    return await _look(parts, who, request, service, "replay")


@router.get("/parked/{service}/discard")
async def look_at_discard(parts: Parts, who: Who, request: Request, service: str) -> Response:
    """What a discard would do."""
    return await _look(parts, who, request, service, "discard")


@router.get("/parked/{service}/restore")
async def look_at_restore(parts: Parts, who: Who, request: Request, service: str) -> Response:
    """What a restore would do."""
    return await _look(parts, who, request, service, "restore")


@router.post("/parked/{service}/replay")
async def replay(parts: Parts, who: Who, request: Request, service: str) -> Response:
    """Begin it, and show how far it comes."""
    form = await read_form(request)
    chosen, (per_s, stop) = chosen_in(form), pace_in(form)
    act = Replay(chosen=chosen, per_s=per_s, stop_at_first_failure=stop)
    name = command_of(who.name, key_of(request))
    resource = f"/v1/parked/{known(service)}/replays/{name}"
    told = await _do(parts, who, request, service, "replay", form, act, resource=resource,
                     creates=True)  # fmt: skip
    if isinstance(told, Response):
        return told
    begun = told.answer.status_code != NOT_YET
    return ended(told.answer, parked.replay_at(service, name) if begun else told.back,
                 said="parked_replaying")  # fmt: skip


@router.post("/parked/{service}/discard")
async def discard(parts: Parts, who: Who, request: Request, service: str) -> Response:
    """Give messages up."""
    form = await read_form(request)
    act = Discard(chosen=chosen_in(form))
    told = await _do(parts, who, request, service, "discard", form, act)
    if isinstance(told, Response):
        return told
    return ended(told.answer, told.back, said="parked_discarded")


@router.post("/parked/{service}/restore")
async def restore(parts: Parts, who: Who, request: Request, service: str) -> Response:
    """Park discarded messages again."""
    form = await read_form(request)
    act = Restore(chosen=chosen_in(form))
    told = await _do(parts, who, request, service, "restore", form, act)
    if isinstance(told, Response):
        return told
    return ended(told.answer, told.back, said="parked_restored")


@dataclass(frozen=True, slots=True)
class _Done:
    """An act that was taken, and where one goes then."""

    answer: Response
    back: str


async def _look(
    parts: Console, who: Principal, request: Request, service: str, verb: Verb
) -> Response:
    form = Form(tuple(request.query_params.multi_items()), b"")
    return _show(request, who, await _plan(parts, who, service, verb, form))


async def _plan(parts: Console, who: Principal, service: str, verb: Verb, form: Form) -> Plan:
    """What a form asks for, as it would go now. Raises ProblemError (404, 422, 503)."""
    chosen, (per_s, stop) = chosen_in(form), pace_in(form)
    reach = await reach_of(parts, who, service, chosen, verb)
    return Plan(verb, known(service), chosen, reach, per_s, stop)


async def _do(
    parts: Console, who: Principal, request: Request, service: str, verb: Verb, form: Form,
    act: Replay | Discard | Restore, **intent: Any,
) -> Response | _Done:  # fmt: skip
    """Do it; or the page again, with what is wrong. Raises ProblemError."""
    reason = form.get("reason")
    wrong, refused, status = reason_wrong(reason), "", 422
    if not wrong:
        try:
            told = await run(parts, who, request, service, act, reason, **intent)
            if told.status_code >= 400:
                raise problem_of(told)
            return _Done(told, _after(service, act, verb))
        except ProblemError as error:
            if error.status not in REFUSED:
                raise
            refused, status = error.details.detail, error.status
    plan = await _plan(parts, who, service, verb, form)
    return _show(request, who, plan, reason, wrong, refused, status)


def _after(service: str, act: Replay | Discard | Restore, verb: Verb) -> str:
    """The message, or the group in the state that its messages have now."""
    if act.chosen.group is None:
        return named_at(service, act.chosen)
    state = "discarded" if verb == "discard" else "parked"
    return parked.group_at(service, act.chosen.group, state=state)


def named_at(service: str, chosen: Chosen) -> str:
    """The one message that was named, or the list where there are several."""
    one = chosen.messages[0] if len(chosen.messages) == 1 else None
    return parked.message_at(service, one) if one else f"/parked?service={known(service)}"


def _show(
    request: Request, who: Principal, plan: Plan, reason: str = "", wrong: str = "",
    refused: str = "", status: int = 200,
) -> Response:  # fmt: skip
    title, doing = VERBS[plan.verb]
    return frame.render(
        request, who, "parked/confirm.html", title=title, status=status, plan=plan, doing=doing,
        key=new_key(), reason=reason, wrong=wrong, refused=refused,
    )  # fmt: skip


def ended(answer: Response, address: str, said: str) -> Response:
    """To a page that says what was done, or that the act is kept and not answered yet."""
    if answer.status_code == NOT_YET:
        return after(answer, address, said="parked_pending")
    return after(answer, address, said)


def reason_wrong(reason: str) -> str:
    """The word for what is wrong with a reason; empty when it will do."""
    try:
        _REASON.validate_python(reason)
    except ValidationError:
        return "parked.reason_wrong" if reason else "parked.reason_missing"
    return ""


def chosen_in(form: Form) -> Chosen:
    """The selection: messages by name, or a frozen group. Raises ProblemError (422)."""
    given = {name: form.get(name) or None for name in ("group", "as_of", "most")}
    names = tuple(dict.fromkeys(form.all("message")))
    if len(names) > MOST_NAMED:
        raise ProblemError("invalid-request", f"choose at most {MOST_NAMED} messages, or a group")
    try:
        return Chosen.model_validate({**given, "messages": names})
    except ValidationError as error:
        detail = "choose messages, or a group and the moment it was looked at"
        raise ProblemError("invalid-request", detail) from error


def pace_in(form: Form) -> tuple[float, bool]:
    """Messages a second, and whether the first failure stops. Raises ProblemError (422)."""
    return rate_in(form), form.get("stop") == "1"


def rate_in(form: Form) -> float:
    """Messages a second. Raises ProblemError (422)."""
    try:
        per_s = float(form.get("per_s") or RATE)
    except ValueError:
        per_s = 0.0
    if not SLOWEST <= per_s <= MAX_PER_S:
        raise ProblemError("invalid-request", f"a rate is from {SLOWEST} to {MAX_PER_S:g} a second")
    return per_s


VERBS: dict[str, tuple[str, str]] = {
    "replay": ("parked.replay_title", "parked.replay_do"),
    "discard": ("parked.discard_title", "parked.discard_do"),
    "restore": ("parked.restore_title", "parked.restore_do"),
}
"""The title of its page, and the word on its button."""
