"""The form of a unit's description: a field for each part of it, and what of it differs. Pure.

Owns: how a field of a document is written in a form, and read back.
Must not: judge a value; the owner of the unit does, and its words stand at the fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from markupsafe import Markup

from services.console.loads import VALUES
from shared.contracts.fields import get
from shared.contracts.inventory import UnitView

MARK = "d."
"""What the names of the fields begin with: `d.name.zh`, `d.dossier.last_checked`."""
SORTS = {
    "name": "text",
    "provenance": "text",
    "contact.post": "text",
    "contact.email": "email",
    "dossier.contact.post": "text",
    "dossier.contact.email": "email",
    "dossier.facilities": "texts",
    "dossier.security": "texts",
    "dossier.last_checked": "date",
    "diets": "tags",
    "note": "line",
}
"""How each is written, in the order of the form; what is not here is not offered.

`text` in both languages, `texts` one a line, `tags` to be ticked, the others as one value."""
TAGS = {"diets": ("halal", "vegetarian", "low_salt", "gluten_free", "kosher")}
"""What is offered besides what the unit has."""
TONGUES = ("zh", "en")
LONG_TEXTS = frozenset({"facilities", "security"})
"""Lists of texts, one a line, wherever they are."""
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", re.ASCII)
MOST_LINES, MOST_INPUTS, MOST_TEXT = 40, 80, 4_000


@dataclass(frozen=True, slots=True)
class Tag:
    """One value that may be ticked."""

    value: str
    word: str
    """Key of its word; empty when the value is shown as it is."""
    ticked: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One part of a description as the form shows it."""

    path: str
    sort: str
    inputs: Mapping[str, str]
    """Text by the language of the input; under an empty name where it has none."""
    tags: tuple[Tag, ...] = ()
    error: str = ""

    @property
    def word(self) -> str:
        """Key of its label."""
        return f"unit_field.{self.path.replace('.', '_')}"

    @property
    def name(self) -> str:
        """What its inputs are called, a language aside."""
        return MARK + self.path


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of a description as it is and as it would be: lines by language."""

    word: str
    before: Mapping[str, tuple[str, ...]]
    after: Mapping[str, tuple[str, ...]]


def given_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """The inputs of a description among those of a form or an address, bounded; empty ones too."""
    mine = [name for name in fields if name.startswith(MARK) and len(name) <= 100]
    return {name: fields[name][:MOST_TEXT].replace("\r\n", "\n") for name in mine[:MOST_INPUTS]}


def fields_of(unit: UnitView, told: Mapping[str, str], errors: Mapping[str, str]) -> list[Field]:
    """The form: what the unit has, and over it what was typed."""
    return [
        _field(unit, path, sort, told, errors)
        for path, sort in SORTS.items() if path in unit.described
    ]  # fmt: skip


def _field(
    unit: UnitView, path: str, sort: str, told: Mapping[str, str], errors: Mapping[str, str]
) -> Field:
    now = _written(get(unit.document, path), sort)
    typed = _typed(told, path, sort)
    shown = now if typed is None else typed
    if sort == "date" and not _DATE.fullmatch(shown[""]):
        shown = {"": ""}
    about = f"describe.{path}"
    mine = [text for at, text in errors.items() if at == about or at.startswith(f"{about}.")]
    tags: tuple[Tag, ...] = ()
    if sort == "tags":
        ticked = shown[""].split()
        some = dict.fromkeys((*TAGS.get(path, ()), *now[""].split(), *ticked))
        tags = tuple(Tag(one, VALUES.get(one, ""), one in ticked) for one in some)
    return Field(path, sort, shown, tags, Markup(" · ").join(dict.fromkeys(mine)))


def described(told: Mapping[str, str], unit: UnitView) -> dict[str, Any]:
    """The new values of what differs from the unit, by path."""
    found = {}
    for path, sort in SORTS.items():
        typed = _typed(told, path, sort) if path in unit.described else None
        if typed is not None and typed != _written(get(unit.document, path), sort):
            found[path] = _read(typed, sort)
    return found


def of_paths(told: Mapping[str, str], paths: Mapping[str, Any]) -> dict[str, str]:
    """Only the inputs of those parts: what was not changed is not sent on, lest it undo somebody
    else's change."""

    def mine(name: str) -> bool:
        return any(name == MARK + one or name.startswith(f"{MARK}{one}.") for one in paths)

    return {name: text for name, text in told.items() if not name.startswith(MARK) or mine(name)}


def differences_of(unit: UnitView, new: Mapping[str, Any]) -> list[Difference]:
    """What would be read where, before and after."""
    return [
        Difference(
            f"unit_field.{path.replace('.', '_')}",
            _lines(_written(get(unit.document, path), SORTS[path]), SORTS[path]),
            _lines(_written(value, SORTS[path]), SORTS[path]),
        )
        for path, value in new.items()
    ]


def _lines(inputs: Mapping[str, str], sort: str) -> dict[str, tuple[str, ...]]:
    if sort == "tags":
        return {"": tuple(inputs[""].split())}
    return {tongue: tuple(text.split("\n")) for tongue, text in inputs.items() if text}


def _written(value: Any, sort: str) -> dict[str, str]:
    """A value of a document as its inputs have it."""
    if sort == "text":
        told = value if isinstance(value, Mapping) else {}
        return {tongue: str(told.get(tongue, "")) for tongue in TONGUES}
    some = value if isinstance(value, list | tuple) else ()
    if sort == "texts":
        texts = [one for one in some if isinstance(one, Mapping)]
        return {
            tongue: "\n".join(str(one.get(tongue, "")) for one in texts) for tongue in TONGUES
        }  # fmt: skip
    if sort == "tags":
        return {"": " ".join(sorted(str(one) for one in some))}
    return {"": "" if value is None else str(value)}


def _typed(told: Mapping[str, str], path: str, sort: str) -> dict[str, str] | None:
    """The inputs of one part as they were sent; None when they were not."""
    name = MARK + path
    if sort == "tags":
        if name not in told:
            return None
        ticks = [one.removeprefix(f"{name}.") for one in told if one.startswith(f"{name}.")]
        return {"": " ".join(sorted(ticks))}
    if sort in ("text", "texts"):
        sent = {
            tongue: told[f"{name}.{tongue}"] for tongue in TONGUES if f"{name}.{tongue}" in told
        }
        if len(sent) < len(TONGUES):
            return None
        return {tongue: _tidy(text) for tongue, text in sent.items()}
    return {"": told[name].strip()} if name in told else None


def _tidy(text: str) -> str:
    """Lines without spaces around them and without empty ones at the end."""
    return "\n".join(line.strip() for line in text.split("\n")).strip("\n")


def _read(inputs: Mapping[str, str], sort: str) -> Any:
    """What inputs say, as the document writes it."""
    if sort == "text":
        return dict(inputs)
    if sort == "texts":
        lines = [inputs[tongue].split("\n") if inputs[tongue] else [] for tongue in TONGUES]
        pairs = zip_longest(*(some[:MOST_LINES] for some in lines), fillvalue="")
        return [dict(zip(TONGUES, pair, strict=True)) for pair in pairs if any(pair)]
    if sort == "tags":
        return inputs[""].split()
    return inputs[""] or None
