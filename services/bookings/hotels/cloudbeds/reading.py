"""What Cloudbeds shows: pure, from its answers to our views, guests' names left out.

Must not: trust a figure that its documents do not promise; capabilities say which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from services.bookings.hotels.cloudbeds.bodies import cut_off
from services.bookings.hotels.errors import ContractViolation, NotFound, Unsupported
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import (
    BlockView,
    GuestCard,
    NightCount,
    Ref,
    RoomNight,
    StayView,
)
from services.bookings.hotels.reading import (
    Body,
    day,
    instant,
    is_named,
    part,
    rows,
    text,
    whole,
)
from services.bookings.hotels.sharing import Occupant
from services.bookings.hotels.states import OPEN_BLOCKS, TAKING, StayState

OVER = "cancelled"
"""A room's own status; a reservation's is the hotel's to map."""


def free_rooms(link: HotelLink, night: date, answer: Any) -> tuple[RoomNight, ...]:
    """Free rooms of one night. A type that is not listed has none; one of several rates counts."""
    free = dict.fromkeys(link.codes.room_types.values(), 0)
    for hotel in rows(answer, "data"):
        if text(hotel, "propertyID") != link.their_hotel:
            continue
        for one in rows(hotel, "propertyRooms"):
            kind = text(one, "roomTypeID")
            if kind in free:
                free[kind] = max(free[kind], whole(one, "roomsAvailable"))
    return tuple(
        RoomNight(night, ours, free[theirs]) for ours, theirs in link.codes.room_types.items()
    )


def chosen_block(link: HotelLink, found: Iterable[Body], ours: str | None) -> Body:
    """Of the blocks that were listed the one with our reference: an open one, else the last.

    With None any will do. Raises NotFound.
    """
    mine = [one for one in found if ours in (None, one.get("allotmentBlockName"))]
    if not mine:
        raise NotFound("no such block")
    live = [one for one in mine if link.codes.block_state(state_of(one)) in OPEN_BLOCKS]
    return (live or mine)[-1]


def state_of(block: Body) -> str:
    """The hotel's status of a block."""
    return text(block, "allotmentBlockStatus")


def _days(block: Body) -> Iterator[tuple[str, Body]]:
    """The hotel's room type and the figures of each night of a block."""
    for one in rows(block, "allotmentIntervals"):
        kind = text(one, "roomTypeId")
        yield from ((kind, night) for night in rows(one, "availability"))


def contracted(link: HotelLink, block: Body) -> dict[tuple[date, str], int]:
    """Rooms contracted, by night and room type of ours."""
    return {
        (day(one, "date"), link.codes.our_room_type(kind)): whole(one, "blockAllotted")
        for kind, one in _days(block)
    }


def block_view(link: HotelLink, block: Body) -> BlockView:
    """A block with its nights; a closed one holds nothing, whatever it shows."""
    state = link.codes.block_state(state_of(block))
    nights = []
    for kind, one in _days(block):
        held = whole(one, "blockRemaining") if state in OPEN_BLOCKS else 0
        counts = whole(one, "blockAllotted"), held, whole(one, "blockConfirmed")
        nights.append(NightCount(day(one, "date"), link.codes.our_room_type(kind), *counts))
    nights.sort(key=lambda one: (one.night, one.kind))
    first = nights[0].night if nights else None
    return BlockView(
        ref=Ref(text(block, "allotmentBlockName"), text(block, "allotmentBlockCode"), first),
        state=state,
        nights=tuple(nights),
        cut_off=_cut_off(block, nights),
    )


def _cut_off(block: Body, nights: Sequence[NightCount]) -> date | None:
    """Of a block that gives back all dates at once; other ways have no one date."""
    if not block.get("isAutoRelease") or not nights:
        return None
    for one in rows(block, "autoRelease"):
        if one.get("releaseType") == "all_dates":
            return cut_off(nights[-1].night, whole(one, "releaseDays"))
    return None


def stay_of_list(link: HotelLink, row: Body) -> StayView:
    """Of a row of the list of reservations, with its rooms."""
    lines = rows(row, "rooms")
    live = [one for one in lines if one.get("roomStatus") != OVER] or lines
    return _stay(link, row, live, ("roomCheckIn", "roomCheckOut"))


def stay_of_read(link: HotelLink, stay: Body) -> StayView:
    """Of the answer that shows one reservation."""
    return _stay(link, stay, lines_of(stay), ("startDate", "endDate"))


def lines_of(stay: Body) -> list[Body]:
    """The room lines of a reservation that was read by itself."""
    return [*rows(stay, "assigned"), *rows(stay, "unassigned")]


def the_line(stay: Body) -> Body:
    """The only room line of a reservation of ours. Raises ContractViolation for none or several."""
    lines = lines_of(stay)
    if len(lines) != 1:
        raise ContractViolation(f"one room line was expected, not {len(lines)}")
    return lines[0]


def _stay(link: HotelLink, stay: Body, lines: list[Body], span: tuple[str, str]) -> StayView:
    """One room for one stay. A cancelled reservation may show no room any more."""
    state = link.codes.stay_state(text(stay, "status"))
    if not lines and state in TAKING:
        raise ContractViolation("a reservation without a room line")
    line, (first, last) = (lines[0], span) if lines else (stay, ("startDate", "endDate"))
    arrival, room = day(line, first), line.get("roomName")
    return StayView(
        ref=Ref(stay.get("thirdPartyIdentifier") or "", text(stay, "reservationID"), arrival),
        state=state,
        kind=link.codes.our_room_type(text(line, "roomTypeID")) if lines else "",
        arrival=arrival,
        departure=day(line, last),
        block=stay.get("allotmentBlockCode") or None,
        room=str(room) if room else None,
        changed_at=instant(stay, "dateModified"),
    )


def chosen_stay(link: HotelLink, found: Iterable[Body], ours: str) -> StayView | None:
    """Of the reservations that were listed the one with our reference: the live one, else the one
    that was made last."""
    mine = [one for one in found if one.get("thirdPartyIdentifier") == ours]
    mine.sort(key=lambda one: (_live(link, one), text(one, "dateCreated")))
    return stay_of_list(link, mine[-1]) if mine else None


def _live(link: HotelLink, row: Body) -> bool:
    state: StayState = link.codes.stay_state(text(row, "status"))
    return state in TAKING


def main_guest(stay: Body) -> str:
    """The id of the guest whose name the reservation bears."""
    guests = part(stay, "guestList")
    if isinstance(guests, dict):
        for name, one in guests.items():
            if isinstance(one, dict) and one.get("isMainGuest") is True:
                return str(name)
    raise ContractViolation("no main guest")


def names_main(stay: Body, card: GuestCard) -> bool:
    """Whether a reservation bears the name of this guest."""
    shown = part(stay, "guestList", main_guest(stay))
    return is_named(card, shown.get("guestFirstName"), shown.get("guestLastName"))


def sharers(stay: Body) -> list[Occupant]:
    """Who is named in a reservation besides the main guest."""
    main = main_guest(stay)
    return [
        Occupant(str(name), one.get("guestFirstName"), one.get("guestLastName"))
        for name, one in part(stay, "guestList").items()
        if str(name) != main
    ]


def room_id(stay: Body) -> str:
    """The room that a reservation was given. Raises Unsupported before it has one: nobody is taken
    off a reservation but by its room."""
    for one in rows(stay, "assigned"):
        return text(one, "roomID")
    raise Unsupported("a further guest is taken off only once the room is assigned")
