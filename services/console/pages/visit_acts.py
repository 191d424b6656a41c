"""Acts on one visit from its page: commit, drop, cancel, take an alternative, answer a question.

Owns: reading what the buttons send. Each names the revision that was seen: another one is refused.
Must not: decide; `services.visits` does.
"""

from __future__ import annotations

import orjson
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from services.console.access import Who
from services.console.commands import Intent
from services.console.document import read_spec
from services.console.door import Console, Parts, VisitId
from services.console.editing import applied, text_of
from services.console.intents import to_cancel, to_commit, to_consent, to_drop, to_propose
from services.console.pages.forms import Form, after, read_form
from services.console.pages.visit import read_visit
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.scope import check_changed
from shared.contracts.catalog import resource_services

MOST_DIGITS = 9
MOVED, NOT_YET = (409, 412), 202
MOST_REASON = 1_000
router = APIRouter(include_in_schema=False)


def seen_revision(form: Form) -> int:
    """The revision that the page showed. Raises ProblemError (428)."""
    text = form.get("revision")
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise ProblemError("revision-missing", "the form does not say what was seen; load it again")
    return int(text)


def address(visit: str) -> str:
    """The page of a visit."""
    return f"/visits/{visit}"


def shown(answer: Response, visit: str, said: str) -> Response:
    """To the page of the visit, which says what was done, or that it is kept and not answered yet.

    Raises ProblemError when it was refused.
    """
    if answer.status_code == NOT_YET:
        return RedirectResponse(f"{address(visit)}?no=later", 303)
    return after(answer, address(visit), said=said)


async def _done(
    parts: Console, who: Principal, request: Request, visit: str, form: Form, intent: Intent,
    said: str,
) -> Response:  # fmt: skip
    """Do it and show the visit; where somebody was faster, the visit as it is now says so."""
    try:
        answer = await parts.writes.run(request, form.body, intent, who)
        return shown(answer, visit, said)
    except ProblemError as error:
        if error.status not in MOVED:
            raise
        return RedirectResponse(f"{address(visit)}?no=moved", 303)


@router.post("/visits/{visit}/commit")
async def commit(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Make the proposal that was looked at the spec."""
    form = await read_form(request)
    intent = to_commit(parts, who, visit, seen_revision(form), _named(form, "proposal"))
    return await _done(parts, who, request, visit, form, intent, said="committed")


@router.post("/visits/{visit}/drop")
async def drop(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Forget the proposal that was looked at."""
    form = await read_form(request)
    intent = to_drop(parts, who, visit, None, _named(form, "proposal"))
    return await _done(parts, who, request, visit, form, intent, said="dropped")


@router.post("/visits/{visit}/cancel")
async def cancel(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Release everything; a reason is kept with it."""
    form = await read_form(request)
    reason = form.get("reason")[:MOST_REASON]
    if not reason:
        raise ProblemError("invalid-request", "say why the visit is cancelled")
    intent = to_cancel(parts, who, visit, seen_revision(form), reason)
    return await _done(parts, who, request, visit, form, intent, said="cancelled")


@router.post("/visits/{visit}/alternative")
async def alternative(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Propose the spec with one alternative in it: what is proposed already is kept."""
    form = await read_form(request)
    revision = seen_revision(form)
    view = await read_visit(parts, who, visit)
    await check_changed(parts.service, who, visit)
    proposed = view.proposed
    base = proposed.spec if proposed and proposed.spec else view.spec
    changed = applied(base.model_dump(mode="json"), form.get("need"), _change(form))
    if changed is None:
        raise ProblemError("conflict", f"the visit has no need {form.get('need')} any more")
    document = read_spec(text_of(changed), "yaml")
    if document.spec is None:
        raise ProblemError("invalid-document", "the alternative does not fit", document.problems)
    intent = to_propose(parts, who, revision, document.spec, document.locate, form.get("proposal"))
    return await _done(parts, who, request, visit, form, intent, said="proposed")


def _change(form: Form) -> dict[str, object]:
    try:
        found = orjson.loads(form.get("change"))
    except ValueError as error:
        raise ProblemError("invalid-request", "the alternative cannot be read") from error
    if not isinstance(found, dict):
        raise ProblemError("invalid-request", "the alternative cannot be read")
    return found


@router.post("/visits/{visit}/consent")
async def consent(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """A yes or no to a pending hold, told by one who speaks for the unit, or by a planner."""
    form = await read_form(request)
    service, hold, told = form.get("service"), _named(form, "hold"), form.get("granted")
    if service not in resource_services() or told not in ("yes", "no"):
        raise ProblemError("invalid-request", "say yes or no")
    if not hold.startswith(f"{visit}:"):
        raise ProblemError("not-found", f"{visit} has no hold {hold}")
    reason = form.get("reason")[:MOST_REASON]
    intent = to_consent(parts, who, service, hold, told == "yes", reason)
    return await _done(parts, who, request, visit, form, intent, said="answered")


def _named(form: Form, name: str) -> str:
    text = form.get(name)
    if not text or len(text) > 200 or not text.isascii() or not text.isprintable() or " " in text:
        raise ProblemError("invalid-request", f"{name} is missing")
    return text
