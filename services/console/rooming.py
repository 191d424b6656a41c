"""Rooms of a visit by hotel and night, in counts.

Owns: adding up what the visit's firm needs for rooms were allotted. Pure.
Must not: name a guest; the roster does, to those who may read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.console.documents import FIRM, Named, Units, named
from shared.contracts.values import Text
from shared.contracts.visits import NeedView, VisitView

PAIR = "pair"
"""The use of a room that two guests share; in any other one guest sleeps."""
MOST_NIGHTS = 200
"""Of one hotel on one sheet; what is beyond is said to be missing."""


@dataclass(slots=True)
class Count:
    """Rooms of one type in one night."""

    singles: int = 0
    pairs: int = 0

    @property
    def rooms(self) -> int:
        """All of them."""
        return self.singles + self.pairs

    @property
    def guests(self) -> int:
        """How many sleep in them."""
        return self.singles + 2 * self.pairs


@dataclass(slots=True)
class HotelStay:
    """A visit in one hotel."""

    hotel: Named
    types: Mapping[str, Text | str]
    """Names of the room types."""
    nights: dict[date, dict[str, Count]] = field(default_factory=dict)
    accessible: int = 0
    """Accessible rooms in the night with the most."""
    whole: bool = True

    def total(self, night: date) -> Count:
        """All types of a night together."""
        some = self.nights.get(night, {}).values()
        return Count(sum(one.singles for one in some), sum(one.pairs for one in some))


@dataclass(frozen=True, slots=True)
class Rooming:
    """Hotels in the order of their first night, and every night of any of them."""

    hotels: tuple[HotelStay, ...]
    nights: tuple[date, ...]

    def total(self, night: date) -> Count:
        """All hotels of a night together."""
        some = [one.total(night) for one in self.hotels]
        return Count(sum(one.singles for one in some), sum(one.pairs for one in some))


def rooming_of(visit: VisitView, units: Units) -> Rooming:
    """What is firm, by hotel and night."""
    stays: dict[str, HotelStay] = {}
    accessible: dict[tuple[str, date], int] = {}
    for need in visit.needs:
        if need.kind != "room" or need.state != FIRM:
            continue
        nights = list(nights_of(need))
        for part in need.allotted.get("hotels", ()):
            stay = stays.setdefault(part["hotel"], _stay(str(part["hotel"]), units))
            stay.whole = stay.whole and len(nights) <= MOST_NIGHTS
            for night in nights[:MOST_NIGHTS]:
                _add(stay.nights.setdefault(night, {}), part.get("rooms", ()))
                key = (stay.hotel.unit, night)
                accessible[key] = accessible.get(key, 0) + int(part.get("accessible", 0))
    for (hotel, _), many in accessible.items():
        stays[hotel].accessible = max(stays[hotel].accessible, many)
    ordered = sorted(stays.values(), key=lambda one: (min(one.nights, default=date.max),
                                                      one.hotel.unit))  # fmt: skip
    every = sorted({night for one in ordered for night in one.nights})
    return Rooming(tuple(ordered), tuple(every))


def nights_of(need: NeedView) -> Iterable[date]:
    """The nights that a need for rooms was allotted, named by the day on which they begin."""
    night = date.fromisoformat(str(need.allotted["check_in"]))
    last = date.fromisoformat(str(need.allotted["check_out"]))
    while night < last:
        yield night
        night += timedelta(days=1)


def _stay(hotel: str, units: Units) -> HotelStay:
    known = units.get(("hotels", hotel))
    types = {
        str(kind["id"]): Text.model_validate(kind["name"])
        for kind in (known.document.get("room_types", ()) if known else ())
    }
    return HotelStay(named("hotels", hotel, units), types)


def _add(night: dict[str, Count], lines: Iterable[Mapping[str, object]]) -> None:
    for line in lines:
        count = night.setdefault(str(line["type"]), Count())
        rooms = int(str(line["rooms"]))
        if line.get("use") == PAIR:
            count.pairs += rooms
        else:
            count.singles += rooms
