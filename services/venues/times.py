"""Looking for free time around a wish: bounded walks over quarter hours.

Owns: how far a rule of venues looks for another time.
Must not: know what makes a quarter hour suitable; the caller says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from shared.contracts.values import Window
from shared.holds.port import QUARTER_S

LOOK_QUARTERS = 96
"""Other times are looked for at most one day before and after the wish."""
Suits = Callable[[int], bool]
"""Whether one quarter hour would do."""


def shifts(span: tuple[int, int], suits: Suits, earliest: int, delay: int = 0) -> list[int]:
    """The nearest shifts of `span`, in quarter hours, at which all of its slots suit.

    At most one earlier (negative) and one later, nearest first. Nothing starts before `earliest`.
    With a `delay` of 1 or more only later ones count, by `delay` or more. 0 is never an answer.
    """
    start, stop = span
    memo = cache(suits)
    found = []
    if delay == 0:
        before = _before(start - 1, stop - start, max(start - LOOK_QUARTERS, earliest), memo)
        found += [] if before is None else [before - start]
    first = max(start + max(delay, 1), earliest)
    after = first_run(first, stop - start, start + LOOK_QUARTERS, memo)
    found += [] if after is None else [after - start]
    return sorted(found, key=abs)


def first_run(start: int, length: int, last: int, suits: Suits) -> int | None:
    """The first slot from `start` to `last` (included) where `length` slots in a row suit."""
    while start <= last:
        bad = next((s for s in range(start + length - 1, start - 1, -1) if not suits(s)), None)
        if bad is None:
            return start
        start = bad + 1
    return None


def _before(start: int, length: int, last: int, suits: Suits) -> int | None:
    """The same backwards: from `start` down to `last`."""
    while start >= last:
        bad = next((s for s in range(start, start + length) if not suits(s)), None)
        if bad is None:
            return start
        start = bad - length
    return None


def next_slot(now: datetime) -> int:
    """The first quarter hour that has not begun."""
    return int(-(-now.timestamp() // QUARTER_S))


def shifted(window: Window, by: int) -> Window:
    """The window, so many quarter hours later."""
    delta = timedelta(seconds=by * QUARTER_S)
    return Window(starts_at=window.starts_at + delta, ends_at=window.ends_at + delta)


def change(window: Window) -> dict[str, str]:
    """The fields of a need to set, so that it takes place in `window`."""
    return {"starts_at": iso(window.starts_at), "ends_at": iso(window.ends_at)}


def iso(moment: datetime) -> str:
    """`2026-12-03T02:15:00Z`, whatever zone the moment is given in."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def span_text(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """`2026-12-03 10:00–12:00`, with the second date when it is another day."""
    starts, ends = starts_at.astimezone(ZoneInfo(zone)), ends_at.astimezone(ZoneInfo(zone))
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"{starts:%Y-%m-%d %H:%M}–{until}"
