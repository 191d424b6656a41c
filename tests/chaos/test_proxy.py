"""The proxy does to a connection what it says, and nothing to a byte."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.chaos.proxy import Proxy
from tests.support.ports import free_port

BODY = bytes(range(256)) * 2_000


Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def in_front_of(serve: Server) -> AsyncIterator[Proxy]:
    port = free_port()
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    made = await Proxy(port, random.Random(1)).start()
    yield made
    await made.stop()
    server.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """In front of a server that sends back what it gets."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4_096):
            writer.write(data)
            await writer.drain()
        writer.close()

    async with in_front_of(echo) as made:
        yield made


async def ask(proxy: Proxy, body: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(body)
    answer = await reader.readexactly(len(body))
    writer.close()
    return answer


async def test_bytes_arrive_as_they_are_also_when_it_is_slow_and_lossy(proxy: Proxy) -> None:
    assert await ask(proxy, BODY) == BODY
    proxy.delay_s, proxy.loss = 0.05, 0.05
    before = asyncio.get_running_loop().time()
    assert await ask(proxy, BODY) == BODY
    assert asyncio.get_running_loop().time() - before >= 0.1, "there and back"


async def test_a_partition_is_silent_and_heals(proxy: Proxy) -> None:
    proxy.part()
    asked = asyncio.create_task(ask(proxy, b"hello"))
    await asyncio.wait({asked}, timeout=0.3)
    assert not asked.done()
    proxy.heal()
    assert await asked == b"hello"


async def test_what_is_parted_one_way_still_carries_the_other(proxy: Proxy) -> None:
    for forth in (True, False):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"
        proxy.part(forth=forth, back=not forth)
        writer.write(b"more")
        answer = asyncio.create_task(reader.readexactly(4))
        strange = asyncio.create_task(ask(proxy, b"new"))
        await asyncio.wait({answer, strange}, timeout=0.3)
        assert not answer.done() and not strange.done(), "what comes about takes both directions"
        proxy.heal()
        assert (await answer, await strange) == (b"more", b"new")
        writer.close()


async def test_a_server_hears_what_its_client_says_while_it_is_not_heard() -> None:
    heard = asyncio.Queue[bytes]()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4_096):
            await heard.put(data)
            writer.write(b"heard")
        writer.close()

    async with in_front_of(hear) as wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        writer.write(b"one")
        assert (await heard.get(), await reader.readexactly(5)) == (b"one", b"heard")
        wire.part(forth=False)
        writer.write(b"two")
        assert await heard.get() == b"two"
        answer = asyncio.create_task(reader.readexactly(5))
        await asyncio.wait({answer}, timeout=0.3)
        assert not answer.done()
        wire.heal()
        assert await answer == b"heard"
        writer.close()


async def test_who_goes_during_a_partition_is_missed_when_it_heals(proxy: Proxy) -> None:
    goes, comes = asyncio.Event(), asyncio.Queue[bytes]()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4_096):
            await comes.put(data)
        goes.set()
        writer.close()

    async with in_front_of(hear) as wire:
        _reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        writer.write(b"hello")
        assert await comes.get() == b"hello"
        wire.part()
        writer.write(b"last")
        writer.close()
        # What ends later, on a wire that is whole, has ended for all to see: so would this have.
        assert await ask(proxy, b"meanwhile") == b"meanwhile"
        assert comes.empty() and not goes.is_set()
        wire.heal()
        assert await comes.get() == b"last"
        await goes.wait()


async def test_a_reset_ends_connections(proxy: Proxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    proxy.reset()
    with pytest.raises(ConnectionError):
        writer.write(b"more")
        if not await reader.read():
            raise ConnectionError
    writer.close()
