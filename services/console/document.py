"""The planner's document: text in YAML or JSON → a visit spec, or problems with their places.

Owns: reading a spec, and finding the place of a field in the planner's file.
Must not: do I/O or judge a visit by rules of the field; `services.visits` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from services.console.explain import explain
from services.console.json_text import read_json
from services.console.tree import (
    Node,
    Step,
    Unreadable,
    check_text,
    items_of,
    names_of,
    path_steps,
    path_text,
    printable,
)
from services.console.yaml_text import read_yaml
from shared.contracts.message import Problem
from shared.contracts.spec import VisitSpec

Form = Literal["yaml", "json"]
MAX_PROBLEMS = 50
_DATES = {"starts_at": "2027-08-18T14:00", "ends_at": "2027-08-18T16:00", "dated": "2027-08-05"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d.*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read: a spec, or the problems that keep it from being one."""

    spec: VisitSpec | None
    problems: tuple[Problem, ...]
    tree: Node | None = None

    def locate(self, problem: Problem) -> Problem:
        """The same problem with its place in this document, where its path leads to one."""
        if self.tree is None or not problem.path or problem.line is not None:
            return problem
        at = self.tree.place(_written(self.tree, path_steps(problem.path)))
        return problem.model_copy(update={"line": at.line, "column": at.column})


def decode(body: bytes) -> str:
    """Bytes as UTF-8 text. Raises Unreadable, naming the byte."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not UTF-8"
        raise Unreadable("not_utf8", None, message, "save the file as UTF-8") from error


def read_tree(text: str, form: Form) -> Node:
    """Text as a tree with places. Raises Unreadable."""
    check_text(text)
    return read_json(text) if form == "json" else read_yaml(text)


def read_spec(body: bytes | str, form: Form) -> Document:
    """Read a visit spec; never raises. Problems come in the order of the file."""
    try:
        text = body if isinstance(body, str) else decode(body)
        tree = read_tree(text, form)
        if not isinstance(tree.value, dict):
            raise Unreadable("not_a_mapping", tree.at, "a visit spec is a mapping of fields",
                             "begin with `visit: <id>`")  # fmt: skip
    except Unreadable as unreadable:
        return Document(None, (unreadable.problem,))
    own = [*_bad_dates(tree, ()), *_doubled_ids(tree)]
    try:
        spec = VisitSpec.model_validate(tree.plain())
    except ValidationError as error:
        problems = _merged(own, explain(error, tree, MAX_PROBLEMS))
    else:
        problems = own
        if not problems:
            return Document(spec, (), tree)
    problems.sort(key=lambda one: (one.line or 0, one.column or 0))
    return Document(None, tuple(problems[:MAX_PROBLEMS]), tree)


def _merged(own: list[Problem], told: list[Problem]) -> list[Problem]:
    """Our own findings know the place better than the model does."""
    paths = {one.path for one in own}
    doubled = any(one.code == "doubled_id" for one in own)
    rest = [
        one
        for one in told
        if one.path not in paths and not (doubled and "used more than once" in one.message)
    ]
    return own + rest


def _written(tree: Node, path: tuple[Step, ...]) -> tuple[Step, ...]:
    """Leave `details` out where the planner wrote the wishes beside `kind`."""
    if len(path) > 4 and path[4] == "details" and "details" not in names_of(tree.find(path[:4])):
        return path[:4] + path[5:]
    return path


def _bad_dates(node: Node, path: tuple[Step, ...]) -> list[Problem]:
    """Numbers would be read as seconds since 1970; a planner means something else by 20270818."""
    found: list[Problem] = []
    for name, below in names_of(node).items():
        value = below.value
        if name in _DATES and value is not None and not isinstance(value, dict | list):
            if not (isinstance(value, str) and _DATE.fullmatch(value)):
                found.append(
                    Problem(
                        code="bad_date",
                        path=path_text((*path, name)),
                        message=printable(f"{value!r} is no date or local time"),
                        remedy=f"write for example {_DATES[name]}",
                        line=below.at.line,
                        column=below.at.column,
                    )
                )
        elif name in ("programme", "needs", "letter"):
            found += _bad_dates(below, (*path, name))
    for index, below in enumerate(items_of(node)):
        found += _bad_dates(below, (*path, index))
    return found


def _doubled_ids(tree: Node) -> list[Problem]:
    programme = items_of(tree.child("programme"))
    found = _doubled(programme, ("programme",))
    for index, item in enumerate(programme):
        found += _doubled(items_of(item.child("needs")), ("programme", index, "needs"))
    return found


def _doubled(some: Sequence[Node], path: tuple[Step, ...]) -> list[Problem]:
    first: dict[str, Node] = {}
    found: list[Problem] = []
    for index, one in enumerate(some):
        named = one.child("id")
        if named is None or not isinstance(named.value, str):
            continue
        before = first.setdefault(named.value, named)
        if before is not named:
            message = f"{named.value!r} is used more than once; first in line {before.at.line}"
            found.append(
                Problem(
                    code="doubled_id",
                    path=path_text((*path, index, "id")),
                    message=printable(message),
                    remedy="give each an id of its own",
                    line=named.at.line,
                    column=named.at.column,
                )
            )
    return found
