"""What disk, databases and bus can do by themselves on this machine: the ceilings of every figure.

Each is measured for a moment with the settings that are shipped. Must not: know of visits.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import nats
import psycopg
from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy.servers.nats import NatsServer
from deploy.servers.postgres import PostgresServer

GROUP = 64
BODY = b"x" * 500
PAGE = b"x" * 4_096
FLYING = 64
STREAM = "CEILING"
SYNC = "2s"
"""As in `deploy/nats`."""


def ceilings(seconds: float = 2.0) -> dict[str, float]:
    """Operations a second, by name; each measured for so many seconds."""
    with tempfile.TemporaryDirectory(prefix="redcrown-ceilings-") as name:
        folder = Path(name)
        found = {"disk_fsync_s": _disk(folder / "file", seconds)}
        found |= _sqlite(folder / "store.db", seconds)
        found |= _postgresql(seconds)
        found |= asyncio.run(_bus(folder / "nats", seconds))
    return {name: round(value, 1) for name, value in found.items()}


def _rate(act: Callable[[], int], seconds: float) -> float:
    """What `act` does a second; it says how many it did."""
    began, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        done += act()
    return done / spent


def _disk(path: Path, seconds: float) -> float:
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def act() -> int:
        os.write(file, PAGE)
        os.fdatasync(file)
        return 1

    try:
        return _rate(act, seconds)
    finally:
        os.close(file)


def _sqlite(path: Path, seconds: float) -> dict[str, float]:
    store = sqlite3.connect(path, isolation_level=None)
    store.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB NOT NULL)"
    )

    def commit(many: int) -> int:
        store.execute("BEGIN IMMEDIATE")
        store.executemany("INSERT INTO rows (body) VALUES (?)", [(BODY,)] * many)
        store.execute("COMMIT")
        return many

    found = {
        "sqlite_single_s": _rate(lambda: commit(1), seconds),
        "sqlite_grouped_s": _rate(lambda: commit(GROUP), seconds),
    }
    store.close()
    return found


def _postgresql(seconds: float) -> dict[str, float]:
    server = PostgresServer()
    try:
        server.start()
        url = server.create_database("ceiling").replace("+psycopg", "")
        with psycopg.connect(url) as store:
            store.execute("CREATE TABLE rows (id bigserial PRIMARY KEY, body bytea NOT NULL)")

            def commit(many: int) -> int:
                with store.cursor() as cursor:
                    cursor.executemany("INSERT INTO rows (body) VALUES (%s)", [(BODY,)] * many)
                store.commit()
                return many

            return {
                "postgresql_single_s": _rate(lambda: commit(1), seconds),
                "postgresql_grouped_s": _rate(lambda: commit(GROUP), seconds),
            }
    finally:
        server.remove()


async def _bus(folder: Path, seconds: float) -> dict[str, float]:
    server = NatsServer(folder, sync=SYNC).start()
    try:
        asking, answering = await nats.connect(server.url), await nats.connect(server.url)
        found = {
            "nats_request_s": await _requests(asking, answering, seconds),
            "jetstream_publish_s": await _publishes(asking, seconds),
        }
        await asking.close()
        await answering.close()
        return found
    finally:
        server.stop()


async def _requests(asking: Client, answering: Client, seconds: float) -> float:
    async def answer(message: Msg) -> None:
        await message.respond(BODY)

    await answering.subscribe("ceiling.ask", cb=answer)
    await answering.flush()

    async def act() -> None:
        await asking.request("ceiling.ask", BODY, timeout=10)

    return await _together(act, seconds)


async def _publishes(client: Client, seconds: float) -> float:
    js = client.jetstream()
    await js.add_stream(name=STREAM, subjects=["ceiling.kept"])

    async def act() -> None:
        await js.publish("ceiling.kept", BODY, timeout=10)

    return await _together(act, seconds)


async def _together(act: Callable[[], Awaitable[object]], seconds: float) -> float:
    """`FLYING` of them at a time, for so long."""
    until, done = time.perf_counter() + seconds, 0

    async def one() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await act()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(FLYING)))
    return done / (time.perf_counter() - began)
