"""The body of a parked message as the fields of its contract.

Owns: finding the contract of a subject, and laying a body beside it: what is there, what is
missing, what the contract does not know.
Must not: judge values; the service that parked the message does, when it is edited.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal

import shared.contracts
from shared.contracts.message import Message

MOST_FIELDS, MOST_VALUE = 100, 4_000


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `kind` is the type in the contract's own words, or what the value is."""

    name: str
    kind: str
    value: str
    """As JSON, laid out; a text without its quotes; empty when it is missing."""
    state: Literal["given", "left_out", "missing", "unknown"]
    """`missing`: the contract needs it; `left_out`: it does not; `unknown`: it is not of it."""


@lru_cache
def contracts() -> Mapping[str, type[Message]]:
    """Every message by form, name and version, for example `evt holds_changed v1`."""
    for one in iter_modules(shared.contracts.__path__):
        import_module(f"{shared.contracts.__name__}.{one.name}")

    def below(kind: type[Message]) -> Iterator[type[Message]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    return {
        f"{one.form} {one.subject_name()} v{one.version}": one
        for one in below(Message)
        if hasattr(one, "form") and one.__module__.startswith(shared.contracts.__name__)
    }


def contract_of(subject: str) -> type[Message] | None:
    """The class of a message on this subject; None when no contract says."""
    form, _, rest = subject.partition(".")
    _, _, rest = rest.partition(".")
    name, _, version = rest.partition(".")
    return contracts().get(f"{form} {name} {version}")


def fields_of(subject: str, body: str) -> list[Field] | None:
    """The fields of a body, those of the contract first; None when it is no JSON object."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    kind = contract_of(subject)
    schema: dict[str, Any] = kind.model_json_schema() if kind else {}
    wanted, needed = schema.get("properties", {}), schema.get("required", ())
    found = [
        _known(name, one, schema.get("$defs", {}), said, name in needed)
        for name, one in wanted.items()
    ]
    found += [
        Field(name[:200], _kind_of(value), _text(value), "unknown" if kind else "given")
        for name, value in said.items()
        if name not in wanted
    ]
    return found[:MOST_FIELDS]


def _known(
    name: str, schema: Mapping[str, Any], known: Mapping[str, Any], said: Mapping[str, Any],
    needed: bool,
) -> Field:  # fmt: skip
    if name in said:
        return Field(name, _type_of(schema, known), _text(said[name]), "given")
    return Field(name, _type_of(schema, known), "", "missing" if needed else "left_out")


def _type_of(schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        values = known.get(name, {}).get("enum")
        return " | ".join(map(str, values)) if values else name
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type_of(one, known) for one in schema["anyOf"]))
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("format") or schema.get("type", "any"))
    if kind == "array":
        return f"[{_type_of(schema.get('items', {}), known)}]"
    return kind


def _kind_of(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array"}
    return names.get(type(value), "object")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…"


def laid_out(body: str) -> str:
    """A JSON body as a person edits it; anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body
