"""Messages come as they arrive; those that gain by it come together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import nats
import pytest
from nats.aio.msg import Msg

from shared.chassis import limits, preference
from shared.chassis.bus import Consumer, consumer_config, stream_configs
from shared.chassis.gathering import AT_ONCE, Gathering
from shared.chassis.link import pull_stands_s
from shared.chassis.pulling import StandingJetStream, StandingPull
from shared.chassis.settings import Settings
from shared.contracts.message import EVENTS
from tests.support.nats import NatsServer

WAITS_S = 4.0
"""So long that all are there before it is over, however slow the machine."""
FOR_EVER_S = 3_600.0
SUBJECT = "evt.x.told.v1"


@asynccontextmanager
async def reading(
    server: NatsServer, gathering: Gathering, name: str = "reader", subject: str = SUBJECT
) -> AsyncIterator[tuple[StandingJetStream, StandingPull]]:
    client = await nats.connect(server.url)
    js = StandingJetStream(client, gathering={name: gathering})
    for config in stream_configs(1):
        await js.add_stream(config)
    await js.add_consumer(EVENTS, consumer_config(Consumer(EVENTS, name, subject, gathering), 1))
    pull = await js.pull_subscribe_bind(name, EVENTS)
    assert isinstance(pull, StandingPull)
    yield js, pull
    await client.close()


def drawing(rank: int) -> bytes:
    """A process that draws this rank now, and the next time as well."""
    now = asyncio.get_running_loop().time()
    return next(
        name
        for name in (b"%d" % number for number in range(100_000))
        if preference.rank(name, now) == rank == preference.rank(name, now + preference.STANDS_S)
    )


@pytest.mark.parametrize(("gathering", "first"), [(AT_ONCE, 1), (Gathering(WAITS_S), 5)])
async def test_at_leisure_the_first_waits_for_the_others(
    nats_server: NatsServer, gathering: Gathering, first: int
) -> None:
    async with reading(nats_server, gathering) as (js, pull):
        waiting = asyncio.create_task(pull.fetch(10, timeout=30))
        await asyncio.sleep(0)
        await js.publish(SUBJECT, b"0")
        while not pull._waiting and not waiting.done():
            await asyncio.sleep(0.001)
        for number in range(1, first):
            await js.publish(SUBJECT, str(number).encode())
        got = [message.data for message in await waiting]
        assert got == [str(number).encode() for number in range(first)]


async def test_nobody_waits_when_all_are_here(nats_server: NatsServer) -> None:
    """It would be an hour otherwise."""

    def three(_about: str, arrived: Sequence[Msg]) -> bool:
        return len(arrived) == 3

    async with reading(nats_server, Gathering(FOR_EVER_S, whole=three)) as (js, pull):
        waiting = asyncio.create_task(pull.fetch(10, timeout=30))
        for number in range(3):
            assert not waiting.done()
            await js.publish(SUBJECT, str(number).encode())
        assert [message.data for message in await waiting] == [b"0", b"1", b"2"]


async def test_nobody_waits_when_there_is_much_to_do(nats_server: NatsServer) -> None:
    many = limits.PULLED // 2
    async with reading(nats_server, Gathering(FOR_EVER_S)) as (js, pull):
        waiting = asyncio.create_task(pull.fetch(limits.PULLED, timeout=30))
        for number in range(many):
            await js.publish(SUBJECT, str(number).encode())
        assert len(await waiting) == many


async def test_what_is_incomplete_is_given_back_at_the_end(nats_server: NatsServer) -> None:
    async with reading(nats_server, Gathering(FOR_EVER_S)) as (js, pull):
        waiting = asyncio.create_task(pull.fetch(10, timeout=30))
        await js.publish(SUBJECT, b"0")
        while not pull._waiting:
            await asyncio.sleep(0.001)
        (held,) = pull._waiting._heaps[""].messages
        waiting.cancel()
        await pull.unsubscribe()
        assert held.is_acked, "in the client's words: the bus was told"
        assert not pull._waiting


@asynccontextmanager
async def ranked(
    server: NatsServer, rank: int, name: str
) -> AsyncIterator[tuple[StandingJetStream, StandingPull]]:
    """One of several processes that read the same, and has asked for all that there is room for."""
    async with reading(server, AT_ONCE, name, f"evt.x.{name}.v1") as (js, pull):
        pull._process = drawing(rank)
        with pytest.raises(TimeoutError):
            await pull.fetch(10, timeout=0.01)
        yield js, pull


async def test_who_comes_first_has_all_until_it_asks_for_no_more(nats_server: NatsServer) -> None:
    many = limits.PULLED + 10
    async with (
        ranked(nats_server, 7, "overflow") as (_, second),
        ranked(nats_server, 2, "overflow") as (js, first),
    ):
        for number in range(many):
            await js.publish("evt.x.overflow.v1", str(number).encode())
        over = await second.fetch(10, timeout=30)
        while len(over) < many - limits.PULLED:
            over += await second.fetch(10, timeout=30)
        assert {int(message.data) for message in over} == set(range(limits.PULLED, many))
        assert len(await first.fetch(10, timeout=30)) == limits.PULLED


async def test_who_goes_leaves_all_to_the_others(nats_server: NatsServer) -> None:
    subject = "evt.x.failover.v1"
    async with ranked(nats_server, 7, "failover") as (js, second):
        async with ranked(nats_server, 2, "failover") as (_, first):
            await js.publish(subject, b"one")
            (message,) = await first.fetch(10, timeout=30)
            await message.ack()
        await js.publish(subject, b"two")
        got: list[Msg] = []
        while not got:
            with suppress(TimeoutError):  # A request has ended, and another is made.
                got = await second.fetch(10, timeout=30)
        assert [message.data for message in got] == [b"two"]


async def test_a_request_that_the_bus_does_not_know_of_is_made_again(
    nats_server: NatsServer,
) -> None:
    """At every look at the consumer; until its end, or at least for an hour, otherwise."""
    subject = "evt.x.lost.v1"
    async with reading(nats_server, AT_ONCE, "lost", subject) as (js, pull):
        pull._stands_s = FOR_EVER_S
        await pull._nc.subscribe("nowhere")  # Or the bus would say that nobody heard it.
        right, pull._nms = pull._nms, "nowhere"
        with pytest.raises(TimeoutError):
            await pull.fetch(10, timeout=0.01)
        pull._nms = right
        await js.publish(subject, b"one")
        await js.consumer_info(EVENTS, "lost")
        (message,) = await pull.fetch(10, timeout=30)
        await message.ack()
        with pytest.raises(TimeoutError):
            await pull.fetch(10, timeout=0.01)
        asked = pull._asked
        await js.consumer_info(EVENTS, "lost")
        assert asked > 0, "it stands"
        assert pull._asked == asked, "and is left alone"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({}, limits.PULL_ONLY_S),
        ({"store_url": "postgresql+psycopg://x@y/z"}, limits.PULL_ALONE_S),
        ({"stream_replicas": 3}, limits.PULL_S),
    ],
)
def test_a_request_stands_as_long_as_nobody_can_suffer_from_it(
    told: dict[str, Any], seconds: float
) -> None:
    assert pull_stands_s(Settings(_env_file=None, **told)) == seconds
