"""What OHIP shows: pure, from its answers to our views, guests' names left out.

Contracted is its `Actual`, held its `Available`, picked its `Pickup`: an assumption that only a
real OPERA Cloud can prove.
Must not: take a part that is missing for a good answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.bookings.hotels.errors import HotelError
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import (
    BlockView,
    GuestCard,
    Hint,
    NightCount,
    Ref,
    RoomNight,
    StayView,
)
from services.bookings.hotels.nights import each_night
from services.bookings.hotels.ohip.faults import meaning
from services.bookings.hotels.reading import (
    Body,
    are_named,
    day,
    instant,
    is_named,
    part,
    rows,
    text,
    whole,
)

ENTITIES = {"Reservation": "stay", "Block": "block"}


def free_rooms(link: HotelLink, answer: Any) -> tuple[RoomNight, ...]:
    """Free rooms by night, of the room types that we know."""
    found = []
    for hotel in rows(answer, "hotelInventories"):
        for one in rows(hotel, "roomTypeInventories"):
            if not link.codes.knows_room_type(text(one, "code")):
                continue
            kind = link.codes.our_room_type(one["code"])
            for count in rows(one, "inventoryCounts"):
                free = max(0, int(part(count, "availableCount")))
                first, last = day(count, "startDate"), day(count, "endDate")
                nights = list(each_night(first, last)) or [first]
                found += [RoomNight(night, kind, free) for night in nights]
    return tuple(found)


def the_block(answer: Any) -> Body:
    """The block in an answer that shows one."""
    return dict(part(answer, "blocks", "blockInfo", 0, "block"))


def status_of(block: Body) -> str:
    """The hotel's status code of a block."""
    return text(block, "blockDetails", "blockStatus", "bookingStatus", "status", "code")


def span_of(block: Body) -> tuple[date, date]:
    """First night, and the day after the last one."""
    span = part(block, "blockDetails", "timeSpan")
    return day(span, "startDate"), day(span, "endDate")


def id_of(holder: Body, listed: str, kind: str) -> str:
    """The id of a type in a list of ids."""
    for one in rows(holder, listed):
        if one.get("type") == kind:
            return text(one, "id")
    return text(holder, listed, 0, "id")


def ours_in(link: HotelLink, holder: Body) -> str:
    """Our reference, if the hotel has one of us."""
    system = link.option("external-system")
    found = holder.get("externalReferences") or []
    return next((str(one["id"]) for one in found if one.get("idContext") == system), "")


def block_view(link: HotelLink, block: Body, statistics: Any) -> BlockView:
    """A block with its nights."""
    counts = _counts(link, statistics)
    nights = tuple(
        NightCount(night, kind, by.get("Actual", 0), by.get("Available", 0), by.get("Pickup", 0))
        for (night, kind), by in sorted(counts.items())
        if any(by.values())
    )
    cut_off = (block.get("reservationDetails") or {}).get("cutOffDate")
    return BlockView(
        ref=Ref(ours_in(link, block), id_of(block, "blockIdList", "Block"), span_of(block)[0]),
        state=link.codes.block_state(status_of(block)),
        nights=nights,
        cut_off=date.fromisoformat(cut_off[:10]) if cut_off else None,
        changed_at=instant(block, "lastModifyDateTime"),
    )


def _counts(link: HotelLink, statistics: Any) -> Mapping[tuple[date, str], dict[str, int]]:
    counts: dict[tuple[date, str], dict[str, int]] = {}
    for detail in rows(statistics, "statisticsDetails", "statisticsDetail"):
        name = text(detail, "statisticType")
        for one in (one for some in rows(detail, "statisticsDates") for one in some):
            for room in rows(one, "roomStatisticsList"):
                kind = link.codes.our_room_type(text(room, "roomType"))
                by = counts.setdefault((day(one, "date"), kind), {})
                by[name] = whole(room, "statisticsInfo", "inventory")
    return counts


def line_of(stay: Body) -> Body:
    """The room line of a reservation: its first, as we book one room at a time."""
    return dict(part(stay, "roomStay", "roomRates", 0))


def stay_view(link: HotelLink, stay: Body) -> StayView:
    """A reservation's room line."""
    line, arrival = line_of(stay), day(stay, "roomStay", "arrivalDate")
    block = (line.get("reservationBlock") or {}).get("blockIdList") or []
    room = (stay["roomStay"].get("currentRoomInfo") or {}).get("roomId") or line.get("roomId")
    return StayView(
        ref=Ref(ours_in(link, stay), id_of(stay, "reservationIdList", "Reservation"), arrival),
        state=link.codes.stay_state(text(stay, "reservationStatus")),
        kind=link.codes.our_room_type(text(line, "roomType")),
        arrival=arrival,
        departure=day(stay, "roomStay", "departureDate"),
        block=text(block, 0, "id") if block else None,
        room=room or None,
        changed_at=instant(stay, "lastModifyDateTime"),
    )


def names(card: GuestCard, stay: Body) -> bool:
    """Whether a reservation is in the name of this guest, and names exactly those who share with
    him. Who accompanies the primary guest is whoever is not marked as that."""
    shown = stay.get("reservationGuests") or []
    first = [one for one in shown if one.get("primary")]
    others = [one for one in shown if not one.get("primary")]
    customer = part(first[0], "profileInfo", "profile", "customer") if first else {}
    return is_named(card, *_name(customer)) and are_named(card.sharing, map(_other, others))


def _other(guest: Body) -> tuple[object, object]:
    """One who accompanies, and may be shown without a profile: then in no name at all."""
    profile = (guest.get("profileInfo") or {}).get("profile") or {}
    return _name(profile.get("customer") or {})


def _name(customer: Body) -> tuple[object, object]:
    """Given and family name; each may lack."""
    found = customer.get("personName") or [{}]
    main = next((one for one in found if one.get("nameType") == "Primary"), found[0])
    return main.get("givenName"), main.get("surname")


def row_errors(answer: Any) -> dict[int, HotelError]:
    """Of a rooming list, the rows that failed by their sequence."""
    failed = {}
    for one in rows(answer, "reservations"):
        if text(one, "createStatus") != "Success":
            messages = one.get("outcomeMessages") or []
            said = " ".join(str(message.get("messageText", "")) for message in messages)
            failed[whole(one, "reservationSeqNo")] = meaning(said)
    return failed


def warnings(answer: Any) -> tuple[str, ...]:
    """Codes of what it remarks beside a good answer; its texts may name somebody."""
    found = answer.get("warnings") if isinstance(answer, dict) else None
    listed = found if isinstance(found, list) else []
    return tuple(str(one.get("code") or "") for one in listed if isinstance(one, dict))


def hints(answer: Any) -> tuple[Hint, ...]:
    """Business events in the order of the queue."""
    found = []
    for one in rows(answer, "businessEventData"):
        header = part(one, "businessEvent", "header")
        module = text(header, "moduleName")
        at = instant(header, "createdDateTime")
        event = f"{module}-{text(header, 'actionId')}"
        found.append(Hint(event, ENTITIES.get(module, "other"), text(header, "primaryKey"), at))
    return tuple(found)
