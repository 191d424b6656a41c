"""The visits that are measured: three or four needs on one day, or 24 over three days.

Visits that fly together are days apart, so that only one that is to be refused is refused.

Must not: send anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.spec import VisitSpec

FIRST_DAY = datetime(2027, 9, 1)  # noqa: DTZ001 - a wall-clock date
DAYS = 700
"""Days over which visits are spread, on every system that is compared: a planner may not plan more
than three years ahead. Of later rounds over the same days the talks are at another hour."""
TALKS_HOURS = (0, 3, 6, 9, -3)
"""By how much the talks of a round are later: with their set-up a hall has five of them a day."""
MOST_VISITS = 260 * DAYS
"""More than that the city has no halls for."""
STEADY_DAYS = 35
"""Days that a steady load fills before it goes on to the next ones: over all days at once each
visit would find them fuller than the one before, and cost more, for minutes and minutes."""
GUESTS = 10
TOO_MANY = 100_000
"""No hall takes so many."""
Span = tuple[int, int]
"""Day and hour."""
ITEMS: dict[str, tuple[Span, Span, tuple[dict[str, Any], ...]]] = {
    "stay": ((0, 14), (1, 12), ({"kind": "room", "singles": GUESTS},)),
    "talks": ((0, 9), (0, 11), ({"kind": "hall", "setup": "theatre"},)),
    "lunch": ((0, 12), (0, 13), ({"kind": "meal", "style": "buffet"},)),
    "tour": ((0, 14), (0, 16), ({"kind": "escort", "role": "guide"},)),
}
"""Beginning, end and needs."""
FOUR, THREE = tuple(ITEMS), ("stay", "talks", "lunch")
REAL_DAYS = 3
REAL_ITEMS: dict[str, tuple[Span, Span, tuple[dict[str, Any], ...]]] = {
    "stay": ((0, 14), (1, 8), ({"kind": "room", "singles": GUESTS},)),
    "talks": (
        (0, 9), (0, 11),
        ({"kind": "hall", "setup": "theatre"}, {"kind": "escort", "role": "liaison"}),
    ),
    "lunch": ((0, 12), (0, 13), ({"kind": "meal", "style": "buffet"},)),
    "tour": (
        (0, 14), (0, 16),
        (
            {"kind": "site", "site": "longsha-park"},
            {"kind": "vehicle", "seats": GUESTS, "type": "minibus"},
            {"kind": "escort", "role": "guide"},
        ),
    ),
    "dinner": ((0, 18), (0, 20), ({"kind": "meal", "style": "round_table"},)),
}  # fmt: skip
"""Of each day of a real visit: eight needs of all four owners."""


def steady_number(order: int, had: int) -> int:
    """The number of a visit of a steady load, by its place in it, after `had` other visits.

    Each has its own. Raises ValueError when the city is full.
    """
    before = -(-had // DAYS)
    block, within = divmod(order, STEADY_DAYS * (MOST_VISITS // DAYS - before))
    turn, place = divmod(within, STEADY_DAYS)
    if block >= DAYS // STEADY_DAYS:
        raise ValueError(f"the city has no halls for {order + 1} visits after {had}")
    return (before + turn) * DAYS + block * STEADY_DAYS + place


def bench_document(
    number: int, items: Sequence[str] = FOUR, *, refused: bool = False
) -> dict[str, Any]:
    """The same visit as plain JSON values, unchecked: cheap to make."""
    turn, place = divmod(number, DAYS)
    day = FIRST_DAY + timedelta(days=place)
    later = timedelta(hours=TALKS_HOURS[turn % len(TALKS_HOURS)])
    programme = [
        _item(day + (later if item == "talks" else timedelta()), ITEMS[item], item, refused=refused)
        for item in items
    ]
    return _document(f"bench-{number}", programme)


def bench_visit(number: int, items: Sequence[str] = FOUR, *, refused: bool = False) -> VisitSpec:
    """Rooms for a night, a hall, a meal and a guide, or some of them; one that is to be refused
    is refused by venues."""
    return VisitSpec.model_validate(bench_document(number, items, refused=refused))


def real_visit(number: int) -> VisitSpec:
    """24 needs over three days, of all four owners."""
    first = FIRST_DAY + timedelta(days=REAL_DAYS * number % DAYS)
    programme = [
        _item(first + timedelta(days=day), item, f"{name}-{day + 1}")
        for day in range(REAL_DAYS)
        for name, item in REAL_ITEMS.items()
    ]
    return VisitSpec.model_validate(_document(f"real-{number}", programme))


def _item(
    day: datetime, item: tuple[Span, Span, Sequence[dict[str, Any]]], name: str, *,
    refused: bool = False,
) -> dict[str, Any]:  # fmt: skip
    (from_day, from_hour), (to_day, to_hour), needs = item
    much = {"attendance": TOO_MANY} if refused else {}
    return {
        "id": name,
        "title": {"zh": name, "en": name},
        "starts_at": (day + timedelta(days=from_day, hours=from_hour)).isoformat(),
        "ends_at": (day + timedelta(days=to_day, hours=to_hour)).isoformat(),
        "needs": [
            {"id": f"n{place}", **need, **(much if need["kind"] == "hall" else {})}
            for place, need in enumerate(needs, 1)
        ],
    }


def _document(visit: str, programme: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "visit": visit,
        "line": "event",
        "title": {"zh": "测", "en": "bench"},
        "host": "bench",
        "purpose": "bench",
        "party": [{"category": "staff", "count": GUESTS}],
        "programme": programme,
    }
