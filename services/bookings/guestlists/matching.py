"""Which reservation is for which room, when guests, rooms or kinds have changed. Pure.

Owns: that a reservation goes on as long as somebody can have its place: another guest takes it
over, and it is never cancelled to be booked again.
Must not: do I/O, or know what a guest is called.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.bookings.guestlists.tables import Row, RowState, stay_reference
from services.bookings.hotels.states import StayState
from shared.contracts.hotel_guests import StayRooms
from shared.lodging import Roomed

WRITABLE = frozenset({StayState.REQUESTED, StayState.PENDING, StayState.CONFIRMED})
"""A reservation in another state is the hotel's: its guest is there, or has left."""


@dataclass(frozen=True, slots=True)
class Place:
    """One room that is wanted, and who sleeps in it."""

    kind: str
    guests: tuple[str, ...]
    whole: bool = True
    """All of them are named; else the first alone."""

    def beside(self, guest: str) -> str:
        """Who is named beside a guest of this room; empty for nobody."""
        others = (one for one in self.guests if one != guest)
        return next(others, "") if self.whole else ""


@dataclass(frozen=True, slots=True)
class Matched:
    """Rows as they are to be, new ones among them, and those that nobody wants any more."""

    rows: tuple[Row, ...]
    spare: tuple[Row, ...]


def places(some: Sequence[Roomed[StayRooms]], whole: bool = True) -> tuple[list[Place], int]:
    """The rooms that are wanted, and how many guests have none. `whole`: the hotel's system takes
    the names of all who share."""
    rooms: dict[int, Place] = {}
    unplaced = 0
    for one in some:
        if one.rooms is None:
            unplaced += 1
            continue
        known = rooms.get(one.room, Place(one.rooms.kind, (), whole))
        rooms[one.room] = replace(known, guests=(*known.guests, one.guest))
    return list(rooms.values()), unplaced


def matched(
    ours: str,
    wanted: Sequence[Place],
    rows: Sequence[Row],
    last: int,
    span: tuple[date, date],
    fen: dict[str, int],
    fixed: Collection[str] = (),
) -> Matched:
    """Give each room its reservation: that of one of its guests, else one that has come free.

    `last` is the highest number of a row that there ever was; `span` arrival and departure; `fen`
    the price of a room by kind; `fixed` names reservations that nobody else can take over, since
    their guests are there.
    """
    # What the hotel has goes on before what it has not.
    free = sorted(rows, key=lambda one: (one.state is not RowState.THERE, one.number))
    open_places = list(enumerate(wanted))
    found: dict[int, Row] = {}
    # An own reservation of the kind first, then an own one of another, then any that is free. One
    # that a guest shared until now is his own, too, if whoever was first has another.
    for fits in (_own, _shared, _own_of_another_kind, _shared_of_another_kind, _same_kind):
        for at, place in tuple(open_places):
            row = next((one for one in free if fits(one, place, fixed)), None)
            if row is not None:
                found[at] = row if row.stay in fixed else _taken(row, place, fen)
                free.remove(row)
                open_places.remove((at, place))
    for number, (at, place) in enumerate(open_places, last + 1):
        guest, adults = place.guests[0], len(place.guests)
        stay = stay_reference(ours, number)
        row = Row(stay, number, guest, adults, place.kind, *span, fen[place.kind])
        found[at] = replace(row, sharer=place.beside(guest))
    return Matched(tuple(found[at] for at in sorted(found)), tuple(free))


Fits = Callable[[Row, Place, Collection[str]], bool]


def _own(row: Row, place: Place, _fixed: Collection[str]) -> bool:
    return row.guest in place.guests and row.kind == place.kind


def _own_of_another_kind(row: Row, place: Place, _fixed: Collection[str]) -> bool:
    return row.guest in place.guests


def _shared(row: Row, place: Place, _fixed: Collection[str]) -> bool:
    return row.sharer in place.guests and row.kind == place.kind


def _shared_of_another_kind(row: Row, place: Place, _fixed: Collection[str]) -> bool:
    return row.sharer in place.guests


def _same_kind(row: Row, place: Place, fixed: Collection[str]) -> bool:
    return row.kind == place.kind and row.stay not in fixed


def _taken(row: Row, place: Place, fen: dict[str, int]) -> Row:
    guest = row.guest if row.guest in place.guests else place.guests[0]
    sharer = place.beside(guest)
    told = row.told and (guest, sharer) == (row.guest, row.sharer)
    row = replace(row, guest=guest, sharer=sharer, adults=len(place.guests), told=told)
    return row if row.kind == place.kind else replace(row, kind=place.kind, fen=fen[place.kind])


def renewed(row: Row, ours: str, number: int) -> Row:
    """A row that the hotel cancelled by itself, to be asked for once more: under another reference,
    as the first one is used up."""
    stay = stay_reference(ours, number)
    return replace(row, stay=stay, number=number, theirs=None, state=RowState.ASKING, said="")
