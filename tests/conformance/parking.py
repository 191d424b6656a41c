"""The smallest resource service there is: parking lots, a plain need, quarter hours.

Lots that need a person's consent for large parties exercise what the real services do rarely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from shared.contracts.catalog import CATALOG, Kind
from shared.contracts.holds import Alternative, Consent, NeedRequest, PartyFacts, Refusal
from shared.contracts.needs import PlainNeed
from shared.contracts.values import Count, Money, Text, Window
from shared.holds.port import (
    Allotment,
    Ask,
    Claim,
    Reach,
    Unit,
    quarter_starts,
    quarters,
)

DAY_START = datetime.fromisoformat("2027-06-10T02:00:00+00:00")


class Lot(Unit):
    """A parking lot."""

    may_change: ClassVar[frozenset[str]] = frozenset({"places"})
    places: Count
    ask_from: Count | None = None
    """From so many places on the keeper must agree."""


@dataclass(frozen=True)
class Lots:
    """All lots by id."""

    lots: Mapping[str, Lot]

    def capacity(self, unit: str, slot: int, now: datetime) -> int:
        return self.lots[unit].places if unit in self.lots else 0

    def label(self, unit: str, slot: int) -> str:
        return quarter_starts(slot).strftime("%Y-%m-%d %H:%M")

    def parts(self, unit_id: str) -> Sequence[str]:
        return (unit_id,)


class ParkingRules:
    """Put all into the wished lot, else into the first with room."""

    documents: Mapping[str, type[Unit]] = {"lots": Lot}

    def inventory(self, units: Mapping[str, Sequence[Unit]]) -> Lots:
        return Lots({unit.id: unit for unit in units["lots"] if isinstance(unit, Lot)})

    def reach(self, request: NeedRequest, inventory: Lots) -> Reach:
        start, stop = quarters(request.window)
        later = stop + (stop - start)
        return Reach(tuple((lot, start, later) for lot in inventory.lots))

    def allocate(self, ask: Ask, inventory: Lots) -> Allotment | Refusal:
        need = PlainNeed.model_validate(ask.request.details)
        start, stop = quarters(ask.request.window)
        names = [need.unit] if need.unit else list(inventory.lots)
        for name in names:
            if ask.free.least(name, start, stop) >= need.quantity:
                return _yes(ask, inventory.lots[name], need.quantity, (start, stop))
        options = _options(ask, inventory, need)
        told = f"{need.quantity} parking places are not free"
        return Refusal(code="no_capacity", sentence=_text(told), alternatives=options)


def _yes(ask: Ask, lot: Lot, quantity: int, slots: tuple[int, int]) -> Allotment:
    consent = None
    if lot.ask_from is not None and quantity >= lot.ask_from:
        answer_by = ask.now + timedelta(seconds=ask.consent_within_s)
        question = _text(f"May {quantity} park?")
        consent = Consent(asked_of=lot.id, answer_by=answer_by, question=question)
    fewer = tuple(
        Alternative(sentence=_text(f"{n} places"), change={"quantity": n}) for n in (2, 1)
    )
    return Allotment(
        # In two claims where that is possible: a hold may take of one cell several times.
        claims=tuple(Claim(lot.id, *slots, n) for n in (1, quantity - 1) if n),
        summary=_text(f"{quantity} places in {lot.id}"),
        allotted={"unit": lot.id, "places": quantity},
        cost=Money(amount=quantity * 500),
        consent=consent,
        alternatives=fewer if consent else (),
    )


def _options(ask: Ask, inventory: Lots, need: PlainNeed) -> tuple[Alternative, ...]:
    window = ask.request.window
    length = window.ends_at - window.starts_at
    later = {"starts_at": window.ends_at, "ends_at": window.ends_at + length}
    start, stop = quarters(Window(**later))
    if max(ask.free.least(lot, start, stop) for lot in inventory.lots) < need.quantity:
        return ()
    change = {key: moment.isoformat() for key, moment in later.items()}
    return (Alternative(sentence=_text("right after"), change=change),)


def _text(en: str) -> Text:
    return Text(zh=f"（中文）{en}", en=en)


def parking(
    need: str = "day-1/parking", quantity: int = 3, unit: str | None = None, hours: float = 2
) -> NeedRequest:
    """A wish for parking places from the morning of the tenth on."""
    details: dict[str, Any] = {"quantity": quantity} | ({"unit": unit} if unit else {})
    return NeedRequest(
        need=need,
        kind="parking",
        line="business",
        window=Window(starts_at=DAY_START, ends_at=DAY_START + timedelta(hours=hours)),
        zone="Asia/Shanghai",
        party=PartyFacts(guests=10),
        details=details,
    )


def lots(**places: int) -> dict[str, list[dict[str, Any]]]:
    """Documents of lots by name and size; a lot called `asked` needs consent from 3 places on."""
    return {
        "lots": [
            {"id": name, "name": {"zh": name, "en": name}, "places": many, "sample": True}
            | ({"ask_from": 3} if name == "asked" else {})
            for name, many in places.items()
        ]
    }


@pytest.fixture
def parking_in_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one catalog line that a new kind of need takes."""
    line = Kind("parking", Text(zh="停车位", en="parking"), PlainNeed)
    monkeypatch.setitem(CATALOG, "parking", line)
