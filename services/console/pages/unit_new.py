"""`/new-unit`: a unit that there is not yet, made from one that there is; looked over, then added.

Owns: the form and what is shown before it is added. What is added is what was looked over.
Must not: judge a unit; its owner does, and its words stand at the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_changes import preview_of
from services.console.door import Console, Parts
from services.console.intents import to_change
from services.console.loads import WORDS_OF
from services.console.pages import forms, frame
from services.console.pages.inventory import NEW, shown
from services.console.pages.unit import INVALID, MOST_KIND, address, read_unit
from services.console.pages.visit_acts import MOVED, NOT_YET
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.slugs import is_slug
from services.console.unit_new import begun, document_of, given_new, groups_of
from services.console.words import speaker
from shared.contracts.changes import UnitChange
from shared.contracts.inventory import UnitView
from shared.contracts.message import Problem

router = APIRouter(include_in_schema=False)
Word = Annotated[str, Query(max_length=MOST_KIND)]


@dataclass(frozen=True, slots=True)
class Like:
    """The unit that the form is made from."""

    service: str
    view: UnitView


async def _like(parts: Console, who: Principal, service: str, unit: str, kind: str) -> Like:
    """Raises ProblemError: 404 without such a unit, or where none is added."""
    if not is_slug(unit):
        raise ProblemError("not-found", "there is no such unit")
    view = await read_unit(parts, who, service, unit, kind)
    if not view.adds:
        raise ProblemError("not-found", f"no {view.kind} are added here")
    return Like(service, view)


@router.get(NEW)
async def new_unit(
    parts: Parts, who: Who, request: Request, service: Word = "", like: Word = "", kind: Word = ""
) -> Response:
    """The form, with the figures of the unit that it is to be like."""
    found = await _like(parts, who, service, like, kind)
    return _page(request, who, found, begun(found.view.document))


def _page(
    request: Request, who: Principal, like: Like, document: Mapping[str, Any],
    problems: tuple[Problem, ...] = (), told: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """`told`: the inputs, where the owner has nothing against them."""
    view, language = like.view, frame.language_for(request)
    t = speaker(language)
    errors = forms.by_field(problems, language)
    new = None
    if told is not None and not problems:
        made = UnitView(
            unit=document["id"], kind=view.kind, name=document["name"], document=dict(document)
        )
        new = shown(made, t, False, like.service)
    word = WORDS_OF.get(view.kind)
    return frame.render(
        request, who, "inventory/new.html", status=INVALID if problems else 200,
        title=t("units.new_title", kind=t(word) if word else view.kind), like=view, new=new,
        service=like.service, groups=groups_of(view.document, document, errors), errors=errors,
        told=told or {}, key=forms.new_key(), back=address(like.service, view.unit),
    )  # fmt: skip


@router.post(NEW)
async def add(parts: Parts, who: Who, request: Request) -> Response:
    """Show what would be added, or add what was shown; or the form again with what is wrong."""
    form = await forms.read_form(request)
    service, kind = form.get("service"), form.get("kind")[:MOST_KIND]
    like = await _like(parts, who, service, form.get("like"), kind)
    told = given_new(dict(form.fields))
    document = document_of(like.view.document, told)
    name = document.get("id")
    if not (isinstance(name, str) and is_slug(name)):
        wrong = Problem(code="invalid", path="add.id", message="lower-case letters, digits and "
                        "hyphens, at most 63 of them")  # fmt: skip
        return _page(request, who, like, document, (wrong,))
    change = UnitChange(add=document)
    if form.get("mode") != "save":
        seen = await preview_of(parts, who, service, name, change, None, 1, like.view.kind)
        return _page(request, who, like, document, seen.problems, told)
    here = address(service, name, {"kind": like.view.kind})
    try:
        intent = to_change(who, service, (name, like.view.kind), 0, change)
        answer = await parts.writes.run(request, form.body, intent, who)
        if answer.status_code == NOT_YET:
            return forms.to(address(service, like.view.unit), said="unit_pending")
        return forms.after(answer, here, said="unit_added")
    except ProblemError as error:
        if error.status not in (*MOVED, INVALID):
            raise
        told_by = error.details.errors or (Problem(code="refused", message=error.details.title),)
        return _page(request, who, like, document, tuple(told_by))
