"""The visits that are measured: four needs at four services, each on a day of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.contracts.spec import VisitSpec

FIRST_DAY = datetime(2027, 9, 1)  # noqa: DTZ001 - a wall-clock date


def bench_visit(number: int) -> VisitSpec:
    """Rooms for a night, a hall, a meal and a guide; days apart, so that none is refused."""
    day = FIRST_DAY + timedelta(days=number % 700)

    def at(hour: int, days: int = 0) -> str:
        return (day + timedelta(days=days, hours=hour)).isoformat()

    def item(name: str, starts: str, ends: str, need: dict[str, object]) -> dict[str, object]:
        title = {"zh": name, "en": name}
        return {"id": name, "title": title, "starts_at": starts, "ends_at": ends,
                "needs": [{"id": "it", **need}]}  # fmt: skip

    return VisitSpec.model_validate(
        {
            "visit": f"bench-{number}",
            "line": "event",
            "title": {"zh": "测", "en": "bench"},
            "host": "bench",
            "purpose": "bench",
            "party": [{"category": "staff", "count": 10}],
            "programme": [
                item("stay", at(14), at(12, 1), {"kind": "room", "singles": 10}),
                item("talks", at(9), at(11), {"kind": "hall", "setup": "theatre"}),
                item("lunch", at(12), at(13), {"kind": "meal", "style": "buffet"}),
                item("tour", at(14), at(16), {"kind": "escort", "role": "guide"}),
            ],
        }
    )
