"""The picture of a hotel's free rooms that its notices add up to, as a value.

Owns: what a notice changes in it, and what it lacks. Telling a notice twice changes nothing more.
Must not: forget that a picture without a complete notice is a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.bookings.hotels.alpinebits.freerooms import Closure, Counts, Notice
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.outcomes import (
    INVALID_HOTEL,
    Outcome,
    Wish,
    advisory,
    warning,
)

Cell = tuple[str, int]
"""A room type of ours, and a night as an ordinal."""
MAX_PICTURE = 400_000


@dataclass(frozen=True, slots=True)
class Picture:
    """What a hotel last said. Cells that are not there are unknown."""

    cells: Mapping[Cell, Counts] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    """Nights in which it takes nobody."""
    complete_at: datetime | None = None
    """When it last told everything; None: never, so the rest of its rooms is unknown."""
    told_at: datetime | None = None

    def free(self, room_type: str, night: int) -> int | None:
        """Rooms that the hotel would still sell that night; None when it never said."""
        if night in self.closed:
            return 0
        counts = self.cells.get((room_type, night))
        return None if counts is None else counts.free

    def free_over(self, room_type: str, start: int, stop: int) -> int | None:
        """The least over the nights `start <= night < stop`; None when one of them is unknown."""
        found = [self.free(room_type, night) for night in range(start, stop)]
        known = [one for one in found if one is not None]
        return min(known) if known and len(known) == len(found) else None


def apply(picture: Picture, notice: Notice, house: House, now: datetime) -> tuple[Picture, Outcome]:
    """The picture after a notice, and what its sender is told.

    A notice of another hotel changes nothing. Types without a mapping are left out and named.
    """
    if notice.code != house.code:
        return picture, Outcome.error("Invalid hotel code", INVALID_HOTEL)
    told = {
        (house.types[one.code], night): one.counts
        for one in notice.periods
        if one.code in house.types
        for night in one.nights()
    }
    shut = _nights(notice.closures)
    if notice.complete:
        after = Picture(told, shut, now, now)
    else:
        # The later word counts: a closed night that is told about again is open.
        opened = {night for _, night in told}
        cells = {**picture.cells, **told}
        closed = (picture.closed - opened) | shut
        after = Picture(cells, closed, picture.complete_at, now)
    if len(after.cells) > MAX_PICTURE:
        return picture, Outcome.error(f"more than {MAX_PICTURE} nights of rooms")
    return after, _said(after, notice, house)


def _said(after: Picture, notice: Notice, house: House) -> Outcome:
    strange = sorted({one.code for one in notice.periods} - house.types.keys())
    outcome = Outcome(
        notes=tuple(warning("unknown room type, its rooms are left out", one) for one in strange)
    )
    if after.complete_at is None:
        wish = advisory("nothing complete was ever sent", Wish.FREE_ROOMS)
        outcome = outcome.and_note(wish)
    return outcome


def _nights(closures: Iterable[Closure]) -> frozenset[int]:
    return frozenset(
        night
        for one in closures
        for night in range(one.first.toordinal(), one.last.toordinal() + 1)
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """A night on which the hotel could not give what we want of it besides what it holds for us."""

    room_type: str
    night: int
    wanted: int
    free: int | None


def gaps(picture: Picture, wanted: Mapping[Cell, int]) -> tuple[Gap, ...]:
    """Nights with fewer free rooms than wanted, or unknown ones; by type and night.

    `wanted` counts rooms to be ordered anew, not those that the hotel has confirmed already.
    """
    found = []
    for (room_type, night), rooms in sorted(wanted.items()):
        free = picture.free(room_type, night)
        if rooms > 0 and (free is None or free < rooms):
            found.append(Gap(room_type, night, rooms, free))
    return tuple(found)
