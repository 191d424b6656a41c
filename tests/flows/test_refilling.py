"""Filling a bus again by hand: what nobody is known to have handled is sent again, as itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import nats

from shared.chassis import refilling
from shared.chassis.service import Service
from shared.contracts.message import EVENTS, CommandAnswered
from shared.contracts.refilling import ReadRefill, RefillBus, RefillView
from tests.flows.test_relay import HandClock, await_marked, running, send, stored
from tests.support.nats import NatsServer


async def view(service: Service) -> RefillView:
    query = ReadRefill(cause="read", actor="ann")
    now = service.clock.now()
    return await service.read(lambda one: refilling.view(one, service, query, now))


async def refill(bus: NatsServer, name: str = "c1") -> CommandAnswered:
    """Sent over the bus as the console sends it; what is answered."""
    client = await nats.connect(bus.url)
    try:
        told = await client.subscribe(CommandAnswered.subject("scratch"))
        command = RefillBus(cause=name, actor="ann", command=name, reason="a disk was lost")
        await client.jetstream().publish(
            RefillBus.subject("scratch"), command.model_dump_json().encode(),
            headers={"content-type": "application/json"},
        )  # fmt: skip
        answer = await told.next_msg(timeout=60)
        return CommandAnswered.model_validate_json(answer.data)
    finally:
        await client.close()


async def until_sent(service: Service) -> RefillView:
    async with asyncio.timeout(60):
        while (found := await view(service)).waiting or (found.acts and found.acts[0].left):
            await asyncio.sleep(0.05)
    return found


async def test_what_was_lost_is_sent_again_under_its_own_name(
    bus: NatsServer, store_url: str
) -> None:
    async with running(bus, store_url) as service:
        sent = [await send(service, f"visit-{number}") for number in range(5)]
        await await_marked(service)
        client = await nats.connect(bus.url)
        js = client.jetstream()
        for seq in (2, 4):
            # The stream is the same, and has grown: nobody notices that two are gone.
            await js.delete_msg(EVENTS, seq)
        found = await view(service)
        assert (found.would_send, found.waiting, found.acts) == (5, 0, ())
        answer = await refill(bus)
        assert (answer.outcome, answer.about) == ("accepted", "c1")
        found = await until_sent(service)
        (act,) = found.acts
        assert (act.actor, act.messages, act.left, act.reason) == ("ann", 5, 0, "a disk was lost")
        await client.close()
        found_ids = await stored_but(bus)
        assert {one.partition("~")[0] for one in found_ids} == set(sent)
        assert len(found_ids) == 3 + 5, "the bus takes each as a new one, inboxes know it"


async def stored_but(bus: NatsServer) -> list[str]:
    """Message ids in the stream that are not of the answers."""
    client = await nats.connect(bus.url)
    try:
        js, found = client.jetstream(), []
        state = (await js.stream_info(EVENTS)).state
        for seq in range(state.first_seq, state.last_seq + 1):
            try:
                message = await js.get_msg(EVENTS, seq)
            except nats.js.errors.NotFoundError:
                continue
            if "command_answered" not in message.subject:
                found.append((message.headers or {})["Nats-Msg-Id"])
        return found
    finally:
        await client.close()


async def test_the_same_command_again_sends_nothing_more(bus: NatsServer, store_url: str) -> None:
    async with running(bus, store_url) as service:
        await send(service, "visit-1")
        await await_marked(service)
        await refill(bus)
        await until_sent(service)
        assert (await refill(bus)).outcome == "accepted"
        found = await until_sent(service)
        assert [one.messages for one in found.acts] == [1]


async def test_what_is_too_old_to_be_kept_is_not_sent(bus: NatsServer, store_url: str) -> None:
    clock = HandClock()
    async with running(bus, store_url, clock) as service:
        await send(service, "visit-1")
        await await_marked(service)
        clock.at += timedelta(days=2)
        assert (await view(service)).would_send == 0
        await refill(bus)
        found = await until_sent(service)
        assert [one.messages for one in found.acts] == [0]
        assert len(await stored(bus)) >= 1
