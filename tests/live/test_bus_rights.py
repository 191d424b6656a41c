"""Each service can do on the bus what its code declares, and nothing else: tried on a real server.

Everything is derived from the declarations, so a new service is covered without an edit.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import nats
import pytest
import pytest_asyncio

from deploy.bus.keys import ADMIN
from deploy.local import service_names
from shared.chassis.bus import Consumer
from shared.chassis.bus_use import BusUse, inbox_of
from shared.contracts.message import COMMANDS, EVENTS, PARKED
from tests.support.guarded import GuardedServer, User, declared

STREAMS = (COMMANDS, EVENTS, PARKED)
OF_A_STREAM = (
    "STREAM.UPDATE", "STREAM.DELETE", "STREAM.PURGE", "STREAM.MSG.GET", "STREAM.MSG.DELETE",
    "STREAM.SNAPSHOT", "STREAM.RESTORE", "STREAM.LEADER.STEPDOWN", "STREAM.PEER.REMOVE",
    "CONSUMER.NAMES", "CONSUMER.CREATE", "DIRECT.GET",
)  # fmt: skip
LISTING = "CONSUMER.LIST"
"""Only of the streams that a service sends into."""
OF_NONE = ("INFO", "STREAM.LIST", "STREAM.NAMES", "STREAM.CREATE.OTHER", "STREAM.INFO.OTHER")
NEVER = ("CONSUMER.DELETE", "CONSUMER.DURABLE.CREATE", "CONSUMER.RESET",
         "CONSUMER.LEADER.STEPDOWN", "CONSUMER.UNPIN")  # fmt: skip
"""What nobody but the admin may do to a consumer, its own among them."""
ITS_OWN = ("CONSUMER.INFO", "CONSUMER.MSG.NEXT", "CONSUMER.PAUSE")
JUST_ABOVE = ("evt.>", "cmd.>", "qry.>", "parked.>", "$JS.>", "$SYS.>", ">", "*.*.*.*", "_INBOX.>")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    made = GuardedServer(tmp_path_factory.mktemp("guarded"))
    try:
        made.start()
        asyncio.run(made.provision())
        yield made
    finally:
        made.stop()


@pytest_asyncio.fixture
async def admin(server: GuardedServer) -> AsyncIterator[User]:
    """The admin, on a bus that has all its streams and consumers."""
    async with server.user(ADMIN) as one:
        yield one


@pytest_asyncio.fixture(params=service_names())
async def one(request: pytest.FixtureRequest, server: GuardedServer) -> AsyncIterator[User]:
    """Each service in turn."""
    async with server.user(request.param) as user:
        yield user


def others(one: User) -> list[BusUse]:
    return [use for name, use in declared().items() if name != one.name]


def messages_of(use: BusUse) -> set[str]:
    """Subjects that it publishes itself."""
    return use.sends | use.signals | use.parks | use.asks


def foreign_messages(one: User) -> set[str]:
    """Every subject that exists, under every service's name, but those that are its own."""
    known = {subject for use in declared().values() for subject in messages_of(use)}
    taken = {consumer.subject for use in declared().values() for consumer in use.takes}
    names = [*declared(), "nobody"]
    every = {
        ".".join((form, name, what, version))
        for form, _owner, what, version in (subject.split(".") for subject in known | taken)
        for name in names
    }
    return (every | known) - messages_of(declared()[one.name])


def foreign_acts(one: User) -> set[str]:
    """Requests to JetStream that are not this service's."""
    mine = declared()[one.name].takes
    acts = {f"$JS.API.{act}" for act in OF_NONE}
    acts |= {f"$JS.API.{act}.{stream}" for act in OF_A_STREAM for stream in STREAMS}
    acts |= {f"$JS.API.{LISTING}.{stream}" for stream in set(STREAMS) - sent_into(one)}
    for use in declared().values():
        for consumer in use.takes:
            verbs = NEVER if consumer in mine else (*NEVER, *ITS_OWN)
            acts |= {f"$JS.API.{verb}.{named(consumer)}" for verb in verbs}
            if consumer not in mine:
                acts |= {making(consumer), *acknowledgements(consumer)}
    own = mine[0]
    acts |= {making(Consumer(own.stream, own.durable, "evt.>")), making(
        Consumer(own.stream, f"{one.name}-unheard_of-v1", own.subject))}  # fmt: skip
    return acts


def sent_into(one: User) -> set[str]:
    """The streams into which a service sends what others take."""
    forms = {subject.partition(".")[0] for subject in declared()[one.name].sends}
    return {stream for form, stream in (("cmd", COMMANDS), ("evt", EVENTS)) if form in forms}


def named(consumer: Consumer) -> str:
    return f"{consumer.stream}.{consumer.durable}"


def making(consumer: Consumer) -> str:
    return f"$JS.API.CONSUMER.CREATE.{named(consumer)}.{consumer.subject}"


def acknowledgements(consumer: Consumer) -> tuple[str, str]:
    """In both forms: delivered, place in the stream, place in the consumer, time, pending."""
    return f"$JS.ACK.{named(consumer)}.1.1.1.1.0", f"$JS.ACK._.hash.{named(consumer)}.1.1.1.1.0.r"


async def picture(admin: User) -> list[Any]:
    """All that could have changed on the bus."""
    seen: list[Any] = []
    for stream in sorted(await admin.js.streams_info(), key=lambda info: str(info.config.name)):
        seen.append((stream.config, stream.state.messages, stream.state.last_seq))
        consumers = await admin.js.consumers_info(str(stream.config.name))
        for found in sorted(consumers, key=lambda info: info.name):
            seen.append((found.config, found.delivered, found.ack_floor, found.num_ack_pending))
    return seen


async def test_foreign_subjects_are_refused(one: User, admin: User) -> None:
    before = await picture(admin)
    foreign = foreign_messages(one)
    assert len(foreign) > 20
    taken = [subject for subject in sorted(foreign) if await one.publish(subject, b"{}")]
    assert taken == []
    assert await picture(admin) == before


async def test_foreign_streams_and_consumers_are_refused(one: User, admin: User) -> None:
    await admin.js.publish("cmd.nobody.wait.v1", b"{}")
    before = await picture(admin)
    foreign = foreign_acts(one)
    assert len(foreign) > 100
    body = json.dumps({"name": COMMANDS, "seq": 1, "subjects": ["x.>"], "batch": 1}).encode()
    inbox = f"{inbox_of(one.name)}.answer"
    taken = [subject for subject in sorted(foreign) if await one.publish(subject, body, inbox)]
    assert taken == []
    assert await picture(admin) == before


async def test_foreign_subscriptions_are_refused(one: User, admin: User) -> None:
    mine = declared()[one.name]
    foreign = {f"{inbox_of(use.service)}.>" for use in others(one)} | {f"{inbox_of(ADMIN)}.>"}
    foreign |= foreign_messages(one) | messages_of(mine) | set(JUST_ABOVE)
    foreign |= mine.answers  # outside of the queue that its replicas share
    heard = {
        (subject, queue)
        for subject in sorted(foreign - mine.hears)
        for queue in ("", "listeners")
        if await one.subscribe(subject, queue)
    }
    narrower = {subject for subject, _queue in heard}
    assert all(any(within(subject, wide) for wide in mine.hears) for subject in narrower), heard


def within(subject: str, wide: str) -> bool:
    """Whether all that a subject stands for is part of what another one stands for."""
    here, there = subject.split("."), wide.split(".")
    pairs = zip(here, there, strict=False)
    return len(here) == len(there) and all(wanted in ("*", one) for one, wanted in pairs)


async def test_what_is_declared_is_permitted(one: User, admin: User) -> None:
    use = declared()[one.name]
    for subject in sorted(messages_of(use)):
        assert await one.publish(subject, b"{}"), one.refused
    for subject in sorted(use.hears):
        assert await one.subscribe(subject), one.refused
    for subject in sorted(use.answers):
        assert await one.subscribe(subject, one.name), one.refused
    for consumer in use.takes:
        for subject in (making(consumer), *acknowledgements(consumer)):
            assert await one.publish(subject), one.refused
        assert (await one.js.consumer_info(consumer.stream, consumer.durable)).name
        manager = one.client.jsm()
        assert not (await manager.resume_consumer(consumer.stream, consumer.durable)).paused
    for stream in STREAMS:
        assert (await one.js.stream_info(stream)).config.name == stream
    for stream in sent_into(one):
        assert await one.js.consumers_info(stream)
    asking = {f"{inbox_of(asker.service)}.x" for asker in others(one) if asker.asks & use.answers}
    for subject in asking:
        assert await one.publish(subject), one.refused


@pytest.mark.parametrize(
    "lie",
    [
        {"filter_subject": "evt.>"},
        {"filter_subject": None, "filter_subjects": ["evt.>", "cmd.>"]},
        {"filter_subjects": ["evt.>"]},
        {"durable_name": "another"},
        {"stream_name": "another"},
    ],
)
async def test_a_request_that_says_another_thing_inside_is_refused(
    lie: dict[str, Any], one: User, admin: User
) -> None:
    """The permission is for the subject of the request; the bus holds its body against that."""
    consumer = declared()[one.name].takes[0]
    told = {"durable_name": consumer.durable, "filter_subject": consumer.subject,
            "name": consumer.durable, "ack_policy": "explicit", **lie}  # fmt: skip
    before = await picture(admin)
    stream = told.pop("stream_name", consumer.stream)
    config = {name: value for name, value in told.items() if value is not None}
    body = json.dumps({"stream_name": stream, "config": config}).encode()
    answer = await one.client.request(making(consumer), body, timeout=30)
    assert json.loads(answer.data)["error"]["code"] == 400
    assert await picture(admin) == before


async def test_an_answer_sent_astray_is_no_command(one: User, admin: User) -> None:
    """Where a request asks to be answered is not checked by the bus: with its own answers it can
    be made to write to a foreign subject, but what it writes there nobody takes for a command."""
    use = declared()[one.name]
    consumer = next(one for one in use.takes if one.stream == EVENTS)
    body = b'{"forged": true}'
    await admin.js.publish(consumer.subject.replace("*", one.name), body)
    target = "cmd.nobody.forged.v1"
    last = (await admin.js.stream_info(COMMANDS)).state.last_seq
    await one.publish(f"$JS.API.CONSUMER.MSG.NEXT.{named(consumer)}", b"1", target)
    await one.publish(f"$JS.API.STREAM.INFO.{EVENTS}", b"", target)
    await one.publish(f"$JS.API.{LISTING}.{EVENTS}", b"", target)
    await one.publish(sorted(use.sends)[0], body, target)
    newest = (await admin.js.stream_info(COMMANDS)).state.last_seq
    written = [await admin.js.get_msg(COMMANDS, seq) for seq in range(last + 1, newest + 1)]
    assert body not in [message.data for message in written if message.subject == target]


async def test_nobody_comes_in_without_a_key(server: GuardedServer) -> None:
    async def quiet(_error: Exception) -> None:
        pass

    for options in ({}, {"user": "venues", "password": "venues"}):
        with pytest.raises(nats.errors.Error, match=r"[Aa]uthorization"):
            await nats.connect(
                server.url, allow_reconnect=False, error_cb=quiet, connect_timeout=30, **options
            )
