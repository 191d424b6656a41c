"""How long a party travels: shortest ways through the routes, and the limit a planner sets.

Must not: know a hall or a site; only places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush

from services.venues.documents import Place, Route


def travel_minutes(routes: Iterable[Route], origin: str, at: datetime) -> dict[str, int]:
    """Minutes from `origin` to every place in reach of who sets out at `at` (Dijkstra)."""
    roads: dict[str, list[tuple[str, int]]] = {}
    for route in routes:
        minutes = route.minutes_at(at)
        if minutes is None:
            continue
        roads.setdefault(route.come_from, []).append((route.go_to, minutes))
        if not route.one_way:
            roads.setdefault(route.go_to, []).append((route.come_from, minutes))
    best: dict[str, int] = {}
    ahead = [(0, origin)]
    while ahead:
        total, place = heappop(ahead)
        if place in best:
            continue
        best[place] = total
        for neighbour, minutes in roads.get(place, ()):
            if neighbour not in best:
                heappush(ahead, (total + minutes, neighbour))
    return best


@dataclass(frozen=True, slots=True)
class Transfer:
    """Where the party comes from and how long it may travel. Without an origin all is in reach."""

    origin: Place | None
    limit: int | None
    """Minutes; None is no limit."""
    times: Mapping[str, int]
    """Minutes from the origin to each place that can be reached."""

    def minutes(self, place: str) -> int | None:
        """Travel time to a place; None without an origin or without any way."""
        return self.times.get(place)

    def allows(self, place: str) -> bool:
        """Whether the place can be reached within the limit."""
        if self.origin is None or self.limit is None:
            return True
        minutes = self.times.get(place)
        return minutes is not None and minutes <= self.limit

    def excess(self, place: str) -> int | None:
        """Minutes beyond the limit, 0 when within; None when no way leads there."""
        if self.allows(place):
            return 0
        minutes = self.times.get(place)
        return None if minutes is None or self.limit is None else minutes - self.limit


@dataclass(frozen=True, slots=True)
class Trip:
    """The way of one party to wherever its need takes place."""

    routes: tuple[Route, ...]
    origin: Place | None
    limit: int | None
    """Minutes; None is no limit."""

    def arriving(self, at: datetime, more: int = 0) -> Transfer:
        """The transfer of who must be there by `at` and sets out as early as the limit allows.

        `more` minutes are added to the limit.
        """
        limit = None if self.limit is None else self.limit + more
        if self.origin is None:
            return Transfer(None, limit, {})
        leaves_at = at - timedelta(minutes=limit or 0)
        return Transfer(self.origin, limit, travel_minutes(self.routes, self.origin.id, leaves_at))
