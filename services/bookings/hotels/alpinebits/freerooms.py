"""FreeRooms: what a hotel's system says it still has free, per room type and night.

A hotel tells what it would still sell to anybody; rooms that it holds for us are not among them. A
night that it never told about is unknown, which is neither free nor full.

Owns: the notice as a value, and what it says that cannot be.
Must not: decide what bookings may promise; contracted blocks do that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.xml import Unacceptable

MAX_DAYS = 1_100
"""Nights of one period: three years."""
MAX_CELLS = 200_000
"""Room types times nights of one notice."""
FREE, OUT_OF_ORDER, OUT_OF_MARKET = "2", "6", "9"


@dataclass(frozen=True, slots=True)
class Counts:
    """Rooms of one type on one night: to be booked, out of order, free but not to be booked."""

    free: int = 0
    out_of_order: int = 0
    out_of_market: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """One statement: `counts` of the type `code` in the nights `first` to `last`, both included."""

    code: str
    first: date
    last: date
    counts: Counts

    def nights(self) -> Iterator[int]:
        """Its nights as ordinals."""
        return iter(range(self.first.toordinal(), self.last.toordinal() + 1))


@dataclass(frozen=True, slots=True)
class Closure:
    """The hotel takes nobody in the nights `first` to `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. A complete one replaces all that was known, an overlay only what it names."""

    code: str
    """`HotelCode` as sent."""
    complete: bool
    periods: tuple[Period, ...] = ()
    closures: tuple[Closure, ...] = ()


def read_notice(request: Any) -> Notice:
    """The notice in an OTA_HotelInvCountNotifRQ that fits the schema. Raises Unacceptable."""
    inventories = request.find(xml.tag("Inventories"))
    complete = request.find(xml.tag("UniqueID")) is not None
    periods: list[Period] = []
    closures: list[Closure] = []
    entries = list(inventories)
    for number, entry in enumerate(entries, 1):
        control = entry.find(xml.tag("StatusApplicationControl"))
        if control is None:
            if not complete or len(entries) > 1 or len(entry):
                raise Unacceptable(f"Inventory {number} says of no room and no night what it is of")
            break  # the only entry, and empty: nothing is known any more
        one = _entry(number, entry, control)
        if isinstance(one, Closure):
            closures.append(one)
        else:
            periods.append(one)
    _check(periods, closures)
    return Notice(inventories.get("HotelCode"), complete, tuple(periods), tuple(closures))


def _entry(number: int, entry: Any, control: Any) -> Period | Closure:
    first, last = (_date(control.get(name), number) for name in ("Start", "End"))
    if last < first or (last - first).days >= MAX_DAYS:
        raise Unacceptable(f"Inventory {number}: End is before Start, or over {MAX_DAYS} nights on")
    counts = entry.find(xml.tag("InvCounts"))
    if control.get("AllInvCode") in ("true", "1"):
        if counts is not None or control.get("InvTypeCode") or control.get("InvCode"):
            raise Unacceptable(f"Inventory {number}: a closing season has no room and no counts")
        return Closure(first, last)
    if control.get("InvCode") is not None:
        raise Unacceptable(f"Inventory {number}: single rooms (InvCode) are not taken")
    code = control.get("InvTypeCode")
    if code is None:
        raise Unacceptable(f"Inventory {number}: InvTypeCode is missing")
    return Period(code, first, last, _counts(number, counts))


def _counts(number: int, found: Any) -> Counts:
    """A count that is not told is 0; none at all means booked out."""
    told: dict[str, int] = {}
    for one in found if found is not None else ():
        kind, count = one.get("CountType"), one.get("Count")
        if kind in told:
            raise Unacceptable(f"Inventory {number}: CountType {kind} is told twice")
        if len(count) > 6:
            raise Unacceptable(f"Inventory {number}: Count has more than 6 digits")
        told[kind] = int(count)
    return Counts(told.get(FREE, 0), told.get(OUT_OF_ORDER, 0), told.get(OUT_OF_MARKET, 0))


def _date(text: str, number: int) -> date:
    try:
        return date.fromisoformat(text[:10]) if len(text) == 10 else _zoned(text)
    except ValueError:
        raise Unacceptable(f"Inventory {number}: a date is not of the calendar") from None


def _zoned(text: str) -> date:
    """The schema allows a zone behind a date, `2027-09-14Z`; the night is the hotel's all the same.

    Raises ValueError.
    """
    rest = text[10:]
    if rest == "Z" or (len(rest) == 6 and rest[0] in "+-" and rest[3] == ":"):
        return date.fromisoformat(text[:10])
    raise ValueError("not a date")


def _check(periods: list[Period], closures: list[Closure]) -> None:
    """Periods of one type must not overlap, nor may rooms be free while the hotel is closed."""
    if sum((one.last - one.first).days + 1 for one in periods) > MAX_CELLS:
        raise Unacceptable(f"more than {MAX_CELLS} nights are told about")
    closed = {
        night
        for one in closures
        for night in range(one.first.toordinal(), one.last.toordinal() + 1)
    }
    if len(closed) < sum((one.last - one.first).days + 1 for one in closures):
        raise Unacceptable("closing seasons overlap")
    told: dict[str, set[int]] = {}
    for one in periods:
        mine, nights = told.setdefault(one.code, set()), set(one.nights())
        if mine & nights:
            raise Unacceptable("periods of one room type overlap")
        if one.counts.free and closed & nights:
            raise Unacceptable("rooms are free in a closing season")
        mine |= nights
