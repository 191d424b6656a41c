"""Who sleeps in which kind of room of a hotel: the roster's groups against what is definite there.

Owns: who shares, and which room type each gets. Pure; alike lists come out alike.
Must not: keep anybody: guests are here while a page is made, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.hotel_guests import HotelStay, RoomedGuest, StayRooms

_FIRST_HAN = "\u2e80"
"""From here on scripts write names without a space between their parts."""


@dataclass(frozen=True, slots=True)
class Sleeper:
    """One guest at a hotel."""

    guest: str
    name: str = field(repr=False)
    nationality: str = field(repr=False)
    room: str
    """Those who share have the same."""
    shared: bool
    rooms: StayRooms | None
    """None when no room is left that would do."""

    def nameless(self) -> RoomedGuest:
        """The same for whoever must not know the name."""
        kind = self.rooms.kind if self.rooms else None
        return RoomedGuest(guest=self.guest, room=self.room, kind=kind)


def sleepers(stay: HotelStay, guests: Iterable[Mapping[str, Any]]) -> list[Sleeper]:
    """Guests in the roster's order, by room: a pair gets a room for two, who is alone one for one
    or, when those are used up, a whole room for two. Three or more share no room that there is."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in guests:
        groups.setdefault(str(one.get("room_group") or one["guest"]), []).append(one)
    left = [[one, one.rooms] for one in stay.rooms]
    taken = {key: _take(left, len(some)) for key, some in _pairs_first(groups)}
    return [
        Sleeper(
            guest=str(one["guest"]), name=full_name(one),
            nationality=str(one.get("nationality") or ""), room=str(number),
            shared=len(some) > 1, rooms=taken[key],
        )
        for number, (key, some) in enumerate(groups.items(), 1)
        for one in some
    ]  # fmt: skip


def _pairs_first(groups: Mapping[str, Sequence[Any]]) -> list[tuple[str, Sequence[Any]]]:
    """Who is alone can do with a room for two; a pair with no other."""
    return sorted(groups.items(), key=lambda item: -len(item[1]))


def _take(left: list[list[Any]], guests: int) -> StayRooms | None:
    if guests > 2:
        return None
    wanted = (True,) if guests == 2 else (False, True)
    for pair in wanted:
        for line in left:
            if line[0].pair is pair and line[1]:
                line[1] -= 1
                found: StayRooms = line[0]
                return found
    return None


def full_name(guest: Mapping[str, Any]) -> str:
    """Family name first, as a register has it."""
    family, given = str(guest["family_name"]), str(guest["given_name"])
    together = min(family[-1:], given[:1]) >= _FIRST_HAN
    return f"{family}{given}" if together else f"{family} {given}"
