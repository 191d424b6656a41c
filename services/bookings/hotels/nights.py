"""Nights at a hotel: local dates, counts by night, cut-offs. Pure.

Must not: take "today" from our clock; the business date is the hotel's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from services.bookings.hotels.errors import Short
from services.bookings.hotels.model import BlockView, NightCount, RoomNight, StayView
from services.bookings.hotels.states import TAKING
from shared.contracts.values import Window


def local_stay(window: Window, zone: str) -> tuple[date, date]:
    """Arrival and departure as the hotel's local dates."""
    starts_at, ends_at = window.local(zone)
    return starts_at.date(), ends_at.date()


def each_night(arrival: date, departure: date) -> Iterator[date]:
    """The nights slept: arrival included, departure not."""
    for day in range((departure - arrival).days):
        yield arrival + timedelta(days=day)


def picked_by_night(stays: Iterable[StayView]) -> Counter[tuple[date, str]]:
    """Rooms in use by night and room type; what was cancelled or refused does not count."""
    counts: Counter[tuple[date, str]] = Counter()
    for stay in stays:
        if stay.state in TAKING:
            counts.update((night, stay.kind) for night in each_night(stay.arrival, stay.departure))
    return counts


def recounted(view: BlockView, stays: Sequence[StayView]) -> tuple[NightCount, ...]:
    """The nights of a block with the pick-up counted from its reservations.

    For hotels whose own figures count only the first night, or keep what was cancelled. Nights and
    room types outside of the contract appear with 0 contracted.
    """
    picked = picked_by_night(stays)
    rows = {(one.night, one.kind): one for one in view.nights}
    keys = sorted(rows.keys() | picked.keys())
    return tuple(_recounted(key, rows.get(key), picked[key]) for key in keys)


def _recounted(key: tuple[date, str], row: NightCount | None, picked: int) -> NightCount:
    contracted = row.contracted if row else 0
    held = min(row.held if row else 0, max(0, contracted - picked))
    return NightCount(key[0], key[1], contracted, held, picked)


def short_nights(
    nights: Sequence[NightCount], kind: str, arrival: date, departure: date
) -> tuple[Short, ...]:
    """The nights of a stay on which a block has no room left to pick up."""
    left = {one.night: one.contracted - one.picked for one in nights if one.kind == kind}
    return tuple(
        Short(night, kind, max(0, left.get(night, 0)))
        for night in each_night(arrival, departure)
        if left.get(night, 0) < 1
    )


def without_rooms(
    free: Sequence[RoomNight], kind: str, arrival: date, departure: date
) -> tuple[Short, ...]:
    """The nights of a stay on which the house has no room left."""
    rooms = {one.night: one.rooms for one in free if one.kind == kind}
    return tuple(
        Short(night, kind, 0) for night in each_night(arrival, departure) if rooms.get(night, 0) < 1
    )


def cut_off_passed(cut_off: date | None, business_date: date) -> bool:
    """Whether the hotel has taken its rooms back: on the cut-off date itself it has not."""
    return cut_off is not None and business_date > cut_off
