"""What becomes of an order whose rooms a hotel's system fetches: what is wanted, against what the
system said of each room. Pure.

A receipt is no yes: only a word that it is booked, with the room line that was ordered.
Must not: do I/O, read a clock, draw chance.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.bookings.by_call.limits import ROOMS_OF_ORDER
from services.bookings.by_call.rooms import Room
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import Order as Request
from services.bookings.hotels.alpinebits.orders import Person, Status
from services.bookings.hotels.alpinebits.shelf import Slip
from services.bookings.hotels.alpinebits.words import differs
from services.bookings.hotels.errors import (
    Conflict,
    Declined,
    HotelError,
    Invalid,
    MappingMissing,
)
from services.bookings.hotels.model import BlockView, NightCount, Ref
from services.bookings.hotels.nights import each_night
from services.bookings.hotels.states import BlockState
from services.bookings.orders.carrying import Result
from services.bookings.orders.deciding import Step, wanted
from services.bookings.orders.tables import Asked
from shared.contracts.holds import HoldState


@dataclass(frozen=True, slots=True)
class Case:
    """One order: its reference and hotel, what stands behind it, its rooms so far, and how many
    sleep in a room of each type."""

    ours: str
    house: House
    asks: Sequence[Asked]
    rooms: Sequence[Room]
    adults: Mapping[str, int]
    now: datetime


def decide(case: Case) -> tuple[list[Room], Result]:
    """The rooms as they are from now on, and what that is to the order."""
    rooms = list(case.rooms)
    if any(one.agreed and said_no(one, case.house) for one in live(rooms)):
        # It takes back what it had agreed to: one such room, and the order is off.
        off = [_off(one, case) for one in rooms]
        return off, Result(_view(case, off, BlockState.CANCELLED), Step.LOST)
    want = by_kind(case.asks)
    if sum(want.values()) > ROOMS_OF_ORDER:
        return rooms, Result(_standing(case, rooms), Step.HOLD, Invalid("too many rooms"))
    rooms = [replace(one, agreed=one.agreed or is_agreed(one, case.house)) for one in rooms]
    rooms = _without_surplus(case, rooms, want)
    has = Counter(one.kind for one in live(rooms))
    for kind in sorted(want):
        number = max((one.number for one in rooms if one.kind == kind), default=0)
        more = range(number + 1, number + 1 + want[kind] - has[kind])
        rooms += [_new(case, kind, number) for number in more]
    return rooms, _result(case, rooms)


def _result(case: Case, rooms: Sequence[Room]) -> Result:
    standing, off = _standing(case, rooms), [one.slip for one in rooms if one.slip.cancelled]
    if any(refused(one) for one in off):
        return Result(standing, Step.CANCEL, Declined("it does not take rooms back"))
    if not case.asks:
        # Until its system has fetched that nobody wants them, the hotel does not know it.
        return Result(standing, Step.AWAIT if any(one.waits for one in off) else Step.END)
    no = [one for one in live(rooms) if said_no(one, case.house)]
    if no:
        step = Step.HOLD if standing is None else Step.RESIZE
        return Result(standing, step, _why(no))
    done = all(one.agreed for one in live(rooms))
    return Result(standing, Step.REST if done else Step.AWAIT)


def asked_anew(rooms: Iterable[Room]) -> list[Room]:
    """Somebody wants what a hotel's system refused, or what had no code, to go out once more."""
    return [
        replace(one, unsaid=False, slip=replace(one.slip, revision=one.slip.revision + 1))
        if one.unsaid or (one.slip.cancelled and refused(one.slip))
        else one
        for one in rooms
    ]


def live(rooms: Iterable[Room]) -> list[Room]:
    """Rooms that we want."""
    return [one for one in rooms if not one.slip.cancelled]


def by_kind(asks: Sequence[Asked]) -> dict[str, int]:
    """Rooms that are wanted by type: of all nights the most, for one order has one span."""
    most: dict[str, int] = {}
    for (_night, kind), rooms in wanted(asks).items():
        most[kind] = max(most.get(kind, 0), rooms)
    return most


def said_no(room: Room, house: House) -> bool:
    """Whether the hotel's system refused a room, called it off, or booked something else. What it
    refuses about the guest of a booked room takes no room away (`declined_name`)."""
    slip = room.slip
    if (room.unsaid or refused(slip)) and not room.modified:
        return True
    if slip.word is None:
        return False
    if slip.word.status in (Status.RESERVED, Status.MODIFY):
        return bool(differs(slip.word, request(room), house))
    return slip.word.status is Status.CANCELLED


def refused(slip: Slip) -> bool:
    """Whether the hotel's system refused the newest state of a room."""
    return slip.refusal is not None and slip.settled == slip.revision


def declined_name(room: Room) -> bool:
    """Whether the hotel's system refused who has a room that it has booked, or cannot be told."""
    about_guest = room.modified and not room.slip.cancelled
    return about_guest and (room.unsaid or refused(room.slip))


def is_agreed(room: Room, house: House) -> bool:
    """Whether it said that this room is booked, as it was ordered. It may say so before it sends a
    receipt."""
    slip, word = room.slip, room.slip.word
    if word is None or slip.cancelled or slip.handed < slip.revision:
        return False
    return word.status is Status.RESERVED and differs(word, request(room), house) == ()


def request(room: Room, guest: Person | None = None) -> Request:
    """A room as it goes out. What is changed of a booked room is sent whole, as the same order."""
    status = Status.MODIFY if room.modified else Status.RESERVED
    if room.slip.cancelled:
        status = Status.CANCELLED
    return Request(
        room.slip.id, status, room.kind, room.arrival, room.departure, room.adults, room.made_at,
        room.slip.changed_at, group=room.ours,
        guest=guest,
    )  # fmt: skip


def _without_surplus(case: Case, rooms: Sequence[Room], want: Mapping[str, int]) -> list[Room]:
    """Rooms that nobody wants any more are off: first those without a yes, then those without a
    name, then the newest."""
    drop: set[str] = set()
    for kind in {one.kind for one in rooms}:
        mine = [one for one in live(rooms) if one.kind == kind]
        mine.sort(key=lambda one: (not said_no(one, case.house), one.agreed, one.guest is not None,
                                 -one.number))  # fmt: skip
        drop |= {one.slip.id for one in mine[: max(0, len(mine) - want.get(kind, 0))]}
    return [_off(one, case) if one.slip.id in drop else one for one in rooms]


def _off(room: Room, case: Case) -> Room:
    slip = room.slip
    if slip.cancelled:
        return room
    revision = slip.revision + 1
    # A system that has refused it, or called it off itself, is not told once more.
    known = said_no(room, case.house) and not is_booked(slip)
    off = replace(slip, revision=revision, changed_at=case.now, cancelled=True, refusal=None,
                  settled=revision if known else slip.settled)  # fmt: skip
    return replace(room, slip=off, agreed=False, unsaid=room.unsaid and not room.modified,
                   guest=None, told=False)  # fmt: skip


def is_booked(slip: Slip) -> bool:
    """Whether the hotel's last word is that it has something booked for it, whatever that is."""
    return slip.word is not None and slip.word.status is not Status.CANCELLED


def _new(case: Case, kind: str, number: int) -> Room:
    nights = [one.night for ask in case.asks for one in ask.rooms]
    slip = Slip(room_id(case.ours, kind, number), 1, case.now)
    return Room(
        slip, case.house.hotel, case.ours, kind, number, min(nights),
        max(nights) + timedelta(days=1), case.adults.get(kind, 1), case.now,
    )  # fmt: skip


def room_id(ours: str, kind: str, number: int) -> str:
    """The id of a room on the wire: the same for the same room, and never used for another."""
    return hashlib.sha256(f"{ours}|{kind}|{number}".encode()).hexdigest()[:32]


def _why(no: Sequence[Room]) -> HotelError:
    if any(one.unsaid for one in no):
        return MappingMissing("room type", no[0].kind)
    other = any(is_booked(one.slip) for one in no)
    return Conflict("it booked something else") if other else Declined("")


def _standing(case: Case, rooms: Sequence[Room]) -> BlockView | None:
    firm = any(one.state is HoldState.CONFIRMED for one in case.asks)
    return _view(case, rooms, BlockState.DEFINITE if firm else BlockState.TENTATIVE)


def _view(case: Case, rooms: Sequence[Room], state: BlockState) -> BlockView | None:
    """What the hotel has agreed to, as a block; None when it is nothing, and was not taken back."""
    counts: Counter[tuple[date, str]] = Counter()
    for one in live(rooms):
        if one.agreed:
            counts.update((night, one.kind) for night in each_night(one.arrival, one.departure))
    if not counts and state is not BlockState.CANCELLED:
        return None
    nights = tuple(NightCount(night, kind, rooms, rooms, 0)
                   for (night, kind), rooms in sorted(counts.items()))  # fmt: skip
    first = min((one.arrival for one in rooms), default=case.now.date())
    return BlockView(Ref(case.ours, case.ours, first), state, nights)
