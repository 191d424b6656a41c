"""`/visits/{visit}/edit` and `/new-visit`: figures in a form, or the whole document as text.

Owns: the two forms. An edit opens a proposal, never changes what stands; what somebody else has
changed meanwhile is shown first, and the planner's own text is kept.
Must not: judge a spec; the model and `services.visits` do, and their words stand at the fields.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.document import Document, read_spec
from services.console.document import Form as Syntax
from services.console.door import Console, Parts, VisitId
from services.console.editing import changes, figure_groups, text_of, with_figures
from services.console.intents import to_propose, to_submit
from services.console.pages import frame
from services.console.pages.forms import Form, by_field, new_key, read_form
from services.console.pages.visit import read_visit
from services.console.pages.visit_acts import seen_revision, shown
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.scope import check_station
from services.console.words import speaker
from shared.contracts.catalog import CATALOG
from shared.contracts.message import Problem
from shared.contracts.values import Slug
from shared.contracts.visits import VisitView

TEMPLATES_SHOWN = 30
GROUPS_SHOWN = 150
"""Of figures; a form has a limit of fields. The document has all."""
KINDS = {kind: one.name for kind, one in CATALOG.items()}
frame.Link("new", "/new-visit", "planning", 15)
router = APIRouter(include_in_schema=False)


def base_of(view: VisitView) -> dict[str, Any]:
    """What is edited: what is proposed, where something is, else what stands."""
    proposed = view.proposed.spec if view.proposed else None
    return (proposed or view.spec).model_dump(mode="json")


@router.get("/visits/{visit}/edit")
async def edit(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """The form, filled with what stands or is proposed."""
    view = await read_visit(parts, who, visit)
    check_station(who, view.station)
    spec = base_of(view)
    return _form(request, who, view, spec, text_of(spec))


def _form(
    request: Request, who: Principal, view: VisitView, spec: Mapping[str, Any], text: str,
    *, problems: tuple[Problem, ...] = (), status: int = 200, stale: list[str] | None = None,
    given: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    language = frame.language_for(request)
    title = speaker(language)("edit.title", title=view.title.model_dump()[language])
    return frame.render(
        request, who, "visit/edit.html", title=title, status=status, visit=view,
        groups=figure_groups(spec)[:GROUPS_SHOWN], given=given or {}, text=text,
        base=text_of(base_of(view)), errors=by_field(problems, language), problems=problems,
        stale=stale, kinds=KINDS, key=new_key(),
    )  # fmt: skip


@router.post("/visits/{visit}/edit")
async def propose(parts: Parts, who: Who, request: Request, visit: VisitId) -> Response:
    """Open a proposal with what was sent, or show the form again with what is wrong or new."""
    form = await read_form(request)
    view = await read_visit(parts, who, visit)
    spec, given = base_of(view), dict(form.fields)
    by_figures = form.get("mode") == "figures"
    text = text_of(with_figures(spec, given)) if by_figures else _text(form, "document")
    if moved_on(form, view):
        before = _text(form, "base")
        told = changes(before, text_of(spec))
        mine = text if not by_figures else text_of(with_figures(_read(before) or spec, given))
        return _form(request, who, view, spec, mine, status=409, stale=told, given=given)
    document = await asyncio.to_thread(read_spec, text, "yaml")
    problems = document.problems or _of_another(document, visit)
    if document.spec is None or problems:
        return _form(request, who, view, spec, text, problems=problems, status=422, given=given)
    try:
        seen, open_ = seen_revision(form), form.get("proposal")
        intent = to_propose(parts, who, seen, document.spec, document.locate, open_)
        answer = await parts.writes.run(request, form.body, intent, who)
        return shown(answer, visit, said="proposed")
    except ProblemError as error:
        return await _again(parts, who, request, visit, form, text, error)


async def _again(
    parts: Console, who: Principal, request: Request, visit: str, form: Form, text: str,
    error: ProblemError,
) -> Response:  # fmt: skip
    """The owner said no: its reasons at the fields, or what came in between."""
    if error.status not in (409, 412, 422):
        raise error
    view = await read_visit(parts, who, visit)
    spec = base_of(view)
    stale = changes(_text(form, "base"), text_of(spec)) if moved_on(form, view) else None
    problems = error.details.errors or (_only(error),)
    return _form(
        request, who, view, spec, text, problems=() if stale else problems, status=error.status,
        stale=stale, given=dict(form.fields),
    )  # fmt: skip


def moved_on(form: Form, view: VisitView) -> bool:
    """Whether the visit, or its proposal, is another one than the form was made from."""
    proposal = view.proposed.proposal if view.proposed else ""
    return seen_revision(form) != view.revision or form.get("proposal") != proposal


def _text(form: Form, name: str) -> str:
    """A text field; browsers send its line ends as CRLF."""
    return form.get(name).replace("\r\n", "\n") + "\n"


def _read(text: str) -> dict[str, Any] | None:
    spec = read_spec(text, "yaml").spec
    return spec.model_dump(mode="json") if spec else None


def _of_another(document: Document, visit: str) -> tuple[Problem, ...]:
    if document.spec is None or document.spec.visit == visit:
        return ()
    told = Problem(
        code="wrong_visit", path="visit", message=f"the document is of {document.spec.visit}",
        remedy=f"write `visit: {visit}`, or submit a new visit",
    )  # fmt: skip
    return (document.locate(told),)


def _only(error: ProblemError) -> Problem:
    return Problem(code="refused", message=error.details.detail or error.details.title)


# ---------------------------------------------------------------- a new visit


@router.get("/new-visit")
async def new(
    parts: Parts,
    who: Who,
    request: Request,
    template: Annotated[str, Query(max_length=100)] = "",
    copy: Annotated[Slug | Literal[""], Query()] = "",
) -> Response:
    """The form for a new visit: empty, from a sample, or from a visit that there is."""
    samples = await asyncio.to_thread(_samples, parts.service.settings.seed_dir)
    text = samples.get(template, "")
    if copy:
        copied = base_of(await read_visit(parts, who, copy))
        text = text_of({**copied, "visit": f"{copy[:55]}-copy"})
    return _new_form(request, who, list(samples), text)


def _new_form(
    request: Request, who: Principal, samples: list[str], text: str,
    problems: tuple[Problem, ...] = (), status: int = 200,
) -> Response:  # fmt: skip
    return frame.render(
        request, who, "visit/new.html", title="new.title", status=status, samples=samples,
        text=text, problems=problems, key=new_key(),
    )  # fmt: skip


@router.post("/new-visit")
async def submit(parts: Parts, who: Who, request: Request) -> Response:
    """Open it, or show the form again with what is wrong."""
    form = await read_form(request)
    text = _text(form, "document")
    samples = list(await asyncio.to_thread(_samples, parts.service.settings.seed_dir))
    syntax: Syntax = "json" if text.lstrip().startswith("{") else "yaml"
    document = await asyncio.to_thread(read_spec, text, syntax)
    if document.spec is None:
        return _new_form(request, who, samples, text, document.problems, 422)
    try:
        intent = to_submit(who, document.spec, document.locate)
        answer = await parts.writes.run(request, form.body, intent, who)
        return shown(answer, document.spec.visit, said="submitted")
    except ProblemError as error:
        if error.status not in (403, 409, 422):
            raise
        told = error.details.errors or (_only(error),)
        return _new_form(request, who, samples, text, told, error.status)


def _samples(folder: Path | None) -> dict[str, str]:
    """Sample documents by name, where this console was given some."""
    if folder is None:
        return {}
    files = sorted((folder / "visits").glob("*.yaml"))[:TEMPLATES_SHOWN]
    return {file.stem: file.read_text("utf-8") for file in files}
