"""Room-nights as a heat map: how much of each hotel and room type is taken on each night.

Owns: adding up what bookings count, and the steps of the colours. Pure.
Must not: count a room twice: house, block and accessible rooms are shares of the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.inventory import UnitView
from shared.contracts.values import Text

STEPS = (0, 1, 34, 67, 90, 100)
"""Percent from which each colour is used."""


@dataclass(frozen=True, slots=True)
class Night:
    """Taken and there on one night."""

    night: date
    taken: int
    capacity: int
    """0 when it is closed."""

    @property
    def percent(self) -> int:
        """Of what there is; never 100 while a room is free, never 0 while one is taken."""
        if self.capacity <= 0:
            return 0
        share = self.taken * 100 / self.capacity
        return round(share) if share in (0, 100) else min(99, max(1, round(share)))

    @property
    def step(self) -> int:
        """Which of `STEPS` it is."""
        return sum(self.percent >= least for least in STEPS) - 1


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A hotel, or one room type of it, night by night."""

    id: str
    name: Text
    nights: tuple[Night, ...]
    stars: int = 0
    """0 for a room type."""


def rows_of(hotels: Iterable[UnitView], nights: Sequence[date]) -> list[HeatRow]:
    """Each hotel, followed by its room types when it has several."""
    found: list[HeatRow] = []
    for hotel in hotels:
        types = [_type(hotel, one, nights) for one in hotel.document.get("room_types", ())]
        total = added(hotel.unit, hotel.name, types, nights, int(hotel.document.get("stars", 0)))
        found += [total, *(types if len(types) > 1 else ())]
    return found


def added(
    id_: str, name: Text, rows: Sequence[HeatRow], nights: Sequence[date], stars: int = 0
) -> HeatRow:
    """Rows added up."""
    sums = tuple(
        Night(night, sum(row.nights[n].taken for row in rows),
              sum(row.nights[n].capacity for row in rows))
        for n, night in enumerate(nights)
    )  # fmt: skip
    return HeatRow(id_, name, sums, stars)


def _type(hotel: UnitView, kind: dict[str, object], nights: Sequence[date]) -> HeatRow:
    unit = f"{hotel.unit}/{kind['id']}"
    taken = {one.slot: one.taken for one in hotel.load if one.part == unit}
    rooms = int(str(kind["rooms"]))
    closed = _closed(hotel)
    return HeatRow(
        unit, Text.model_validate(kind["name"]),
        tuple(
            Night(night, taken.get(night.toordinal(), 0), 0 if night in closed else rooms)
            for night in nights
        ),
    )  # fmt: skip


class _Closed:
    """Nights in which a hotel takes nobody."""

    def __init__(self, ranges: Sequence[tuple[date, date]]) -> None:
        self._ranges = ranges

    def __contains__(self, night: date) -> bool:
        return any(first <= night <= last for first, last in self._ranges)


def _closed(hotel: UnitView) -> _Closed:
    return _Closed(
        [
            (date.fromisoformat(one["first_night"]), date.fromisoformat(one["last_night"]))
            for one in hotel.document.get("closures", ())
        ]
    )
