"""Times that no rule should have to work with.

Must not: know a kind of need; what else is wrong with a time (closed, too late) is for the rules.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.contracts.holds import Refusal
from shared.contracts.values import Text, Window

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=31)
"""Of one need that is booked by the clock. A longer one is a closure or a lease, and deciding it by
quarter hours would take too long."""


def outside_calendar(window: Window) -> bool:
    """Beyond the years in which calendars and time zones are sure."""
    return window.starts_at < EARLIEST or window.ends_at > LATEST


def time_problem(window: Window, longest: timedelta = LONGEST) -> Refusal | None:
    """Why a time cannot be booked at all: wrong century, or too long."""
    if outside_calendar(window):
        zh = "只能预订2000年至2199年之间的时间；请检查年份。"
        en = "Only times in the years 2000 to 2199 can be booked; check the year."
        return Refusal(code="outside_calendar", sentence=Text(zh=zh, en=en))
    if window.ends_at - window.starts_at > longest:
        zh = f"一次最多预订{longest.days}天；请分段预订。"
        en = f"At most {longest.days} days can be booked at a time; book the rest as another need."
        return Refusal(code="too_long", sentence=Text(zh=zh, en=en))
    return None
