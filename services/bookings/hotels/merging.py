"""Older hotel data never overwrites a newer decision of ours: field by field, by source time.

Owns: which of two values of a field stands, whatever order they arrive in.
Must not: look at a clock, or at when something arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.bookings.hotels.model import BlockView


@dataclass(frozen=True, slots=True)
class Said:
    """A value of a field, who said it (`hotel`, or one of us) and when at its source."""

    value: Any
    at: datetime
    by: str

    @property
    def ours(self) -> bool:
        """Whether it is a decision of ours."""
        return self.by != "hotel"


Fields = Mapping[str, Said]


def stands(one: Said, other: Said) -> Said:
    """The later at its source; at the same instant ours, then an order of its own kind.

    The outcome does not depend on which of the two came first.
    """
    key_one, key_other = (one.at, one.ours), (other.at, other.ours)
    if key_one != key_other:
        return one if key_one > key_other else other
    return max(one, other, key=lambda said: (said.by, repr(said.value)))


def merged(held: Fields, seen: Fields) -> dict[str, Said]:
    """What we hold after a look at the hotel; fields that one side lacks are kept."""
    both = held.keys() & seen.keys()
    return {**seen, **held} | {name: stands(held[name], seen[name]) for name in both}


def older(seen_at: datetime | None, held_at: datetime | None) -> bool:
    """Whether what was seen of a thing as a whole is older, at its source, than what is held.

    Both are the hotel's own words, so at the same instant the later look stands: hotels count in
    whole seconds. What has no time is not older.
    """
    return seen_at is not None and held_at is not None and seen_at < held_at


def newer(held: BlockView | None, seen: BlockView | None) -> bool:
    """Whether what was seen of a block may overwrite what is held. One that is gone has no time."""
    return held is None or seen is None or not older(seen.changed_at, held.changed_at)
