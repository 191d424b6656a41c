"""Kept connections to the console, each with one request under way at most.

Raw HTTP/1.1 over asyncio: a request costs a tenth of a millisecond here, so that one process can
offer many times what the system carries, and its own queues never become what is measured.

Must not: decide what is sent, or when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MOST_HEADER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in lower case, body. Status 0: there was none in time."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


NONE = Answer(0)
_GONE = (ConnectionError, EOFError)


class Lane:
    """One connection; made anew after a break."""

    def __init__(self, address: str, headers: Mapping[str, str], answer_within_s: float) -> None:
        parts = urlsplit(address)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        told = {"Host": parts.netloc, "Content-Type": "application/json", **headers}
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._within_s = answer_within_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, key: str, body: bytes) -> Answer:
        """Send, and wait for the answer. `NONE` when the connection broke or time was up.

        A kept connection may have been closed by the other side since it was used last, as HTTP
        allows: then the request goes out once more on a new one, under the same key.
        """
        head = (
            f"POST {path} HTTP/1.1\r\n{self._fixed}Idempotency-Key: {key}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(self._within_s):
                kept = self._streams is not None
                try:
                    return await self._exchange(head.encode() + body)
                except _GONE:
                    self.close()
                    if not kept:
                        raise
                    return await self._exchange(head.encode() + body)
        except (OSError, TimeoutError, EOFError, ValueError):
            self.close()
            return NONE

    async def _exchange(self, request: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._host, self._port, limit=MOST_HEADER_BYTES
            )
        reader, writer = self._streams
        writer.write(request)
        answer = await _read(reader)
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        """Give the connection up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _read(reader: asyncio.StreamReader) -> Answer:
    """One answer with a Content-Length. Raises EOFError, ValueError for another one."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(status, headers, body)
