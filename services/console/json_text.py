"""JSON read into a tree with places; the standard module tells places only of syntax errors.

Owns: which JSON is read: RFC 8259, no NaN, no doubled names, bounded depth.
Must not: be lenient; what is not JSON may be sent as YAML.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any

from services.console.tree import MAX_DEPTH, Mark, Node, Unreadable, doubled_key, number, too_deep

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_STRINGS = json.JSONDecoder()
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(text: str) -> Node:
    """Read one JSON value. Raises Unreadable, and nothing else."""
    return _Reader(text).read()


class _Reader:
    """Recursive descent; the depth limit bounds the recursion."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def read(self) -> Node:
        start = self._skip(0)
        if start == len(self._text):
            raise self._error("empty", start, "the document is empty", "write a JSON object")
        node, end = self._value(start, 0)
        end = self._skip(end)
        if end != len(self._text):
            raise self._error("bad_json", end, "something follows the end of the document",
                              "send one JSON value")  # fmt: skip
        return node

    def _mark(self, index: int) -> Mark:
        line = bisect_right(self._lines, index)
        return Mark(line, index - self._lines[line - 1] + 1)

    def _error(self, code: str, index: int, message: str, remedy: str) -> Unreadable:
        return Unreadable(code, self._mark(index), message, remedy)

    def _expected(self, index: int, what: str) -> Unreadable:
        found = repr(self._text[index]) if index < len(self._text) else "the end"
        message = f"this is not JSON: expected {what}, found {found}"
        return self._error("bad_json", index, message, f"write {what} here")

    def _skip(self, index: int) -> int:
        match = _SPACE.match(self._text, index)
        return match.end() if match else index

    def _value(self, index: int, depth: int) -> tuple[Node, int]:
        first = self._text[index : index + 1]
        if first in ("{", "["):
            if depth >= MAX_DEPTH:
                raise too_deep(self._mark(index))
            read = self._object if first == "{" else self._array
            return read(index, depth + 1)
        at = self._mark(index)
        if first == '"':
            text, end = self._string(index)
            return Node(text, at), end
        for word, meaning in _WORDS.items():
            if self._text.startswith(word, index):
                return Node(meaning, at), index + len(word)
        match = _NUMBER.match(self._text, index)
        if match is None:
            raise self._expected(index, "a value")
        return Node(number(match[0], at), at), match.end()

    def _string(self, index: int) -> tuple[str, int]:
        try:
            text, end = _STRINGS.raw_decode(self._text, index)
        except json.JSONDecodeError as error:
            message = f"this is not JSON: {error.msg}"
            raise self._error("bad_json", error.pos, message, "mend this text") from error
        if _SURROGATE.search(text):
            raise self._error("unprintable", index, "half of a surrogate pair", "remove it")
        return text, end

    def _array(self, index: int, depth: int) -> tuple[Node, int]:
        found: list[Node] = []
        node = Node(found, self._mark(index))
        index = self._skip(index + 1)
        if self._text.startswith("]", index):
            return node, index + 1
        while True:
            one, index = self._value(index, depth)
            found.append(one)
            index = self._skip(index)
            if self._text.startswith("]", index):
                return node, index + 1
            index = self._comma(index, "`,` or `]`")

    def _object(self, index: int, depth: int) -> tuple[Node, int]:
        found: dict[str, Node] = {}
        node = Node(found, self._mark(index))
        index = self._skip(index + 1)
        if self._text.startswith("}", index):
            return node, index + 1
        while True:
            if not self._text.startswith('"', index):
                raise self._expected(index, "a name in double quotes")
            at = self._mark(index)
            name, index = self._string(index)
            if name in found:
                raise doubled_key(name, at, node.keys[name])
            index = self._skip(index)
            if not self._text.startswith(":", index):
                raise self._expected(index, "`:`")
            one, index = self._value(self._skip(index + 1), depth)
            found[name], node.keys[name] = one, at
            index = self._skip(index)
            if self._text.startswith("}", index):
                return node, index + 1
            index = self._comma(index, "`,` or `}`")

    def _comma(self, index: int, what: str) -> int:
        if not self._text.startswith(",", index):
            raise self._expected(index, what)
        return self._skip(index + 1)
