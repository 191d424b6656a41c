"""What HAIP shows: pure, from its answers to our views, guests' names left out.

Must not: trust a figure of HAIP that the recordings disprove; capabilities say which.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

from services.bookings.hotels.errors import ContractViolation, Forbidden
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import (
    BlockView,
    Hint,
    InboundCall,
    NightCount,
    Ref,
    RoomNight,
    StayView,
)
from services.bookings.hotels.reading import Body, day, instant, part, rows, text, whole
from services.bookings.hotels.sharing import Occupant
from services.bookings.hotels.states import OPEN_BLOCKS

ENTITIES = {"reservation": "stay", "allotment_block": "block"}


def free_rooms(link: HotelLink, answer: Any) -> tuple[RoomNight, ...]:
    """Free rooms by night, of the room types that we know."""
    return tuple(
        RoomNight(
            day(one, "date"),
            link.codes.our_room_type(one["roomTypeId"]),
            max(0, int(part(one, "available"))),
        )
        for one in rows({"free": answer}, "free")
        if link.codes.knows_room_type(text(one, "roomTypeId"))
    )


def block_view(link: HotelLink, block: Body, pick_up: Body) -> BlockView:
    """A block with its nights; held is what is neither picked up nor given back."""
    state = link.codes.block_state(text(block, "status"))
    nights = []
    for one in rows(pick_up, "detail"):
        contracted, picked = whole(one, "roomsAllotted"), whole(one, "roomsPickedUp")
        held = max(0, contracted - picked) if state in OPEN_BLOCKS else 0
        kind = link.codes.our_room_type(text(one, "roomTypeId"))
        nights.append(NightCount(day(one, "stayDate"), kind, contracted, held, picked))
    first = min((one.night for one in nights), default=None)
    return BlockView(
        ref=Ref(block.get("groupCode") or "", text(block, "id"), first),
        state=state,
        nights=tuple(sorted(nights, key=lambda one: (one.night, one.kind))),
        cut_off=day(block, "cutoffDate") if block.get("cutoffDate") else None,
        changed_at=instant(block, "updatedAt"),
    )


def stay_view(link: HotelLink, line: Body, guest: Body | None, room: str | None) -> StayView:
    """A reservation's room line. Our reference is on the guest's profile."""
    arrival = day(line, "arrivalDate")
    ours = (guest or {}).get("loyaltyNumber") or ""
    return StayView(
        ref=Ref(ours, text(line, "id"), arrival),
        state=link.codes.stay_state(text(line, "status")),
        kind=link.codes.our_room_type(text(line, "roomTypeId")),
        arrival=arrival,
        departure=day(line, "departureDate"),
        room=room,
        changed_at=instant(line, "updatedAt"),
    )


def stay_of_read(link: HotelLink, answer: Any) -> StayView:
    """Of the answer that shows one reservation."""
    room = answer.get("room") if isinstance(answer, dict) else None
    number = str(room["number"]) if isinstance(room, dict) and room.get("number") else None
    return stay_view(link, part(answer, "reservation"), part(answer, "guest"), number)


def stay_of_list(link: HotelLink, row: Body) -> StayView:
    """Of a row of the list of reservations."""
    number = row.get("roomNumber")
    return stay_view(link, row, row.get("guest"), str(number) if number else None)


def accompanying(answer: Any) -> list[Occupant]:
    """Who is named in a reservation besides the first. Raises ContractViolation for another form
    than HAIP's source writes: it documents none."""
    if not isinstance(answer, list):
        raise ContractViolation("not a list: guests of a reservation")
    others = [one for one in answer if text(one, "role") != "primary"]
    return [
        Occupant(text(one, "guestId"), one.get("firstName"), one.get("lastName")) for one in others
    ]


def hints(answer: Any) -> tuple[Hint, ...]:
    """Events, oldest first."""
    found = [
        Hint(
            text(one, "id"),
            ENTITIES.get(text(one, "entityType"), "other"),
            text(one, "entityId"),
            instant(one, "occurredAt"),
        )
        for one in rows({"events": answer}, "events")
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.event)))


def called(link: HotelLink, secret: str, call: InboundCall) -> tuple[Hint, ...]:
    """The hint in a call of HAIP, which signs the body. Raises Forbidden, ContractViolation."""
    proof = "sha256=" + hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(proof.encode(), call.headers.get("x-haip-signature", "").encode()):
        raise Forbidden("the signature does not fit")
    try:
        body = json.loads(call.body)
    except ValueError:
        raise Forbidden("the body is not JSON") from None
    if text(body, "propertyId") != link.their_hotel:
        raise Forbidden("it is about another hotel")
    event = text({"id": call.headers.get("x-haip-event-id")}, "id")
    entity = ENTITIES.get(text(body, "entityType"), "other")
    return (Hint(event, entity, text(body, "entityId"), instant(body, "timestamp")),)


def last_moment(found: Sequence[Hint], cursor: str) -> str:
    """The cursor after these hints."""
    return found[-1].at.isoformat().replace("+00:00", "Z") if found else cursor
