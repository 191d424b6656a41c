"""A TCP proxy on loopback that can be slow, lossy, silent or rude.

Stands for the network: no rights needed, and it works where `tc netem` does not.
Must not: change a byte.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from tests.support.ports import free_port

CHUNK = 64 * 1024
AGAIN_S = (0.2, 1.0)
"""How long a lost packet holds up what comes behind it: TCP sends it again."""


class Proxy:
    """One listening port in front of one server."""

    def __init__(self, upstream: int, chance: random.Random) -> None:
        self.port, self._upstream, self._chance = free_port(), upstream, chance
        self.delay_s = 0.0
        """One way."""
        self.loss = 0.0
        """Of 1, per chunk."""
        self._forth, self._back = asyncio.Event(), asyncio.Event()
        self._forth.set()
        self._back.set()
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> Proxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def part(self, forth: bool = True, back: bool = True) -> None:
        """From now on nothing passes, and nobody is told: a partition. `forth` is towards the
        server; where only one of the two is parted, the other still carries, but no new connection
        comes about, for that takes both."""
        if forth:
            self._forth.clear()
        if back:
            self._back.clear()

    def heal(self) -> None:
        """Be a good network again; what was held up passes."""
        self.delay_s = self.loss = 0.0
        self._forth.set()
        self._back.set()

    def reset(self) -> None:
        """Cut every connection."""
        for line in list(self._lines):
            line.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._forth.wait()
            await self._back.wait()
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._upstream)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
            return
        both = {writer, far}
        self._lines |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, far, self._forth))
                group.create_task(self._carry(far_reader, writer, self._back))
        except* (OSError, EOFError):
            pass
        finally:
            self._lines -= both
            for one in both:
                one.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, open_: asyncio.Event
    ) -> None:
        """One direction. In order, as TCP is: a late chunk holds up those behind it. The end of it
        comes last, and not through a partition either."""
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)

        async def deliver() -> None:
            while True:
                due, data = await line.get()
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                await open_.wait()
                if not data or sink.is_closing():
                    raise EOFError
                sink.write(data)
                await sink.drain()

        due, data = 0.0, b"."
        # Together: who reads on must not wait for room behind one that delivers no more.
        async with asyncio.TaskGroup() as group:
            group.create_task(deliver())
            while data:
                data = await _read(source)
                due = max(due, asyncio.get_running_loop().time() + self.delay_s)
                if self._chance.random() < self.loss:
                    due += self._chance.uniform(*AGAIN_S)
                await line.put((due, data))


async def _read(source: asyncio.StreamReader) -> bytes:
    """What came next; nothing where it has ended, however that was."""
    with suppress(OSError):
        return await source.read(CHUNK)
    return b""
