"""What every hotel of ours has besides its dialect: faults of the wire, and a door for tests.

`/_control/...` belongs to the test, not to the dialect: it flips faults, lets staff act, moves the
business date, and has webhooks sent doubled, late, reordered or not at all.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import date
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.hotels.house import OPEN, Event, House
from tests.hotels.windows import SlidingWindow

READS = ("search-availability", "/tokens", "/token")
"""What is sent like a write and is none."""


class Wire:
    """Faults between a good answer and its reader. Control calls pass untouched."""

    def __init__(self, app: ASGIApp, house: House, streams: Any = None) -> None:
        """`streams`: what tells of events over a WebSocket, at a hotel that does."""
        self.app, self.house, self.streams = app, house, streams
        self.under_way: list[tuple[Scope, list[Message]]] = []
        """Requests that arrive late: their senders know no more than that nothing came back."""

    async def arrive(self) -> None:
        """What is under way arrives now. Nobody waits for the answers."""
        while self.under_way:
            scope, messages = self.under_way.pop(0)
            told = iter(messages)

            async def receive(told: Iterator[Message] = told) -> Message:
                return next(told)

            await self.app(scope, receive, self._nowhere)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self.app(scope, receive, send)
            return
        house = self.house
        if house.slow_s:
            await asyncio.sleep(house.slow_s)
        writes = scope["method"] != "GET" and not scope["path"].endswith(READS)
        if house.faults["down"] > 0:
            await PlainTextResponse("", 503)(scope, receive, send)
        elif house.limit is not None and not house.limit.passes(time.monotonic()):
            await Response("", 429, {"retry-after": "0.1"})(scope, receive, send)
        elif house.due("put_off"):
            headers = {"retry-after": "0.01"}
            await Response("", 429, headers)(scope, receive, send)
        elif writes and house.faults["forbid"] > 0:
            await PlainTextResponse("", 403)(scope, receive, send)
        elif writes and house.due("lose_request"):
            await self._cut(send)
        elif writes and house.due("late"):
            self.under_way.append((scope, [one async for one in _all(receive)]))
            await self._cut(send)
        elif writes and house.due("lose_answer"):
            await self.app(scope, receive, self._nowhere)
            await self._cut(send)
        elif house.due("garbage"):
            await self.app(scope, receive, self._nowhere)
            await PlainTextResponse("<html>maintenance</html>", 200)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    @staticmethod
    async def _nowhere(message: Message) -> None:
        pass

    @staticmethod
    async def _cut(send: Send) -> None:
        """Promise a body and never send it: the server closes the connection."""
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _all(receive: Receive) -> AsyncIterator[Message]:
    """The whole of a request."""
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        yield message


Signed = Callable[[Event], tuple[dict[str, str], bytes]]


def control(house: House, signed: Signed | None) -> list[Route]:
    """The door for tests."""

    async def act(request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        name = request.path_params["act"]
        answer = await ACTS[name](house, body, signed)
        return JSONResponse(answer)

    return [Route("/_control/{act}", act, methods=["POST"])]


async def _faults(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    house.faults.clear()
    house.faults.update(body)
    return dict(house.faults)


async def _slow(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    """Each answer takes so long, until another time is given."""
    house.slow_s = float(body["seconds"])
    return house.slow_s


async def _limit(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    """Answer 429 past `most` calls in any `window_s` seconds; without `most`, to none. How many
    were answered so under the limit before."""
    refused = house.limit.refused if house.limit is not None else 0
    window_s = body.get("window_s", 1.0)
    house.limit = SlidingWindow(body["most"], window_s) if "most" in body else None
    return refused


async def _quirks(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    house.quirks = set(body["on"])
    return sorted(house.quirks)


async def _quirks_now(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    return sorted(house.quirks)


async def _day(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    house.business_date = date.fromisoformat(body["date"])
    return {"released": house.cut_offs()}


async def _staff(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    """Staff act on a reservation: by our reference, or all of them."""
    acted = [
        one
        for one in house.stays.values()
        if body.get("reference") in (None, reference_of(house, one)) and one.status != "cancelled"
    ]
    for one in acted:
        house.set_stay(one, body["status"])
        if body["status"] in ("assigned", "checked_in"):
            one.room = body.get("room", "812")
    return len(acted)


async def _staff_blocks(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    """Staff change open blocks by themselves: their status, or their rooms of each night. All of
    them, or those whose first night is `first`."""
    acted = [
        one
        for one in house.blocks.values()
        if one.status in OPEN and body.get("first") in (None, str(one.first))
    ]
    for one in acted:
        if "rooms" in body:
            one.allotted = dict.fromkeys(one.allotted, body["rooms"])
            house.touch_block(one, "inventory_set")
        if "status" in body:
            house.set_block(one, body["status"])
    return len(acted)


def reference_of(house: House, stay: Any) -> str | None:
    guest = house.guests.get(stay.guest)
    return stay.reference or (guest.reference if guest else None)


async def _others(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    """Somebody else takes rooms out of sale."""
    house.rooms[body["kind"]] -= body["rooms"]
    return house.rooms[body["kind"]]


async def _count(house: House, body: dict[str, Any], _signed: Signed | None) -> Any:
    """What the house truly has, for assertions: reservations by reference, and blocks."""
    stays = [
        {
            "reference": reference_of(house, one),
            "status": one.status,
            "guest": house.guests[one.guest].family if one.guest in house.guests else None,
            "sharers": [house.guests[each].family for each in one.sharers],
            "arrival": str(one.arrival),
            "departure": str(one.departure),
        }
        for one in house.stays.values()
    ]
    blocks = [
        {
            "reference": one.reference,
            "name": one.name,
            "status": one.status,
            "rooms": sum(one.allotted.values()),
            "first": str(one.first),
        }
        for one in house.blocks.values()
    ]
    return {"stays": stays, "blocks": blocks, "queue": len(house.queue)}


async def _webhooks(house: House, body: dict[str, Any], signed: Signed | None) -> Any:
    """Send the last events to `url`: each `times`, shuffled by `seed`, without those `lost`. Those
    `late` are kept back, and sent before all others the next time."""
    assert signed is not None, "this dialect calls nobody"
    last = house.events[-body["last"] :] if body["last"] else []
    calls = [signed(one) for one in last]
    lost, late = (body.get(name, []) for name in ("lost", "late"))
    told = [one for number, one in enumerate(calls) if number not in (*lost, *late)]
    told *= body.get("times", 1)
    random.Random(body.get("seed", 0)).shuffle(told)
    told, house.late = house.late + told, [calls[number] for number in late]
    async with httpx.AsyncClient() as client:
        for headers, content in told:
            await client.post(body["url"], headers=headers, content=content)
    return len(told)


Act = Callable[[House, dict[str, Any], Signed | None], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "faults": _faults,
    "slow": _slow,
    "limit": _limit,
    "quirks": _quirks,
    "quirks_now": _quirks_now,
    "day": _day,
    "staff": _staff,
    "staff_blocks": _staff_blocks,
    "others": _others,
    "count": _count,
    "webhooks": _webhooks,
}
