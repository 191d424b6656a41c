"""Specs read once: parsed, expanded and judged. A spec never changes, so a reading never does.

Must not: grow without bound; the least recently used readings are forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.visits import policy
from services.visits.expand import PlannedNeed, needs_of, span
from shared.contracts.spec import VisitSpec
from shared.contracts.values import Window
from shared.contracts.visits import RuleFinding

NEEDS_KEPT = 600
"""Needs in the readings that are kept, about five kilobytes each: as many as 200 short visits have
that are under way together. A reading of 24 needs takes six times what one of three does, so a
number of readings bounds little: a thousand were up to 125 MB of a process."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A spec with what follows from it alone."""

    spec: VisitSpec
    needs: tuple[PlannedNeed, ...]
    findings: tuple[RuleFinding, ...]
    span: Window

    @property
    def barred(self) -> bool:
        """A rule of the field forbids it."""
        return policy.blocked(self.findings)


def read(spec: VisitSpec) -> Reading:
    """Expand and judge a spec."""
    return Reading(spec, needs_of(spec), policy.findings(spec), span(spec))


def reading_of(document: str) -> Reading:
    """What a spec in JSON says."""
    return read(VisitSpec.model_validate_json(document))


class SpecBook:
    """Readings by (visit, key); `key` is the revision or the proposal's id."""

    def __init__(self, read: Callable[[str], Reading] = reading_of) -> None:
        self._read = read
        self._readings: OrderedDict[tuple[str, str], Reading] = OrderedDict()
        self._needs = 0
        """Of all readings together."""

    def __contains__(self, name: tuple[str, str]) -> bool:
        return name in self._readings

    def add(self, documents: Mapping[tuple[str, str], str]) -> None:
        """Read documents from the store, of which none is in the book."""
        for name, document in documents.items():
            self._readings[name] = found = self._read(document)
            self._needs += len(found.needs)

    def get(self, visit: str, key: str) -> Reading:
        """A reading that was added. Raises KeyError when it was not."""
        self._readings.move_to_end((visit, key))
        return self._readings[visit, key]

    def trim(self) -> None:
        """Forget the readings used least recently."""
        while self._needs > NEEDS_KEPT:
            _, forgotten = self._readings.popitem(last=False)
            self._needs -= len(forgotten.needs)
