"""The relay and the bus: what was committed reaches the bus, also one that has lost everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import nats
import pytest
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from shared.chassis import feeding, limits
from shared.chassis.bus import StreamMark
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.chassis.work import Work
from shared.contracts.holds import HoldsChanged
from shared.contracts.message import EVENTS
from tests.support.nats import NatsServer

SOON_S = 60.0


class HandClock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = datetime(2027, 8, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@asynccontextmanager
async def running(
    bus: NatsServer, store_url: str, clock: HandClock | None = None
) -> AsyncIterator[Service]:
    """A service that only sends."""
    settings = Settings(_env_file=None, nats_url=bus.url, store_url=store_url)
    service = Service("scratch", settings, clock)
    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        yield service


async def send(service: Service, visit: str) -> str:
    event = HoldsChanged(cause="test", actor="test", visit=visit, holds=())
    return await service.writer.run(lambda work: work.send(event))


async def stored(bus: NatsServer) -> list[str]:
    """Message ids in the stream of events, in order."""
    client = await nats.connect(bus.url)
    try:
        js = client.jetstream()
        found = []
        state = (await js.stream_info(EVENTS)).state
        for seq in range(max(state.first_seq, 1), state.last_seq + 1):
            message = await js.get_msg(EVENTS, seq)
            found.append((message.headers or {})["Nats-Msg-Id"])
        return found
    finally:
        await client.close()


async def await_stored(bus: NatsServer, wanted: list[str], perhaps: Set[str] = frozenset()) -> None:
    """Wait until the stream, made anew if it was lost, has exactly these messages."""
    found = None
    async with asyncio.timeout(SOON_S):
        while found != sorted(wanted):
            await asyncio.sleep(0.1)
            with suppress(NatsError):  # It comes back, and its streams with it.
                found = sorted(one for one in await stored(bus) if one not in perhaps)


async def unmarked(service: Service) -> set[str]:
    """Rows that the relay still has to send."""
    outbox = service.tables.outbox
    rows = await service.writer.run(
        lambda work: work.connection.execute(
            select(outbox.c.id).where(outbox.c.published_at.is_(None))
        ).all()
    )
    return {row.id for row in rows}


async def unmark(service: Service, expected: set[str]) -> None:
    """As if no row had been sent. In one transaction, for the relay looks at them by itself."""
    outbox = service.tables.outbox

    def act(work: Work) -> None:
        work.connection.execute(update(outbox).values(published_at=None))
        waiting = select(outbox.c.id).where(outbox.c.published_at.is_(None))
        assert set(work.connection.execute(waiting).scalars()) == expected

    await service.writer.run(act)


async def await_marked(service: Service) -> None:
    async with asyncio.timeout(SOON_S):
        while await unmarked(service):
            await asyncio.sleep(0.05)


async def test_what_is_committed_before_there_is_a_bus_leaves_with_it(
    bus: NatsServer, store_url: str
) -> None:
    """At once: with a clock that stands, no row is ever old enough to be swept."""
    settings = Settings(_env_file=None, nats_url=bus.url, store_url=store_url)
    service = Service("scratch", settings, HandClock())
    sent: list[str] = []

    async def early() -> None:
        assert not service.ready
        sent.append(await send(service, "early"))

    service.on_start(early)
    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not sent:
                await asyncio.sleep(0.02)
        await await_stored(bus, sent)
        await await_marked(service)


async def test_a_bus_that_lost_everything_is_fed_again(bus: NatsServer, store_url: str) -> None:
    async with running(bus, store_url) as service:
        sent = [await send(service, f"visit-{number}") for number in range(5)]
        await await_stored(bus, sent)
        await await_marked(service)
        bus.kill()
        bus.wipe()
        bus.start()
        await await_stored(bus, sent)


async def test_what_is_committed_while_the_bus_is_away_is_sent_when_it_is_back(
    bus: NatsServer, store_url: str
) -> None:
    async with running(bus, store_url) as service:
        before = await send(service, "before")
        await await_stored(bus, [before])
        bus.kill()
        during = [await send(service, f"during-{number}") for number in range(3)]
        bus.start()
        await await_stored(bus, [before, *during])


async def test_a_row_sent_twice_is_stored_once(bus: NatsServer, store_url: str) -> None:
    """A crash between storing and marking: the message id makes the second sending harmless."""
    async with running(bus, store_url) as service:
        sent = await send(service, "visit")
        await await_marked(service)
        await unmark(service, {sent})
    async with running(bus, store_url) as service:
        await await_marked(service)
        assert await stored(bus) == [sent]


async def test_only_what_was_stored_last_is_doubted(bus: NatsServer, store_url: str) -> None:
    clock = HandClock()
    async with running(bus, store_url, clock) as service:
        await send(service, "old")
        await await_marked(service)
        clock.at += timedelta(minutes=1)
        newest = {await send(service, f"new-{number}") for number in range(2)}
        await await_marked(service)
        assert await service.feeder.doubt_latest() == 2
        assert await unmarked(service) == newest


async def test_what_was_stored_before_a_break_is_doubted_however_late_it_is_looked_at(
    bus: NatsServer, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster answers no question for a while after it takes messages again."""
    monkeypatch.setattr(limits, "SWEEP_S", 3_600.0)  # so that only this test sweeps
    clock = HandClock()
    async with running(bus, store_url, clock) as service:
        old = await send(service, "old")
        await await_marked(service)
        clock.at += timedelta(minutes=1)
        before = await send(service, "before")
        await await_marked(service)
        service.feeder.broke()
        clock.at += timedelta(minutes=1)
        service.feeder.broke()
        since = await send(service, "since")
        await await_stored(bus, [old, before, since])
        await service.relay.drain()
        assert await unmarked(service) == {since}, "a process that came up now would see `before`"
        assert await service.feeder.doubt_latest() == 1
        assert await unmarked(service) == {before, since}
        clock.at += timedelta(minutes=1)
        await service.relay.sweep()
        await await_marked(service)
        clock.at += timedelta(minutes=1)
        newest = await send(service, "newest")
        await await_marked(service)
        assert await service.feeder.doubt_latest() == 1, "the break was looked at"
        assert await unmarked(service) == {newest}


async def test_who_comes_up_doubts_what_was_stored_before(
    bus: NatsServer, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another replica goes on sending while the bus does not answer the one that comes up."""
    monkeypatch.setattr(limits, "SWEEP_AGE_S", 3_600.0)  # so that no sweep sends them again
    clock, asked, answer, mark_of = HandClock(), asyncio.Event(), asyncio.Event(), feeding.mark_of

    async def late(js: JetStreamContext, stream: str) -> StreamMark | None:
        if js is not service.relay.js:
            asked.set()
            await answer.wait()
        return await mark_of(js, stream)

    async def come_up() -> set[str]:
        async with running(bus, store_url, clock) as another:
            return await unmarked(another)

    async with running(bus, store_url, clock) as service:
        before = await send(service, "before")
        await await_marked(service)
        monkeypatch.setattr(feeding, "mark_of", late)
        coming = asyncio.create_task(come_up())
        await asked.wait()
        clock.at += timedelta(minutes=1)
        since = await send(service, "since")
        await await_marked(service)
        answer.set()
        assert await coming == {before, since}


@pytest.mark.parametrize("size", [700])
async def test_a_large_commit_leaves_in_pieces(bus: NatsServer, store_url: str, size: int) -> None:
    async with running(bus, store_url) as service:
        event = HoldsChanged(cause="test", actor="test", visit="v", holds=())
        sent = await service.writer.run(lambda work: [work.send(event) for _ in range(size)])
        await await_marked(service)
        assert sorted(await stored(bus)) == sorted(sent)


async def test_marks_outlive_a_store_that_is_away(
    bus: NatsServer, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MARK_S", 3_600.0)  # so that only this test writes marks
    monkeypatch.setattr(limits, "STORE_RETRY_S", 0.02)
    async with running(bus, store_url) as service:
        await send(service, "v")
        async with asyncio.timeout(SOON_S):
            while not service.relay._stored:
                await asyncio.sleep(0.02)
        await rename(service, "scratch_outbox", "away")
        with pytest.raises(DBAPIError):
            await service.relay.flush_marks()
        assert service.relay._stored, "the marks wait for the store"
        monkeypatch.setattr(limits, "MARK_S", 0.0)
        marking = asyncio.create_task(service.relay.mark_published())
        await asyncio.wait({marking}, timeout=0.3)
        assert not marking.done(), "the service would end with it"
        await rename(service, "away", "scratch_outbox")
        async with asyncio.timeout(SOON_S):
            while await unmarked(service):
                await asyncio.sleep(0.02)
        marking.cancel()


async def rename(service: Service, table: str, to: str) -> None:
    statement = text(f"ALTER TABLE {table} RENAME TO {to}")
    await service.writer.run(lambda work: work.connection.execute(statement) and None)
