"""What the spec's model says of a document, told to a planner: place, field, wrong, right.

Owns: the wording of errors and what would be right instead.
Must not: find errors of its own; `document` and the model do.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from services.console.slugs import pattern_of
from services.console.tree import Mark, Node, Step, names_of, path_text, printable
from shared.contracts.catalog import CATALOG
from shared.contracts.message import Problem
from shared.contracts.spec import Item, Letter, Need, PartyGroup, VisitSpec
from shared.contracts.values import GuestId, Slug

_SLUG = "lower-case letters, digits and hyphens, at most 63 of them"
_PATTERNS = {
    pattern_of(Slug): f"write an id: {_SLUG}",
    "^[A-Z]{3}$": "write a currency code such as CNY",
    "^[a-z]{2,3}$": "write a language code such as en",
    pattern_of(GuestId): "write an id that the roster gave; names belong there alone",
    "^[a-z_]{1,32}$": "write lower-case letters and underscores, at most 32",
}
_ABOVE_NEED = 4
"""A need stands at `programme[i].needs[j]`."""


def explain(error: ValidationError, tree: Node, most: int = 50) -> list[Problem]:
    """The first of the model's errors, in the order of the file, as problems with their places.

    Only those are worded: looking for what was meant takes time, and a file may be all wrong.
    """
    told = error.errors(include_url=False)
    places = [tuple(one["loc"]) for one in told]
    news = [
        one
        for one, place in zip(told, places, strict=True)
        if not (one["type"] == "too_short" and _broken_inside(place, places))
    ]
    news.sort(key=lambda one: tree.key_place(_path(one, tree)))
    return [_problem(one, tree) for one in news[:most]]


def _broken_inside(place: tuple[Any, ...], places: Sequence[tuple[Any, ...]]) -> bool:
    """A list whose entries are broken is told to be empty as well; that is not news."""
    return any(len(one) > len(place) and one[: len(place)] == place for one in places)


def _problem(error: Any, tree: Node) -> Problem:
    path = _path(error, tree)
    kind, context = error["type"], error.get("ctx") or {}
    message = error["msg"].removeprefix("Value error, ")
    if kind == "missing":
        field = path[-1] if path else ""
        at = tree.place(path[:-1])
        message, remedy = f"the field {field!r} is missing", f"add `{field}: …` here"
    elif kind == "extra_forbidden":
        at = tree.key_place(path)
        message, remedy = _unknown(path, tree)
    else:
        path = _blamed(path, message, tree)
        at = tree.place(path)
        if _blames_name(error):
            at = tree.key_place(path)
        remedy = _remedy(kind, context, message, tree.find(path))
    return _told(kind, path, at, message, remedy)


def _told(kind: str, path: Sequence[Step], at: Mark, message: str, remedy: str) -> Problem:
    return Problem(
        code=kind,
        path=path_text(path),
        message=printable(message),
        remedy=printable(remedy),
        line=at.line,
        column=at.column,
    )


def _blames_name(error: Any) -> bool:
    """The model ends a location so when a name is wrong; a planner's own field may be called so."""
    return bool(error["loc"][-1:] == ("[key]",) and error["type"] != "extra_forbidden")


def _path(error: Any, tree: Node) -> tuple[Step, ...]:
    """The model's location as a path in the file, where wishes may stand beside `kind`."""
    path: tuple[Step, ...] = error["loc"][:-1] if _blames_name(error) else error["loc"]
    if len(path) > _ABOVE_NEED and path[_ABOVE_NEED] == "details":
        need = tree.find(path[:_ABOVE_NEED])
        if "details" not in names_of(need):
            return path[:_ABOVE_NEED] + path[_ABOVE_NEED + 1 :]
    return path


def _blamed(path: tuple[Step, ...], message: str, tree: Node) -> tuple[Step, ...]:
    """An error of a whole group often begins with the field that it blames."""
    first = message.split(" ", 1)[0]
    return (*path, first) if first in names_of(tree.find(path)) else path


def _unknown(path: tuple[Step, ...], tree: Node) -> tuple[str, str]:
    name, above = str(path[-1]), path[:-1]
    fields = _fields(above, tree)
    message = f"there is no field {name!r} here"
    if not fields:
        return message, "leave it out"
    if above and above[-1] != "details" and "details" in names_of(tree.find(above)):
        return message, "put wishes either all into `details` or all beside `kind`"
    near = difflib.get_close_matches(name, fields, n=1, cutoff=0.6)
    known = f"fields here are {', '.join(fields)}"
    return message, f"did you mean {near[0]!r}? {known}" if near else known


def _fields(above: tuple[Step, ...], tree: Node) -> list[str]:
    """Which fields there are at a place of a visit spec."""
    shape = tuple(step for step in above if isinstance(step, str))
    models: Mapping[tuple[str, ...], type[BaseModel]] = {
        (): VisitSpec,
        ("letter",): Letter,
        ("party",): PartyGroup,
        ("programme",): Item,
    }
    if shape in models:
        return list(models[shape].model_fields)
    if shape[:2] != ("programme", "needs"):
        return []
    kind = names_of(tree.find(above[:_ABOVE_NEED])).get("kind")
    known = CATALOG.get(kind.value) if kind and isinstance(kind.value, str) else None
    wishes = list(known.details.model_fields) if known else []
    return wishes if shape[2:] else [n for n in Need.model_fields if n != "details"] + wishes


def _remedy(kind: str, context: Mapping[str, Any], message: str, node: Node | None) -> str:
    """What would be right instead."""
    if kind == "enum":
        return _nearest(node, [part.strip("' ") for part in _parts(context["expected"])])
    if message.endswith(", ".join(CATALOG)) and "no kind of need" in message:
        return _nearest(node, list(CATALOG))
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], "write plain characters without spaces")
    if kind == "string_type":
        return "write text; put it in quotes if it looks like a number"
    simple = {
        "int_type": "write a whole number, without quotes",
        "int_from_float": "write a whole number",
        "float_type": "write a number",
        "float_parsing": "write a number",
        "bool_type": "write true or false",
        "bool_parsing": "write true or false",
        "model_type": "write a group of fields, indented below it",
        "model_attributes_type": "write a group of fields, indented below it",
        "dict_type": "write a group of fields, indented below it",
        "tuple_type": "write a list: one `- …` line for each entry",
        "greater_than_equal": f"write {context.get('ge')} or more",
        "greater_than": f"write more than {context.get('gt')}",
        "less_than_equal": f"write {context.get('le')} or less",
        "too_long": f"keep at most {context.get('max_length')}",
        "string_too_long": f"shorten it to {context.get('max_length')} characters",
        "string_too_short": "write something here",
        "too_short": "add at least one entry",
    }
    if kind in simple:
        return simple[kind]
    if kind.startswith(("date", "datetime", "time")):
        return "write a date that exists, for example 2027-08-18 or 2027-08-18T14:00"
    return "change it so that this holds"


def _parts(expected: str) -> list[str]:
    return expected.replace(" or ", ", ").split(", ")


def _nearest(node: Node | None, choices: list[str]) -> str:
    value = node.value if node is not None and isinstance(node.value, str) else ""
    near = difflib.get_close_matches(value, choices, n=1, cutoff=0.6)
    listed = f"use one of {', '.join(choices)}"
    return f"did you mean {near[0]!r}? {listed}" if near else listed
