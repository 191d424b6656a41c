"""The days that a page shows, as its address says them: `from` and `to`, both included.

Owns: reading them, and the addresses of other spans. Pure.
Must not: let through a span that is too long to be drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from services.console.layout import Scale, Tick, scale_of, ticks

FIRST, LAST = date(1972, 1, 1), date(9990, 1, 1)


@dataclass(frozen=True, slots=True)
class Days:
    """Days from the first to the last, both included, by the clocks of a zone."""

    first: date
    last: date
    zone: str

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def scale(self) -> Scale:
        """The whole of them as a timeline."""
        return scale_of(self.first, self.last, self.zone)

    @property
    def ticks(self) -> list[Tick]:
        """Lines across that timeline."""
        return ticks(self.first, self.last, self.zone)

    @property
    def query(self) -> dict[str, str]:
        """As an address says it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    def moved(self, days: int) -> Days:
        """As many days, so much later."""
        return self.of(self.first + timedelta(days=days), self.count)

    def of(self, first: date, count: int) -> Days:
        """So many days from a first one on, within the calendar."""
        first = min(max(first, FIRST), LAST - timedelta(days=count))
        return Days(first, first + timedelta(days=count - 1), self.zone)


def read_days(query: Mapping[str, str], now: datetime, zone: str, usual: int, most: int) -> Days:
    """The days of an address. What makes no sense is as if left out: today, and `usual` days."""
    today = now.astimezone(ZoneInfo(zone)).date()
    first = _day(query.get("from", "")) or today
    last = _day(query.get("to", "")) or first + timedelta(days=usual - 1)
    count = min((last - first).days + 1, most) if last >= first else usual
    return Days(first, last, zone).of(first, count)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST <= found <= LAST else None


def address(path: str, *queries: Mapping[str, str]) -> str:
    """A path with what is not empty of some queries; later ones win."""
    told: dict[str, str] = {}
    for one in queries:
        told |= one
    text = urlencode({name: value for name, value in told.items() if value})
    return f"{path}?{text}" if text else path


def moves(path: str, days: Days, kept: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Addresses of the same span earlier, later, and from today on."""
    today = now.astimezone(ZoneInfo(days.zone)).date()
    return {
        "earlier": address(path, kept, days.moved(-days.count).query),
        "later": address(path, kept, days.moved(days.count).query),
        "today": address(path, kept, days.of(today, days.count).query),
    }


def lengths(
    path: str, days: Days, kept: Mapping[str, str], counts: Mapping[int, str]
) -> list[tuple[str, str, bool]]:
    """Address, word and whether it is this one, of spans of other lengths from the same day on."""
    return [
        (address(path, kept, days.of(days.first, count).query), word, count == days.count)
        for count, word in counts.items()
    ]
