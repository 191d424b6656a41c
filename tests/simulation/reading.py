"""Specs of planners, read once per process of ours instead of once per life and history.

A reading follows from the document alone (`specbook`), so equal documents share one.

Must not: know where a document comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from services.visits.specbook import Reading, SpecBook, read
from shared.contracts.spec import VisitSpec

KEPT = 2_000


@lru_cache(KEPT)
def reading(document: str) -> Reading:
    """What a spec in JSON says."""
    return read(VisitSpec.model_validate_json(document))


class Library(SpecBook):
    """The orchestrator's book of readings, empty at the beginning of each life."""

    def add(self, documents: Mapping[tuple[str, str], str]) -> None:
        """Take in documents of the store."""
        self._readings |= {name: reading(document) for name, document in documents.items()}
