"""Our hotel's stream of business events, as OHIP's Streaming API guide says: WebSocket and
`graphql-transport-ws`, written for tests beside the client of bookings, not with it.

Faults of the house: `stream_silent` (no answer to a ping, and no events), `stream_cut` (the
connection breaks instead of an event), `stream_double`, `stream_swap` (an event comes after the
next one), `stream_lose`, `stream_refuse` (the token counts no more). `kept_from` is the oldest
offset that there still is.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

if TYPE_CHECKING:
    from tests.hotels.house import Event
    from tests.hotels.ohip_desk import OhipDesk

ASKED = re.compile(r'newEvent\(input: \{ chainCode: "([^"]*)"(?: offset: "(\d+)")? \}\) \{ (.*) \}')
CHAIN = "REDCROWN"


class Streams:
    """The one stream of a hotel, and who listens to it."""

    def __init__(self, desk: OhipDesk) -> None:
        self.desk, self.house = desk, desk.house
        self.listener: Line | None = None
        self.kept_from = 1
        self.late: list[int] = []
        self.seen: list[str] = []
        """What was asked for, and how each connection ended: offsets and codes."""
        self.house.ears.append(self.told)

    def told(self, event: Event) -> None:
        line, house, offset = self.listener, self.house, len(self.house.events)
        if line is None or house.due("stream_lose"):
            return
        if house.due("stream_cut"):
            line.end(None)
        elif house.due("stream_swap"):
            self.late.append(offset)
        elif house.faults["stream_silent"] <= 0:
            for _ in range(2 if house.due("stream_double") else 1):
                line.next(offset)
            while self.late:
                line.next(self.late.pop())


def speaking(streams: dict[int, Streams]) -> type[asyncio.Protocol]:
    """What uvicorn hands a connection to that wants to be a WebSocket."""

    class Speaks(Line):
        def __init__(self, config: Any, **_more: Any) -> None:
            super().__init__(streams)

    return Speaks


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, streams: dict[int, Streams]) -> None:
        self.all, self.known, self.name = streams, False, ""
        self.talk = ServerProtocol(subprotocols=[Subprotocol("graphql-transport-ws")])

    def connection_made(self, transport: Any) -> None:
        self.wire = transport
        self.streams = self.all[transport.get_extra_info("sockname")[1]]

    def connection_lost(self, _error: Exception | None) -> None:
        if self.streams.listener is self:
            self.streams.listener = None

    def data_received(self, data: bytes) -> None:
        self.talk.receive_data(data)
        for one in self.talk.events_received():
            if isinstance(one, Request):
                self.shake_hands(one)
            elif isinstance(one, Frame) and one.opcode is Opcode.TEXT and self.talk.state is OPEN:
                self.hear(json.loads(one.data))
        self.flush()

    def flush(self) -> None:
        for data in self.talk.data_to_send():
            self.wire.write(data) if data else self.wire.close()

    def shake_hands(self, request: Request) -> None:
        asked = urlsplit(request.path)
        key = hashlib.sha256(self.streams.desk.app_key.encode()).hexdigest()
        fits = (asked.path, parse_qs(asked.query)["key"]) == ("/subscriptions", [key])
        answer = self.talk.accept(request) if fits else self.talk.reject(400, "")
        self.talk.send_response(answer)

    def hear(self, said: dict[str, Any]) -> None:
        kind, house = said["type"], self.streams.house
        if kind == "connection_init":
            told = said["payload"]
            token = told["Authorization"].removeprefix("Bearer ")
            good = token in self.streams.desk.tokens and not house.due("stream_refuse")
            self.known = good and told["x-app-key"] == self.streams.desk.app_key
            self.say({"type": "connection_ack"}) if self.known else self.end(4403)
        elif kind == "ping" and house.faults["stream_silent"] <= 0:
            self.say({"type": "pong"})
        elif kind == "subscribe":
            self.subscribe(said)
        elif kind == "complete":
            self.end(1000)

    def subscribe(self, said: dict[str, Any]) -> None:
        asked = ASKED.search(said["payload"]["query"])
        if not self.known or asked is None or asked[1] != CHAIN:
            self.end(4400)
            return
        if self.streams.listener is not None:
            self.end(4409)
            return
        self.name, self.streams.listener = said["id"], self
        self.streams.seen.append(asked[2] or "")
        for offset in range(int(asked[2] or 1), len(self.streams.house.events) + 1):
            if offset >= self.streams.kept_from:
                self.next(offset)
        self.say({"type": "ping"})

    def next(self, offset: int) -> None:
        event = self.streams.house.events[offset - 1]
        module = {"stay": "RESERVATION", "block": "BLOCK"}.get(event.entity, "PROFILE")
        one = {
            "metadata": {"offset": str(offset), "uniqueEventId": event.id},
            "moduleName": module, "eventName": event.what, "primaryKey": event.target,
            "timestamp": event.at.isoformat(), "hotelId": self.streams.desk.hotel,
        }  # fmt: skip
        self.say({"id": self.name, "type": "next", "payload": {"data": {"newEvent": one}}})

    def say(self, message: dict[str, Any]) -> None:
        self.talk.send_text(json.dumps(message).encode())
        self.flush()

    def end(self, code: int | None) -> None:
        """Close with a code; without one the connection breaks."""
        if self.streams.listener is self:
            self.streams.listener = None
        self.streams.seen.append(f"end {code}")
        if code is None:
            self.wire.abort()
        else:
            self.talk.send_close(code)
            self.flush()
