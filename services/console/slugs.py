"""Whether a text is what the contracts call a `Slug`, for texts that no model reads.

Must not: say a second time what a slug looks like; `shared.contracts.values` does.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.contracts.values import Slug

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)


def is_slug(text: str) -> bool:
    """Whether a planner could have named something so."""
    try:
        _SLUG.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def pattern_of(kind: Any) -> str:
    """The pattern of a text type of the contracts, as errors name it."""
    return str(TypeAdapter(kind).json_schema()["pattern"])
