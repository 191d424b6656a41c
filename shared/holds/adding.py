"""A unit that there is not yet: its document, and what is wrong with it.

Owns: whether a new document is one that its service can take; `changing` saves it.
Must not: save anything. A new unit takes nothing from anybody, so there is nobody to hit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from shared.contracts.changes import UnitChange
from shared.contracts.fields import spoken
from shared.contracts.message import Problem
from shared.holds.alteration import AlterationError
from shared.holds.port import CLOSURES, Rules, Unit
from shared.holds.stock import in_use

MOST_TOLD = 20
Documents = Mapping[str, Sequence[Unit]]


def added(
    rules: Rules[Any], documents: Documents, unit: str, kind: str | None, change: UnitChange
) -> dict[str, Any]:
    """The document of the new unit, as it is stored. Raises AlterationError.

    `documents`: all that there are, those out of use among them.
    """
    known = sorted(name for name, model in rules.documents.items() if model.adds)
    if kind not in known:
        told = f"units of this kind are not added here, only {', '.join(known) or 'none'}"
        raise AlterationError(_problem("kind", told, "say which kind of document it is"))
    checked = _checked(rules.documents[kind], change.add or {})
    if checked.id != unit:
        raise AlterationError(_problem("add.id", f"the unit is called {unit} in the address", ""))
    if any(one.id == unit for one in documents[kind]):
        raise AlterationError(_problem("add.id", f"there is a unit {unit} already", "use another"))
    _never_taken(documents, unit)
    try:
        rules.inventory(in_use({**documents, kind: [*documents[kind], checked]}))
    except ValueError as error:
        raise AlterationError(_problem("add", str(error)[:400], "")) from error
    return checked.model_dump(mode="json")


def _checked(model: type[Unit], document: Mapping[str, Any]) -> Unit:
    try:
        checked = model.model_validate(document)
    except ValidationError as error:
        raise AlterationError(*map(_told, error.errors(include_url=False)[:MOST_TOLD])) from error
    mute = [name for name, value in checked.model_dump(mode="json").items() if not spoken(value)]
    problems = [
        _problem(f"add.{name}", "a text is empty", "write something in both languages")
        for name in mute
    ]  # fmt: skip
    for name in ("retired", CLOSURES):
        # The closure of a whole hall would close its parts, where somebody may stand.
        if getattr(checked, name, None):
            told = "a new unit is open and in use"
            problems.append(_problem(f"add.{name}", told, "leave it out; close it afterwards"))
    if problems:
        raise AlterationError(*problems)
    return checked


def _never_taken(documents: Documents, unit: str) -> None:
    """What is out of use may come back, and its cells are still there."""
    if any(one.id == unit and one.retired for some in documents.values() for one in some):
        told = f"{unit} is the id of a unit that is out of use"
        raise AlterationError(_problem("add.id", told, "use another"))


def _told(one: Any) -> Problem:
    path = ".".join(["add", *map(str, one["loc"])])
    return Problem(code="invalid", path=path[:300], message=one["msg"][:400])


def _problem(path: str, message: str, remedy: str) -> Problem:
    return Problem(code="cannot_add", path=path, message=message, remedy=remedy)
