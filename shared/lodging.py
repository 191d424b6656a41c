"""Who sleeps in which kind of room of a hotel: groups of guests against the rooms that there are.

Owns: who shares, and which rooms each gets, for the console's page of a hotel and for rooming lists
that bookings sends. Pure; alike lists come out alike.
Must not: know what a guest is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Rooms(Protocol):
    """Rooms of one type; `pair`: two guests share each of them."""

    @property
    def rooms(self) -> int:
        """How many."""
        ...

    @property
    def pair(self) -> bool:
        """Whether two share each."""
        ...


R = TypeVar("R", bound=Rooms)


@dataclass(frozen=True, slots=True)
class Roomed(Generic[R]):
    """Where one guest sleeps."""

    guest: str
    room: int
    """From 1; those who share have the same."""
    shared: bool
    rooms: R | None
    """None when no room is left that would do."""


def roomed(rooms: Sequence[R], guests: Iterable[tuple[str, str | None]]) -> list[Roomed[R]]:
    """Guests (opaque id, group of those who share) in the roster's order, by room.

    A pair gets a room for two, who is alone one for one or, when those are used up, a whole room
    for two. Three or more share no room that there is.
    """
    groups: dict[str, list[str]] = {}
    for guest, group in guests:
        groups.setdefault(group or guest, []).append(guest)
    left = [one.rooms for one in rooms]
    taken = {key: _take(rooms, left, len(some)) for key, some in _pairs_first(groups)}
    return [
        Roomed(guest, number, len(some) > 1, taken[key])
        for number, (key, some) in enumerate(groups.items(), 1)
        for guest in some
    ]


def _pairs_first(groups: Mapping[str, Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    """Who is alone can do with a room for two; a pair with no other."""
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def _take(rooms: Sequence[R], left: list[int], guests: int) -> R | None:
    if guests > 2:
        return None
    wanted = (True,) if guests == 2 else (False, True)
    for pair in wanted:
        for at, one in enumerate(rooms):
            if one.pair is pair and left[at]:
                left[at] -= 1
                return one
    return None
