"""What a need would mean for one person: stretches of duty, minutes per day, and what forbids it.

Owns: duty hours, the daily limit, rest.

- A window of at most 16 hours is one stretch: widened by the travel buffers on both sides, it must
  lie within the duty hours of one day (which may pass midnight).
- A longer window is a stay. It takes the person on each day for the part of the widened window that
  lies within that day's duty hours: the whole duty day belongs to this party, nights do not. The
  party gives the breaks that keep work within the limit, so a stay counts as at most the daily
  limit. A stretch never gets that relief: it is work from beginning to end.
- Duty minutes are counted on the local day on which they fall, in whole quarter hours.
- Rest lies between the duty hours of two days, in true hours: in the night on which the clock is
  put forward, duty hours that otherwise leave just enough rest leave an hour too little.

Must not: choose a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.escorts.documents import LONGEST_DUTY_MINUTES, Person
from services.escorts.inventory import duty_unit
from shared.contracts.values import Window
from shared.holds.port import QUARTER_S, Claim, Free, quarter_starts, quarters

QUARTER_MIN = QUARTER_S // 60
MINUTE_S = 60
SLOTS_KEPT = 4_096
"""Answers that are remembered of each kind, a quarter of a kilobyte each: the ends of what some
hundred visits ask for."""
Span = tuple[int, int]


class Obstacle(StrEnum):
    """Why one person cannot do it. The values are the codes of refusals."""

    OUTSIDE_DUTY_HOURS = "outside_duty_hours"
    BUSY = "no_person"
    DUTY_LIMIT = "duty_limit"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Duty:
    """What one person would do for one need."""

    stretches: tuple[Span, ...]
    """Quarter hours, in order, each within the duty hours of one day."""
    minutes: tuple[tuple[int, int], ...]
    """Local day (ordinal) and the minutes that count on it."""

    def claims(self, person: Person) -> list[Claim]:
        """The cells that this duty takes."""
        return [Claim(person.id, start, stop, 1) for start, stop in self.stretches] + [
            Claim(duty_unit(person), day, day + 1, minutes) for day, minutes in self.minutes
        ]

    def total(self) -> int:
        """All minutes that count."""
        return sum(minutes for _, minutes in self.minutes)


def is_stay(window: Window) -> bool:
    """Whether a window is too long for one stretch of duty, so that it is taken day by day."""
    return window.ends_at - window.starts_at > timedelta(minutes=LONGEST_DUTY_MINUTES)


def widened(window: Window, buffer_minutes: int) -> Span:
    """The quarter hours of a window with its travel buffers."""
    return quarters(window, buffer_minutes * MINUTE_S, buffer_minutes * MINUTE_S)


def duty_of(person: Person, window: Window, buffer_minutes: int) -> Duty | None:
    """What the window means for a person; None when it is outside the duty hours."""
    span = widened(window, buffer_minutes)
    first, last = local_day(span[0], person.zone), local_day(span[1] - 1, person.zone)
    shifts = [shift(person, day) for day in range(first - 1, last + 1)]
    if is_stay(window):
        cut = [(max(span[0], start), min(span[1], stop)) for start, stop in shifts]
        stretches = tuple((start, stop) for start, stop in cut if start < stop)
    else:
        inside = any(start <= span[0] and span[1] <= stop for start, stop in shifts)
        stretches = (span,) if inside else ()
    if not stretches:
        return None
    minutes = minutes_by_day(stretches, person.zone)
    if is_stay(window):
        minutes = {day: min(count, person.max_duty_minutes) for day, count in minutes.items()}
    return Duty(stretches, tuple(sorted(minutes.items())))


@dataclass(slots=True)
class Duties:
    """What one window means for people. Most of a role have the same hours: worked out once."""

    window: Window
    _known: dict[tuple[object, ...], Duty | None] = field(default_factory=dict)

    def of(self, person: Person, buffer_minutes: int) -> Duty | None:
        """As `duty_of`."""
        hours = person.zone, person.duty_starts, person.duty_ends, person.max_duty_minutes
        key = *hours, buffer_minutes
        if key not in self._known:
            self._known[key] = duty_of(person, self.window, buffer_minutes)
        return self._known[key]


def obstacle(person: Person, duty: Duty | None, free: Free) -> Obstacle | None:
    """What forbids this duty, beside what others have taken; None when nothing does."""
    if duty is None:
        return Obstacle.OUTSIDE_DUTY_HOURS
    if any(minutes > person.max_duty_minutes for _, minutes in duty.minutes):
        return Obstacle.DUTY_LIMIT
    # There is one of each person, at any time.
    if not all(free.idle(person.id, start, stop) for start, stop in duty.stretches):
        return Obstacle.BUSY
    if any(free.free(duty_unit(person), day) < minutes for day, minutes in duty.minutes):
        return Obstacle.DUTY_LIMIT
    return None if _rested(person, duty, free) else Obstacle.REST


def _rested(person: Person, duty: Duty, free: Free) -> bool:
    """Whether enough rest stays between these stretches, and to all duty of the days beside."""
    rest = -(-person.min_rest_minutes // QUARTER_MIN)
    pairs = zip(duty.stretches, duty.stretches[1:], strict=False)
    if any(after[0] - before[1] < rest for before, after in pairs):
        return False
    for start, stop in duty.stretches:
        opens, closes = shift_around(person, start)
        around = (start - rest, opens), (closes, stop + rest)
        if not all(free.idle(person.id, *span) for span in around):
            return False
    return True


def shift_around(person: Person, slot: int) -> Span:
    """The duty hours in which a slot lies. Raises ValueError when it lies in none."""
    day = local_day(slot, person.zone)
    for one in (shift(person, day), shift(person, day - 1)):
        if one[0] <= slot < one[1]:
            return one
    raise ValueError(f"slot {slot} is outside the duty hours of {person.id}")


def shift(person: Person, day: int) -> Span:
    """The duty hours that begin on a local day, in quarter hours."""
    ends_next_day = person.duty_ends <= person.duty_starts
    return (
        _wall_slot(day, person.duty_starts, person.zone),
        _wall_slot(day + ends_next_day, person.duty_ends, person.zone),
    )


def minutes_by_day(stretches: Iterable[Span], zone: str) -> dict[int, int]:
    """Minutes per local day; a stretch over midnight is split there."""
    found: dict[int, int] = defaultdict(int)
    for start, stop in stretches:
        slot = start
        while slot < stop:
            day = local_day(slot, zone)
            # At least a quarter hour on: where a zone has left out a day, the next begins here.
            midnight = min(stop, max(slot + 1, _wall_slot(day + 1, time.min, zone)))
            found[day] += (midnight - slot) * QUARTER_MIN
            slot = midnight
    return dict(found)


@lru_cache(SLOTS_KEPT)
def local_day(slot: int, zone: str) -> int:
    """The local day on which a slot begins, as an ordinal."""
    return quarter_starts(slot).astimezone(ZoneInfo(zone)).date().toordinal()


@lru_cache(SLOTS_KEPT)
def _wall_slot(day: int, at: time, zone: str) -> int:
    """The slot that begins at a wall-clock time; in a gap or twice, the earlier reading counts."""
    moment = datetime.combine(date.fromordinal(day), at, ZoneInfo(zone))
    return int(moment.timestamp() // QUARTER_S)
