"""Our hotel speaking as Cloudbeds' documents say; no answer of a real Cloudbeds was recorded.

Every refusal is HTTP 200 with `success: false`, in words of our own. Answers are held against the
vendor's file by the recorder, like requests.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.hotels.doors import Wire, control
from tests.hotels.forms import nested
from tests.hotels.house import OPEN, Block, Guest, House, Refusal, Stay, each_night

QUIRKS = {"past_block", "keep_picked"}
"""What the documents do not promise, this hotel does not do: it lets a block be picked up past its
size and counts what was cancelled. Known besides: `other_filter`, a filter of reservations that
does not know our reference."""
STAYS = {
    "pending": "not_confirmed",
    "confirmed": "confirmed",
    "assigned": "confirmed",
    "checked_in": "checked_in",
    "checked_out": "checked_out",
    "no_show": "no_show",
    "cancelled": "canceled",
}
NEVER_CANCELLED = ("checked_in", "checked_out", "cancelled")
WANTED = (
    "startDate", "endDate", "guestFirstName", "guestLastName", "guestCountry", "guestZip",
    "guestEmail", "rooms", "adults", "children", "paymentMethod",
)  # fmt: skip
"""Of a new reservation: all that the file does not call nullable."""
WORDS = {
    "block_closed": "The allotment block is not open",
    "block_full": "The allotment block is full",
    "below_picked": "Rooms were picked up already",
    "over_allotment": "This would result in an overbooking",
    "no_availability": "The room type is not available",
}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def good(**parts: Any) -> Response:
    return JSONResponse({"success": True, **parts})


def refused(message: str) -> Response:
    return JSONResponse({"success": False, "message": message})


class CloudbedsDesk:
    def __init__(
        self, house: House, hotel: str, key: str, group: str, rates: dict[str, str]
    ) -> None:
        self.house, self.hotel, self.key, self.group, self.rates = house, hotel, key, group, rates
        self.numbers = itertools.count(6_000_001)
        self.releases: dict[str, dict] = {}

    def app(self) -> Wire:
        paths: list[tuple[str, str, Callable[..., Response]]] = [
            ("GET", "getAvailableRoomTypes", self.available),
            ("GET", "getAllotmentBlocks", self.list_blocks),
            ("POST", "createAllotmentBlock", self.make_block),
            ("POST", "updateAllotmentBlock", self.change_block),
            ("GET", "getReservations", self.list_stays),
            ("GET", "getReservation", self.show_stay),
            ("POST", "postReservation", self.make_stay),
            ("PUT", "putReservation", self.change_stay),
            ("PUT", "putGuest", self.change_guest),
            ("POST", "postGuest", self.add_guest),
            ("POST", "postGuestsToRoom", self.place_guests),
        ]
        routes = [
            Route(f"/api/v1.3/{path}", self.guarded(act), methods=[how]) for how, path, act in paths
        ]
        return Wire(Starlette(routes=[*routes, *control(self.house, None)]), self.house)

    def guarded(self, act: Callable[..., Response]) -> Any:
        async def serve(request: Request) -> Response:
            if request.headers.get("x-api-key") != self.key:
                return JSONResponse({"success": False, "message": "Invalid key"}, 401)
            body = nested(await request.body())
            asked = dict(request.query_params)
            named = asked.get("propertyID") or asked.get("propertyIDs") or body.get("propertyID")
            if named not in (None, self.hotel) or request.headers["x-property-id"] != self.hotel:
                return refused("No access to this property")
            try:
                return act(asked, body)
            except KeyError as missing:
                return refused(f"{missing.args[0]} not found")
            except Refusal as no:
                return refused(WORDS[no.code])

        return serve

    def available(self, asked: dict, _body: dict) -> Response:
        nights = each_night(*(date.fromisoformat(asked[name]) for name in ("startDate", "endDate")))
        rooms = []
        for kind in self.house.rooms:
            free = min(self.house.free(kind, night) for night in nights)
            if free >= int(asked["rooms"]):
                plans = [self.rates[kind], f"{self.rates[kind]}9"]
                rooms += [
                    {"roomTypeID": kind, "roomRateID": plan, "roomsAvailable": free}
                    for plan in plans
                ]
        rooms.append({"roomTypeID": "99", "roomRateID": "7", "roomsAvailable": 3})
        found = {"propertyID": self.hotel, "propertyRooms": rooms}
        return good(data=[found], roomCount=len(rooms), count=1, total=1)

    # Blocks

    def make_block(self, _asked: dict, body: dict) -> Response:
        if body["groupCode"] != self.group or body["rateType"] != "rate_plan":
            raise KeyError("group")
        nights = [
            (date.fromisoformat(one["date"]), line["roomTypeId"], int(one["blockAllotted"]))
            for line in body["allotmentIntervals"]
            for one in line["availability"]
        ]
        first, last = min(nights)[0], max(nights)[0]
        release = body.get("autoRelease")
        days = int(release["releaseDays"]) if release else 0
        cut_off = last - timedelta(days=days + 1) if release else None
        block = Block(
            f"AB-{next(self.numbers)}", body["allotmentBlockName"], body["allotmentBlockName"],
            body["ratePlanId"], first, last + timedelta(days=1), cut_off,
            body["allotmentBlockStatus"],
        )  # fmt: skip
        self.fill(block, nights)
        self.house.make_block(block)
        if release:
            self.releases[block.id] = {**release, "releaseDays": days}
        return good(data=[{"allotmentBlockCode": block.id}])

    def fill(self, block: Block, nights: list[tuple[date, str, int]]) -> None:
        """All of it, or nothing. Other nights make the block longer."""
        before = dict(block.allotted)
        block.first = min(block.first, min(nights)[0])
        block.end = max(block.end, max(nights)[0] + timedelta(days=1))
        try:
            for night, kind, rooms in nights:
                self.house.allot(block, night, kind, rooms)
        except Refusal:
            block.allotted = before
            raise

    def change_block(self, _asked: dict, body: dict) -> Response:
        block = self.house.blocks[body["allotmentBlockCode"]]
        if block.status not in OPEN:
            return refused(f"The allotment block is {block.status}")
        if "allotmentIntervals" in body:
            # What is not named is gone: the documents do not say that it is kept.
            named = [
                (date.fromisoformat(one["date"]), line["roomTypeId"], int(one["blockAllotted"]))
                for line in body["allotmentIntervals"]
                for one in line["availability"]
            ]
            self.fill(block, named)
            block.allotted = {(night, kind): rooms for night, kind, rooms in named}
        if "allotmentBlockStatus" in body:
            self.house.set_block(block, body["allotmentBlockStatus"])
        return good(data=[{"allotmentBlockCode": block.id}])

    def list_blocks(self, asked: dict, _body: dict) -> Response:
        found = [
            self.block(one)
            for one in self.house.blocks.values()
            if asked.get("allotmentBlockCode") in (None, one.id)
            # The filter finds names that only begin so, too.
            and one.reference.startswith(asked.get("allotmentBlockName", ""))
        ]
        return page(asked, found)

    def block(self, one: Block) -> dict:
        kinds = sorted({kind for _night, kind in one.allotted})
        gone = one.status == "released"
        return {
            "propertyID": self.hotel,
            "allotmentBlockCode": one.id,
            # What was released by itself has no status of its own.
            "allotmentBlockStatus": "definite" if gone else one.status,
            "allotmentBlockName": one.reference,
            "rateType": "rate_plan",
            "ratePlanId": one.rate,
            "allotmentType": "allotment",
            "groupCode": self.group,
            "isAutoRelease": one.id in self.releases,
            "autoRelease": [self.releases[one.id]] if one.id in self.releases else [],
            "allotmentIntervals": [
                {
                    "roomTypeId": kind,
                    "startDate": str(one.first),
                    "endDate": str(one.end - timedelta(days=1)),
                    "availability": [
                        {
                            "date": str(night),
                            "blockAllotted": rooms,
                            "blockConfirmed": one.counter[night, kind],
                            "blockRemaining": max(0, rooms - one.counter[night, kind]),
                        }
                        for (night, room), rooms in sorted(one.allotted.items())
                        if room == kind
                    ],
                }
                for kind in kinds
            ],
        }

    # Reservations

    def make_stay(self, _asked: dict, body: dict) -> Response:
        if missing := [name for name in WANTED if not body.get(name)]:
            return refused(f"Parameter {missing[0]} is required")
        (room,) = body["rooms"]
        block, kind = body.get("allotmentBlockCode"), room["roomTypeID"]
        if block is None and room["roomRateID"] != self.rates[kind]:
            raise KeyError("rate")
        guest = Guest(str(next(self.numbers)), body["guestFirstName"], body["guestLastName"])
        self.house.guests[guest.id] = guest
        stay = Stay(
            str(next(self.numbers)), body["thirdPartyIdentifier"], guest.id, kind,
            room.get("roomRateID", "block"), date.fromisoformat(body["startDate"]),
            date.fromisoformat(body["endDate"]), "confirmed", "0", "CNY", block,
            int(body["adults"][0]["quantity"]),
        )  # fmt: skip
        if block is not None and block not in self.house.blocks:
            raise KeyError("allotment block")
        self.house.book(stay)
        return good(reservationID=stay.id, status="confirmed", guestID=guest.id)

    def head(self, one: Stay) -> dict:
        guest = self.house.guests[one.guest]
        return {
            "propertyID": self.hotel,
            "reservationID": one.id,
            "dateCreated": stamp(one.made),
            "dateModified": stamp(one.changed),
            "status": STAYS[one.status],
            "guestName": f"{guest.given} {guest.family}",
            "startDate": str(one.arrival),
            "endDate": str(one.departure),
            "allotmentBlockCode": one.block,
            "thirdPartyIdentifier": one.reference,
        }

    def list_stays(self, asked: dict, _body: dict) -> Response:
        ours = asked.get("sourceReservationId")
        if ours is not None and "other_filter" in self.house.quirks:
            return page(asked, [])
        found = [
            {**self.head(one), "guestID": one.guest, "rooms": [self.room(one)]}
            for one in self.house.stays.values()
            if ours in (None, one.reference)
            and asked.get("allotmentBlockCode") in (None, one.block)
            and asked.get("guestID") in (None, one.guest, *one.sharers)
            and asked.get("checkInFrom", "") <= str(one.arrival) <= asked.get("checkInTo", "9")
        ]
        return page(asked, found)

    def room(self, one: Stay) -> dict:
        status = {"cancelled": "cancelled", "checked_in": "in_house", "checked_out": "checked_out"}
        room = {
            "roomTypeID": one.kind,
            "subReservationID": f"{one.id}-1",
            "adults": str(one.adults),
            "children": "0",
            "roomCheckIn": str(one.arrival),
            "roomCheckOut": str(one.departure),
            "roomStatus": status.get(one.status, "not_checked_in"),
        }
        return room | ({"roomName": one.room} if one.room else {})

    def show_stay(self, asked: dict, _body: dict) -> Response:
        one = self.house.stays[asked["reservationID"]]
        room = {
            "subReservationID": f"{one.id}-1",
            "roomTypeID": one.kind,
            "startDate": str(one.arrival),
            "endDate": str(one.departure),
            "adults": str(one.adults),
            "children": "0",
        }
        if one.room:
            room |= {"roomName": one.room, "roomID": one.room}
        live = one.status != "cancelled"
        return good(
            data={
                **self.head(one),
                "assigned": [room] if live and one.room else [],
                "unassigned": [room] if live and not one.room else [],
                "guestList": {
                    each: self.named(each, main=each == one.guest)
                    for each in (one.guest, *one.sharers)
                },
            }
        )

    def named(self, guest: str, main: bool) -> dict:
        one = self.house.guests[guest]
        names = {"guestFirstName": one.given, "guestLastName": one.family}
        return {"guestID": guest, **names, "isMainGuest": main}

    def change_stay(self, _asked: dict, body: dict) -> Response:
        stay = self.house.stays[body["reservationID"]]
        if body.get("status") == "canceled":
            if stay.status in NEVER_CANCELLED:
                return refused(f"A reservation that is {STAYS[stay.status]} cannot be canceled")
            self.house.set_stay(stay, "cancelled")
        for room in body.get("rooms", []):
            if room["subReservationID"] != f"{stay.id}-1" or room["adults"] != str(stay.adults):
                raise KeyError("room")
            arrival, departure = (
                date.fromisoformat(room[name]) for name in ("checkinDate", "checkoutDate")
            )
            self.house.change(stay, arrival, departure, room["roomTypeID"])
        return good()

    def change_guest(self, _asked: dict, body: dict) -> Response:
        guest = self.house.guests[body["guestID"]]
        guest.given, guest.family = body["guestFirstName"], body["guestLastName"]
        return good()

    def add_guest(self, _asked: dict, body: dict) -> Response:
        wanted = ("guestFirstName", "guestLastName", "guestEmail", "guestCountry")
        if missing := [name for name in wanted if not body.get(name)]:
            return refused(f"Parameter {missing[0]} is required")
        stay = self.house.stays[body["reservationID"]]
        guest = Guest(str(next(self.numbers)), body["guestFirstName"], body["guestLastName"])
        self.house.guests[guest.id] = guest
        stay.sharers.append(guest.id)
        return good(guestID=guest.id)

    def place_guests(self, _asked: dict, body: dict) -> Response:
        stay = self.house.stays[body["reservationID"]]
        if stay.room is None or body["roomID"] != stay.room:
            return refused("The room is not assigned to this reservation")
        for guest in body.get("removeGuestIDs", "").split(","):
            if guest in stay.sharers:
                stay.sharers.remove(guest)
        for guest in body["guestIDs"].split(","):
            if guest not in (stay.guest, *stay.sharers):
                stay.sharers.append(guest)
        return good()


def page(asked: dict, found: list[dict]) -> Response:
    number, size = int(asked["pageNumber"]), int(asked["pageSize"])
    shown = found[(number - 1) * size : number * size]
    return good(data=shown, count=len(shown), total=len(found))
