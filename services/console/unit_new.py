"""The form of a new unit, made from one that there is: fields, and the document they come to. Pure.

Owns: how each value of a document is written in the form, and read back.
Must not: judge a value, or know a kind of unit; the owner of the unit judges, and its words stand
at the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from markupsafe import Markup

from services.console.loads import FACTS, PRICES, VALUES
from services.console.unit_dossier import LONG_TEXTS, TONGUES
from services.console.unit_forms import STYLES, read_minor, read_whole
from services.console.words import WORDS

MARK = "n."
"""What the names of the inputs begin with: `n.name.zh`, `n.room_types.0.rooms`."""
LEFT_OUT = frozenset({"sample", "retired", "closures"})
"""Of a unit that is new they are what they are when nothing is written."""
OWN = frozenset({"id", "name", "note", "contact", "dossier", "lat", "lon", "provenance"})
"""What no two units share: the form begins without it."""
IN_FEN = frozenset({"price", *PRICES})
BY_STYLE = "capacity"
BLANK_ROWS, MOST_ROWS = 2, 8
MOST_TEXT, MOST_ITEMS, MOST_INPUTS = 4_000, 60, 300
_SPLIT = re.compile(r"[\s,，、;；]+")
_DECIMAL = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of a document: where it is, and how it is written.

    `sort`: line, whole, decimal, yuan, tick, list (of words), numbers, text or texts (in both
    languages, texts one a line), email, date.
    """

    path: str
    sort: str


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the form."""

    name: str
    word: str
    """Key of its label, or the field's own name where there is no word for it."""
    tongue: str
    kind: str
    """Of the HTML input; `textarea`, or `checkbox` of which `value` is `1` or empty."""
    value: str
    error: str


@dataclass(frozen=True, slots=True)
class Group:
    """Inputs that belong together, under the word of a field; the first group has none."""

    word: str
    number: int
    """Of a row, from 1; 0 where there are no rows."""
    inputs: tuple[Input, ...]


def leaves(document: Mapping[str, Any]) -> list[Leaf]:
    """What a unit like this one is made of."""
    return [
        leaf for name, value in document.items() if name not in LEFT_OUT
        for leaf in _of(name, value)
    ]  # fmt: skip


def _of(path: str, value: Any) -> Iterator[Leaf]:
    last = path.rpartition(".")[2]
    if last in LONG_TEXTS:
        yield Leaf(path, "texts")
    elif isinstance(value, Mapping) and set(value) == set(TONGUES):
        yield Leaf(path, "text")
    elif isinstance(value, Mapping):
        some = dict.fromkeys(STYLES, 1) if last == BY_STYLE else value
        for name, inner in some.items():
            yield from _of(f"{path}.{name}", inner)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for row in range(min(MOST_ROWS, len(value) + BLANK_ROWS)):
            for name, inner in value[0].items():
                yield from _of(f"{path}.{row}.{name}", inner)
    else:
        yield Leaf(path, _sort(last, value))


def _sort(last: str, value: Any) -> str:
    if isinstance(value, bool):
        return "tick"
    if isinstance(value, int):
        return "yuan" if last in IN_FEN else "whole"
    if isinstance(value, float):
        return "decimal"
    if isinstance(value, list):
        return "numbers" if value and all(isinstance(one, int) for one in value) else "list"
    return {"email": "email", "last_checked": "date"}.get(last, "line")


def begun(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows first: the figures of that unit, without what is its own."""
    return {name: value for name, value in document.items() if name not in OWN}


# ---------------------------------------------------------------- reading


def given_new(fields: Mapping[str, str]) -> dict[str, str]:
    """The inputs among the fields of a form, bounded."""
    mine = [name for name in fields if name.startswith(MARK) and len(name) <= 100]
    return {name: fields[name][:MOST_TEXT].replace("\r\n", "\n") for name in mine[:MOST_INPUTS]}


def document_of(like: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, Any]:
    """The document that the inputs say. What cannot be read stays as it was typed; what is empty
    is left out, and so is a row of which nothing was written."""
    made: dict[str, Any] = {}
    for leaf in leaves(like):
        value = _read(leaf, told)
        if value not in (None, "", [], {}):
            _put(made, leaf.path.split("."), value)
    return {name: _rows(value) for name, value in made.items()}


def _read(leaf: Leaf, told: Mapping[str, str]) -> Any:
    if leaf.sort == "text":
        both = {tongue: told.get(f"{MARK}{leaf.path}.{tongue}", "").strip() for tongue in TONGUES}
        return both if any(both.values()) else None
    if leaf.sort == "texts":
        sides = [told.get(f"{MARK}{leaf.path}.{tongue}", "").strip() for tongue in TONGUES]
        lines = [one.split("\n")[:MOST_ITEMS] if one else [] for one in sides]
        return [dict(zip(TONGUES, map(str.strip, pair), strict=True))
                for pair in zip_longest(*lines, fillvalue="")]  # fmt: skip
    text = told.get(MARK + leaf.path, "").strip()
    if leaf.sort == "tick":
        return bool(text)
    if not text:
        return None
    if leaf.sort in ("list", "numbers"):
        words = [one for one in _SPLIT.split(text) if one][:MOST_ITEMS]
        return [read_whole(one) for one in words] if leaf.sort == "numbers" else words
    if leaf.sort == "yuan":
        return read_minor(text)
    if leaf.sort == "decimal":
        return float(text) if _DECIMAL.fullmatch(text) else text
    return read_whole(text) if leaf.sort == "whole" else text


def _put(made: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        made = made.setdefault(step, {})
    made[steps[-1]] = value


def _rows(value: Any) -> Any:
    """Rows that were collected by their numbers, as the list that they are."""
    if isinstance(value, dict) and value and all(name.isdigit() for name in value):
        return [value[name] for name in sorted(value, key=int)]
    return value


# ---------------------------------------------------------------- showing


def groups_of(
    like: Mapping[str, Any], document: Mapping[str, Any], errors: Mapping[str, str]
) -> list[Group]:
    """The form: fields of a unit like this, the values of a document, and what is wrong."""
    found: dict[str, list[Input]] = {}
    for leaf in leaves(like):
        found.setdefault(_above(leaf.path), []).extend(_inputs(leaf, document, errors))
    return [
        Group(_word(above) if above else "", _row(above), tuple(some))
        for above, some in found.items()
    ]  # fmt: skip


def _above(path: str) -> str:
    """What a value is shown under: its row, or the part of the document that it is in."""
    steps = path.split(".")
    return ".".join(steps[: 2 if len(steps) > 1 and steps[1].isdigit() else 1][: len(steps) - 1])


def _row(above: str) -> int:
    last = above.rpartition(".")[2]
    return int(last) + 1 if last.isdigit() else 0


def _inputs(leaf: Leaf, document: Mapping[str, Any], errors: Mapping[str, str]) -> Iterator[Input]:
    value, word = _at(document, leaf.path), _word(leaf.path)
    for tongue in TONGUES if leaf.sort in ("text", "texts") else ("",):
        path = f"{leaf.path}.{tongue}" if tongue else leaf.path
        kind = {"tick": "checkbox", "texts": "textarea", "email": "email", "date": "date"}
        own = kind.get(leaf.sort, "text")
        yield Input(MARK + path, word, tongue, own, _written(leaf.sort, value, tongue),
                    _wrong(path, leaf.path, errors))  # fmt: skip


def _wrong(path: str, of: str, errors: Mapping[str, str]) -> str:
    mine = [text for at, text in errors.items()
            if at in (f"add.{path}", f"add.{of}") or at.startswith(f"add.{path}.")]  # fmt: skip
    return Markup(" · ").join(dict.fromkeys(mine))


def _at(document: Mapping[str, Any], path: str) -> Any:
    found: Any = document
    for step in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _written(sort: str, value: Any, tongue: str) -> str:
    if value is None:
        return ""
    if sort == "text":
        return str(value.get(tongue, "")) if isinstance(value, Mapping) else ""
    if sort == "texts":
        return "\n".join(str(one.get(tongue, "")) for one in value)
    if sort == "tick":
        return "1" if value else ""
    if sort in ("list", "numbers"):
        return " ".join(map(str, value))
    if sort == "yuan" and isinstance(value, int):
        return f"{value // 100}.{value % 100:02}"
    return str(value)


def _word(path: str) -> str:
    names = [one for one in path.split(".") if not one.isdigit()]
    last = names[-1]
    some = (f"unit_field.{'_'.join(names)}", f"unit_field.{last}", FACTS.get(last, ""),
            PRICES.get(last, ""), VALUES.get(last, ""))  # fmt: skip
    return next((one for one in some if one in WORDS), last)
