"""One WebSocket, opened over the hotel's own HTTP client: its TLS, its time-outs, its proxy.

Owns: the handshake, control frames, and one write at a time.
Must not: know what is said over it, or open itself again.
"""

from __future__ import annotations

import asyncio
import base64
import os
from typing import Any

import httpcore
import httpx

from services.bookings.hotels.errors import Unavailable
from services.bookings.hotels.ohip import frames
from services.bookings.hotels.ohip.frames import CLOSE, PING, PONG, TEXT, Frame, NotWebSocket

BROKEN = 1006
"""The connection is gone, and nobody said why (RFC 6455, 7.1.5)."""
MESSAGE_BYTES = 256 * 1024
READ_BYTES = 64 * 1024
WRITE_S = 10.0
SWITCHING = 101


class Gone(Exception):
    """The socket is closed; `code` is a close code, or the HTTP status of a refused handshake."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket:
    """An open WebSocket. One task reads; anybody may send."""

    def __init__(self, response: httpx.Response) -> None:
        """`response` is the one that switched protocols; it holds the connection."""
        self._response = response
        self._wire: Any = response.extensions["network_stream"]
        self._came = b""
        self._parts: bytes | None = None
        self._writing = asyncio.Lock()

    async def send(self, text: str) -> None:
        """Say something. Raises Gone."""
        await self._write(TEXT, text.encode())

    async def receive(self, within_s: float) -> str | None:
        """The next message; None when there is none in time. Raises Gone."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            try:
                one, self._came = frames.first_of(self._came, MESSAGE_BYTES)
                if one is not None:
                    message = await self._taken(one)
                    if message is not None:
                        return message
                    continue
            except NotWebSocket:
                raise Gone(BROKEN) from None
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0 or not await self._more(left_s):
                return None

    async def close(self) -> None:
        """Give the connection back, with a word of good-bye if that still gets through."""
        try:
            await self._write(CLOSE, (1000).to_bytes(2))
        except Gone:
            pass
        finally:
            await self._response.aclose()

    async def _taken(self, one: Frame) -> str | None:
        if one.kind == CLOSE:
            raise Gone(frames.code_of(one))
        if one.kind == PING:
            await self._write(PONG, one.body)
        elif one.kind != PONG:
            self._parts, message = frames.joined(self._parts, one, MESSAGE_BYTES)
            return message
        return None

    async def _more(self, within_s: float) -> bool:
        """Whether something arrived in time."""
        try:
            came = await self._wire.read(READ_BYTES, timeout=within_s)
        except httpcore.ReadTimeout:
            return False
        except (httpcore.NetworkError, httpcore.TimeoutException, OSError):
            raise Gone(BROKEN) from None
        if not came:
            raise Gone(BROKEN)
        self._came += came
        return True

    async def _write(self, kind: int, body: bytes) -> None:
        async with self._writing:
            try:
                await self._wire.write(frames.packed(kind, body, os.urandom(4)), timeout=WRITE_S)
            except (httpcore.NetworkError, httpcore.TimeoutException, OSError):
                raise Gone(BROKEN) from None


async def opened(client: httpx.AsyncClient, path: str, protocol: str, **params: str) -> Socket:
    """A WebSocket at a path of the client's address. Raises Gone with the status of a refusal, and
    Unavailable when nobody was there."""
    key = base64.b64encode(os.urandom(16)).decode()
    headers = {
        "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
        "sec-websocket-key": key, "sec-websocket-protocol": protocol,
    }  # fmt: skip
    try:
        asked = client.build_request("GET", path, params=params, headers=headers)
        response = await client.send(asked, stream=True)
    except httpx.HTTPError as error:
        raise Unavailable(type(error).__name__) from None
    said = response.headers
    fits = said.get("sec-websocket-accept") == frames.accept_of(key)
    if response.status_code != SWITCHING or not fits:
        await response.aclose()
        raise Gone(response.status_code)
    return Socket(response)
