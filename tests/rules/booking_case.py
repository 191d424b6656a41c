"""What the tests of bookings share: the sample city, a small city, requests, and a board of nights.

Must not: repeat a rule of bookings; the board only counts.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from services.bookings.inventory import Lodgings
from services.bookings.rules import BookingRules
from shared.contracts.holds import Alternative, NeedRequest, PartyFacts, Refusal
from shared.contracts.values import Window
from shared.holds.port import Allotment, Ask, Claim, Standing

RULES = BookingRules()
NOW = datetime(2027, 8, 1, tzinfo=UTC)
SEED = Path(__file__).parents[2] / "deploy" / "seed" / "bookings.yaml"
CONTACT = {"post": {"zh": "值班", "en": "Duty desk"}, "email": "desk@example.org"}


class Board:
    """Rooms taken, night by night. While `reach` is set, nothing else may be read."""

    def __init__(self, lodgings: Lodgings, now: datetime = NOW) -> None:
        self.lodgings, self.now = lodgings, now
        self.cells: Counter[tuple[str, int]] = Counter()
        self.reach: dict[str, tuple[int, int]] | None = None

    def free(self, unit: str, slot: int) -> int:
        return max(0, self.lodgings.capacity(unit, slot, self.now) - self.taken(unit, slot))

    def least(self, unit: str, start: int, stop: int) -> int:
        return min(self.free(unit, slot) for slot in range(start, stop))

    def idle(self, unit: str, start: int, stop: int) -> bool:
        return not any(self.taken(unit, slot) for slot in range(start, stop))

    def taken(self, unit: str, slot: int) -> int:
        if self.reach is not None:
            start, stop = self.reach.get(unit, (0, 0))
            assert start <= slot < stop, f"{unit} {slot} not in reach"
        return self.cells[unit, slot]

    def take(self, claims: tuple[Claim, ...], sign: int = 1) -> None:
        for claim in claims:
            for slot in range(claim.start, claim.stop):
                self.cells[claim.unit, slot] += sign * claim.quantity

    def check(self) -> None:
        """Nothing is beyond its capacity."""
        for (unit, slot), taken in self.cells.items():
            assert taken <= self.lodgings.capacity(unit, slot, self.now), (unit, slot, taken)


def lodgings_of(**sections: list[dict[str, Any]]) -> Lodgings:
    """An inventory from plain documents by section."""
    documents = {
        name: [RULES.documents[name].model_validate(one) for one in ones]
        for name, ones in sections.items()
    }
    return RULES.inventory(documents)


@cache
def city() -> Lodgings:
    """The sample city of the seed file."""
    return lodgings_of(**yaml.safe_load(SEED.read_text(encoding="utf-8")))


def kind_doc(name: str, rooms: int, beds: int = 2, **fields: Any) -> dict[str, Any]:
    """A room type for as many guests as it has beds, at 100 fen."""
    usual = {"id": name, "name": {"zh": name, "en": name}, "rooms": rooms, "beds": beds}
    return {**usual, "capacity": beds, "price": 100, **fields}


def hotel_doc(name: str, *kinds: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A four-star hotel that registers foreign guests; ten twin rooms unless kinds are given."""
    usual = {
        "name": {"zh": name, "en": name},
        "stars": 4,
        "lat": 47.0,
        "lon": 123.0,
        "registers_foreign_guests": True,
        "room_types": list(kinds) or [kind_doc("twin", 10)],
        "contact": CONTACT,
    }
    return {"id": name, **usual, **fields}


def block_doc(hotel: str, rooms: int, **fields: Any) -> dict[str, Any]:
    """A block of twin rooms for the expo, nights of 17 to 20 August, cut off on 10 August."""
    usual = {
        "id": f"block-{hotel}",
        "name": {"zh": "团房", "en": "expo block"},
        "event": "expo",
        "hotel": hotel,
        "room_type": "twin",
        "rooms": rooms,
        "first_night": "2027-08-17",
        "last_night": "2027-08-20",
        "cut_off": "2027-08-10T12:00:00+08:00",
    }
    return {**usual, **fields}


AFTER_CUT_OFF = datetime(2027, 8, 10, 4, tzinfo=UTC)
BEFORE_CUT_OFF = datetime(2027, 8, 10, 3, 59, 59, tzinfo=UTC)


def night(day: int) -> int:
    """A night of August 2027."""
    return date(2027, 8, day).toordinal()


def wish(
    singles: int = 0,
    pairs: int = 0,
    arrive: str = "2027-08-18T14:00",
    leave: str = "2027-08-20T12:00",
    zone: str = "Asia/Shanghai",
    event: str | None = None,
    foreign: int = 0,
    **details: Any,
) -> NeedRequest:
    """A request for rooms between two wall-clock times of `zone`."""
    window = Window(
        starts_at=datetime.fromisoformat(arrive).replace(tzinfo=ZoneInfo(zone)),
        ends_at=datetime.fromisoformat(leave).replace(tzinfo=ZoneInfo(zone)),
    )
    counts = {"singles": singles, "sharing_pairs": pairs}
    return NeedRequest(
        need="stay/rooms",
        kind="room",
        line="business",
        event=event,
        window=window,
        zone=zone,
        party=PartyFacts(guests=max(singles + 2 * pairs, foreign, 1), foreign=foreign),
        details={name: count for name, count in counts.items() if count} | details,
    )


def decide(
    request: NeedRequest, board: Board, standing: Standing | None = None
) -> Allotment | Refusal:
    """The answer of the rules, which may look at nothing but their reach.

    The need's own standing rooms must not be on the board: the kernel does not count them either.
    """
    ranges = RULES.reach(request, board.lodgings).ranges
    board.reach = {unit: (start, stop) for unit, start, stop in ranges}
    assert len(board.reach) == len(ranges), "one range per unit"
    try:
        return RULES.allocate(Ask(request, board, board.now, 1800, standing), board.lodgings)
    finally:
        board.reach = None


def granted(request: NeedRequest, board: Board, standing: Standing | None = None) -> Allotment:
    """The yes to a request; the board is left as it was."""
    answer = decide(request, board, standing)
    assert isinstance(answer, Allotment), answer
    return answer


def taken(request: NeedRequest, board: Board) -> Allotment:
    """The yes to a request, its claims taken on the board."""
    answer = granted(request, board)
    board.take(answer.claims)
    return answer


def refused(
    request: NeedRequest, board: Board, code: str, standing: Standing | None = None
) -> Refusal:
    """The no to a request, which must have this code and only alternatives that really fit."""
    answer = decide(request, board, standing)
    assert isinstance(answer, Refusal), answer
    assert answer.code == code, answer
    assert_fit(request, answer, board, standing)
    return answer


def assert_fit(
    request: NeedRequest, refusal: Refusal, board: Board, standing: Standing | None = None
) -> None:
    """Every alternative, applied to the request, is granted, new, and not in the past."""
    assert len(refusal.alternatives) <= 5
    changes = [repr(one.change) for one in refusal.alternatives]
    assert len(set(changes)) == len(changes)
    for one in refusal.alternatives:
        other = applied(request, one)
        assert other != request
        assert other.window.starts_at >= board.now or other.window == request.window
        assert isinstance(decide(other, board, standing), Allotment), (request, one)


def applied(request: NeedRequest, alternative: Alternative) -> NeedRequest:
    """The request with the fields of the alternative set."""
    change = dict(alternative.change)
    times = {k: change.pop(k) for k in ("starts_at", "ends_at") if k in change}
    window = Window.model_validate(request.window.model_dump() | times)
    return request.model_copy(update={"details": request.details | change, "window": window})


def stands(answer: Allotment) -> Standing:
    """The allotment as the kernel hands it back when the same need is asked for again."""
    return Standing(answer.claims, answer.allotted, True)


def rooms_in(answer: Allotment) -> dict[str, int]:
    """Rooms by hotel."""
    return {
        hotel["hotel"]: sum(line["rooms"] for line in hotel["rooms"])
        for hotel in answer.allotted["hotels"]
    }


def uses(answer: Allotment) -> dict[tuple[str, str, str], int]:
    """Rooms by hotel, type and use."""
    return {
        (hotel["hotel"], line["type"], line["use"]): line["rooms"]
        for hotel in answer.allotted["hotels"]
        for line in hotel["rooms"]
    }


def ways(refusal: Refusal) -> list[dict[str, Any]]:
    """The changes that a refusal proposes."""
    return [one.change for one in refusal.alternatives]
