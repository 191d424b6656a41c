"""Our hotel's stream of business events, as OHIP's Streaming API guide says: WebSocket and
`graphql-transport-ws`, written for tests beside the client of bookings, not with it.

Faults of the house: `stream_silent` (no answer to a ping, and no events), `stream_cut` (the
connection breaks instead of an event), `stream_double`, `stream_swap` (an event comes after the
next one), `stream_lose`, `stream_refuse` (the token counts no more). `kept_from` is the oldest
offset that there still is.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

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
        self.all, self.came, self.open, self.known = streams, b"", False, False
        self.name = ""

    def connection_made(self, transport: Any) -> None:
        self.wire = transport
        self.streams = self.all[transport.get_extra_info("sockname")[1]]

    def connection_lost(self, _error: Exception | None) -> None:
        if self.streams.listener is self:
            self.streams.listener = None

    def data_received(self, data: bytes) -> None:
        self.came += data
        if not self.open:
            head, _, self.came = self.came.partition(b"\r\n\r\n")
            self.shake_hands(head.decode("latin-1").split("\r\n"))
        while (found := unpacked(self.came)) is not None:
            kind, body, self.came = found
            if kind == 8:
                self.wire.close()
            elif kind == 1:
                self.hear(json.loads(body))

    def shake_hands(self, lines: list[str]) -> None:
        headers = {k.lower(): v.strip() for k, _, v in (one.partition(":") for one in lines[1:])}
        asked = urlsplit(lines[0].split(" ")[1])
        key = hashlib.sha256(self.streams.desk.app_key.encode()).hexdigest()
        fits = (asked.path, parse_qs(asked.query)["key"]) == ("/subscriptions", [key])
        if not fits or headers["sec-websocket-protocol"] != "graphql-transport-ws":
            self.wire.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            self.wire.close()
            return
        salted = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(salted.encode()).digest()).decode()
        self.wire.write(
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-protocol: graphql-transport-ws\r\nsec-websocket-accept: "
            + accept.encode() + b"\r\n\r\n"
        )  # fmt: skip
        self.open = True

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
        body = json.dumps(message).encode()
        size = bytes([len(body)]) if len(body) < 126 else b"\x7e" + len(body).to_bytes(2)
        self.wire.write(b"\x81" + size + body)

    def end(self, code: int | None) -> None:
        """Close with a code; without one the connection breaks."""
        if self.streams.listener is self:
            self.streams.listener = None
        self.streams.seen.append(f"end {code}")
        if code is None:
            self.wire.abort()
        else:
            self.wire.write(b"\x88\x02" + code.to_bytes(2))
            self.wire.close()


def unpacked(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Kind and body of a client's first frame, and the rest."""
    if len(data) < 2:
        return None
    assert data[0] & 0x80 and data[1] & 0x80, "a client's frame is whole here, and masked"
    size, start = data[1] & 0x7F, 2
    if size == 126:
        size, start = int.from_bytes(data[2:4]), 4
    assert size < 1 << 16
    if len(data) < start + 4 + size:
        return None
    mask, body = data[start : start + 4], data[start + 4 : start + 4 + size]
    plain = bytes(one ^ mask[index % 4] for index, one in enumerate(body))
    return data[0] & 0x0F, plain, data[start + 4 + size :]
