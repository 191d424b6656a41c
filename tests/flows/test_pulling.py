"""Messages come as they arrive; those that nobody waits for come together."""

from __future__ import annotations

import asyncio

import nats
import pytest

from shared.chassis.bus import Consumer, consumer_config, stream_configs
from shared.chassis.pulling import StandingJetStream, StandingPull
from shared.contracts.message import EVENTS
from tests.support.nats import NatsServer

WAITS_S = 2.0
"""So long that all are there before it is over, however slow the machine."""


@pytest.mark.parametrize(("gather_s", "first"), [(0.0, 1), (WAITS_S, 5)])
async def test_at_leisure_the_first_waits_for_the_others(
    nats_server: NatsServer, gather_s: float, first: int
) -> None:
    client = await nats.connect(nats_server.url)
    js = StandingJetStream(client, gather_s={"reader": gather_s})
    for config in stream_configs(1):
        await js.add_stream(config)
    consumer = Consumer(EVENTS, "reader", "evt.x.told.v1", gather_s)
    await js.add_consumer(EVENTS, consumer_config(consumer))
    pull = await js.pull_subscribe_bind("reader", EVENTS)
    assert isinstance(pull, StandingPull)
    waiting = asyncio.create_task(pull.fetch(10, timeout=30))
    await asyncio.sleep(0)
    await js.publish(consumer.subject, b"0")
    while not pull._arrived and not waiting.done():
        await asyncio.sleep(0.001)
    for number in range(1, first):
        await js.publish(consumer.subject, str(number).encode())
    got = [message.data for message in await waiting]
    assert got == [str(number).encode() for number in range(first)]
    await client.close()
