"""What is sent to OHIP about blocks: pure, after its documents and samples.

Must not: know a reservation; `stay_bodies` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import BlockOrder, RoomNight
from services.bookings.hotels.ohip.ability import CODE_CHARACTERS
from services.bookings.hotels.states import BlockState

Body = dict[str, Any]


def reference(link: HotelLink, ours: str) -> list[Body]:
    """Our reference, in the external system that the hotel has registered for us."""
    return [{"id": ours, "idContext": link.option("external-system")}]


def block_id(theirs: str) -> Body:
    """The hotel's id of a block."""
    return {"type": "Block", "idContext": "OPERA", "id": theirs}


def block(link: HotelLink, order: BlockOrder) -> Body:
    """A tentative block. Its code is our reference, cut to what a code may be.

    It is not elastic: nothing is to be picked up past its size.
    """
    details = {
        "blockCode": order.ours[:CODE_CHARACTERS].upper(),
        "blockName": order.name,
        "timeSpan": {
            "startDate": order.first_night.isoformat(),
            "endDate": (order.last_night + timedelta(days=1)).isoformat(),
        },
        "blockStatus": {
            "bookingStatus": {"status": {"code": link.codes.status_of(BlockState.TENTATIVE)}}
        },
        "reservationType": {"reservationType": link.option("reservation-type")},
        "marketCode": {"marketCode": link.option("market")},
        "sourceOfSale": {"sourceCode": {"sourceCode": link.option("source")}},
        "currencyCode": link.currency,
        "blockClassification": "RegularBooking",
        "cateringOnlyBlock": False,
        "manualCutOff": False,
    }
    rate = {"primary": True, "ratePlanCode": link.codes.rate(order.rate)}
    terms = {"ratePlanCode": [rate], "cutOffDate": order.cut_off.isoformat(), "elastic": 0}
    owners = [
        {"ownership": kind, "ownerCode": link.option("owner"), "primary": True}
        for kind in ("Block", "Catering", "Rooms")
    ]
    whole = {
        "externalReferences": reference(link, order.ours),
        "blockDetails": details,
        "blockOwners": {"owner": owners},
        "reservationDetails": terms,
        "hotelId": link.their_hotel,
    }
    return {"blocks": {"blockInfo": [{"block": whole}]}}


def runs(rooms: Sequence[RoomNight]) -> Iterator[tuple[RoomNight, date]]:
    """Runs of nights with equally many rooms of a type: the first night, and the last date."""
    ordered = sorted(rooms, key=lambda one: (one.kind, one.night))
    keyed = [
        ((one.kind, one.rooms, one.night.toordinal() - number), one)
        for number, one in enumerate(ordered)
    ]
    for _key, run in groupby(keyed, key=lambda pair: pair[0]):
        nights = [one for _, one in run]
        yield nights[0], nights[-1].night


def allocation(link: HotelLink, theirs: str, one: RoomNight, last: date, kind: str) -> Body:
    """Rooms of a block from one night to another, both included; `kind` is OHIP's word."""
    return {
        "blockAllocationRange": {
            "blockId": block_id(theirs),
            "hotelId": link.their_hotel,
            "roomTypes": [link.codes.room_type(one.kind)],
            "beginDate": one.night.isoformat(),
            "endDate": last.isoformat(),
            "allocationType": kind,
            "incrementFlag": False,
            "blockInventory": {"onePerson": one.rooms},
            "rangeMode": "Core",
        }
    }


def status(link: HotelLink, theirs: str, now: str, wanted: str) -> Body:
    """From one status of a block to another, in the hotel's codes."""
    return {
        "verificationOnly": False,
        "changeBlockStatus": {
            "hotelId": link.their_hotel,
            "blockId": block_id(theirs),
            "currentBlockStatus": now,
            "newBlockStatus": wanted,
            "reservationType": link.option("reservation-type"),
            "overbookAll": False,
            "cancelAllPMReservations": False,
            "overrideEventsProcessingWarnings": True,
        },
    }


def cut_off(link: HotelLink, theirs: str) -> Body:
    """Give back now what is not picked up."""
    return {"hotelId": link.their_hotel, "blockId": block_id(theirs)}


def cancel_block(link: HotelLink, theirs: str, reason: str) -> Body:
    """Give up the block."""
    details = {
        "cancellationCode": {"code": link.option("cancel-code")},
        "cancellationInfo": reason,
    }
    cancelled = {
        "hotelId": link.their_hotel,
        "blockIdList": [block_id(theirs)],
        "cancellationDetails": details,
    }
    return {"cancelBlock": cancelled}
