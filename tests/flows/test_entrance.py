"""Who comes new is let in at once, also while hundreds of others keep the loop busy."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import pytest
import uvloop

from shared.chassis import entrance as subject
from shared.chassis import limits
from shared.chassis.entrance import Entrance, most_connections

LOOPBACK = "127.0.0.1"
WAITING = 64
GUESTS = 40
SOON_S = 30.0


class Hall(asyncio.Protocol):
    """Says hello, and remembers in which turn of the loop it did."""

    def __init__(self, turns: list[int], now: Callable[[], int]) -> None:
        self._turns, self._now = turns, now

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._turns.append(self._now())
        cast(asyncio.Transport, transport).write(b"hello")


def played(scene: Callable[[], Coroutine[None, None, None]]) -> None:
    """On the loop that services have."""
    uvloop.run(scene())


@contextmanager
def outside(port: int, many: int) -> Iterator[list[socket.socket]]:
    """Connections that the kernel has, and the process has not taken in yet."""
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection((LOOPBACK, port))) for _ in range(many)]


async def opened(turns: list[int], now: Callable[[], int] = lambda: 0) -> tuple[Entrance, int]:
    one = Entrance(lambda: Hall(turns, now), lambda: len(turns))
    await one.open(LOOPBACK, 0, WAITING)
    return one, one.sockets[0].getsockname()[1]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():
            await asyncio.sleep(0.005)


async def heard(one: socket.socket, many: int) -> bytes:
    one.setblocking(False)
    async with asyncio.timeout(SOON_S):
        return await asyncio.get_running_loop().sock_recv(one, many)


def test_all_who_wait_come_in_within_a_few_turns_of_a_busy_loop() -> None:
    """libuv by itself takes forty turns for them."""

    async def scene() -> None:
        turns: list[int] = []
        turn = 0
        loop = asyncio.get_running_loop()

        def busy() -> None:
            nonlocal turn
            turn += 1
            if len(turns) < GUESTS:
                loop.call_soon(busy)

        one, port = await opened(turns, lambda: turn)
        with outside(port, GUESTS) as guests:
            busy()
            await until(lambda: len(turns) == GUESTS)
            assert max(turns) - min(turns) < GUESTS / 4
            assert [await heard(guest, 5) for guest in guests] == [b"hello"] * GUESTS
        one.close()
        await one.wait_closed()

    played(scene)


def test_beyond_its_bound_it_says_no_and_when_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 3)

    async def scene() -> None:
        turns: list[int] = []
        one, port = await opened(turns)
        with outside(port, 5) as guests:
            answers = [await heard(guest, 200) for guest in guests]
        assert answers[:3] == [b"hello"] * 3
        for answer in answers[3:]:
            head = answer.decode().split("\r\n")
            assert head[0].startswith("HTTP/1.1 503 ")
            assert f"Retry-After: {limits.CONNECTIONS_AGAIN_S}" in head
        assert len(turns) == 3
        one.close()

    played(scene)


def test_without_a_file_left_it_rests_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_REST_S", 0.02)
    rested = []
    rest = Entrance._rest
    monkeypatch.setattr(
        subject.Entrance, "_rest", lambda self, one: (rested.append(one), rest(self, one))
    )

    async def scene() -> None:
        turns: list[int] = []
        one, port = await opened(turns)
        files, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with outside(port, 1) as guests:
            highest = max(int(one.name) for one in Path("/proc/self/fd").iterdir())
            filled = [os.dup(0) for _ in range(highest)]
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(filled), hard))
            try:
                await until(lambda: len(rested) > 1)
                assert turns == []
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
                for fd in filled:
                    os.close(fd)
            assert await heard(guests[0], 5) == b"hello"
        one.close()

    played(scene)


def test_a_closed_entrance_lets_nobody_in_and_gives_its_address_back() -> None:
    async def scene() -> None:
        one, port = await opened([])
        with pytest.raises(OSError):
            await Entrance(asyncio.Protocol, lambda: 0).open(LOOPBACK, port, WAITING)
        one.close()
        with pytest.raises(ConnectionRefusedError), outside(port, 1):
            pass
        again = Entrance(asyncio.Protocol, lambda: 0)
        await again.open(LOOPBACK, port, WAITING)
        again.close()

    played(scene)


def test_a_process_asks_for_the_files_it_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, both: asked.append((kind, both)))
    wanted = limits.CONNECTIONS + limits.FILES_KEPT

    def allowed(soft: int, hard: int) -> int:
        monkeypatch.setattr(resource, "getrlimit", lambda _kind: (soft, hard))
        return most_connections()

    assert allowed(1024, 4096) == 4096 - limits.FILES_KEPT
    assert allowed(1024, resource.RLIM_INFINITY) == limits.CONNECTIONS
    assert allowed(1_000_000, 1_000_000) == limits.CONNECTIONS
    assert allowed(100, 100) == 1
    assert asked[:2] == [
        (resource.RLIMIT_NOFILE, (4096, 4096)),
        (resource.RLIMIT_NOFILE, (wanted, resource.RLIM_INFINITY)),
    ]
