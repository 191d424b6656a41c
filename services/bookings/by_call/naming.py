"""Which booked room is for which guest, when guests or rooms have changed. Pure.

Owns: that a room goes on as the same order for another guest, or for nobody; it is never cancelled
to be booked again.
Must not: do I/O, name anybody for a room that is not booked, or know what a guest is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from services.bookings.by_call.rooms import Room
from services.bookings.guestlists.matching import Place


def named(rooms: Sequence[Room], wanted: Sequence[Place], now: datetime) -> tuple[list[Room], int]:
    """All rooms, booked ones with who has them by the roster, and how many guests have none.

    A room that stays somebody's own goes on; else it is one of the kind whose guest has gone, else
    one that nobody had. Of two who share a room one is named: who was before, else the first.
    """
    free = [one for one in rooms if one.agreed and not one.slip.cancelled]
    free.sort(key=lambda one: (one.guest is None, one.number))
    given: dict[str, str] = {}
    open_places = list(wanted)
    for fits in (_own, _same_kind):
        for place in tuple(open_places):
            room = next((one for one in free if fits(one, place)), None)
            if room is not None:
                given[room.slip.id] = _of(room, place)
                free.remove(room)
                open_places.remove(place)
    after = [_for(one, given.get(one.slip.id), now) for one in rooms]
    return after, sum(len(place.guests) for place in open_places)


Fits = Callable[[Room, Place], bool]


def _own(room: Room, place: Place) -> bool:
    return room.kind == place.kind and room.guest in place.guests


def _same_kind(room: Room, place: Place) -> bool:
    return room.kind == place.kind


def _of(room: Room, place: Place) -> str:
    return room.guest if room.guest in place.guests else place.guests[0]


def _for(room: Room, guest: str | None, now: datetime) -> Room:
    """A room with its guest; a new revision of it where the hotel has to be told."""
    if not room.agreed or room.slip.cancelled:
        return room
    known = room.told or (guest is None and not room.modified)
    if room.guest == guest and known:
        return room
    slip = replace(room.slip, revision=room.slip.revision + 1, changed_at=now)
    return replace(room, slip=slip, guest=guest, told=True, modified=True, unsaid=False)
