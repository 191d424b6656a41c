"""Where connections to a process's HTTP side come in: all that wait, a handful at a time.

libuv takes one connection in each turn of its loop. A turn is long while hundreds of kept
connections have requests, so whoever comes new would wait for minutes, unseen by everything that
says "come back later". Here a turn takes in up to `limits.CONNECTIONS_A_TURN`.

Must not: know what is spoken on a connection, but for the one "no" beyond the bound.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from shared.chassis import limits

FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n"
    b"Retry-After: %d\r\n\r\n" % limits.CONNECTIONS_AGAIN_S
)


class Entrance:
    """Listens on every address that a host's name has; raises OSError where it cannot.

    `made` makes the protocol of a connection, `held` counts those that are open.
    """

    def __init__(
        self, made: Callable[[], asyncio.Protocol], held: Callable[[], int],
        tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._made, self._held, self._tls = made, held, tls
        self._loop = asyncio.get_running_loop()
        self._most = most_connections()
        self._coming: set[asyncio.Task[object]] = set()
        self.sockets: list[socket.socket] = []

    async def open(self, host: str, port: int, waiting: int) -> None:
        """From here on connections are taken in; `waiting` of them the kernel keeps meanwhile."""
        found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        try:
            for family, _kind, _protocol, _name, address in dict.fromkeys(found):
                one = socket.create_server(address[:2], family=family, backlog=waiting)
                one.setblocking(False)
                self.sockets.append(one)
        except OSError:
            self.close()
            raise
        for one in self.sockets:
            self._loop.add_reader(one, self._take, one)

    def close(self) -> None:
        """Take nobody in any more. Those who are in stay."""
        for one in self.sockets:
            self._loop.remove_reader(one)
            one.close()

    async def wait_closed(self) -> None:
        """Until those who were at the door are in."""
        await asyncio.gather(*self._coming, return_exceptions=True)

    def _take(self, listening: socket.socket) -> None:
        for _ in range(limits.CONNECTIONS_A_TURN):
            try:
                one, _address = listening.accept()
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # It went before it was in.
            except OSError:
                self._rest(listening)
                return
            if self._held() + len(self._coming) < self._most:
                self._let_in(one)
            else:
                with suppress(OSError), one:
                    one.setblocking(False)
                    one.send(FULL)

    def _let_in(self, one: socket.socket) -> None:
        one.setblocking(False)
        task = self._loop.create_task(
            self._loop.connect_accepted_socket(self._made, one, ssl=self._tls)
        )
        self._coming.add(task)
        task.add_done_callback(self._came)

    def _came(self, task: asyncio.Task[object]) -> None:
        self._coming.discard(task)
        if not task.cancelled():
            task.exception()  # Whoever does not speak TLS as it should is out again; no news.

    def _rest(self, listening: socket.socket) -> None:
        """The process has no file left for a connection: those who wait, wait."""
        self._loop.remove_reader(listening)
        self._loop.call_later(limits.CONNECTIONS_REST_S, self._go_on, listening)

    def _go_on(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self._loop.add_reader(listening, self._take, listening)


def most_connections() -> int:
    """`limits.CONNECTIONS`, or fewer where the system gives a process fewer files. Of what it may
    have by right (the hard limit) nothing is left unasked for: many systems begin with 1,024."""
    wanted = limits.CONNECTIONS + limits.FILES_KEPT
    files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files < wanted and files != resource.RLIM_INFINITY:
        files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    files = wanted if files == resource.RLIM_INFINITY else files
    return min(limits.CONNECTIONS, max(1, files - limits.FILES_KEPT))
