"""A store brought back from an older copy, on a real bus: the others send again what it forgot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from shared.chassis import restoring
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.chassis.work import Delivery, Work
from shared.contracts.holds import HoldsChanged
from tests.flows.test_relay import SOON_S, await_marked, running, send
from tests.support.nats import NatsServer

Heard = list[tuple[str, str, bool]]


@asynccontextmanager
async def taking(bus: NatsServer, store_url: str, heard: Heard) -> AsyncIterator[Service]:
    """A service that notes visit, transport id and whether it came again."""
    settings = Settings(_env_file=None, nats_url=bus.url, store_url=store_url)
    service = Service("taker", settings)

    def note(_work: Work, some: Sequence[Delivery[Any]]) -> None:
        heard.extend((one.message.visit, one.id, one.again) for one in some)

    @service.broker.subscriber(**service.takes(HoldsChanged))
    async def take(some: list[HoldsChanged]) -> None:
        await service.handle(note, some)

    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        yield service


async def until(heard: Heard, visits: set[str]) -> None:
    async with asyncio.timeout(SOON_S):
        while {visit for visit, _id, _again in heard} != visits:
            await asyncio.sleep(0.02)


async def forget(service: Service, ids: Sequence[str]) -> None:
    """The store becomes what it was before it handled these."""
    inbox = service.tables.inbox

    def act(work: Work) -> None:
        work.connection.execute(delete(inbox).where(inbox.c.id.in_(ids)))
        now = datetime.now(UTC)
        restoring.mark(work.connection, service.tables, now - timedelta(hours=1), now)

    await service.writer.run(act)


async def sent_again(sender: Service) -> dict[str, int]:
    """How often each row was to be sent again."""
    outbox = sender.tables.outbox
    rows = await sender.writer.run(
        lambda work: work.connection.execute(select(outbox.c.id, outbox.c.again)).all()
    )
    return {row.id: row.again for row in rows}


async def test_only_what_was_forgotten_is_handled_again(
    bus: NatsServer, store_url: str, tmp_path: Any
) -> None:
    before: Heard = []
    after: Heard = []
    async with running(bus, f"sqlite:///{tmp_path / 'sender.db'}") as sender:
        async with taking(bus, store_url, before) as taker:
            ids = [await send(sender, f"visit-{number}") for number in range(3)]
            await until(before, {"visit-0", "visit-1", "visit-2"})
            await await_marked(sender)
            await forget(taker, ids[1:])
        async with taking(bus, store_url, after) as taker:
            assert taker.writer.life.floor > 0
            await until(after, {"visit-1", "visit-2"})
            late = await send(sender, "visit-3")
            await until(after, {"visit-1", "visit-2", "visit-3"})
            lives = taker.tables.lives
            told = await taker.writer.run(
                lambda work: work.connection.execute(select(lives.c.announced_at)).scalars().all()
            )
    assert [again for _visit, _id, again in before] == [False] * 3
    found = {one: (visit, again) for visit, one, again in after}
    assert found == {
        ids[1]: ("visit-1", True),
        ids[2]: ("visit-2", True),
        late: ("visit-3", False),
    }
    assert len(told) == 1 and None not in told


async def test_a_restoration_is_told_once(bus: NatsServer, store_url: str, tmp_path: Any) -> None:
    heard: Heard = []
    async with running(bus, f"sqlite:///{tmp_path / 'sender.db'}") as sender:
        async with taking(bus, store_url, heard) as taker:
            one = await send(sender, "visit-0")
            await until(heard, {"visit-0"})
            await await_marked(sender)
            await forget(taker, [one])
        heard.clear()
        async with taking(bus, store_url, heard):
            await until(heard, {"visit-0"})
        async with taking(bus, store_url, heard):
            last = await send(sender, "visit-1")
            await until(heard, {"visit-0", "visit-1"})
        assert await sent_again(sender) == {one: 1, last: 0}


async def test_what_is_spared_is_not_sent_again(
    bus: NatsServer, store_url: str, tmp_path: Any
) -> None:
    heard: Heard = []
    async with running(bus, f"sqlite:///{tmp_path / 'sender.db'}") as sender:
        async with taking(bus, store_url, heard) as taker:
            ids = [await send(sender, f"visit-{number}") for number in range(2)]
            await until(heard, {"visit-0", "visit-1"})
            await await_marked(sender)
            await forget(taker, ids)
        outbox = sender.tables.outbox
        sender.spared = lambda: select(outbox.c.id).where(outbox.c.id == ids[0])
        heard.clear()
        async with taking(bus, store_url, heard):
            await until(heard, {"visit-1"})
        assert await sent_again(sender) == {ids[0]: 0, ids[1]: 1}
