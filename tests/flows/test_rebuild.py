"""`make rebuild-bus`: streams deleted under running services are filled again from their stores."""

from __future__ import annotations

import nats
import pytest

from deploy.rebuild import rebuild
from shared.contracts.message import COMMANDS, EVENTS, PARKED
from tests.flows.test_relay import await_marked, running, send, stored
from tests.support.nats import NatsServer


async def test_the_bus_is_filled_again_from_the_stores(bus: NatsServer, store_url: str) -> None:
    async with running(bus, store_url) as service:
        sent = [await send(service, f"visit-{number}") for number in range(20)]
        await await_marked(service)
        client = await nats.connect(bus.url)
        foreign = await client.jetstream().publish("evt.nobody.thing_happened.v1", b"damage")
        assert foreign.seq == 21
        figures = await rebuild(client.jetstream())
        await client.close()
        assert figures["before"][EVENTS] == 21 and figures["after"][EVENTS] == 20
        assert set(figures["after"]) == {COMMANDS, EVENTS, PARKED}
        assert sorted(await stored(bus)) == sorted(sent)


async def test_a_bus_without_services_stays_empty_and_that_is_said(bus: NatsServer) -> None:
    client = await nats.connect(bus.url)
    with pytest.raises(TimeoutError, match="no streams"):
        await rebuild(client.jetstream(), within_s=2)
    await client.close()
