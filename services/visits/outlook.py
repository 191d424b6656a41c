"""What is stored of a visit so that those at risk are found in order without reading the others.

Must not: word anything; `impact` does, when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.visits.gates import pressing
from services.visits.impact import SETTLED
from services.visits.pacing import Pacing
from services.visits.specbook import Reading
from services.visits.status import VisitState
from services.visits.views import ON_THE_WAY
from shared.contracts.visits import Phase

FRESH = timedelta(seconds=1.5)
"""Shorter than the time after which an owner is asked again: see `Pacing.answer_within_s`."""


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
    since = before.since or now
    if phase in ON_THE_WAY and now - since < FRESH:
        # Its answers are due any moment; should they not come, it is planned again before it counts
        # as late, and then looked at closely.
        return Outlook(since, reading.span.starts_at)
    found = pressing(state, reading, pacing, now)
    if found is None:
        return Outlook(since)
    ahead = found.gate.at if found.gate.at > now else None
    return Outlook(since, found.act_by, ahead)


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two moments of which either may be none."""
    return min(one, other) if one and other else one or other
