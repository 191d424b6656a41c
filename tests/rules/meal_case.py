"""A small city of kitchens for the tests of catering."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from services.catering.inventory import Larder
from services.catering.rules import CateringRules
from shared.contracts.holds import NeedRequest, PartyFacts, Refusal
from shared.contracts.values import Window
from shared.holds.port import Allotment, Ask, Standing

DINNER = datetime(2027, 8, 18, 10, 0, tzinfo=UTC)
"""18:00 in Shanghai."""
EARLY = DINNER - timedelta(days=10)
LATE = DINNER - timedelta(hours=26)
CONTACT = {"post": {"zh": "总厨", "en": "Chef"}, "email": "kitchen@example.org"}


def text(name: str) -> dict[str, str]:
    return {"zh": name, "en": name}


def kitchen(name: str, covers: int = 100, **fields: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": text(name),
        "place": name,
        "styles": ["buffet", "round_table"],
        "diets": ["halal", "vegetarian"],
        "contact": CONTACT,
        "sittings": [
            {"id": "lunch", "name": text("lunch"), "opens": "11:00", "closes": "13:30",
             "covers": covers},
            {"id": "dinner", "name": text("dinner"), "opens": "17:00", "closes": "20:00",
             "covers": covers},
        ],
        **fields,
    }  # fmt: skip


DISHES = [
    {"id": "rice", "name": text("rice"), "local": True, "provenance": text("here")},
    {"id": "nuts", "name": text("nuts"), "provenance": text("far"), "allergens": ["nuts"]},
    {"id": "fin", "name": text("fin"), "provenance": text("sea"), "denied_officially": True},
]
MENUS = [
    {"id": "plain", "name": text("plain"), "style": "buffet", "dishes": ["rice"],
     "price_per_head": 5000},
    {"id": "nutty", "name": text("nutty"), "style": "buffet", "dishes": ["nuts"],
     "price_per_head": 3000},
    {"id": "luxury", "name": text("luxury"), "style": "round_table", "dishes": ["fin"],
     "price_per_head": 9000},
]  # fmt: skip


def larder(*kitchens: dict[str, Any]) -> Larder:
    some = kitchens or (kitchen("a"), kitchen("b"))
    rules = CateringRules()
    documents = {"kitchens": list(some), "dishes": DISHES, "menus": MENUS}
    return rules.inventory(
        {kind: [rules.documents[kind](**one) for one in ones] for kind, ones in documents.items()}
    )


def request(starts_at: datetime = DINNER, line: str = "event", **details: Any) -> NeedRequest:
    wish = {"style": "buffet", **details}
    return NeedRequest(
        need="day/meal",
        kind="meal",
        line=line,
        window=Window(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2)),
        zone="Asia/Shanghai",
        party=PartyFacts(guests=40, companions=10),
        details=wish,
    )


class Board:
    """What is free, counted by hand; fails on any look outside `reach`."""

    def __init__(self, stock: Larder) -> None:
        self.stock = stock
        self.used: dict[tuple[str, int], int] = defaultdict(int)
        self.allowed: set[tuple[str, int]] = set()

    def free(self, unit: str, slot: int) -> int:
        assert (unit, slot) in self.allowed, f"{unit} {slot} is outside reach"
        return max(self.stock.capacity(unit, slot, EARLY) - self.used[unit, slot], 0)

    def least(self, unit: str, start: int, stop: int) -> int:
        return min(self.free(unit, slot) for slot in range(start, stop))

    def idle(self, unit: str, start: int, stop: int) -> bool:
        return not any(self.taken(unit, slot) for slot in range(start, stop))

    def taken(self, unit: str, slot: int) -> int:
        return self.used[unit, slot]

    def decide(
        self, wish: NeedRequest, now: datetime = EARLY, standing: Standing | None = None
    ) -> Allotment | Refusal:
        rules = CateringRules()
        reach = rules.reach(wish, self.stock)
        self.allowed = {(u, s) for u, start, stop in reach.ranges for s in range(start, stop)}
        return rules.allocate(Ask(wish, self, now, 1800, standing), self.stock)

    def take(self, order: Allotment) -> None:
        for claim in order.claims:
            for slot in range(claim.start, claim.stop):
                self.used[claim.unit, slot] += claim.quantity


def standing(order: Allotment) -> Standing:
    """The order, confirmed."""
    return Standing(order.claims, order.allotted, confirmed=True)
