"""A roster as it arrives: JSON, YAML or CSV → rows as plain data, and where each row stands.

Must not: judge rows, the guests service does; must not log or keep anything of them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.console.document import Form, decode, read_tree
from services.console.tree import Mark, Node, Unreadable, check_text, path_steps
from shared.contracts.guests import MAX_GUESTS
from shared.contracts.message import Problem

_LISTS = frozenset({"diets"})
_BETWEEN = re.compile(r"[\s;,]+")
_ROW = re.compile(r"guests\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows, and how to find a problem's place in the file."""

    rows: tuple[dict[str, Any], ...]
    locate: Callable[[Problem], Problem]


def read_rows(body: bytes, form: Form | None) -> Rows:
    """Rows of a body; CSV when `form` is None. Raises Unreadable."""
    text = decode(body)
    found = _of_csv(text) if form is None else _of_tree(read_tree(text, form))
    if not 1 <= len(found.rows) <= MAX_GUESTS:
        message = f"{len(found.rows)} guests; a roster has 1 to {MAX_GUESTS}"
        raise Unreadable("bad_length", Mark(1, 1), message, "split a larger party into visits")
    return found


def _of_tree(tree: Node) -> Rows:
    listed = tree.child("guests")
    if not isinstance(tree.value, dict) or listed is None or len(tree.value) > 1:
        raise Unreadable("not_a_roster", tree.at, "a roster is a list under the name guests",
                         'begin with {"guests": [')  # fmt: skip
    if not isinstance(listed.value, list):
        raise Unreadable("not_a_list", listed.at, "guests is no list", "write one entry per guest")
    for one in listed.value:
        if not isinstance(one.value, dict):
            raise Unreadable("not_a_guest", one.at, "this is no guest", "write fields and values")

    def locate(problem: Problem) -> Problem:
        at = tree.place(path_steps(problem.path))
        return problem.model_copy(update={"line": at.line, "column": at.column})

    return Rows(tuple(one.plain() for one in listed.value), locate)


def _of_csv(text: str) -> Rows:
    """The first line names the fields; an empty cell is a field that is not there."""
    check_text(text)
    lines: list[int] = []
    rows: list[dict[str, Any]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        for cells in reader:
            if any(cells):
                rows.append(_row(head, cells, reader.line_num))
                lines.append(reader.line_num)
    except csv.Error as error:
        at = Mark(reader.line_num or 1, 1)
        raise Unreadable("bad_csv", at, "this is not CSV", "quote cells with commas") from error

    def locate(problem: Problem) -> Problem:
        named = _ROW.match(problem.path)
        return problem.model_copy(update={"line": lines[int(named[1])]}) if named else problem

    return Rows(tuple(rows), locate)


def _row(head: list[str], cells: list[str], line: int) -> dict[str, Any]:
    if len(cells) > len(head):
        raise Unreadable("bad_csv", Mark(line, 1), "this line has more cells than the first one",
                         "quote cells with commas")  # fmt: skip
    filled = {name: cell.strip() for name, cell in zip(head, cells, strict=False) if cell.strip()}
    return {
        name: [part for part in _BETWEEN.split(cell) if part] if name in _LISTS else cell
        for name, cell in filled.items()
    }
