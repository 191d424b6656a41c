"""Our hotel speaking as HAIP does: paths, bodies, statuses and words as recorded there."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from datetime import date, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.hotels.doors import Wire, control
from tests.hotels.house import Block, Event, Guest, House, Refusal, Stay, each_night

QUIRKS = {
    "blocks_take_nothing", "past_block", "first_night_only", "keep_picked", "repeat_is_500",
}  # fmt: skip
"""As it was recorded; each can be switched off."""
MOST = 2
"""Guests in one room; HAIP asks the room type."""
MOVES = {
    "pending": ["confirmed", "cancelled"],
    "confirmed": ["assigned", "cancelled", "no_show"],
    "assigned": ["checked_in", "cancelled", "no_show"],
    "checked_in": ["stayover", "checked_out"],
    "stayover": ["due_out", "checked_out"],
    "due_out": ["checked_out"],
    "checked_out": [],
    "no_show": [],
    "cancelled": [],
}


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refused(said: str, status: int = 400) -> Response:
    words = {400: "Bad Request", 404: "Not Found", 409: "Conflict", 401: "Unauthorized"}
    body = {"message": said, "error": words[status], "statusCode": status}
    return JSONResponse(body, status)


class HaipDesk:
    def __init__(self, house: House, hotel: str, key: str, secret: str) -> None:
        self.house, self.hotel, self.key, self.secret = house, hotel, key, secret

    def app(self) -> Wire:
        paths = [
            ("POST", "reservations/search-availability", self.search),
            ("POST", "groups/profiles", self.make_group),
            ("POST", "groups/blocks", self.make_block),
            ("GET", "groups/blocks", self.list_blocks),
            ("GET", "groups/blocks/{id}", self.show_block),
            ("PATCH", "groups/blocks/{id}", self.patch_block),
            ("PUT", "groups/blocks/{id}/inventory", self.set_inventory),
            ("GET", "groups/blocks/{id}/pickup", self.pick_up),
            ("POST", "groups/blocks/{id}/release", self.release),
            ("POST", "groups/blocks/{id}/rooming-list", self.rooming),
            ("POST", "guests", self.make_guest),
            ("GET", "guests", self.list_guests),
            ("GET", "guests/{id}", self.show_guest),
            ("PATCH", "guests/{id}", self.patch_guest),
            ("POST", "reservations", self.make_stay),
            ("GET", "reservations", self.list_stays),
            ("GET", "reservations/{id}", self.show_stay),
            ("PATCH", "reservations/{id}", self.patch_stay),
            ("PATCH", "reservations/{id}/cancel", self.cancel_stay),
            ("GET", "reservations/{id}/guests", self.list_occupants),
            ("POST", "reservations/{id}/guests", self.add_occupant),
            ("DELETE", "reservations/{id}/guests/{guest}", self.remove_occupant),
            ("GET", "connect/events", self.events),
        ]
        routes = [
            Route(f"/api/v1/{path}", self.guarded(act), methods=[how]) for how, path, act in paths
        ]
        app = Starlette(routes=[*routes, *control(self.house, self.signed)])
        return Wire(app, self.house)

    def guarded(self, act: Any) -> Any:
        async def serve(request: Request) -> Response:
            if request.headers.get("x-api-key") != self.key:
                return refused("Unauthorized", 401)
            body = json.loads(await request.body() or b"{}")
            try:
                return act(request, body)
            except KeyError as missing:
                return refused(f"{missing.args[0]} not found", 404)
            except Refusal as no:
                return refused(self.words(no))

        return serve

    def words(self, no: Refusal) -> str:
        night, left = next(iter(no.left.items()), (None, 0))
        return {
            "block_closed": f"Cannot set inventory on a {no.said} block",
            "outside": f"stayDate {no.said} is outside the block inventory span",
            "below_picked": f"roomsAllotted cannot be below rooms already picked up ({no.said})",
            "over_allotment": f"Over-allotment: {no.said} rooms requested for {night} exceeds "
            f"sellable availability ({left})",
            "no_availability": f"No availability for room type {no.said} on the requested dates",
            "block_full": f"No availability for room type {no.said} on the requested dates",
            "move": no.said,
        }[no.code]

    def search(self, _request: Request, body: dict) -> Response:
        nights = each_night(
            date.fromisoformat(body["checkIn"]), date.fromisoformat(body["checkOut"])
        )
        kinds = [body["roomTypeId"]] if "roomTypeId" in body else list(self.house.rooms)
        found = [
            {
                "roomTypeId": kind,
                "roomTypeName": kind,
                "date": str(night),
                "totalRooms": self.house.rooms[kind],
                "sold": self.house.sold(kind, night),
                "available": self.house.free(kind, night),
                "overbookingBuffer": 0,
            }
            for kind in kinds
            for night in nights
        ]
        return JSONResponse(found, 201)

    def make_group(self, _request: Request, body: dict) -> Response:
        group = {"id": str(uuid.uuid4()), **body}
        self.house.groups[group["id"]] = group
        return JSONResponse(group, 201)

    def make_block(self, _request: Request, body: dict) -> Response:
        if body["groupProfileId"] not in self.house.groups:
            return refused(f"group profile {body['groupProfileId']} not found in this property")
        first, end = (date.fromisoformat(body[name]) for name in ("startDate", "endDate"))
        cut_off = date.fromisoformat(body["cutoffDate"]) if "cutoffDate" in body else None
        block = Block(
            str(uuid.uuid4()), body.get("groupCode", ""), body["name"], body.get("ratePlanId", ""),
            first, end, cut_off, body.get("status", "tentative"), body["groupProfileId"],
        )  # fmt: skip
        return JSONResponse(self.block(self.house.make_block(block)), 201)

    def block(self, one: Block) -> dict:
        return {
            "id": one.id,
            "propertyId": self.hotel,
            "groupProfileId": one.group,
            "name": one.name,
            "ratePlanId": one.rate,
            "startDate": str(one.first),
            "endDate": str(one.end),
            "cutoffDate": str(one.cut_off) if one.cut_off else None,
            "autoRelease": True,
            "groupCode": one.reference,
            "status": one.status,
            "createdAt": stamp(one.made),
            "updatedAt": stamp(one.changed),
        }

    def list_blocks(self, request: Request, _body: dict) -> Response:
        return page(request, [self.block(one) for one in self.house.blocks.values()])

    def show_block(self, request: Request, _body: dict) -> Response:
        return JSONResponse(self.block(self.house.blocks[request.path_params["id"]]))

    def patch_block(self, request: Request, body: dict) -> Response:
        block = self.house.blocks[request.path_params["id"]]
        self.house.set_block(block, body["status"])
        return JSONResponse(self.block(block))

    def set_inventory(self, request: Request, body: dict) -> Response:
        block, night = (
            self.house.blocks[request.path_params["id"]],
            date.fromisoformat(body["stayDate"]),
        )
        self.house.allot(block, night, body["roomTypeId"], body["roomsAllotted"])
        return JSONResponse(body | {"roomsPickedUp": block.counter[night, body["roomTypeId"]]})

    def pick_up(self, request: Request, _body: dict) -> Response:
        block = self.house.blocks[request.path_params["id"]]
        detail = [
            {
                "stayDate": str(night),
                "roomTypeId": kind,
                "roomsAllotted": rooms,
                "roomsPickedUp": block.counter[night, kind],
                "remaining": max(0, rooms - block.counter[night, kind]),
                "pickupRate": 0,
            }
            for (night, kind), rooms in sorted(block.allotted.items())
        ]
        return JSONResponse({"blockId": block.id, "detail": detail, "totals": {}})

    def release(self, request: Request, _body: dict) -> Response:
        block = self.house.blocks[request.path_params["id"]]
        if block.status in ("released", "cancelled"):
            return refused(f"Block is already {block.status}")
        self.house.release(block)
        return JSONResponse(self.block(block), 201)

    def rooming(self, request: Request, body: dict) -> Response:
        block = self.house.blocks[request.path_params["id"]]
        results = [self.row(block, one) for one in body["entries"]]
        made = sum(one["status"] == "created" for one in results)
        counts = {"created": made, "errors": len(results) - made, "total": len(results)}
        return JSONResponse({**counts, "results": results}, 201)

    def row(self, block: Block, entry: dict) -> dict:
        result = {"entryId": str(uuid.uuid4())}
        try:
            if "guestId" not in entry:
                return {**result, "status": "error", "error": "guest required"}
            stay = self.stay_of({**entry, "arrivalDate": entry["arrival"],
                                 "departureDate": entry["departure"]})  # fmt: skip
            stay.block = block.id
            self.house.book(stay)
        except Refusal as no:
            return {**result, "status": "error", "error": self.words(no)}
        return {**result, "status": "created", "reservationId": stay.id}

    def make_guest(self, _request: Request, body: dict) -> Response:
        guest = Guest(
            str(uuid.uuid4()), body["firstName"], body["lastName"], body.get("loyaltyNumber")
        )
        self.house.guests[guest.id] = guest
        return JSONResponse(self.guest(guest), 201)

    def guest(self, one: Guest) -> dict:
        return {
            "id": one.id,
            "firstName": one.given,
            "lastName": one.family,
            "loyaltyNumber": one.reference,
        }

    def list_guests(self, request: Request, _body: dict) -> Response:
        with_stay = {
            each for one in self.house.stays.values() for each in (one.guest, *one.sharers)
        }
        wanted = request.query_params.get("loyaltyNumber")
        found = [
            self.guest(one)
            for one in self.house.guests.values()
            if one.id in with_stay and wanted in (None, one.reference)
        ]
        return page(request, found)

    def show_guest(self, request: Request, _body: dict) -> Response:
        return JSONResponse(self.guest(self.house.guests[request.path_params["id"]]))

    def patch_guest(self, request: Request, body: dict) -> Response:
        guest = self.house.guests[request.path_params["id"]]
        guest.given, guest.family = body["firstName"], body["lastName"]
        return JSONResponse(self.guest(guest))

    def stay_of(self, body: dict) -> Stay:
        return Stay(
            str(uuid.uuid4()), body.get("externalConfirmation"), body["guestId"],
            body["roomTypeId"], body["ratePlanId"], date.fromisoformat(body["arrivalDate"]),
            date.fromisoformat(body["departureDate"]), "pending", body.get("totalAmount", "0.00"),
            body.get("currencyCode", "USD"), adults=body.get("adults", 1),
        )  # fmt: skip

    def make_stay(self, _request: Request, body: dict) -> Response:
        reference = body.get("externalConfirmation")
        if reference and any(one.reference == reference for one in self.house.stays.values()):
            if "repeat_is_500" not in self.house.quirks:
                return refused(f"externalConfirmation {reference} already exists", 409)
            return JSONResponse({"statusCode": 500, "message": "Internal server error"}, 500)
        stay = self.house.book(self.stay_of(body))
        booking = {"confirmationNumber": f"HAIP-{stay.id[:8]}", "externalConfirmation": reference}
        return JSONResponse({**self.stay(stay), "booking": booking}, 201)

    def stay(self, one: Stay) -> dict:
        block = self.house.blocks.get(one.block or "")
        return {
            "id": one.id,
            "propertyId": self.hotel,
            "guestId": one.guest,
            "arrivalDate": str(one.arrival),
            "departureDate": str(one.departure),
            "nights": (one.departure - one.arrival).days,
            "roomTypeId": one.kind,
            "ratePlanId": one.rate,
            "status": one.status,
            "groupProfileId": block.group if block else None,
            "totalAmount": one.amount,
            "currencyCode": one.currency,
            "cancellationReason": one.reason,
            "createdAt": stamp(one.made),
            "updatedAt": stamp(one.changed),
        }

    def list_stays(self, request: Request, _body: dict) -> Response:
        asked = request.query_params
        found = []
        for one in self.house.stays.values():
            if asked.get("guestId") not in (None, one.guest):
                continue
            if not asked.get("arrivalDateFrom", "") <= str(one.arrival):
                continue
            if str(one.arrival) > asked.get("arrivalDateTo", "9999"):
                continue
            guest = self.house.guests[one.guest]
            extra = {"guest": {"loyaltyNumber": guest.reference}, "roomNumber": one.room}
            found.append({**self.stay(one), **extra})
        return page(request, found)

    def show_stay(self, request: Request, _body: dict) -> Response:
        one = self.house.stays[request.path_params["id"]]
        room = {"number": one.room} if one.room else None
        guest = self.guest(self.house.guests[one.guest])
        shown = {"reservation": self.stay(one), "guest": guest, "room": room}
        return JSONResponse({**shown, "confirmationNumber": f"HAIP-{one.id[:8]}"})

    def patch_stay(self, request: Request, body: dict) -> Response:
        one = self.house.stays[request.path_params["id"]]
        if one.status in ("checked_out", "no_show", "cancelled"):
            return refused(f"Cannot modify reservation in '{one.status}' status")
        arrival = date.fromisoformat(body.get("arrivalDate", str(one.arrival)))
        departure = date.fromisoformat(body.get("departureDate", str(one.departure)))
        kind = body.get("roomTypeId", one.kind)
        try:
            self.house.change(one, arrival, departure, kind)
        except Refusal:
            said = f"No availability for room type {kind} on {arrival} → {departure}"
            return refused(said, 409)
        one.amount = body.get("totalAmount", one.amount)
        return JSONResponse(self.stay(one))

    def cancel_stay(self, request: Request, body: dict) -> Response:
        one = self.house.stays[request.path_params["id"]]
        legal = MOVES[one.status]
        if "cancelled" not in legal:
            raise Refusal(
                "move",
                f"Invalid status transition: {one.status} → cancelled. Valid transitions from "
                f"'{one.status}': {', '.join(legal) or 'none'}",
            )
        self.house.set_stay(one, "cancelled", body.get("cancellationReason"))
        return JSONResponse(self.stay(one))

    def list_occupants(self, request: Request, _body: dict) -> Response:
        one = self.house.stays[request.path_params["id"]]
        return JSONResponse([self.occupant(one, each) for each in (one.guest, *one.sharers)])

    def occupant(self, one: Stay, profile: str) -> dict:
        guest = self.house.guests[profile]
        return {
            "id": str(uuid.uuid4()),
            "propertyId": self.hotel,
            "reservationId": one.id,
            "guestId": profile,
            "role": "primary" if profile == one.guest else "accompanying",
            "firstName": guest.given,
            "lastName": guest.family,
            "email": None,
        }

    def add_occupant(self, request: Request, body: dict) -> Response:
        one, profile = self.open_stay(request), body["guestId"]
        if profile not in self.house.guests:
            raise KeyError(f"Guest {profile}")
        if profile in (one.guest, *one.sharers):
            return refused("Guest is already on this reservation", 409)
        if len(one.sharers) + 2 > MOST:
            most = f"Room type max occupancy is {MOST}"
            return refused(f"{most}; cannot place {MOST + 1} named guests")
        one.sharers.append(profile)
        one.adults = max(one.adults, 1 + len(one.sharers))
        return JSONResponse(self.occupant(one, profile), 201)

    def remove_occupant(self, request: Request, _body: dict) -> Response:
        one, profile = self.open_stay(request), request.path_params["guest"]
        if profile == one.guest:
            return refused("Cannot remove the primary guest")
        if profile not in one.sharers:
            return refused(f"Guest {profile} is not on this reservation", 404)
        one.sharers.remove(profile)
        return JSONResponse({"removed": True, "guestId": profile})

    def open_stay(self, request: Request) -> Stay:
        one = self.house.stays[request.path_params["id"]]
        if one.status in ("checked_out", "cancelled", "no_show"):
            said = f"Cannot change guests for a reservation in '{one.status}' status"
            raise Refusal("move", said)
        return one

    def events(self, request: Request, _body: dict) -> Response:
        since = request.query_params.get("since")
        start = datetime.fromisoformat(since) if since else None
        found = [one for one in self.house.events if start is None or one.at >= start]
        newest = list(reversed(found))[: int(request.query_params.get("limit", 50))]
        entity = {"stay": "reservation", "block": "allotment_block"}
        return JSONResponse(
            [
                {
                    "id": one.id,
                    "type": f"{entity[one.entity]}.create",
                    "propertyId": self.hotel,
                    "entityType": entity[one.entity],
                    "entityId": one.target,
                    "data": {"event": f"{entity[one.entity]}.{one.what}"},
                    "occurredAt": stamp(one.at),
                }
                for one in newest
            ]
        )

    def signed(self, event: Event) -> tuple[dict[str, str], bytes]:
        entity = {"stay": "reservation", "block": "allotment_block"}[event.entity]
        body = json.dumps(
            {
                "eventType": f"{entity}.{event.what}",
                "propertyId": self.hotel,
                "entityType": entity,
                "entityId": event.target,
                "data": {},
                "timestamp": stamp(event.at),
            }
        ).encode()
        proof = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"X-HAIP-Signature": f"sha256={proof}", "X-HAIP-Event-Id": event.id}, body


def page(request: Request, found: list[dict]) -> Response:
    number, limit = (int(request.query_params.get(name, plain)) for name, plain in PLAIN)
    part = found[(number - 1) * limit : number * limit]
    more = number * limit < len(found)
    answer = {"data": part, "total": len(found), "page": number, "limit": limit, "hasMore": more}
    return JSONResponse(answer)


PLAIN = (("page", 1), ("limit", 20))
