"""A bus that lost everything is fed with what somebody has still to handle, and nothing else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from nats.errors import TimeoutError as NatsTimeout
from sqlalchemy import Engine, MetaData, Table, func, select

from shared.chassis import feeding, limits, migrations
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.chassis.settled import settled as handled
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Delivery, Work
from shared.contracts.holds import HoldsChanged
from shared.contracts.message import EVENTS
from tests.flows.test_relay import SOON_S, await_marked, await_stored, running, send, unmarked
from tests.support.nats import NatsServer

MANY = 40
OFTEN_S = 0.2


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services look at the bus often."""
    monkeypatch.setattr(limits, "BUS_WATCH_S", OFTEN_S)


@asynccontextmanager
async def taking(bus: NatsServer, folder: Path, name: str, heard: set[str]) -> AsyncIterator[None]:
    """A service that handles what the sender sends."""
    url = f"sqlite:///{folder / name}.db"
    service = Service(name, Settings(_env_file=None, nats_url=bus.url, store_url=url))

    def note(_work: Work, some: Sequence[Delivery[Any]]) -> None:
        heard.update(one.id for one in some)

    @service.broker.subscriber(**service.takes(HoldsChanged))
    async def take(some: list[HoldsChanged]) -> None:
        await service.handle(note, some)

    async with service.running():
        await until(lambda: service.ready)
        yield


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():
            await asyncio.sleep(0.02)


async def send_many(sender: Service, what: str, many: int = MANY) -> list[str]:
    return [await send(sender, f"{what}-{number}") for number in range(many)]


async def floors_of(sender: Service) -> list[Any]:
    table = sender.tables.floors
    return list(await sender.writer.run(lambda work: work.connection.execute(select(table)).all()))


async def settled(sender: Service, many: int) -> None:
    """The sender knows of so many rows that all who take them have handled them. A row is marked a
    little after it was handled, perhaps: the place of a floor alone says nothing of it."""
    outbox = sender.tables.outbox
    covered = select(func.count()).select_from(outbox).where(handled(sender.tables))
    async with asyncio.timeout(SOON_S):
        while (
            await sender.writer.run(lambda work: work.connection.execute(covered).scalar()) < many
        ):
            await asyncio.sleep(0.05)


def lose(bus: NatsServer) -> None:
    bus.kill()
    bus.wipe()
    bus.start()


async def test_what_was_handled_is_not_sent_again(
    bus: NatsServer, store_url: str, tmp_path: Path, looking: None
) -> None:
    heard: set[str] = set()
    async with running(bus, store_url) as sender:
        async with taking(bus, tmp_path, "taker", heard):
            sent = await send_many(sender, "handled")
            await until(lambda: heard == set(sent))
            await settled(sender, MANY)
        waiting = await send_many(sender, "waiting", 3)
        await await_marked(sender)
        lose(bus)
        await await_stored(bus, waiting)
        await sender.feeder.recall((EVENTS,), broken=True)
        assert await unmarked(sender) <= set(waiting)
        async with taking(bus, tmp_path, "taker", heard):
            await until(lambda: heard == {*sent, *waiting})


async def test_a_service_that_starts_with_a_lost_bus_knows_it_too(
    bus: NatsServer, store_url: str, tmp_path: Path, looking: None
) -> None:
    heard: set[str] = set()
    async with running(bus, store_url) as sender:
        async with taking(bus, tmp_path, "taker", heard):
            sent = await send_many(sender, "handled")
            await settled(sender, MANY)
        waiting = await send(sender, "waiting")
        await await_marked(sender)
    lose(bus)
    async with running(bus, store_url):
        await await_stored(bus, [waiting])
    assert heard == set(sent)


async def test_the_slowest_of_two_takers_counts(
    bus: NatsServer, store_url: str, tmp_path: Path, looking: None
) -> None:
    quick: set[str] = set()
    slow: set[str] = set()
    async with running(bus, store_url) as sender, taking(bus, tmp_path, "quick", quick):
        async with taking(bus, tmp_path, "slow", slow):
            first = await send_many(sender, "both")
            await until(lambda: slow == quick == set(first))
            await settled(sender, MANY)
        only_quick = await send_many(sender, "one")
        await until(lambda: quick == {*first, *only_quick})
        await await_marked(sender)
        await sender.feeder.settle()
        lose(bus)
        await await_stored(bus, only_quick)


async def test_who_comes_new_is_sent_what_was_left_for_the_others(
    bus: NatsServer, store_url: str, tmp_path: Path, looking: None
) -> None:
    heard: set[str] = set()
    late: set[str] = set()
    async with running(bus, store_url) as sender, taking(bus, tmp_path, "taker", heard):
        sent = await send_many(sender, "handled")
        await settled(sender, MANY)
        lose(bus)
        after = await send(sender, "after")
        await until(lambda: heard == {*sent, after})
        async with taking(bus, tmp_path, "late", late):
            await until(lambda: late == {*sent, after})


async def test_a_bus_that_was_put_back_gives_old_places_to_new_messages(
    bus: NatsServer, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BUS_WATCH_S", 3_600.0)  # it looks only when the bus was away
    heard: set[str] = set()
    older, disk = tmp_path / "older", bus.folder / "jetstream"
    async with running(bus, store_url) as sender:
        async with taking(bus, tmp_path, "taker", heard):
            first = await send(sender, "first")
            await until(lambda: heard == {first})
            await await_marked(sender)
            bus.stop()
            shutil.copytree(disk, older)
            bus.start()
            handled = await send_many(sender, "handled")
            await until(lambda: heard == {first, *handled})
            await await_marked(sender)
            await sender.feeder.recall((EVENTS,))
            await sender.feeder.settle()
            assert max(one.seq for one in await floors_of(sender)) > MANY
        monkeypatch.setattr(limits, "BUS_DOUBT_S", 0.0)
        bus.kill()
        bus.wipe()
        shutil.copytree(older, disk)
        bus.start()
        waiting = await send_many(sender, "waiting", 5)
        await await_marked(sender)
        places = await sender.writer.run(lambda work: _places(work, waiting))
        assert max(places) < MANY, "they have places below the old floor"
        lose(bus)
        # With them may come what was handled: the old floor is no longer known.
        await await_stored(bus, waiting, {first, *handled})


def _places(work: Work, ids: list[str]) -> list[int]:
    outbox = work.tables.outbox
    found = select(outbox.c.stream_seq).where(outbox.c.id.in_(ids))
    return [row.stream_seq for row in work.connection.execute(found)]


async def test_a_listing_that_fails_costs_nothing_but_time(
    bus: NatsServer, store_url: str, tmp_path: Path, looking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_args: Any) -> None:
        raise NatsTimeout

    monkeypatch.setattr(feeding, "told_of", refused)
    heard: set[str] = set()
    async with running(bus, store_url) as sender:
        async with taking(bus, tmp_path, "taker", heard):
            sent = await send_many(sender, "handled")
            await until(lambda: heard == set(sent))
            await await_marked(sender)
            await sender.feeder.settle()
        lose(bus)
        await await_stored(bus, sent)


async def test_what_no_bus_has_had_goes_before_what_one_has_lost(
    bus: NatsServer, store_url: str
) -> None:
    async with running(bus, store_url) as service:
        made = datetime(2027, 8, 1, tzinfo=UTC)
        bare = {"stream": EVENTS, "subject": "evt.scratch.x.v1", "body": "{}", "trace": {},
                "created_at": made, "published_at": made, "again": 0, "look": None}  # fmt: skip
        rows = [
            {**bare, "id": "1", "look": 1}, {**bare, "id": "2", "look": 1, "again": 1},
            {**bare, "id": "3", "look": 4}, {**bare, "id": "4", "look": 1, "again": 2},
            {**bare, "id": "5"}, {**bare, "id": "6"},
        ]  # fmt: skip

        def order(work: Work) -> list[str]:
            outbox = work.tables.outbox
            work.connection.execute(outbox.insert(), rows)
            work.connection.execute(outbox.update().values(published_at=None))
            return [row["id"] for row in service.relay._unpublished(work)]

        assert await service.writer.run(order) == ["5", "6", "2", "4", "3", "1"]


def _bring_to(engine: Engine, version: str, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    with engine.begin() as connection:
        config.attributes.update(connection=connection, service="keeper", layer="chassis")
        (command.downgrade if down else command.upgrade)(config, version)


def test_what_an_older_version_sent_is_older_than_any_look(store_url: str) -> None:
    engine = open_store(store_url)
    try:
        _bring_to(engine, "c0003")
        old = Table("keeper_outbox", MetaData(), autoload_with=engine)
        at = datetime(2027, 8, 1)
        row = {"stream": EVENTS, "subject": "s", "body": "{}", "trace": {}, "created_at": at}
        rows = [
            {**row, "id": "sent", "published_at": at},
            {**row, "id": "new", "published_at": None},
        ]
        with engine.begin() as connection:
            connection.execute(old.insert(), rows)
        migrate(engine, "keeper", migrations)
        tables = chassis_tables("keeper")
        with engine.connect() as connection:
            found = connection.execute(select(tables.outbox.c.id, tables.outbox.c.look)).all()
            assert connection.execute(select(tables.looks.c.number)).scalars().all() == [0]
        assert {row.id: row.look for row in found} == {"sent": 0, "new": None}
        _bring_to(engine, "c0003", down=True)
        again = Table("keeper_outbox", MetaData(), autoload_with=engine)
        assert set(again.columns.keys()) == set(old.columns.keys())
    finally:
        engine.dispose()
