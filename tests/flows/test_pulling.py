"""Messages come as they arrive; those that gain by it come together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import nats
import pytest
from nats.aio.msg import Msg

from shared.chassis import limits
from shared.chassis.bus import Consumer, consumer_config, stream_configs
from shared.chassis.gathering import AT_ONCE, Gathering
from shared.chassis.pulling import StandingJetStream, StandingPull
from shared.contracts.message import EVENTS
from tests.support.nats import NatsServer

WAITS_S = 4.0
"""So long that all are there before it is over, however slow the machine."""
FOR_EVER_S = 3_600.0
SUBJECT = "evt.x.told.v1"


@asynccontextmanager
async def reading(
    server: NatsServer, gathering: Gathering
) -> AsyncIterator[tuple[StandingJetStream, StandingPull]]:
    client = await nats.connect(server.url)
    js = StandingJetStream(client, gathering={"reader": gathering})
    for config in stream_configs(1):
        await js.add_stream(config)
    await js.add_consumer(
        EVENTS, consumer_config(Consumer(EVENTS, "reader", SUBJECT, gathering), 1)
    )
    pull = await js.pull_subscribe_bind("reader", EVENTS)
    assert isinstance(pull, StandingPull)
    yield js, pull
    await client.close()


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
