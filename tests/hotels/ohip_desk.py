"""Our hotel speaking as OHIP's documents say; no answer of a real OPERA Cloud was recorded.

Its refusals are problem documents with words of our own. Answers are held against the documents
by the recorder, like requests.
"""

from __future__ import annotations

import base64
import itertools
import json
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.hotels.doors import Wire, control
from tests.hotels.house import Block, Guest, House, Refusal, Stay, each_night
from tests.hotels.ohip_stream import Streams

QUIRKS: set[str] = set()
NEXT = {"TEN": ["DEF", "CXL"], "DEF": ["REL", "CXL"], "REL": [], "CXL": []}
CODES = {"tentative": "TEN", "definite": "DEF", "released": "REL", "cancelled": "CXL"}
STATUSES = {code: status for status, code in CODES.items()}
STAYS = {
    "confirmed": "Reserved",
    "assigned": "Reserved",
    "checked_in": "InHouse",
    "checked_out": "CheckedOut",
    "no_show": "NoShow",
    "cancelled": "Cancelled",
}
LOOKS = 2
"""So many looks at a task find it still at work."""


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def problem(status: int, detail: str, code: str = "OPERAWS-TEST") -> Response:
    body = {"title": "The request was refused", "status": status, "detail": detail}
    return JSONResponse({**body, "o:errorCode": code}, status)


class OhipDesk:
    def __init__(self, house: House, hotel: str, app_key: str, client: str, system: str) -> None:
        self.house, self.hotel, self.app_key, self.system = house, hotel, app_key, system
        self.basic = "Basic " + base64.b64encode(client.encode()).decode()
        self.tokens: set[str] = set()
        self.tasks: dict[str, tuple[int, list[dict]]] = {}
        self.numbers = itertools.count(1001)

    def app(self) -> Wire:
        blk, rsv, ext = "blk/v1/hotels/{h}", "rsv/v1/hotels/{h}", "externalSystems/{x}"
        tasks = "rsv/async/v1/hotels/{h}"
        paths: list[tuple[str, str, Callable[..., Response]]] = [
            ("GET", "inv/v1/hotels/{h}/hotelInventory", self.inventory),
            ("POST", f"{blk}/block", self.make_block),
            ("GET", f"{blk}/blocks/{{id}}", self.show_block),
            ("GET", f"{blk}/{ext}/blocks/{{ours}}", self.show_block),
            ("PUT", f"{blk}/blocks/{{id}}/allocationRange", self.allocate),
            ("PUT", f"{blk}/blocks/{{id}}/status", self.block_status),
            ("POST", f"{blk}/blocks/{{id}}/cancellations", self.cancel_block),
            ("PUT", "blk/v1/blocks/{id}/blockCutOff", self.cut_off),
            ("GET", "blk/v1/blocks/{id}/statistics", self.statistics),
            ("GET", "blk/v1/blocks/{id}/reservations", self.block_stays),
            ("POST", f"{rsv}/blocks/{{id}}/reservations", self.make_stay),
            ("POST", f"{rsv}/reservations", self.make_stay),
            ("GET", f"{rsv}/reservations/{{id}}", self.show_stay),
            ("GET", f"{rsv}/{ext}/reservations/{{ours}}", self.show_stay),
            ("PUT", f"{rsv}/reservations/{{id}}", self.change_stay),
            ("POST", f"{rsv}/reservations/{{id}}/cancellations", self.cancel_stay),
            ("POST", f"{tasks}/blocks/{{id}}/roominglistcreation", self.begin_list),
            ("GET", f"{tasks}/roominglistcreation/{{id}}", self.show_list),
            ("GET", "int/v1/externalSystem/{x}/hotels/{h}/businessEvents", self.events),
        ]
        routes = [Route(f"/{path}", self.guarded(act), methods=[how]) for how, path, act in paths]
        token = Route("/oauth/v1/tokens", self.token, methods=["POST"])
        app = Starlette(routes=[token, *routes, *control(self.house, None)])
        return Wire(app, self.house, Streams(self))

    async def token(self, request: Request) -> Response:
        wanted = (self.basic, self.app_key)
        got = (request.headers.get("authorization"), request.headers.get("x-app-key"))
        if got != wanted:
            return problem(401, "the client is not known")
        token = str(uuid.uuid4())
        self.tokens.add(token)
        return JSONResponse({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def guarded(self, act: Callable[..., Response]) -> Any:
        async def serve(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if self.house.due("expire_token"):
                self.tokens.discard(token)
            if token not in self.tokens or request.headers.get("x-app-key") != self.app_key:
                return problem(401, "the token has expired")
            if request.headers.get("x-hotelid") != self.hotel:
                return problem(403, "another hotel")
            body = json.loads(await request.body() or b"{}")
            try:
                return self.warning(request, act(request, body))
            except KeyError:
                return Response(status_code=204)
            except Refusal as no:
                return problem(400, WORDS[no.code])

        return serve

    def warning(self, request: Request, answer: Response) -> Response:
        """A good answer to a write, with a warning that names somebody."""
        if request.method == "GET" or not answer.body or not self.house.due("warn"):
            return answer
        warnings = [{"code": "RSV-00123", "shortText": "Sentinel has another reservation"}, {}]
        body = json.loads(bytes(answer.body)) | {"warnings": warnings}
        kept = {name: answer.headers[name] for name in ("location",) if name in answer.headers}
        return JSONResponse(body, answer.status_code, kept)

    def inventory(self, request: Request, _body: dict) -> Response:
        asked = request.query_params
        first, last = (date.fromisoformat(asked[f"dateRange{name}"]) for name in ("Start", "End"))
        kinds = [
            {
                "code": kind,
                "inventoryCounts": [
                    {
                        "available": self.house.free(kind, night) > 0,
                        "availableCount": self.house.free(kind, night),
                        "startDate": str(night),
                        "endDate": str(night),
                    }
                    for night in each_night(first, last + timedelta(days=1))
                ],
            }
            for kind in self.house.rooms
        ]
        return JSONResponse({"hotelInventories": [{"roomTypeInventories": kinds}]})

    # Blocks

    def make_block(self, _request: Request, body: dict) -> Response:
        wanted = body["blocks"]["blockInfo"][0]["block"]
        details, span = wanted["blockDetails"], wanted["blockDetails"]["timeSpan"]
        code = details["blockStatus"]["bookingStatus"]["status"]["code"]
        block = Block(
            str(next(self.numbers)), wanted["externalReferences"][0]["id"], details["blockName"],
            wanted["reservationDetails"]["ratePlanCode"][0]["ratePlanCode"],
            date.fromisoformat(span["startDate"]), date.fromisoformat(span["endDate"]),
            date.fromisoformat(wanted["reservationDetails"]["cutOffDate"]), STATUSES[code],
        )  # fmt: skip
        self.house.make_block(block)
        where = {"location": f"/blk/v1/hotels/{self.hotel}/blocks/{block.id}"}
        return JSONResponse({"links": []}, 201, where)

    def block(self, request: Request) -> Block:
        ours = request.path_params.get("ours")
        if ours is None:
            return self.house.blocks[request.path_params["id"]]
        found = [one for one in self.house.blocks.values() if one.reference == ours]
        if not found or request.path_params["x"] != self.system:
            raise KeyError(ours)
        return found[-1]

    def show_block(self, request: Request, _body: dict) -> Response:
        one = self.block(request)
        block = {
            "blockIdList": [{"type": "Block", "idContext": "OPERA", "id": one.id}],
            "externalReferences": [{"id": one.reference, "idContext": self.system}],
            "blockDetails": {
                "blockName": one.name,
                "timeSpan": {"startDate": str(one.first), "endDate": str(one.end)},
                "blockStatus": {"bookingStatus": {"status": {"code": CODES[one.status]}}},
            },
            "reservationDetails": {"cutOffDate": str(one.cut_off)},
            "hotelId": self.hotel,
            "lastModifyDateTime": stamp(one.changed),
        }
        return JSONResponse({"blocks": {"blockInfo": [{"block": block}]}})

    def allocate(self, request: Request, body: dict) -> Response:
        wanted, block = body["blockAllocationRange"], self.block(request)
        first, last = (date.fromisoformat(wanted[f"{name}Date"]) for name in ("begin", "end"))
        nights, kind = each_night(first, last + timedelta(days=1)), wanted["roomTypes"][0]
        rooms, before = wanted["blockInventory"]["onePerson"], dict(block.allotted)
        try:
            for night in nights:
                self.house.allot(block, night, kind, rooms)
        except Refusal:
            block.allotted = before
            raise
        return JSONResponse({"links": []})

    def block_status(self, request: Request, body: dict) -> Response:
        block, wanted = self.block(request), body["changeBlockStatus"]["newBlockStatus"]
        now = CODES[block.status]
        if wanted not in NEXT[now]:
            detail = f"status {now} cannot change to {wanted}; next: {', '.join(NEXT[now])}"
            return problem(400, detail)
        self.house.set_block(block, STATUSES[wanted])
        return JSONResponse({"links": []})

    def cancel_block(self, request: Request, _body: dict) -> Response:
        self.house.set_block(self.block(request), "cancelled")
        return JSONResponse({"links": []}, 201)

    def cut_off(self, request: Request, _body: dict) -> Response:
        block, status = self.block(request), self.block(request).status
        self.house.release(block)
        block.status = status
        return JSONResponse({"links": []})

    def statistics(self, request: Request, _body: dict) -> Response:
        block, asked = self.block(request), request.query_params
        first = date.fromisoformat(asked["startDate"])
        nights = each_night(first, first + timedelta(days=int(asked["numberOfDays"])))

        def rooms(name: str, night: date, kind: str) -> int:
            actual = block.allotted.get((night, kind), 0)
            picked = self.house.picked(block, night, kind)
            left = max(0, actual - picked) if block.status in ("tentative", "definite") else 0
            return {"Actual": actual, "Pickup": picked, "Available": left}[name]

        details = [
            {
                "statisticType": name,
                "statisticsDates": [
                    [
                        {
                            "date": str(night),
                            "roomStatisticsList": [
                                {
                                    "roomType": kind,
                                    "statisticsInfo": {"inventory": rooms(name, night, kind)},
                                }
                                for kind in self.house.rooms
                            ],
                        }
                        for night in nights
                    ]
                ],
            }
            for name in asked.getlist("statisticsInstructions")
        ]
        shown = {"startDate": str(first), "numberOfDays": len(nights)}
        return JSONResponse({"statisticsDetails": {"statisticsDetail": details, **shown}})

    def block_stays(self, request: Request, _body: dict) -> Response:
        block = self.block(request)
        found = [self.stay(one) for one in self.house.stays.values() if one.block == block.id]
        if not found:
            return Response(status_code=204)
        return JSONResponse({"reservations": {"reservations": {"reservation": found}}})

    # Reservations

    def stay_of(self, wanted: dict, block: str | None) -> Stay:
        room, line = wanted["roomStay"], wanted["roomStay"]["roomRates"][0]
        reference = wanted["externalReferences"][0]["id"]
        first, *others = wanted["reservationGuests"]
        assert first["primary"], "the sample's first guest is the primary one"
        return Stay(
            str(next(self.numbers)), reference, self.guest(first), line["roomType"],
            line["ratePlanCode"], date.fromisoformat(room["arrivalDate"]),
            date.fromisoformat(room["departureDate"]), "confirmed",
            str(line["total"]["amountBeforeTax"]), "CNY", block,
            sharers=[self.guest(one) for one in others],
        )  # fmt: skip

    def guest(self, wanted: dict) -> str:
        name = wanted["profileInfo"]["profile"]["customer"]["personName"][0]
        guest = Guest(str(next(self.numbers)), name["givenName"], name["surname"])
        self.house.guests[guest.id] = guest
        return guest.id

    def make_stay(self, request: Request, body: dict) -> Response:
        stay = self.stay_of(body["reservations"]["reservation"][0], request.path_params.get("id"))
        self.house.book(stay)
        where = {"location": f"/rsv/v1/hotels/{self.hotel}/reservations/{stay.id}"}
        return JSONResponse({"links": []}, 201, where)

    def the_stay(self, request: Request) -> Stay:
        ours = request.path_params.get("ours")
        if ours is None:
            return self.house.stays[request.path_params["id"]]
        found = [one for one in self.house.stays.values() if one.reference == ours]
        if not found or request.path_params["x"] != self.system:
            raise KeyError(ours)
        return max(found, key=lambda one: (one.status != "cancelled", one.made))

    def stay(self, one: Stay) -> dict:
        line: dict[str, Any] = {
            "roomType": one.kind,
            "ratePlanCode": one.rate,
            "start": str(one.arrival),
            "end": str(one.departure),
        }
        if one.block:
            line["reservationBlock"] = {"blockIdList": [{"type": "Block", "id": one.block}]}
        room = {
            "roomRates": [line],
            "arrivalDate": str(one.arrival),
            "departureDate": str(one.departure),
        }
        if one.room:
            room["currentRoomInfo"] = {"roomType": one.kind, "roomId": one.room}
        return {
            "reservationIdList": [
                {"type": "Reservation", "id": one.id},
                {"type": "Confirmation", "id": f"9{one.id}"},
            ],
            "externalReferences": [{"id": one.reference, "idContext": self.system}],
            "roomStay": room,
            "reservationGuests": [
                self.named(self.house.guests[each], primary=each == one.guest)
                for each in (one.guest, *one.sharers)
            ],
            "hotelId": self.hotel,
            "reservationStatus": STAYS[one.status],
            "lastModifyDateTime": stamp(one.changed),
        }

    @staticmethod
    def named(guest: Guest, primary: bool) -> dict:
        name = {"givenName": guest.given, "surname": guest.family, "nameType": "Primary"}
        profile = {"customer": {"personName": [name]}, "profileType": "Guest"}
        return {"profileInfo": {"profile": profile}, "primary": primary}

    def show_stay(self, request: Request, _body: dict) -> Response:
        return JSONResponse({"reservations": {"reservation": [self.stay(self.the_stay(request))]}})

    def change_stay(self, request: Request, body: dict) -> Response:
        stay, wanted = self.the_stay(request), body["reservations"][0]
        if "roomStay" in wanted:
            room = wanted["roomStay"]
            arrival, departure = (
                date.fromisoformat(room[name]) for name in ("arrivalDate", "departureDate")
            )
            self.house.change(stay, arrival, departure, room["roomRates"][0]["roomType"])
        if "reservationGuests" in wanted:
            # A full overlay, as no delta is asked for: who is not in it is gone.
            first, *others = wanted["reservationGuests"]
            assert first["primary"] and not any(one["primary"] for one in others)
            stay.guest, stay.sharers = self.guest(first), [self.guest(one) for one in others]
        return JSONResponse({"reservations": {"reservation": [self.stay(stay)]}})

    def cancel_stay(self, request: Request, body: dict) -> Response:
        stay = self.the_stay(request)
        if stay.status in ("checked_in", "checked_out", "cancelled"):
            return problem(400, f"status {STAYS[stay.status]} cannot change to Cancelled")
        if not body["verificationOnly"]:
            self.house.set_stay(stay, "cancelled", body["reason"]["description"])
        return JSONResponse({"links": []}, 201)

    # Tasks and events

    def begin_list(self, request: Request, body: dict) -> Response:
        rows = []
        for entry in body["reservations"]["reservation"]:
            row: dict[str, Any] = {"reservationSeqNo": entry["roomingListSequence"]}
            try:
                stay = self.stay_of(entry["hotelReservation"], request.path_params["id"])
                self.house.book(stay)
                row |= {"reservationId": int(stay.id), "createStatus": "Success"}
            except Refusal as no:
                row |= {
                    "createStatus": "Fail",
                    "outcomeMessages": [{"messageText": WORDS[no.code]}],
                }
            rows.append(row)
        task = str(uuid.uuid4())
        self.tasks[task] = (LOOKS, rows)
        where = f"/rsv/async/v1/hotels/{self.hotel}/roominglistcreation/{task}"
        return Response(status_code=202, headers={"location": where})

    def show_list(self, request: Request, _body: dict) -> Response:
        looks, rows = self.tasks[request.path_params["id"]]
        if looks:
            self.tasks[request.path_params["id"]] = (looks - 1, rows)
            return Response(status_code=204)
        return JSONResponse({"reservations": rows})

    def events(self, request: Request, _body: dict) -> Response:
        limit = int(request.query_params.get("limit", 20))
        taken, self.house.queue = self.house.queue[:limit], self.house.queue[limit:]
        if not taken:
            return Response(status_code=204)
        modules = {"stay": "Reservation", "block": "Block"}
        return JSONResponse(
            {
                "businessEventData": [
                    {
                        "businessEvent": {
                            "header": {
                                "moduleName": modules[one.entity],
                                "actionType": one.what,
                                "actionId": uuid.UUID(one.id).int % 10**9,
                                "primaryKey": one.target,
                                "createdDateTime": stamp(one.at),
                                "hotelId": self.hotel,
                            }
                        }
                    }
                    for one in taken
                ]
            }
        )


WORDS = {
    "block_closed": "the block is not open for pick up",
    "block_full": "the rooms of the block are full; it exceeds the block",
    "below_picked": "locked: rooms are picked up already",
    "outside": "the date lies outside of the dates of the event",
    "over_allotment": "the house inventory is not available",
    "no_availability": "the room type is not available",
}
