"""What the tests of venues share: the sample city, requests, and a free board kept in memory.

Must not: repeat a rule of venues; the board only counts.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from services.venues.inventory import Venues
from services.venues.rules import VenueRules
from shared.contracts.holds import Alternative, NeedRequest, PartyFacts, Refusal
from shared.contracts.values import Window
from shared.holds.port import Allotment, Ask, Claim, Standing

RULES = VenueRules()
NOW = datetime(2027, 8, 1, tzinfo=UTC)
SEED = Path(__file__).parents[2] / "deploy" / "seed" / "venues.yaml"
DOSSIER = {
    "contact": {"post": {"zh": "值班", "en": "Duty desk"}, "email": "desk@example.org"},
    "last_checked": "2026-10-01",
}


class Board:
    """Free capacity, counted cell by cell. While `reach` is set, nothing else may be read."""

    def __init__(self, venues: Venues) -> None:
        self.venues = venues
        self.cells: Counter[tuple[str, int]] = Counter()
        self.reach: dict[str, tuple[int, int]] | None = None

    def free(self, unit: str, slot: int) -> int:
        return max(0, self.venues.capacity(unit, slot, NOW) - self.taken(unit, slot))

    def least(self, unit: str, start: int, stop: int) -> int:
        return min(self.free(unit, slot) for slot in range(start, stop))

    def idle(self, unit: str, start: int, stop: int) -> bool:
        return not any(self.taken(unit, slot) for slot in range(start, stop))

    def taken(self, unit: str, slot: int) -> int:
        if self.reach is not None:
            start, stop = self.reach.get(unit, (0, 0))
            assert start <= slot < stop, f"{unit} {slot} not in reach"
        return self.cells[unit, slot]

    def take(self, claims: tuple[Claim, ...]) -> None:
        for claim in claims:
            for slot in range(claim.start, claim.stop):
                self.cells[claim.unit, slot] += claim.quantity


def venues_of(**sections: list[dict[str, Any]]) -> Venues:
    """An inventory from plain documents by section."""
    documents = {
        name: [RULES.documents[name].model_validate(one) for one in ones]
        for name, ones in sections.items()
    }
    return RULES.inventory(documents)


@cache
def city() -> Venues:
    """The sample city of the seed file."""
    return venues_of(**yaml.safe_load(SEED.read_text(encoding="utf-8")))


def doc(name: str, **fields: Any) -> dict[str, Any]:
    """A document with what every document needs."""
    return {"id": name, "name": {"zh": name, "en": name}, "dossier": DOSSIER, **fields}


def hall_doc(name: str, **fields: Any) -> dict[str, Any]:
    """A hall for 100 people in theatre style, 15 minutes of set-up and of teardown."""
    usual = {
        "place": "p",
        "capacity": {"theatre": 100},
        "setup_minutes": 15,
        "teardown_minutes": 15,
        "price_per_hour": 100,
    }
    return doc(name, **usual | fields)


def site_doc(name: str, **fields: Any) -> dict[str, Any]:
    """A site for 10 visitors at a time, 09:00 to 17:00, half an hour each."""
    usual = {
        "place": "p",
        "visitors": 10,
        "opens": "09:00",
        "closes": "17:00",
        "visit_minutes": 30,
        "price_per_head": 7,
    }
    return doc(name, **usual | fields)


PLACE = doc("p", lat=47.0, lon=123.0)
A_DAY = {"starts_at": "2027-08-18T00:00:00+08:00", "ends_at": "2027-08-19T00:00:00+08:00"}
CLOSED = [{**A_DAY, "reason": {"zh": "检修", "en": "repairs"}}]


def slot(moment: str) -> int:
    """The quarter hour that begins at a moment given with its offset."""
    return int(datetime.fromisoformat(moment).timestamp()) // 900


def wish(
    kind: str,
    starts: str = "2027-08-18T10:00",
    minutes: int = 120,
    guests: int = 40,
    zone: str = "Asia/Shanghai",
    companions: int = 0,
    **details: Any,
) -> NeedRequest:
    """A request that starts at a local time of `zone`."""
    begins = datetime.fromisoformat(starts).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return NeedRequest(
        need="item/need",
        kind=kind,
        line="business",
        window=Window(starts_at=begins, ends_at=begins + timedelta(minutes=minutes)),
        zone=zone,
        party=PartyFacts(guests=guests, companions=companions),
        details=details,
    )


def decide(
    request: NeedRequest, board: Board, standing: Standing | None = None
) -> Allotment | Refusal:
    """The answer of the rules, which may look at nothing but their reach."""
    ranges = RULES.reach(request, board.venues).ranges
    board.reach = {unit: (start, stop) for unit, start, stop in ranges}
    assert len(board.reach) == len(ranges), "one range per unit"
    try:
        return RULES.allocate(Ask(request, board, NOW, 1800, standing), board.venues)
    finally:
        board.reach = None


def granted(request: NeedRequest, board: Board, standing: Standing | None = None) -> Allotment:
    """The yes to a request, its claims taken on the board."""
    answer = decide(request, board, standing)
    assert isinstance(answer, Allotment), answer
    board.take(answer.claims)
    return answer


def refused(request: NeedRequest, board: Board, code: str) -> Refusal:
    """The no to a request, which must have this code and only alternatives that really fit."""
    answer = decide(request, board)
    assert isinstance(answer, Refusal), answer
    assert answer.code == code
    assert_fit(request, answer, board)
    return answer


def assert_fit(request: NeedRequest, refusal: Refusal, board: Board) -> None:
    """Every alternative, applied to the request, is granted and not in the past."""
    assert len(refusal.alternatives) <= 5
    for one in refusal.alternatives:
        other = applied(request, one)
        assert other.window.starts_at >= NOW
        assert isinstance(decide(other, board), Allotment), (request, one)


def applied(request: NeedRequest, alternative: Alternative) -> NeedRequest:
    """The request with the fields of the alternative set."""
    change = dict(alternative.change)
    times = {k: change.pop(k) for k in ("starts_at", "ends_at") if k in change}
    window = Window.model_validate(request.window.model_dump() | times)
    return request.model_copy(update={"details": request.details | change, "window": window})
