"""Who has come: what a hotel by hand says of its guests, against what it said before. Pure.

Owns: which moves of a stay are open today, and that nothing is overwritten that nobody has seen.
The legal moves are those of `hotels.states`. A word of today that was a mistake can be taken back,
as hotels' own systems reverse a check-in or check-out on the same business date.
Must not: do I/O, read a clock, or know a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.bookings.hotels.states import STAY_MOVES, StayState
from shared.contracts.hotel_arrivals import (
    MAX_CHANGES,
    Arrival,
    ArrivalSaid,
    ArrivalState,
    HandNight,
    LineOutcome,
)
from shared.contracts.hotel_guests import RoomedGuest

S, L = StayState, LineOutcome
TOLD = frozenset(StayState(one.value) for one in ArrivalState)
"""States that a hotel by hand tells. The others are of orders over a line."""
DAY_BEGINS = 6
"""The hour at which a hotel's business day begins."""
STAYING = frozenset({S.CONFIRMED, S.IN_HOUSE})
"""Whoever is in these has, or will have, the room whose number was said."""


@dataclass(frozen=True, slots=True)
class Told:
    """A guest of an order, as the hotel last said."""

    guest: str
    state: StayState = S.CONFIRMED
    number: str = ""
    version: int = 0
    """Grows with each word. 0: there was none."""
    was: StayState | None = None
    """Before the last move, while that can be taken back."""
    moved_on: date | None = None
    """The business day of the last move."""
    came_on: date | None = None
    """The first night in house."""
    left_on: date | None = None
    """The first night not in house any more."""


@dataclass(frozen=True, slots=True)
class Today:
    """When it is at a hotel."""

    day: date
    business: date
    """Who comes at one in the morning comes for the night before."""


def today_of(local: datetime) -> Today:
    """From a moment on the hotel's own clock."""
    return Today(local.date(), (local - timedelta(hours=DAY_BEGINS)).date())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a line, and the guest from then on."""

    outcome: LineOutcome
    before: Told
    now: Told


def ways(told: Told, today: Today, arrival: date) -> tuple[StayState, ...]:
    """Where a stay can go: legal moves, and back from a mistake of today. Nowhere before the day of
    arrival."""
    if today.day < arrival:
        return ()
    moves = [one for one in STAY_MOVES[told.state] if one in TOLD]
    back = told.was if told.moved_on == today.business else None
    if back is not None and back not in moves:
        moves.append(back)
    return tuple(moves)


def judge(
    lines: Sequence[ArrivalSaid],
    known: Mapping[str, Told],
    listed: Iterable[RoomedGuest],
    today: Today,
    arrival: date,
) -> list[Verdict]:
    """The verdict on each line, in order. A line with a problem takes nothing from the others."""
    rooms = {one.guest: one.room for one in listed}
    often = Counter(line.guest for line in lines)
    found = []
    for line in lines:
        told = known.get(line.guest, Told(line.guest))
        if line.guest not in rooms:
            found.append(Verdict(L.GONE, told, told))
        elif often[line.guest] > 1:
            found.append(Verdict(L.DOUBLED, told, told))
        else:
            found.append(_one(line, told, today, arrival))
    return _without_clashes(found, known, rooms)


def _one(line: ArrivalSaid, told: Told, today: Today, arrival: date) -> Verdict:
    state = told.state if line.state is None else StayState(line.state.value)
    number = told.number if line.number is None else line.number
    if (state, number) == (told.state, told.number):
        return Verdict(L.UNCHANGED, told, told)
    if line.seen != told.version:
        return Verdict(L.STALE, told, told)
    if told.version >= MAX_CHANGES:
        return Verdict(L.TOO_MANY, told, told)
    if state is not told.state and state not in ways(told, today, arrival):
        return Verdict(L.EARLY if today.day < arrival else L.ILLEGAL, told, told)
    now = replace(told, number=number, version=told.version + 1)
    if state is not told.state:
        now = _moved(now, state, today)
    return Verdict(L.TAKEN, told, now)


def _moved(told: Told, state: StayState, today: Today) -> Told:
    back = told.moved_on == today.business and state is told.was
    came = (told.came_on or today.business) if state in (S.IN_HOUSE, S.DEPARTED) else None
    return replace(
        told, state=state, was=None if back else told.state, moved_on=today.business,
        came_on=came, left_on=today.day if state is S.DEPARTED else None,
    )  # fmt: skip


def _without_clashes(
    found: Sequence[Verdict], known: Mapping[str, Told], rooms: Mapping[str, str]
) -> list[Verdict]:
    """One room has one number, and one number one room: of those who are on the list and stay.

    What is not taken may leave a number with whom another line wanted to take it from, so it is
    looked again, at most once for each line.
    """
    verdicts = list(found)
    for _round in range(len(verdicts) + 1):
        clashing = _clashing(verdicts, known, rooms)
        if not clashing:
            break
        verdicts = [
            Verdict(L.CLASH, one.before, one.before) if one.now.guest in clashing else one
            for one in verdicts
        ]
    return verdicts


def _clashing(
    verdicts: Sequence[Verdict], known: Mapping[str, Told], rooms: Mapping[str, str]
) -> set[str]:
    """Guests whose new number, or whose coming back to an old one, cannot be right."""
    after = dict(known) | {one.now.guest: one.now for one in verdicts}
    numbers: dict[str, set[str]] = {}
    in_room: dict[str, set[str]] = {}
    for one in after.values():
        if _numbered(one) and one.guest in rooms:
            numbers.setdefault(one.number, set()).add(rooms[one.guest])
            in_room.setdefault(rooms[one.guest], set()).add(one.number)
    return {
        one.now.guest
        for one in verdicts
        if one.outcome is L.TAKEN and _numbered(one.now)
        if one.now.number != one.before.number or not _numbered(one.before)
        if len(numbers[one.now.number]) > 1 or len(in_room[rooms[one.now.guest]]) > 1
    }


def _numbered(one: Told) -> bool:
    return bool(one.number) and one.state in STAYING


def shown(told: Told, today: Today, arrival: date) -> Arrival:
    """A guest for whoever is at the page."""
    may = tuple(ArrivalState(one.value) for one in ways(told, today, arrival))
    return Arrival(
        guest=told.guest, state=ArrivalState(told.state.value), number=told.number,
        version=told.version, may=may,
    )  # fmt: skip


def by_night(told: Iterable[Told], nights: Sequence[date], today: Today) -> tuple[HandNight, ...]:
    """How many guests are told in house, no-show or walked, on each night until now.

    In house from the night on which they came to the one before the day on which they left; no-show
    and walked count for all nights. Of nights to come nobody knows.
    """
    some = list(told)
    return tuple(
        HandNight(
            night=night, in_house=sum(_in_house(one, night) for one in some),
            no_show=sum(one.state is S.NO_SHOW for one in some),
            walked=sum(one.state is S.WALKED for one in some),
        )
        if night <= today.business
        else HandNight(night=night)
        for night in nights
    )  # fmt: skip


def _in_house(told: Told, night: date) -> bool:
    came = told.came_on is not None and told.came_on <= night
    return came and (told.left_on is None or night < told.left_on)
