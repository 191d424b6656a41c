"""A parsed document that remembers where each value stands in the planner's file.

Owns: the tree that both readers (YAML, JSON) make, the limits of a document, and its paths.
Must not: know what a visit is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.message import Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_DIGITS = 18
"""Longer numbers mean nothing here, and cost time to convert."""

Step = str | int
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the file; line and column count from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Node:
    """One value: a scalar, a list of nodes, or a mapping of nodes with the place of each key."""

    value: Any
    at: Mark
    keys: dict[str, Mark] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {name: node.plain() for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def child(self, step: Step) -> Node | None:
        """The value under a name or a number, if there is one."""
        found: Node | None = None
        if isinstance(self.value, dict) and isinstance(step, str):
            found = self.value.get(step)
        elif isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            found = self.value[step]
        return found

    def place(self, path: Sequence[Step]) -> Mark:
        """Where `path` stands: its value's place, or that of the nearest thing above it."""
        node = self
        for step in path:
            below = node.child(step)
            if below is None:
                break
            node = below
        return node.at

    def key_place(self, path: Sequence[Step]) -> Mark:
        """Where the name of the last step of `path` is written."""
        above = self.find(path[:-1])
        if above is not None and path and path[-1] in above.keys:
            return above.keys[str(path[-1])]
        return self.place(path)

    def find(self, path: Sequence[Step]) -> Node | None:
        """The node at `path`, if there is one."""
        node: Node | None = self
        for step in path:
            node = node.child(step) if node is not None else None
        return node


class Unreadable(Exception):
    """The text is no document at all; `problem` says where and why."""

    def __init__(self, code: str, at: Mark | None, message: str, remedy: str) -> None:
        super().__init__(message)
        self.problem = Problem(
            code=code,
            message=printable(message),
            remedy=printable(remedy),
            line=at.line if at else None,
            column=at.column if at else None,
        )


def printable(text: str, most: int = 300) -> str:
    """Text that any screen can show, cut to a readable length."""
    clean = _BAD.sub("\N{REPLACEMENT CHARACTER}", text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def check_text(text: str) -> None:
    """Refuse what is too long or has characters that no text file should have.

    Raises Unreadable.
    """
    found = _BAD.search(text)
    if found is not None:
        point = f"U+{ord(found[0]):04X}"
        at = mark_of(text, found.start())
        raise Unreadable("unprintable", at, f"unprintable character {point}", "remove it")
    size = len(text.encode())
    if size > MAX_BYTES:
        message = f"the document has {size} bytes; at most {MAX_BYTES} are read"
        raise Unreadable("too_large", None, message, "split the visit, or shorten its notes")


def mark_of(text: str, index: int) -> Mark:
    """The place of a character of `text`."""
    before = text[:index]
    return Mark(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)


def too_deep(at: Mark) -> Unreadable:
    """The document is nested deeper than any visit."""
    return Unreadable(
        "too_deep", at, f"nested deeper than {MAX_DEPTH} levels", "a visit needs seven at most"
    )


def doubled_key(key: str, at: Mark, first: Mark) -> Unreadable:
    """A name is used twice in one mapping."""
    message = f"{key!r} is given twice; the first is in line {first.line}"
    return Unreadable("duplicate_key", at, message, "keep one of them")


def number(text: str, at: Mark) -> int | float:
    """A whole number or a decimal fraction. Raises Unreadable when it is too long."""
    if len(text) > 2 * MAX_DIGITS or (text.lstrip("+-").isdigit() and len(text) > MAX_DIGITS):
        raise Unreadable("number_too_long", at, "the number is too long", "quote it, if it is text")
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def path_text(path: Sequence[Step]) -> str:
    """`programme[2].needs[0].covers`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return printable(text)


def path_steps(text: str) -> tuple[Step, ...]:
    """The reverse of `path_text`."""
    found = _STEP.findall(text)
    return tuple(int(index) if index else name for index, name in found)


def names_of(node: Node | None) -> Mapping[str, Node]:
    """The entries of a mapping; nothing for anything else."""
    return node.value if node is not None and isinstance(node.value, dict) else {}


def items_of(node: Node | None) -> Sequence[Node]:
    """The entries of a list; nothing for anything else."""
    return node.value if node is not None and isinstance(node.value, list) else ()
