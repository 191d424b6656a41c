"""Which vehicles go together for so many passengers.

Owns: the order of choice: fewest vehicles; of those, most that stand already; of those, fewest
types (one type keeps a party together and its drivers exchangeable, so 58 guests get two coaches of
45 rather than a coach and a minibus); of those, least spare seats; then the cheapest, then by id.
Must not: choose drivers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import combinations_with_replacement

from services.escorts.documents import Vehicle

MAX_VEHICLES = 6
"""A longer convoy is no longer one party; ask for several needs."""

Like = tuple[str, int, int]
"""Vehicles of one type, with as many seats and the same buffer, stand in for each other."""


def most_seats(vehicles: Iterable[Vehicle]) -> int:
    """Passengers whom the largest convoy of these vehicles carries."""
    return sum(sorted((one.seats for one in vehicles), reverse=True)[:MAX_VEHICLES])


def like(vehicle: Vehicle) -> Like:
    """What makes two vehicles the same to a planner and a driver."""
    return vehicle.type.value, vehicle.seats, vehicle.buffer_minutes


def convoys(
    vehicles: Sequence[Vehicle],
    seats: int,
    standing: Container[str],
    crews: Callable[[Vehicle], int],
) -> Iterator[list[Vehicle]]:
    """Every sort of convoy that carries `seats` passengers, best first.

    `crews` says for how many vehicles like this one there are drivers at all.
    """
    pools: dict[Like, list[Vehicle]] = {}
    for one in sorted(vehicles, key=lambda v: (v.id not in standing, v.cost_per_hour, v.id)):
        pools.setdefault(like(one), []).append(one)
    usable = {kind: pool[: crews(pool[0])] for kind, pool in sorted(pools.items())}
    for size in range(1, MAX_VEHICLES + 1):
        if sum(sorted(v.seats for pool in usable.values() for v in pool)[-size:]) < seats:
            continue
        found = []
        for kinds in combinations_with_replacement(usable, size):
            counts = Counter(kinds)
            if all(count <= len(usable[kind]) for kind, count in counts.items()):
                picks = [v for kind, count in counts.items() for v in usable[kind][:count]]
                if sum(v.seats for v in picks) >= seats:
                    found.append(picks)
        yield from sorted(found, key=lambda picks: _rank(picks, standing))


def _rank(picks: list[Vehicle], standing: Container[str]) -> tuple[int, int, int, int, list[str]]:
    return (
        -sum(v.id in standing for v in picks),
        len({v.type for v in picks}),
        sum(v.seats for v in picks),
        sum(v.cost_per_hour for v in picks),
        [v.id for v in picks],
    )
