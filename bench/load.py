"""The visits that are measured: needs at up to four services, each visit on a day of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.spec import VisitSpec

FIRST_DAY = datetime(2027, 9, 1)  # noqa: DTZ001 - a wall-clock date
DAYS = 700
GUESTS = 10
TOO_MANY = 100_000
"""No hall takes so many."""
ITEMS: dict[str, tuple[tuple[int, int], tuple[int, int], dict[str, Any]]] = {
    "stay": ((0, 14), (1, 12), {"kind": "room", "singles": GUESTS}),
    "talks": ((0, 9), (0, 11), {"kind": "hall", "setup": "theatre"}),
    "lunch": ((0, 12), (0, 13), {"kind": "meal", "style": "buffet"}),
    "tour": ((0, 14), (0, 16), {"kind": "escort", "role": "guide"}),
}
"""Day and hour of beginning and end, and the need."""
FOUR, THREE = tuple(ITEMS), ("stay", "talks", "lunch")


def bench_visit(number: int, items: Sequence[str] = FOUR, *, refused: bool = False) -> VisitSpec:
    """Rooms for a night, a hall, a meal and a guide; days apart, so that only one that is to be
    refused is refused, by venues."""
    day = FIRST_DAY + timedelta(days=number % DAYS)

    def at(days: int, hours: int) -> str:
        return (day + timedelta(days=days, hours=hours)).isoformat()

    programme = []
    for item in items:
        starts, ends, need = ITEMS[item]
        if refused and need["kind"] == "hall":
            need = {**need, "attendance": TOO_MANY}
        programme.append(
            {"id": item, "title": {"zh": item, "en": item}, "starts_at": at(*starts),
             "ends_at": at(*ends), "needs": [{"id": "it", **need}]}
        )  # fmt: skip
    return VisitSpec.model_validate(
        {
            "visit": f"bench-{number}",
            "line": "event",
            "title": {"zh": "测", "en": "bench"},
            "host": "bench",
            "purpose": "bench",
            "party": [{"category": "staff", "count": GUESTS}],
            "programme": programme,
        }
    )
