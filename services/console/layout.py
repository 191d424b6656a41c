"""Where things lie on a timeline: instants to places, bars to rows, days to ticks.

Places are percent of the width, so that what is drawn fits every screen. Pure.

Must not: know what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

DIGITS = 3
LEAST = 0.35
"""Percent. A shorter bar could be neither seen nor hit."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The stretch of time `[starts_at, ends_at)` that the whole width shows."""

    starts_at: datetime
    ends_at: datetime

    def at(self, instant: datetime) -> float:
        """Percent from the left; what lies outside is at the edge."""
        share = (instant - self.starts_at) / (self.ends_at - self.starts_at)
        return round(min(1.0, max(0.0, share)) * 100, DIGITS)

    def span(self, starts_at: datetime, ends_at: datetime) -> Span | None:
        """Where a window lies, cut at the edges; None when it is wholly outside."""
        if starts_at >= self.ends_at or ends_at <= self.starts_at:
            return None
        left, right = self.at(starts_at), self.at(ends_at)
        width = max(LEAST, right - left)
        left = min(left, 100 - width)
        return Span(
            round(left, DIGITS), round(width, DIGITS),
            before=starts_at < self.starts_at, after=ends_at > self.ends_at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A bar's place and width in percent, and whether it goes on beyond an edge."""

    x: float
    width: float
    before: bool = False
    after: bool = False

    @property
    def end(self) -> float:
        """Its right edge, in percent."""
        return self.x + self.width


def stack(spans: Sequence[Span]) -> list[int]:
    """A row for each bar, counted from 0, so that no two in a row overlap; as few rows as can be.

    The bar that begins first is placed first, into the highest row that is free.
    """
    rows = [0] * len(spans)
    taken: list[tuple[float, int]] = []
    free: list[int] = []
    for index in sorted(range(len(spans)), key=lambda one: (spans[one].x, -spans[one].width, one)):
        while taken and taken[0][0] <= spans[index].x + 10**-DIGITS:
            heappush(free, heappop(taken)[1])
        row = heappop(free) if free else len(taken)
        rows[index] = row
        heappush(taken, (spans[index].end, row))
    return rows


def room_after(spans: Sequence[Span], rows: Sequence[int]) -> list[float]:
    """Percent that is free behind each bar in its row, up to the next bar or the edge."""
    begins: dict[int, list[float]] = {}
    for span, row in zip(spans, rows, strict=True):
        begins.setdefault(row, []).append(span.x)
    return [
        round(min((x for x in begins[row] if x >= span.end), default=100.0) - span.end, DIGITS)
        for span, row in zip(spans, rows, strict=True)
    ]


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Half-open ranges of slots as few as they can be: those that touch become one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the timeline; `label` is empty where there is no room for one."""

    x: float
    label: str
    day: bool
    """It begins a day."""
    width: float = 0.0
    """Of the day that it begins, in percent."""
    date: date | None = None


def midnight(day: date, zone: str) -> datetime:
    """When a day begins in a zone, in UTC: times of one zone are subtracted by their clocks."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def scale_of(first: date, last: date, zone: str) -> Scale:
    """The whole days from the first to the last, both included."""
    return Scale(midnight(first, zone), midnight(last + timedelta(days=1), zone))


def hours_apart(days: int) -> int:
    """Hours between two lines of a timeline of so many days; 24 for none within a day."""
    return next((hours for most, hours in ((1, 2), (3, 6), (7, 12)) if days <= most), 24)


def ticks(first: date, last: date, zone: str) -> list[Tick]:
    """A tick for each day, and one every few hours when there is room for them."""
    scale, tz = scale_of(first, last, zone), ZoneInfo(zone)
    days = days_between(first, last)
    step = hours_apart(len(days))
    found = []
    for day in days:
        start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
        width = round(scale.at(end) - scale.at(start), DIGITS)
        found.append(Tick(scale.at(start), "", True, width, day))
        found += [
            Tick(scale.at(datetime.combine(day, time(hour), tz)), f"{hour:02d}", False)
            for hour in range(step, 24, step)
        ]
    return found
