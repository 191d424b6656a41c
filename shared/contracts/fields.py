"""Fields of a document by their path: `name`, or `dossier.contact` for one in another. Pure.

Must not: know which document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def get(document: Mapping[str, Any], path: str) -> Any:
    """The value there; None where there is none."""
    found: Any = document
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def put(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with another value there; what is above it is made where it is missing."""
    name, _, rest = path.partition(".")
    if not rest:
        return {**document, name: value}
    inner = document.get(name)
    return {**document, name: put(inner if isinstance(inner, Mapping) else {}, rest, value)}


def spoken(value: Any) -> bool:
    """Whether every text in two languages in it says something in both."""
    if isinstance(value, Mapping):
        return all(str(words).strip() for words in value.values())
    if isinstance(value, list | tuple):
        return all(spoken(one) for one in value)
    return True
