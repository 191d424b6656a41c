"""What is stored of a visit so that those at risk are found in order without reading the others.

Must not: word anything; `impact` does, when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.visits.gates import pressing
from services.visits.impact import SETTLED
from services.visits.pacing import Pacing
from services.visits.specbook import Reading
from services.visits.status import VisitState
from shared.contracts.visits import Phase


@dataclass(frozen=True, slots=True)
class Outlook:
    """Empty for a visit from which nothing is missing."""

    since: datetime | None = None
    """Not settled since."""
    act_by: datetime | None = None
    """When mending must begin at the latest."""
    gate_at: datetime | None = None
    """When the gate ahead is over, and another one is the next."""


def look_ahead(
    state: VisitState, reading: Reading, phase: Phase, before: Outlook, pacing: Pacing,
    now: datetime,
) -> Outlook:  # fmt: skip
    """The outlook of a visit that was just planned."""
    if phase in SETTLED:
        return Outlook()
    found = pressing(state, reading, pacing, now)
    if found is None:
        return Outlook(before.since or now)
    ahead = found.gate.at if found.gate.at > now else None
    return Outlook(before.since or now, found.act_by, ahead)


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two moments of which either may be none."""
    return min(one, other) if one and other else one or other
