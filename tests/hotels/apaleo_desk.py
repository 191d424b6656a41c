"""Our hotel speaking as apaleo's documents say; no answer of a real apaleo was recorded.

Answers are held against the derived OpenAPI file by the recorder, like requests. The words of its
refusals are our own; refused actions say nothing of use, so that the documented reason codes that
stand beside the actions are needed.
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
from tests.hotels.house import LIVE, Block, Guest, House, Refusal, Stay, each_night

QUIRKS = {"tentative_takes_nothing"}
STATUSES = {"tentative": "Tentative", "definite": "Definite", "cancelled": "Canceled"}
STAYS = {
    "confirmed": "Confirmed",
    "assigned": "Confirmed",
    "checked_in": "InHouse",
    "checked_out": "CheckedOut",
    "no_show": "NoShow",
    "cancelled": "Canceled",
}
NIGHTLY = 300
FEE = {"id": "P", "code": "P", "name": "P", "description": "P"}
WORDS = {
    "block_full": "The units of the block are all in use.",
    "below_picked": "The number is lower than the number of picked units.",
    "over_allotment": "The unit group is not available.",
    "no_availability": "The unit group is not available.",
}


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def money(amount: float) -> dict:
    return {"amount": amount, "currency": "CNY"}


def refused(*said: str) -> Response:
    return JSONResponse({"messages": list(said)}, 422)


class ApaleoDesk:
    def __init__(self, house: House, hotel: str, plans: dict[str, str], client: str) -> None:
        self.house, self.hotel, self.plans = house, hotel, plans
        self.basic = "Basic " + base64.b64encode(client.encode()).decode()
        self.tokens: set[str] = set()
        self.numbers = itertools.count(1)

    def app(self) -> Wire:
        paths: list[tuple[str, str, Callable[..., Response]]] = [
            ("GET", "rate-plan-offers", self.offers),
            ("POST", "groups", self.make_group),
            ("GET", "groups", self.list_groups),
            ("GET", "groups/{id}", self.show_group),
            ("PATCH", "groups/{id}", self.patch_group),
            ("POST", "groups/{id}/reservations", self.pick_up),
            ("POST", "blocks", self.make_block),
            ("GET", "blocks", self.list_blocks),
            ("GET", "blocks/{id}", self.show_block),
            ("PUT", "block-actions/{id}/{action}", self.block_action),
            ("POST", "bookings", self.make_booking),
            ("GET", "reservations", self.list_stays),
            ("GET", "reservations/{id}", self.show_stay),
            ("PATCH", "reservations/{id}", self.patch_stay),
            ("PUT", "reservation-actions/{id}/amend", self.amend_stay),
            ("PUT", "reservation-actions/{id}/cancel", self.cancel_stay),
        ]
        routes = [
            Route(f"/booking/v1/{path}", self.guarded(act), methods=[how])
            for how, path, act in paths
        ]
        token = Route("/connect/token", self.token, methods=["POST"])
        return Wire(Starlette(routes=[token, *routes, *control(self.house, None)]), self.house)

    async def token(self, request: Request) -> Response:
        if request.headers.get("authorization") != self.basic:
            return JSONResponse({"error": "invalid_client"}, 400)
        token = str(uuid.uuid4())
        self.tokens.add(token)
        return JSONResponse({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def guarded(self, act: Callable[..., Response]) -> Any:
        async def serve(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if self.house.due("expire_token"):
                self.tokens.discard(token)
            if token not in self.tokens:
                return Response(status_code=401)
            body = json.loads(await request.body() or b"{}")
            try:
                return act(request, body)
            except KeyError:
                return Response(status_code=404)
            except Refusal as no:
                return refused(WORDS.get(no.code, "This is not possible."))

        return serve

    def page(self, request: Request, kind: str, found: list[dict]) -> Response:
        """A page of a list; an empty one is 204."""
        assert request.query_params["propertyIds"] == self.hotel
        number, size = (int(request.query_params[f"page{name}"]) for name in ("Number", "Size"))
        rows = found[(number - 1) * size : number * size]
        return JSONResponse({kind: rows, "count": len(found)}) if rows else Response(None, 204)

    def at(self, day: date, hour: int) -> str:
        return f"{day}T{hour:02}:00:00+08:00"

    def offers(self, request: Request, _body: dict) -> Response:
        asked, plan = request.query_params, request.query_params["ratePlanId"]
        kind = self.plans[plan]
        arrival, departure = (date.fromisoformat(asked[name]) for name in ("arrival", "departure"))
        nights = each_night(arrival, departure)
        slices = [
            {
                "from": self.at(night, 15),
                "to": self.at(night + timedelta(days=1), 11),
                "availableUnits": self.house.free(kind, night),
                "baseAmount": self.amount(),
                "totalGrossAmount": money(NIGHTLY),
            }
            for night in nights
        ]
        fee = {**FEE, "fee": money(0)}
        del fee["id"]
        offer = {
            "arrival": self.at(arrival, 15),
            "departure": self.at(departure, 11),
            "unitGroup": {
                "id": kind, "code": kind, "name": kind, "description": kind, "maxPersons": 2,
                "type": "BedRoom",
            },
            "minGuaranteeType": "PM6Hold",
            "availableUnits": min(one["availableUnits"] for one in slices),
            "ratePlan": self.plan(plan),
            "totalGrossAmount": money(NIGHTLY * len(nights)),
            "cancellationFee": {**fee, "dueDateTime": self.at(arrival, 0)},
            "noShowFee": fee,
            "timeSlices": slices,
            "taxDetails": [],
            "isCorporate": False,
            "prePaymentAmount": money(0),
        }  # fmt: skip
        return JSONResponse({"property": {"id": self.hotel}, "offers": [offer]})

    def amount(self) -> dict:
        return {
            "grossAmount": NIGHTLY, "netAmount": NIGHTLY, "vatType": "Normal", "vatPercent": 0,
            "currency": "CNY",
        }  # fmt: skip

    def plan(self, plan: str) -> dict:
        return {"id": plan, "isSubjectToCityTax": False}

    # Groups and blocks

    def make_group(self, _request: Request, body: dict) -> Response:
        assert body["propertyIds"] == [self.hotel]
        now = stamp(self.house.now())
        group = {"id": f"G{next(self.numbers)}", **body, "created": now, "modified": now}
        self.house.groups[group["id"]] = group
        return JSONResponse({"id": group["id"]}, 201)

    def of_group(self, group: str) -> list[Block]:
        return [one for one in self.house.blocks.values() if one.group == group]

    def list_groups(self, request: Request, _body: dict) -> Response:
        wanted = request.query_params["textSearch"]
        found = [
            {**one, "blocks": [self.block_of_group(each) for each in self.of_group(one["id"])]}
            for one in self.house.groups.values()
            if wanted in one["name"]
        ]
        return self.page(request, "groups", found)

    def show_group(self, request: Request, _body: dict) -> Response:
        return JSONResponse(self.house.groups[request.path_params["id"]])

    def patch_group(self, request: Request, body: list[dict]) -> Response:
        group = self.house.groups[request.path_params["id"]]
        for step in body:
            assert (step["op"], step["path"]) == ("add", "/comment")
            group["comment"] = step["value"]
        return Response(None, 204)

    def make_block(self, _request: Request, body: dict) -> Response:
        group = self.house.groups[body["groupId"]]
        first, end = (date.fromisoformat(body[name]) for name in ("from", "to"))
        block = Block(
            f"B{next(self.numbers)}", group["name"].rsplit(" ", 1)[-1], group["name"],
            body["ratePlanId"], first, end, None, "tentative", group["id"],
        )  # fmt: skip
        self.contract(block, body)
        self.house.make_block(block)
        return JSONResponse({"id": block.id}, 201)

    def contract(self, block: Block, body: dict) -> None:
        nights, slices = each_night(block.first, block.end), body["timeSlices"]
        assert len(nights) == len(slices)
        before = dict(block.allotted)
        try:
            for night, one in zip(nights, slices, strict=True):
                self.house.allot(block, night, self.plans[block.rate], one["blockedUnits"])
        except Refusal:
            block.allotted = before
            raise

    def block_head(self, one: Block) -> dict:
        kind = self.plans[one.rate]
        return {
            "id": one.id,
            "status": STATUSES[one.status],
            "property": {"id": self.hotel},
            "ratePlan": self.plan(one.rate),
            "unitGroup": {"id": kind, "type": "BedRoom"},
            "grossDailyRate": money(NIGHTLY),
            "from": self.at(one.first, 15),
            "to": self.at(one.end, 11),
            "pickedReservations": len(self.picked(one)),
            "created": stamp(one.made),
            "modified": stamp(one.changed),
        }

    def block_of_group(self, one: Block) -> dict:
        return {**self.block_head(one), "blockedUnits": sum(one.allotted.values())}

    def block(self, one: Block) -> dict:
        kind = self.plans[one.rate]
        slices = [
            {
                "from": self.at(night, 15),
                "to": self.at(night + timedelta(days=1), 11),
                "blockedUnits": one.allotted[night, kind],
                "pickedUnits": self.house.picked(one, night, kind),
                "baseAmount": self.amount(),
                "totalGrossAmount": money(NIGHTLY),
            }
            for night in each_night(one.first, one.end)
        ]
        group = {"id": one.group, "name": one.name}
        return {**self.block_head(one), "group": group, "timeSlices": slices}

    def picked(self, block: Block) -> list[Stay]:
        stays = self.house.stays.values()
        return [one for one in stays if one.block == block.id and one.status in LIVE]

    def list_blocks(self, request: Request, _body: dict) -> Response:
        assert request.query_params["expand"] == "timeSlices"
        found = self.of_group(request.query_params["groupId"])
        return self.page(request, "blocks", [self.block(one) for one in found])

    def show_block(self, request: Request, _body: dict) -> Response:
        one = self.house.blocks[request.path_params["id"]]
        return JSONResponse({**self.block(one), "actions": actions(self.why_not(one))})

    def why_not(self, block: Block) -> dict[str, str]:
        """By action, the documented code of why it is not allowed; empty when it is."""
        status, picked = block.status, bool(self.picked(block))
        definite, live = status == "definite", status != "cancelled"
        left = any(
            rooms > self.house.picked(block, night, kind)
            for (night, kind), rooms in block.allotted.items()
        )
        no = "NotAllowedForBlock"
        full = "" if left else f"Pickup{no[:-5]}FullyPickedBlock"
        kept = f"Cancel{no}WithNotCancelledReservations" if picked else ""
        return {
            "Confirm": "" if status == "tentative" else f"Confirm{no}NotInStatusTentative",
            "Modify": "" if live else f"Modify{no}InStatusCanceled",
            "Pickup": full if definite else f"Pickup{no}NotInStatusDefinite",
            "Cancel": kept if live else f"Cancel{no}NotInStatusDefiniteOrTentative",
            "Wash": ("" if picked else f"Wash{no}WithoutReservations")
            if definite
            else f"Wash{no}NotInStatusDefinite",
        }

    def block_action(self, request: Request, body: dict) -> Response:
        block, action = self.house.blocks[request.path_params["id"]], request.path_params["action"]
        name = {"amend": "Modify"}.get(action, action.capitalize())
        if self.why_not(block)[name]:
            return refused("This is not possible.")
        if action == "amend":
            block.first, block.end = (date.fromisoformat(body[name]) for name in ("from", "to"))
            self.contract(block, body)
        elif action == "confirm":
            self.confirm(block)
        elif action == "wash":
            for night, kind in block.allotted:
                block.allotted[night, kind] = self.house.picked(block, night, kind)
            self.house.touch_block(block, "washed")
        else:
            self.house.set_block(block, "cancelled")
        return Response(None, 204)

    def confirm(self, block: Block) -> None:
        for (night, kind), rooms in block.allotted.items():
            if rooms > self.house.free(kind, night, block=block.id):
                raise Refusal("over_allotment", str(rooms), {night: 0})
        self.house.set_block(block, "definite")

    # Reservations

    def made(self, wanted: list[dict], kinds: list[tuple[str, str, str | None]]) -> list[dict]:
        """All of them, or none."""
        stays = []
        for one, (kind, plan, block) in zip(wanted, kinds, strict=True):
            code = one.get("externalCode") or one["comment"].removeprefix("redcrown: ")
            stay = Stay(
                f"R{next(self.numbers)}-1", code, self.guest(one["primaryGuest"]), kind, plan,
                date.fromisoformat(one["arrival"]), date.fromisoformat(one["departure"]),
                "confirmed", "0", "CNY", block, one["adults"],
                [self.guest(each) for each in one.get("additionalGuests", [])],
            )  # fmt: skip
            stays.append(self.house.book(stay))
        return [{"id": one.id} for one in stays]

    def guest(self, wanted: dict) -> str:
        guest = Guest(str(uuid.uuid4()), wanted.get("firstName", ""), wanted["lastName"])
        self.house.guests[guest.id] = guest
        return guest.id

    def named(self, guest: str) -> dict:
        one = self.house.guests[guest]
        return {"firstName": one.given, "lastName": one.family}

    def pick_up(self, request: Request, body: dict) -> Response:
        mine = {one.id: one for one in self.of_group(request.path_params["id"])}
        blocks = [mine[one["blockId"]] for one in body["reservations"]]
        if any(self.why_not(one)["Pickup"] for one in blocks):
            return refused("This is not possible.")
        kinds = [(self.plans[one.rate], one.rate, one.id) for one in blocks]
        made = self.made(body["reservations"], kinds)
        return JSONResponse({"reservationIds": made}, 201)

    def make_booking(self, _request: Request, body: dict) -> Response:
        plans = [one["timeSlices"][0]["ratePlanId"] for one in body["reservations"]]
        kinds = [(self.plans[one], one, None) for one in plans]
        made = self.made(body["reservations"], kinds)
        return JSONResponse({"id": made[0]["id"].removesuffix("-1"), "reservationIds": made}, 201)

    def stay(self, one: Stay) -> dict:
        shown = {
            "id": one.id,
            "bookingId": one.id.removesuffix("-1"),
            "status": STAYS[one.status],
            "property": {"id": self.hotel},
            "ratePlan": self.plan(one.rate),
            "unitGroup": {"id": one.kind, "type": "BedRoom"},
            "totalGrossAmount": money(float(one.amount)),
            "arrival": self.at(one.arrival, 15),
            "departure": self.at(one.departure, 11),
            "created": stamp(one.made),
            "modified": stamp(one.changed),
            "adults": one.adults,
            "channelCode": "Direct",
            "primaryGuest": self.named(one.guest),
            **({"additionalGuests": list(map(self.named, one.sharers))} if one.sharers else {}),
            "guaranteeType": "PM6Hold",
            "cancellationFee": {**FEE, "fee": money(0), "dueDateTime": self.at(one.arrival, 0)},
            "noShowFee": {**FEE, "fee": money(0)},
            "balance": money(0),
            "hasCityTax": False,
            "isOpenForCharges": True,
        }
        if one.block:
            shown |= {"blockId": one.block, "comment": f"redcrown: {one.reference}"}
        else:
            shown["externalCode"] = one.reference
        if one.room:
            shown["unit"] = {"id": one.room, "name": one.room}
        return shown

    def list_stays(self, request: Request, _body: dict) -> Response:
        asked = request.query_params
        found = list(self.house.stays.values())
        if "externalCode" in asked:
            found = [s for s in found if s.block is None and s.reference == asked["externalCode"]]
        if "blockIds" in asked:
            found = [one for one in found if one.block == asked["blockIds"]]
        if "from" in asked:
            since = datetime.fromisoformat(asked["from"])
            if asked["dateFilter"] == "Arrival":
                until = datetime.fromisoformat(asked["to"])
                arrivals = [
                    (datetime.fromisoformat(self.at(one.arrival, 15)), one) for one in found
                ]
                found = [one for at, one in arrivals if since <= at < until]
            else:
                assert (asked["dateFilter"], asked["sort"]) == ("Modification", "updated:asc")
                found = [one for one in found if one.changed.replace(microsecond=0) >= since]
                found.sort(key=lambda one: one.changed)
        return self.page(request, "reservations", [self.stay(one) for one in found])

    def show_stay(self, request: Request, _body: dict) -> Response:
        one = self.house.stays[request.path_params["id"]]
        more: dict[str, Any] = {"taxDetails": [], "payableAmount": {"guest": money(0)}}
        if request.query_params.get("expand") == "actions":
            no = "NotAllowedForReservation"
            late = one.status not in ("confirmed", "assigned")
            more["actions"] = actions(
                {
                    "Cancel": f"Cancel{no}NotInStatusConfirmed" if late else "",
                    "AmendArrival": f"AmendArrival{no}NotInStatusConfirmed" if late else "",
                }
            )
        return JSONResponse({**self.stay(one), **more})

    def patch_stay(self, request: Request, body: list[dict]) -> Response:
        stay = self.house.stays[request.path_params["id"]]
        for step in body:
            assert step["op"] == "replace"
            if step["path"] == "/primaryGuest":
                stay.guest = self.guest(step["value"])
            else:
                assert step["path"] == "/additionalGuests"
                stay.sharers = [self.guest(one) for one in step["value"]]
        return Response(None, 204)

    def amend_stay(self, request: Request, body: dict) -> Response:
        one = self.house.stays[request.path_params["id"]]
        if one.status not in ("confirmed", "assigned"):
            return refused("This is not possible.")
        arrival, departure = (date.fromisoformat(body[n][:10]) for n in ("arrival", "departure"))
        plans = {each["ratePlanId"] for each in body["timeSlices"]}
        assert len(body["timeSlices"]) == (departure - arrival).days
        (plan,) = plans
        self.house.change(one, arrival, departure, self.plans[plan])
        one.rate = plan
        return Response(None, 204)

    def cancel_stay(self, request: Request, _body: dict) -> Response:
        one = self.house.stays[request.path_params["id"]]
        if one.status not in ("confirmed", "assigned"):
            return refused("This is not possible.")
        self.house.set_stay(one, "cancelled")
        return Response(None, 204)


def actions(why_not: dict[str, str]) -> list[dict]:
    return [
        {
            "action": action,
            "isAllowed": not code,
            "reasons": [{"code": code, "message": "This is not possible."}] if code else [],
        }
        for action, code in why_not.items()
    ]
