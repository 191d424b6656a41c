"""The visits of a campaign: some want what nobody else wants, some all want the same. Pure.

Must not: send anything.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

FIRST_DAY = datetime(2027, 9, 1)
OWN_DAYS, PROBE_DAYS = 500, 200
"""Days of visits that have their day to themselves for a while, and of probes, behind them."""
RIVALS = 6
"""How many visits want one thing that has room for one or two of them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visit wants."""

    day: int
    guests: int
    kinds: tuple[str, ...]
    hot: str = ""
    """The hall or hotel that several want on this day."""

    def edited(self, chance: random.Random) -> Wish:
        """Another number of guests, and perhaps one need fewer."""
        kinds = self.kinds[1:] if len(self.kinds) > 1 and chance.random() < 0.3 else self.kinds
        return replace(self, guests=chance.choice((8, 12, 16, 20)), kinds=kinds)


def wish_of(number: int, chance: random.Random) -> Wish:
    """A fifth wants the one hall of its day, a fifth the one hotel; the others are alone."""
    turn = chance.random()
    shared = OWN_DAYS + PROBE_DAYS + (number // RIVALS) % 100
    if turn < 0.2:
        return Wish(shared, 20, ("hall", "meal"), "nenjiang-hall-50")
    if turn < 0.4:
        return Wish(shared, 20, ("room", "hall"), "nenjiang-hotel")
    kinds = ["room", "hall", "meal", "escort", "vehicle"]
    return Wish(number % OWN_DAYS, 10, tuple(chance.sample(kinds, chance.randint(2, 4))))


def probe_of(visit: str, number: int) -> dict[str, Any]:
    """A visit that nothing stands against: it has its day to itself."""
    return spec_of(visit, Wish(OWN_DAYS + number % PROBE_DAYS, 10, ("room", "hall", "meal")))


def spec_of(visit: str, wish: Wish) -> dict[str, Any]:
    """The document that a planner would write."""
    day = FIRST_DAY + timedelta(days=wish.day)

    def item(kind: str, starts: int, ends: int, need: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": kind,
            "title": {"zh": kind, "en": kind},
            "starts_at": (day + timedelta(hours=starts)).isoformat(),
            "ends_at": (day + timedelta(hours=ends)).isoformat(),
            "needs": [{"id": "it", "kind": kind, **need}],
        }

    hall = {"hall": wish.hot, "hall_only": True} if "hall" in wish.hot else {}
    hotel = {"hotel": wish.hot, "hotel_only": True} if "hotel" in wish.hot else {}
    items = {
        "room": item("room", 14, 36, {"singles": wish.guests, "split": not hotel, **hotel}),
        "hall": item("hall", 9, 11, {"setup": "theatre", **hall}),
        "meal": item("meal", 12, 13, {"style": "buffet"}),
        "escort": item("escort", 14, 16, {"role": "guide"}),
        "vehicle": item("vehicle", 17, 18, {"seats": wish.guests}),
    }
    return {
        "visit": visit,
        "line": "event",
        "title": {"zh": f"访 {visit}", "en": f"Visit {visit}"},
        "host": "desk",
        "purpose": "campaign",
        "party": [{"category": "staff", "count": wish.guests}],
        "programme": [items[kind] for kind in wish.kinds],
    }
