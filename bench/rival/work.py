"""What one visit of the comparison is, and how it has to end.

Owns: the visit's wishes, the stores' capacities, and which visits are refused.
Must not: do I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel

from bench.load import DAYS

RESOURCES = ("bookings", "venues", "catering")
NOTIFICATIONS = "notifications"
SERVICES = (*RESOURCES, NOTIFICATIONS)

CAPACITY = {"bookings": 2_000, "venues": 2_000, "catering": 2_000}
"""Rooms, seats and covers of one day."""
ASKED = 10
MOST_VISITS = DAYS * min(CAPACITY.values()) // ASKED
"""So many fit before a store is full and refuses what should be ready."""

Phase = Literal["ready", "blocked"]
Style = Literal["async", "threads"]
"""How the orchestrator runs a visit's steps: holds at once, or one after the other in a thread."""
STYLES: tuple[Style, ...] = ("async", "threads")


class Wish(BaseModel):
    """A visit as submitted: how much it asks of each resource on its day (0 to DAYS - 1)."""

    visit: str
    day: int
    rooms: int = ASKED
    seats: int = ASKED
    covers: int = ASKED

    def asked(self, service: str) -> int:
        """Units wanted from one of RESOURCES. Raises KeyError for another service."""
        return {"bookings": self.rooms, "venues": self.seats, "catering": self.covers}[service]


class Outcome(NamedTuple):
    """How a visit ended, and how long that took."""

    visit: str
    phase: str
    seconds: float


def is_refused(number: int, share: float) -> bool:
    """Whether the visit of this number asks too much: evenly spread, `share` of all (0 to 1)."""
    return int((number + 1) * share) > int(number * share)


def wish(number: int, share: float = 0.0) -> Wish:
    """The visit of this number; of all visits `share` ask for more seats than there are."""
    seats = CAPACITY["venues"] + 1 if is_refused(number, share) else ASKED
    return Wish(visit=f"visit-{number}", day=number % DAYS, seats=seats)


def expected(asked: Wish) -> Phase:
    """How a visit that competes with nobody ends."""
    fits = all(asked.asked(service) <= CAPACITY[service] for service in RESOURCES)
    return "ready" if fits else "blocked"


def wrong(wishes: Sequence[Wish], outcomes: Sequence[Outcome]) -> list[str]:
    """Visits that ended otherwise than they had to, or did not end."""
    found = {one.visit: one.phase for one in outcomes}
    return [one.visit for one in wishes if found.get(one.visit) != expected(one)]
