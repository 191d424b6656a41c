"""What the tests of escorts share: the sample city, small cities, requests, and a board in memory.

Must not: repeat a rule of escorts; the board only counts, and refuses what a database would refuse.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from services.escorts.inventory import Escorts
from services.escorts.rules import EscortRules
from shared.contracts.holds import NeedRequest, PartyFacts, Refusal
from shared.contracts.values import Window
from shared.holds.port import Allotment, Ask, Claim, Standing

RULES = EscortRules()
NOW = datetime(2027, 8, 1, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"
SEED = Path(__file__).parents[2] / "deploy" / "seed" / "escorts.yaml"


class Board:
    """Free capacity, counted cell by cell. While `reach` is set, nothing else may be read."""

    def __init__(self, escorts: Escorts) -> None:
        self.escorts = escorts
        self.cells: Counter[tuple[str, int]] = Counter()
        self.own: Counter[tuple[str, int]] = Counter()
        self.reach: dict[str, tuple[int, int]] | None = None

    def free(self, unit: str, slot: int) -> int:
        return max(0, self.escorts.capacity(unit, slot, NOW) - self.taken(unit, slot))

    def least(self, unit: str, start: int, stop: int) -> int:
        return min((self.free(unit, slot) for slot in range(start, stop)), default=0)

    def idle(self, unit: str, start: int, stop: int) -> bool:
        return not any(self.taken(unit, slot) for slot in range(start, stop))

    def taken(self, unit: str, slot: int) -> int:
        if self.reach is not None:
            start, stop = self.reach.get(unit, (0, 0))
            assert start <= slot < stop, f"{unit} {slot} is not in reach"
        return self.cells[unit, slot] - self.own[unit, slot]

    def take(self, claims: tuple[Claim, ...]) -> None:
        for claim in claims:
            assert claim.quantity > 0 and claim.start < claim.stop
            for slot in range(claim.start, claim.stop):
                self.cells[claim.unit, slot] += claim.quantity
                capacity = self.escorts.capacity(claim.unit, slot, NOW)
                assert self.cells[claim.unit, slot] <= capacity, f"{claim.unit} {slot} oversold"


@cache
def city() -> Escorts:
    """The sample city as seeded."""
    documents = yaml.safe_load(SEED.read_text(encoding="utf-8"))
    return escorts_of(**documents)


def escorts_of(**sections: list[dict[str, Any]]) -> Escorts:
    """An inventory from plain documents by section."""
    return RULES.inventory(
        {kind: [RULES.documents[kind].model_validate(one) for one in some]
         for kind, some in sections.items()}
    )  # fmt: skip


def person(name: str, **fields: Any) -> dict[str, Any]:
    """A liaison officer with wide hours: 10 hours of duty, 10 of rest, 15 minutes of travel."""
    plain = {
        "id": name, "name": {"zh": name, "en": name}, "roles": ["liaison"], "languages": ["zh"],
        "zone": SHANGHAI, "duty_starts": "06:00", "duty_ends": "23:00", "max_duty_minutes": 600,
        "min_rest_minutes": 600, "buffer_minutes": 15, "cost_per_hour": 6000,
    }  # fmt: skip
    return plain | fields


def driver(name: str, *licences: str, **fields: Any) -> dict[str, Any]:
    """The same as a driver."""
    return person(name, roles=["driver"], licences=list(licences or ["coach"])) | fields


def vehicle(name: str, seats: int, **fields: Any) -> dict[str, Any]:
    """A vehicle with 30 minutes of travel; its type is the first part of its name."""
    plain = {
        "id": name, "name": {"zh": name, "en": name}, "type": name.partition("-")[0],
        "seats": seats, "zone": SHANGHAI, "buffer_minutes": 30, "cost_per_hour": 30000,
    }  # fmt: skip
    return plain | fields


def wish(
    kind: str, starts_at: str, ends_at: str, guests: int = 38, zone: str = SHANGHAI, **details: Any
) -> NeedRequest:
    """A request with local times, for example `2027-08-18T09:00`."""
    local = ZoneInfo(zone)
    begins, ends = (datetime.fromisoformat(t).replace(tzinfo=local) for t in (starts_at, ends_at))
    return NeedRequest(
        need="tour/need",
        kind=kind,
        line="business",
        window=Window(starts_at=begins, ends_at=ends),
        zone=zone,
        party=PartyFacts(guests=guests),
        details=details,
    )  # fmt: skip


def decide(
    request: NeedRequest, board: Board, standing: Allotment | None = None
) -> Allotment | Refusal:
    """Ask the rules, which may read only what they said they would."""
    stands = Standing(standing.claims, standing.allotted, True) if standing else None
    board.own = Counter()
    board.reach = {u: (a, b) for u, a, b in RULES.reach(request, board.escorts).ranges}
    for claim in standing.claims if standing else ():
        for slot in range(claim.start, claim.stop):
            board.own[claim.unit, slot] += claim.quantity
    try:
        return RULES.allocate(Ask(request, board, NOW, 1800, stands), board.escorts)
    finally:
        board.reach, board.own = None, Counter()


def won(request: NeedRequest, board: Board, standing: Allotment | None = None) -> Allotment:
    """The allotment, taken on the board."""
    answer = decide(request, board, standing)
    assert isinstance(answer, Allotment), answer
    if standing is None:
        board.take(answer.claims)
    return answer


def lost(request: NeedRequest, board: Board) -> Refusal:
    """The refusal; each of its alternatives was tried and fits."""
    answer = decide(request, board)
    assert isinstance(answer, Refusal), answer
    assert_fit(request, answer, board)
    return answer


def assert_fit(request: NeedRequest, refusal: Refusal, board: Board) -> None:
    """Set each alternative's fields as a planner would, ask again, and book it on a copy."""
    assert refusal.sentence.zh and refusal.sentence.en
    for option in refusal.alternatives:
        other = request.model_dump(mode="json")
        for name, value in option.change.items():
            part = other["window"] if name in ("starts_at", "ends_at") else other["details"]
            part[name] = value
        answer = decide(NeedRequest.model_validate(other), board)
        assert isinstance(answer, Allotment), (option, answer)
        copy = Board(board.escorts)
        copy.cells = board.cells.copy()
        copy.take(answer.claims)


def stretches(allotment: Allotment, unit: str) -> list[tuple[datetime, datetime]]:
    """When a unit is taken, as instants, from the claims."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    quarter = timedelta(minutes=15)
    return [
        (epoch + one.start * quarter, epoch + one.stop * quarter)
        for one in allotment.claims
        if one.unit == unit
    ]
