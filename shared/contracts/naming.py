"""What a message says it is about: its visit, holds and revisions, read from any body.

Owns: finding those few names in a body that may be of any class, or broken.
Must not: fail on any input; what cannot be read names nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.contracts.impact import Named, NamedHold
from shared.contracts.values import Key, Slug

LONGEST = 1_000_000
"""Characters of a body that are looked into."""
_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_KEY: TypeAdapter[str] = TypeAdapter(Key)
MOST_HOLDS = 100


def named_in(subject: str, body: str) -> Named | None:
    """What this message is about; None when it names no visit."""
    if len(body) > LONGEST:
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    state = said["state"] if isinstance(said.get("state"), dict) else {}
    holds = tuple(_holds(said))[:MOST_HOLDS]
    visit = said.get("visit") or state.get("visit") or _visit_of(holds)
    if not _fits(_SLUG, visit):
        return None
    return Named(
        visit=visit,
        message=_name_of(subject),
        command=_or_none(_KEY, said.get("command")),
        holds=holds,
        revision=_count(said.get("expected_revision", said.get("revision", state.get("revision")))),
        sequence=_count(said.get("sequence", state.get("sequence"))),
    )


def _name_of(subject: str) -> str:
    parts = subject.split(".")
    return parts[2][:100] if len(parts) > 2 else ""


def _holds(said: dict[str, Any]) -> Iterator[NamedHold]:
    """Holds are named alone, in a list of names, or as whole states in a list."""
    listed = said.get("holds")
    some = listed if isinstance(listed, list) else [said.get("hold")]
    for one in some:
        name = one.get("hold") if isinstance(one, dict) else one
        if _fits(_KEY, name):
            revision = _count(one.get("revision")) if isinstance(one, dict) else None
            yield NamedHold(hold=name, revision=revision)


def _visit_of(holds: tuple[NamedHold, ...]) -> str | None:
    """A hold's name begins with its visit's."""
    return holds[0].hold.partition(":")[0] if holds else None


def _count(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < 2**53 else None


def _or_none(kind: TypeAdapter[str], value: Any) -> str | None:
    return value if _fits(kind, value) else None


def _fits(kind: TypeAdapter[str], value: Any) -> bool:
    try:
        return kind.validate_python(value, strict=True) is not None
    except ValidationError:
        return False
