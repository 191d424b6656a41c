"""Specs of planners, read once per process of ours instead of once per life and history.

A reading follows from the document alone (`specbook`), so equal documents share one.

Must not: know where a document comes from.
"""

from __future__ import annotations

from functools import lru_cache

from services.visits.specbook import SpecBook, reading_of

KEPT = 2_000
reading = lru_cache(KEPT)(reading_of)
"""What a spec in JSON says."""


def library() -> SpecBook:
    """The orchestrator's book of readings, empty at the beginning of each life."""
    return SpecBook(reading)
