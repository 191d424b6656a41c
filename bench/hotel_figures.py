"""Figures of reservations at hotels: how long from asked to held, and what is lost or doubled.

Pure. Must not: ask anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures import percentile


@dataclass(slots=True)
class Stretch:
    """What came of one: seconds from asked to held of each reservation at a hotel that is well."""

    took: list[float]
    wall_s: float
    wrong: int
    healed_s: float


def lost_and_doubled(
    found: Mapping[str, Sequence[Mapping[str, Any]]], wanted: Mapping[str, set[str]]
) -> tuple[int, int]:
    """By hotel: open blocks as the hotel has them, and visits that want one there. A block that no
    visit wants, or of more than its one room, is doubled as well."""
    lost = doubled = 0
    for hotel, visits in wanted.items():
        rooms: Counter[str] = Counter()
        for one in found[hotel]:
            rooms[one["name"]] += one["rooms"]
        firm = {one["name"] for one in found[hotel] if one["status"].lower() == "definite"}
        lost += len(visits - firm)
        doubled += sum(many - (name in visits) for name, many in rooms.items())
    return lost, doubled


def figures_of(
    stretches: Mapping[bool, Sequence[Stretch]], hotels: int, many: int, lost: int, doubled: int
) -> dict[str, Any]:
    """Of all stretches of a kind together; ratios are beside a dead and a slow hotel to none.
    `many` reservations there were at all hotels, in and before the stretches."""
    well, faulty = (
        [took for one in stretches[kind] for took in one.took] for kind in (False, True)
    )
    p50, p99 = (
        [percentile(some, share) * 1000 for some in (well, faulty)] for share in (0.5, 0.99)
    )
    wall_s = [sum(one.wall_s for one in stretches[kind]) for kind in (False, True)]
    every = [one for some in stretches.values() for one in some]
    return {
        "hotels": hotels,
        "hotel_reservations": many,
        "hotel_reservations_s": round(len(well) / wall_s[0], 1),
        "hotel_reservations_s_faulty": round(len(faulty) / wall_s[1], 1),
        "hotel_held_p50_ms": round(p50[0], 1),
        "hotel_held_p50_ms_faulty": round(p50[1], 1),
        "hotel_held_p99_ms": round(p99[0], 1),
        "hotel_held_p99_ms_faulty": round(p99[1], 1),
        "ratio_hotel_p50_faulty": round(p50[1] / p50[0], 2),
        "ratio_hotel_p99_faulty": round(p99[1] / p99[0], 2),
        "hotel_healed_s": round(max(one.healed_s for one in stretches[True]), 1),
        "hotel_lost": lost,
        "hotel_doubled": doubled,
        "wrong": lost + doubled + sum(one.wrong for one in every),
    }
