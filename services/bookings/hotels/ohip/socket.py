"""One WebSocket to a hotel's system: the library's, with bounds, and errors of ours for its own.

It goes the way of the hotel's HTTP client: the same address, the same authorities for TLS, and the
proxy of the environment.
Must not: know what is said over it, or open itself again.
"""

from __future__ import annotations

import asyncio

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidProxy, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from services.bookings.hotels.errors import Unavailable
from shared.chassis.limits import HOTEL_CONNECT_S, HOTEL_READ_S

BROKEN = 1006
"""The connection is gone, and nobody said why (RFC 6455, 7.1.5)."""
MESSAGE_BYTES = 256 * 1024
WRITE_S, CLOSE_S = 10.0, 5.0


class Gone(Exception):
    """The socket is closed; `code` is a close code, or the HTTP status of a refused handshake."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket:
    """An open WebSocket. One task reads; anybody may send."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire

    async def send(self, text: str) -> None:
        """Say something. Raises Gone."""
        try:
            async with asyncio.timeout(WRITE_S):
                await self._wire.send(text)
        except ConnectionClosed as closed:
            raise Gone(_code_of(closed)) from None
        except TimeoutError:
            raise Gone(BROKEN) from None

    async def receive(self, within_s: float) -> str | None:
        """The next message; None when there is none in time. Raises Gone."""
        try:
            async with asyncio.timeout(within_s):
                return await self._wire.recv(decode=True)
        except ConnectionClosed as closed:
            raise Gone(_code_of(closed)) from None
        except TimeoutError:
            return None

    async def close(self) -> None:
        """Give the connection back, with a word of good-bye if that still gets through."""
        try:
            async with asyncio.timeout(WRITE_S):
                await self._wire.close()
        except TimeoutError:
            self._wire.transport.abort()


class _Straight(connect):
    """The library's, but it goes nowhere else: what is said first over a stream are secrets."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def opened(client: httpx.AsyncClient, path: str, protocol: str, **params: str) -> Socket:
    """A WebSocket at a path of the client's address. Raises Gone with the status of a refusal,
    Unavailable when nobody was there, and ValueError for a proxy that cannot be used."""
    url = client.build_request("GET", path, params=params).url
    secure = url.scheme == "https"
    try:
        wire = await _Straight(
            str(url.copy_with(scheme="wss" if secure else "ws")),
            subprotocols=[Subprotocol(protocol)],
            ssl=httpx.create_ssl_context() if secure else None,
            compression=None,
            max_size=MESSAGE_BYTES,
            open_timeout=HOTEL_CONNECT_S + HOTEL_READ_S,
            close_timeout=CLOSE_S,
            ping_interval=None,  # Pings are the subprotocol's.
        )
    except InvalidStatus as refused:
        raise Gone(refused.response.status_code) from None
    except (ImportError, InvalidProxy) as error:
        raise ValueError(f"the proxy of the environment: {error}") from None
    except (OSError, WebSocketException) as error:
        raise Unavailable(type(error).__name__) from None
    return Socket(wire)


def _code_of(closed: ConnectionClosed) -> int:
    return BROKEN if closed.rcvd is None else closed.rcvd.code
