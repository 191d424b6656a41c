"""Visit specs for tests."""

from __future__ import annotations

from typing import Any

from shared.contracts.spec import VisitSpec

DAY = "2027-09-14"


def spec(visit: str, *needs: dict[str, Any], starts: str = "10:00", ends: str = "12:00",
         guests: int = 20, last_day: str = DAY, **fields: Any) -> VisitSpec:  # fmt: skip
    """A visit with one item, on one day unless said otherwise."""
    return VisitSpec.model_validate(
        {
            "visit": visit,
            "line": "event",
            "title": {"zh": f"访 {visit}", "en": f"Visit {visit}"},
            "host": "desk",
            "purpose": "test",
            "party": [{"category": "staff", "count": guests}],
            "programme": [
                {
                    "id": "day",
                    "title": {"zh": "一日", "en": "One day"},
                    "starts_at": f"{DAY}T{starts}",
                    "ends_at": f"{last_day}T{ends}",
                    "needs": list(needs),
                }
            ],
            **fields,
        }
    )


def hall(name: str, setup: str = "theatre", **wishes: Any) -> dict[str, Any]:
    """A need for exactly this hall."""
    return {"id": "hall", "kind": "hall", "setup": setup, "hall": name, "hall_only": True, **wishes}
