"""The servers of the tests are real: they keep what they promised over a crash."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import nats
import psycopg
import pytest
from nats.js.api import StorageType, StreamConfig
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.support.nats import NatsCluster, NatsServer
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer

T = TypeVar("T")


def ask(url: str, question: str) -> object:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(question)).scalar()
    finally:
        engine.dispose()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        yield server.start()
    finally:
        server.remove()


def test_a_fresh_store_answers_and_is_empty(store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_here (id INTEGER)"))
        connection.execute(text("INSERT INTO only_here VALUES (7)"))
    engine.dispose()
    assert ask(store_url, "SELECT sum(id) FROM only_here") == 7


def test_postgres_syncs_to_disk(postgres: PostgresServer) -> None:
    assert ask(postgres.url("postgres"), "SHOW fsync") == "on"


def test_a_database_belongs_to_its_role(postgres: PostgresServer) -> None:
    url = postgres.create_database("owned", role="owner_role")
    assert ask(url, "SELECT current_user") == "owner_role"
    with pytest.raises(DBAPIError):
        ask(url, "CREATE ROLE another")


def burn(dsn: str) -> None:
    with suppress(psycopg.OperationalError), psycopg.connect(dsn) as connection:
        connection.execute("SELECT sum(sqrt(i)) FROM generate_series(1, 200000000) AS i")


def test_postgres_keeps_commits_over_a_crash(own_postgres: PostgresServer) -> None:
    url = own_postgres.create_database()
    dsn = url.replace("+psycopg", "")
    busy = psycopg.connect(dsn)
    busy.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id")
    busy.commit()
    busy.execute("INSERT INTO kept VALUES (-1)")  # never committed
    burning = threading.Thread(target=burn, args=(dsn,), daemon=True)  # outlives a postmaster
    burning.start()
    time.sleep(0.5)
    own_postgres.kill()
    burning.join(60)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn, connect_timeout=2)
    own_postgres.start()
    assert ask(url, "SELECT count(*) FROM kept") == 1000


async def test_nats_keeps_acknowledged_messages_over_a_kill(bus: NatsServer) -> None:
    client = await nats.connect(bus.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    js = client.jetstream()
    await js.add_stream(name="KEPT", subjects=["kept.>"])
    for number in range(20):
        await js.publish("kept.it", str(number).encode(), timeout=30)
    bus.kill()
    bus.start()
    assert await messages(client) == 20
    bus.kill()
    bus.wipe()
    bus.start()
    assert await messages(client) is None
    await client.close()


async def messages(client: nats.NATS, within_s: float = 60) -> int | None:
    """How many messages the stream holds; None where there is no such stream."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            return (await client.jetstream(timeout=5).stream_info("KEPT")).state.messages
        except nats.js.errors.NotFoundError:
            return None
        except (nats.errors.Error, TimeoutError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)


async def test_a_cluster_of_three_goes_on_without_one(tmp_path: Path) -> None:
    cluster = NatsCluster(tmp_path)
    try:
        cluster.start()
        client = await nats.connect(cluster.url.split(","), max_reconnect_attempts=-1)
        js = client.jetstream()
        three = StreamConfig(
            name="KEPT", subjects=["kept.>"], num_replicas=3, storage=StorageType.FILE
        )
        await patiently(lambda: js.add_stream(three))
        # With ids: one whose answer comes too late is published once more, and stored once.
        one, two = {"Nats-Msg-Id": "first"}, {"Nats-Msg-Id": "second"}
        await patiently(lambda: js.publish("kept.it", b"1", timeout=5, headers=one))
        cluster.servers[0].kill()
        await patiently(lambda: js.publish("kept.it", b"2", timeout=5, headers=two))
        assert await messages(client) == 2
        await client.close()
    finally:
        cluster.stop()


async def patiently(attempt: Callable[[], Awaitable[T]], within_s: float = 120) -> T:
    """Try again while the cluster elects its leaders."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            return await attempt()
        except (nats.errors.Error, TimeoutError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


def test_a_free_port_is_kept_for_whoever_it_was_given_to() -> None:
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    server = socket.create_server(("127.0.0.1", port))
    with server, socket.create_connection(("127.0.0.1", port), timeout=30):
        assert server.getsockname()[1] == port
