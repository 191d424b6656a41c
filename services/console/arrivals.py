"""What a hotel by hand says of its guests: rooms as a form shows them, and the form read again.

Owns: who stands together as one room, and which fields were touched: what nobody touched says
nothing. Pure.
Must not: keep anybody: names are here while a page is made, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.console.lodging import Sleeper
from shared.contracts.hotel_arrivals import ROOM_NUMBER, Arrival, ArrivalSaid, ArrivalState
from shared.contracts.hotel_guests import StayRooms
from shared.sheets.cells import room_number_in

GUESTS_SHOWN = 100
"""On one page of the form, whole rooms at least; five fields for each at most."""
MOST_TOGETHER = 2
"""Guests who share one room; a larger group fits in none, and each stands alone."""
GUEST = r"g-[0-9a-hjkmnp-tv-z]{26}"
_FIELD = re.compile(rf"(seen|state|number|was|with)\.({GUEST})")
_LINE = re.compile(rf"({GUEST}) (\d{{1,6}}) ([a-z_]{{1,20}}|-) (?:-|=(|{ROOM_NUMBER}))")
_NUMBER = re.compile(ROOM_NUMBER)


@dataclass(frozen=True, slots=True)
class Occupant:
    """One guest of a room, and how the guest stands."""

    guest: str
    name: str = field(repr=False)
    nationality: str = field(repr=False)
    told: Arrival


@dataclass(frozen=True, slots=True)
class Room:
    """Guests who stand together in the form."""

    label: str
    rooms: StayRooms | None
    guests: tuple[Occupant, ...]

    @property
    def number(self) -> str:
        """The first number that was said of them."""
        return next((one.told.number for one in self.guests if one.told.number), "")

    @property
    def was(self) -> str:
        """The number that all of them have; empty when some have none, so that it is said anew."""
        numbers = {one.told.number for one in self.guests}
        return numbers.pop() if len(numbers) == 1 else ""

    @property
    def owner(self) -> str:
        """By whose id its fields are named."""
        return self.guests[0].guest


def rooms_of(guests: Iterable[Sleeper], told: Mapping[str, Arrival]) -> list[Room]:
    """Rooms in the roster's order."""
    together: dict[str, list[Sleeper]] = {}
    for one in guests:
        together.setdefault(one.room, []).append(one)
    found = []
    for label, some in together.items():
        parts = [some] if len(some) <= MOST_TOGETHER else [[one] for one in some]
        found += [_room(label, part, told) for part in parts]
    return found


def _room(label: str, some: Sequence[Sleeper], told: Mapping[str, Arrival]) -> Room:
    guests = tuple(
        Occupant(
            one.guest, one.name, one.nationality, told.get(one.guest) or Arrival(guest=one.guest)
        )
        for one in some
    )
    return Room(label, some[0].rooms, guests)


def pages_of(rooms: Sequence[Room]) -> list[list[Room]]:
    """Rooms by page; at least one, which may be empty."""
    pages: list[list[Room]] = [[]]
    for one in rooms:
        here = sum(len(room.guests) for room in pages[-1])
        if pages[-1] and here + len(one.guests) > GUESTS_SHOWN:
            pages.append([])
        pages[-1].append(one)
    return pages


def said_in(fields: Iterable[tuple[str, str]]) -> tuple[list[ArrivalSaid], list[str]]:
    """What a form says, and guests whose room number is none. Raises ValueError for a form that is
    none of ours."""
    told: dict[str, dict[str, str]] = {}
    for name, value in fields:
        match = _FIELD.fullmatch(name)
        if match:
            told.setdefault(match[2], {})[match[1]] = value.strip()
    numbers, wrong = _numbers(told)
    lines = []
    for guest, values in told.items():
        state, number = values.get("state", ""), numbers.get(guest)
        if "seen" in values and (state or number is not None):
            lines.append(_line(guest, values["seen"], state, number))
    return lines, wrong


def _numbers(told: Mapping[str, Mapping[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Room numbers that were touched, by guest: one field counts for all who stand together."""
    found: dict[str, str] = {}
    wrong: list[str] = []
    for owner, values in told.items():
        typed, was = values.get("number", ""), values.get("was", "")
        if "number" not in values or typed == was:
            continue
        some = [one for one in values.get("with", owner).split() if one in told]
        number = number_in(typed)
        if number is None:
            wrong += some
        else:
            found |= dict.fromkeys(some, number)
    return found, wrong


def number_in(typed: str) -> str | None:
    """A room number as bookings takes it; empty for none, None for what is no room number."""
    if not typed.strip():
        return ""
    number = room_number_in(typed[:60])
    return number if number is not None and _NUMBER.fullmatch(number) else None


def packed(lines: Iterable[ArrivalSaid]) -> str:
    """Lines as one field of a form: there may be more of them than a form has fields."""
    return "\n".join(
        f"{one.guest} {one.seen} {one.state or '-'} "
        f"{'-' if one.number is None else f'={one.number}'}"
        for one in lines
    )


def unpacked(text: str) -> list[ArrivalSaid]:
    """Raises ValueError for text that is none of ours."""
    lines = []
    for one in text.split("\n"):
        match = _LINE.fullmatch(one.rstrip("\r"))
        if match is None:
            raise ValueError("not a packed line")
        state = "" if match[3] == "-" else match[3]
        lines.append(_line(match[1], match[2], state, match[4]))
    return lines


def _line(guest: str, seen: str, state: str, number: str | None) -> ArrivalSaid:
    return ArrivalSaid(
        guest=guest, seen=int(seen), state=ArrivalState(state) if state else None, number=number
    )
