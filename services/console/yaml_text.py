"""YAML as planners write it, read into a tree with places.

Owns: which YAML is read: plain data of the core schema. No aliases, anchors or tags; `18:00`, `no`
and dates stay text, which their field then reads.
Must not: construct anything; only the parser's events are used.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from services.console.tree import MAX_DEPTH, Mark, Node, Unreadable, doubled_key, number, too_deep
from shared.plain_yaml import LOADER

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)


def read_yaml(text: str) -> Node:
    """Read one YAML document. Raises Unreadable, and nothing else."""
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Mark(mark.line + 1, mark.column + 1) if mark else None
        told = ", ".join(part for part in (error.context, error.problem) if part)
        remedy = "check indentation, brackets and quotes near this place"
        raise Unreadable("bad_yaml", at, f"this is not YAML: {told}", remedy) from error
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        told = f"this is not YAML: {error}"
        raise Unreadable("bad_yaml", None, told, "write plain YAML in UTF-8") from error
    if builder.root is None:
        raise Unreadable("empty", Mark(1, 1), "the document is empty", "write a visit spec")
    return builder.root


class _Builder:
    """Puts events together to nodes, without recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._keys: list[tuple[str, Mark] | None] = []
        """The key that waits for its value, for each open node."""

    def take(self, event: Any) -> None:
        """Take one event of the parser."""
        at = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            message = "anchors (&) and aliases (*) are not used here"
            raise Unreadable("alias", at, message, "write the text out, or put it in quotes")
        if getattr(event, "tag", None) is not None:
            message = f"the tag {event.tag} is not used here"
            raise Unreadable("tag", at, message, "leave it out, or put the text in quotes")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, at)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(Node({} if isinstance(event, yaml.MappingStartEvent) else [], at))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()
            self._keys.pop()

    def _begin(self, node: Node) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise too_deep(node.at)
        self._put(node)
        self._open.append(node)
        self._keys.append(None)

    def _scalar(self, event: Any, at: Mark) -> None:
        if self._open and isinstance(self._open[-1].value, dict) and self._keys[-1] is None:
            first = self._open[-1].keys.get(event.value)
            if first is not None:
                raise doubled_key(event.value, at, first)
            self._keys[-1] = (event.value, at)
            return
        plain = event.implicit[0]
        self._put(Node(_value(event.value, at) if plain else event.value, at))

    def _put(self, node: Node) -> None:
        if not self._open:
            if self.root is not None:
                message = "a second document begins here"
                raise Unreadable("two_documents", node.at, message, "send one visit at a time")
            self.root = node
            return
        above, key = self._open[-1], self._keys[-1]
        if isinstance(above.value, list):
            above.value.append(node)
        elif key is None:
            message = "a name of a field must be plain text"
            raise Unreadable("bad_key", node.at, message, "write `name: value`")
        else:
            name, place = key
            above.value[name] = node
            above.keys[name] = place
            self._keys[-1] = None


def _value(text: str, at: Mark) -> Any:
    """What an unquoted word means in YAML 1.2's core schema; dates and times remain text."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    return number(text, at) if _NUMBER.fullmatch(text) else text
