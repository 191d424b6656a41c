"""A visit as a band of a board: its needs as bars by lane, what is missing, what is at once.

Owns: which state a bar is shown in, and what counts as a hole or a conflict. Pure.
Must not: decide anything; it shows what the visits service says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.console.layout import Scale, Span, days_between, room_after, stack
from shared.contracts.catalog import CATALOG
from shared.contracts.reading import ScheduleNeed, ScheduleVisit

STATES = ("firm", "held", "waiting", "blocked", "open")
_STATE_OF = {"confirmed": "firm", "held": "held", "pending": "waiting"}
LANES = {
    "bookings": "board.lane_rooms",
    "venues": "board.lane_halls",
    "catering": "board.lane_meals",
    "escorts": "board.lane_escorts",
}
"""Words of the lanes, in their order; another service has a lane after these."""
ONE_AT_A_TIME = ("hall", "site", "meal")
"""Kinds where the party is: two of them at once are shown, for somebody may have slipped."""
ROW_PX, BAR_PX, LANE_GAP_PX, EDGE_PX = 24, 20, 6, 8
WIDE, NARROW, MOST_LABEL = 12.0, 4.0, 25.0
"""Percent: bars from which a name fits in, the least room for one behind, and the most."""
NIGHT_STARTS, NIGHT_ENDS = time(20), time(8)


@dataclass(frozen=True, slots=True)
class Bar:
    """One need on the timeline. `y` in pixels from the top of the band."""

    need: ScheduleNeed
    span: Span
    state: str
    clash: ScheduleNeed | None
    """Another need at the same time that the party cannot also be at."""
    y: int
    room: float
    """Percent that is free behind it."""

    @property
    def label(self) -> Span | None:
        """Where its name is written when there is more room behind it than in it."""
        if self.span.width >= WIDE or self.room < max(NARROW, self.span.width):
            return None
        return Span(self.span.end, min(self.room, MOST_LABEL))


@dataclass(frozen=True, slots=True)
class Hole:
    """A night for which a party that sleeps here has no rooms asked for."""

    night: date
    span: Span
    y: int


@dataclass(frozen=True, slots=True)
class Lane:
    """One service's bars."""

    service: str
    kind: str
    """One of the kinds in it."""
    y: int

    @property
    def word(self) -> str:
        """The key of its name; empty for a service that this module does not know."""
        return LANES.get(self.service, "")


@dataclass(frozen=True, slots=True)
class Band:
    """One visit, laid out."""

    visit: ScheduleVisit
    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    holes: tuple[Hole, ...]
    height: int
    counts: dict[str, int] = field(default_factory=dict)
    """Bars by state; states without bars are left out."""
    movable: bool = False
    """Whether the reader is offered to move what is in it."""

    @property
    def clashes(self) -> int:
        """Bars that are at the same time as another one."""
        return sum(bar.clash is not None for bar in self.bars)


def state_of(need: ScheduleNeed) -> str:
    """One of `STATES`: what a board shows of the states of a need."""
    known = _STATE_OF.get(need.state)
    if known is not None:
        return known
    return "blocked" if need.why is not None and need.state != "asked" else "open"


def band_of(visit: ScheduleVisit, scale: Scale, zone: str, movable: bool = False) -> Band:
    """Lay out a visit: a lane for each service that has a part, as few rows as can be in each."""
    clashes = clashes_of(visit.needs)
    nights = holes_of(visit, scale, zone)
    lanes: list[Lane] = []
    bars: list[Bar] = []
    holes: list[Hole] = []
    top = EDGE_PX
    for service in _services(visit.needs, bool(nights)):
        found = [(one, scale.span(one.window.starts_at, one.window.ends_at))
                 for one in visit.needs if one.service == service]  # fmt: skip
        placed = [(need, span) for need, span in found if span is not None]
        gaps = nights if service == CATALOG["room"].service else []
        spans = [span for _, span in (*placed, *gaps)]
        rows = stack(spans)
        room = room_after(spans, rows)
        for (need, span), row, free in zip(placed, rows, room, strict=False):
            y = top + row * ROW_PX
            bars.append(Bar(need, span, state_of(need), clashes.get(need.need), y, free))
        for (night, span), row in zip(gaps, rows[len(placed) :], strict=True):
            holes.append(Hole(night, span, top + row * ROW_PX))
        height = (max(rows, default=0) + 1) * ROW_PX
        kind = placed[0][0].kind if placed else "room"
        lanes.append(Lane(service, kind, top))
        top += height + LANE_GAP_PX
    height = max(top - LANE_GAP_PX - (ROW_PX - BAR_PX) + EDGE_PX, 2 * EDGE_PX + BAR_PX)
    counts = Counter(bar.state for bar in bars)
    told = {state: counts[state] for state in STATES if counts[state]}
    return Band(visit, tuple(lanes), tuple(bars), tuple(holes), height, told, movable)


def _services(needs: Iterable[ScheduleNeed], holes: bool) -> list[str]:
    present = {one.service for one in needs} | ({CATALOG["room"].service} if holes else set())
    return [one for one in LANES if one in present] + sorted(present - LANES.keys())


def clashes_of(needs: Sequence[ScheduleNeed]) -> dict[str, ScheduleNeed]:
    """By need: another one, of another item, at which the party would have to be meanwhile."""
    found: dict[str, ScheduleNeed] = {}
    running: list[ScheduleNeed] = []
    places = [one for one in needs if one.kind in ONE_AT_A_TIME]
    for need in sorted(places, key=lambda one: (one.window.starts_at, one.need)):
        running = [one for one in running if one.window.ends_at > need.window.starts_at]
        for other in running:
            if other.need.partition("/")[0] != need.need.partition("/")[0]:
                found.setdefault(need.need, other)
                found.setdefault(other.need, need)
        running.append(need)
    return found


def holes_of(visit: ScheduleVisit, scale: Scale, zone: str) -> list[tuple[date, Span]]:
    """Nights of a visit, in view, without a need for rooms; none when it never asks for any."""
    if "room" not in visit.kinds:
        return []
    slept = {
        night
        for need in visit.needs
        if need.kind == "room"
        for night in _nights(need.window.starts_at, need.window.ends_at, zone)
    }
    tz = ZoneInfo(zone)
    found = []
    for night in _nights(max(visit.starts_at, scale.starts_at), visit.ends_at, zone):
        if night not in slept:
            morning = datetime.combine(night + timedelta(days=1), NIGHT_ENDS, tz)
            span = scale.span(datetime.combine(night, NIGHT_STARTS, tz), morning)
            if span is None:
                break
            found.append((night, span))
    return found


def _nights(starts_at: datetime, ends_at: datetime, zone: str) -> list[date]:
    """The nights between the local dates of arrival and departure."""
    tz = ZoneInfo(zone)
    first, last = starts_at.astimezone(tz).date(), ends_at.astimezone(tz).date()
    return days_between(first, last - timedelta(days=1))


def sums(bands: Iterable[Band]) -> dict[str, int]:
    """Bars by state, and holes and clashes, of all bands together."""
    found = dict.fromkeys((*STATES, "holes", "clashes"), 0)
    for band in bands:
        for state, count in band.counts.items():
            found[state] += count
        found["holes"] += len(band.holes)
        found["clashes"] += band.clashes
    return found
