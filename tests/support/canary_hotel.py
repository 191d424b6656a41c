"""A hotel with a system, told who comes: for the search that finds the names nowhere else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from deploy.client import Client
from tests.hotels.running import HotelProcess
from tests.support.console import bearer
from tests.support.specs import spec

HOTEL, VISIT = "hubin-hotel", "linked-2027-09"
ROSTER = f"/v1/visits/{VISIT}/roster"


def link_to(hotel: HotelProcess) -> dict[str, Any]:
    """As the file of links has it."""
    link: dict[str, Any] = json.loads(hotel.link().model_dump_json())
    return {**link, "hotel": HOTEL}


def is_told(console: str, token: str, hotel: HotelProcess, person: Mapping[str, Any]) -> None:
    """A visit there is booked, its guest is named to the hotel, replaced in place, and erased."""
    need = {"id": "rooms", "kind": "room", "singles": 1, "hotel": HOTEL, "hotel_only": True}
    wanted = spec(VISIT, need, last_day="2027-09-15", guests=1)
    guest = {**person, "room_need": "day/rooms"}
    with httpx.Client(base_url=console, timeout=60, headers=bearer(token)) as http:
        revision = put(http, guest, {})
        client = Client(console, token)
        client.submit(wanted.model_dump_json())
        client.wait_for(VISIT, lambda view: view["phase"] == "ready")
        client.close()
        until(lambda: names(hotel) == [person["family_name"]], lambda: names(hotel))
        [first] = stays(hotel)
        other = {"family_name": "Quillwort", "given_name": "Ann", "room_need": "day/rooms"}
        put(http, other, {"If-Match": revision})
        until(lambda: names(hotel) == ["Quillwort"], lambda: names(hotel))
        assert [one["reference"] for one in stays(hotel)] == [first["reference"]], "in place"
        [row] = http.get(ROSTER, params={"purpose": "desk"}).json()["guests"]
        assert http.delete(f"{ROSTER}/guests/{row['guest']}").status_code == 204
        until(lambda: names(hotel) == [], lambda: names(hotel))
        audit = http.get("/v1/guests/audit", params={"visit": VISIT}).json()["entries"]
    looks = [one for one in audit if one["purpose"] == "hotel-registration"]
    assert {one["actor"] for one in looks} == {f"hotel:{HOTEL}"}
    assert {one["cause"] for one in looks} == {first["reference"].partition("r1")[0]}, "the order"


def put(http: httpx.Client, row: Mapping[str, Any], headers: dict[str, str]) -> str:
    """The roster is this one guest; its revision after that."""
    answer = http.put(ROSTER, json={"guests": [dict(row)]}, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.headers["etag"])


def stays(hotel: HotelProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hotel.act("count")["stays"]
    return [one for one in found if one["status"] != "cancelled"]


def names(hotel: HotelProcess) -> list[Any]:
    return [one["guest"] for one in stays(hotel)]


def until(true: Callable[[], bool], shown: Callable[[], object]) -> None:
    """Wait for a thing to be true."""
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline, shown()
        time.sleep(0.1)
