"""What arrives together goes to its handler together; each message has its own end all the same."""

from __future__ import annotations

import nats

from shared.chassis import limits
from shared.contracts.holds import HoldsChanged
from shared.contracts.message import EVENTS
from tests.support.nats import NatsServer
from tests.support.parking import NAME, Keeper, effects, keeping, person

EVENT = HoldsChanged.subject("venues")
MANY = 2 * limits.PULLED


async def test_of_a_group_each_has_its_own_end(
    bus: NatsServer, store_url: str, monkeypatch
) -> None:
    monkeypatch.setattr(limits, "BACKOFF_S", (0.01,))
    keeper = Keeper()
    keeper.cursed = {"v-bad"}
    async with keeping(bus, store_url, keeper):
        pass  # There is a stream now, and a consumer that nobody serves.
    async with person(bus) as ann:
        for visit in ("v-1", "v-bad", "v-2"):
            await ann.event(visit)
        rubbish = await ann.send(EVENT, b"{")
        await ann.event("v-3")
        async with keeping(bus, store_url, keeper) as service:
            page = await ann.until_parked(2)
            reasons = {one.id: one.reason for one in page.messages}
            assert reasons.pop(rubbish) == "unreadable"
            assert list(reasons.values()) == ["failing"]
            assert await effects(service) == ["v-1", "v-2", "v-3"]
            await ann.until(lambda: left(bus), lambda many: many == 0)


async def test_more_than_a_group_can_be_is_handled_in_several(
    bus: NatsServer, store_url: str
) -> None:
    keeper = Keeper()
    async with keeping(bus, store_url, keeper):
        pass
    visits = sorted(f"v-{number:03}" for number in range(MANY))
    async with person(bus) as ann:
        for visit in visits:
            await ann.event(visit)
        async with keeping(bus, store_url, keeper) as service:
            await ann.until(lambda: left(bus), lambda many: many == 0)
            assert await effects(service) == visits


async def left(bus: NatsServer) -> int:
    """Messages that are not acknowledged."""
    client = await nats.connect(bus.url)
    try:
        info = await client.jetstream().consumer_info(EVENTS, HoldsChanged.consumer(NAME))
        return int(info.num_pending or 0) + int(info.num_ack_pending or 0)
    finally:
        await client.close()
