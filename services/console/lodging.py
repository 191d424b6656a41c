"""The guests of a hotel as its page shows them: who sleeps where, with their names.

Owns: how a name is written. Who shares and who gets which room is `shared.lodging`'s.
Must not: keep anybody: guests are here while a page is made, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.hotel_guests import HotelStay, RoomedGuest, StayRooms
from shared.lodging import roomed

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
    """Guests in the roster's order, by room (`shared.lodging`)."""
    some = {str(one["guest"]): one for one in guests}
    placed = roomed(stay.rooms, [(name, one.get("room_group")) for name, one in some.items()])
    return [
        Sleeper(
            guest=one.guest, name=full_name(some[one.guest]),
            nationality=str(some[one.guest].get("nationality") or ""), room=str(one.room),
            shared=one.shared, rooms=one.rooms,
        )
        for one in placed
    ]  # fmt: skip


def full_name(guest: Mapping[str, Any]) -> str:
    """Family name first, as a register has it."""
    family, given = str(guest["family_name"]), str(guest["given_name"])
    together = min(family[-1:], given[:1]) >= _FIRST_HAN
    return f"{family}{given}" if together else f"{family} {given}"
