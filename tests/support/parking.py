"""A small service that parks messages, replicas of it, and a person who acts on them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import nats
import orjson
from sqlalchemy import select

from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.chassis.work import Delivery, Work
from shared.contracts.holds import HoldsChanged, ReleaseHolds
from shared.contracts.message import CommandAnswered, Message, Query
from shared.contracts.parking import ActOnParked, Chosen
from shared.contracts.parking_reading import (
    ActPage,
    GroupParked,
    ListActs,
    ListParked,
    ParkedAnswer,
    ParkedGroups,
    ParkedPage,
    ReadParked,
    ReadReplay,
    ReplayAnswer,
    ReplayView,
)
from tests.support.nats import NatsServer

SOON_S = 60.0
NAME = "keeper"
A = TypeVar("A")


class Keeper:
    """What the service does with its messages: notes them, or fails on the visits it is told to."""

    def __init__(self) -> None:
        self.cursed: set[str] = set()

    def note(self, work: Work, some: Sequence[Delivery[Any]]) -> None:
        for one in some:
            if one.message.visit in self.cursed:
                raise RuntimeError(f"no luck with visit '{one.message.visit}'")
        # An effect in the store, so that what counts is what was committed.
        rows = [{"id": f"effect:{one.message.visit}:{one.id}", "handled_at": work.now}
                for one in some]  # fmt: skip
        work.connection.execute(work.tables.inbox.insert(), rows)


@asynccontextmanager
async def keeping(
    bus: NatsServer, store_url: str, keeper: Keeper, name: str = NAME
) -> AsyncIterator[Service]:
    """A replica that takes an event and a command."""
    settings = Settings(_env_file=None, nats_url=bus.url, store_url=store_url)
    service = Service(name, settings)

    @service.broker.subscriber(**service.takes(HoldsChanged))
    async def take_event(some: list[HoldsChanged]) -> None:
        await service.handle(keeper.note, some)

    @service.broker.subscriber(**service.takes(ReleaseHolds))
    async def take_command(some: list[ReleaseHolds]) -> None:
        await service.handle(keeper.note, some)

    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        yield service


class Person:
    """Sends messages, asks about what was parked, and acts on it, over the bus."""

    def __init__(self, client: nats.NATS) -> None:
        self._client, self._js = client, client.jetstream()
        self._told: dict[str, asyncio.Future[CommandAnswered]] = {}

    async def listen(self) -> None:
        async def hear(message: Any) -> None:
            answer = CommandAnswered.model_validate_json(message.data)
            future = self._told.get(answer.command)
            if future is not None and not future.done():
                future.set_result(answer)

        await self._client.subscribe(CommandAnswered.subject("*"), cb=hear)
        await self._client.flush()

    async def send(self, subject: str, body: bytes, one: str | None = None) -> str:
        """Put anything on the bus; its transport id."""
        named = one or uuid.uuid4().hex
        await self._js.publish(subject, body, headers={"Nats-Msg-Id": named}, timeout=60)
        return named

    async def event(self, visit: str) -> str:
        event = HoldsChanged(cause="test", actor="test", visit=visit, holds=())
        return await self.send(HoldsChanged.subject("venues"), event.model_dump_json().encode())

    async def ask(self, query: Query, answer: type[A], of: str = NAME) -> A:
        body = query.model_dump_json().encode()
        headers = {"content-type": "application/json"}
        told = await self._client.request(query.subject(of), body, timeout=20, headers=headers)
        return answer.model_validate(orjson.loads(told.data))  # type: ignore[attr-defined,no-any-return]

    async def act(
        self, act: Any, command: str | None = None, reason: str = "because", of: str = NAME
    ) -> CommandAnswered:
        """Act, and wait for the answer. The same `command` twice is a new message each time."""
        name = command or f"c-{uuid.uuid4().hex}"
        self._told[name] = asyncio.get_running_loop().create_future()
        sent = ActOnParked(cause=name, actor="ann", command=name, reason=reason, act=act)
        await self.send(ActOnParked.subject(of), sent.model_dump_json().encode())
        return await asyncio.wait_for(self._told[name], SOON_S)

    async def parked(self, of: str = NAME, **filters: Any) -> ParkedPage:
        return await self.ask(ListParked(**WHO, **filters), ParkedPage, of)

    async def groups(self, of: str = NAME) -> ParkedGroups:
        return await self.ask(GroupParked(**WHO), ParkedGroups, of)

    async def one(self, message: str) -> Any:
        return (await self.ask(ReadParked(**WHO, message=message), ParkedAnswer)).message

    async def acts(self) -> list[Any]:
        return list((await self.ask(ListActs(**WHO), ActPage)).acts)

    async def replay(self, name: str) -> ReplayView:
        found = (await self.ask(ReadReplay(**WHO, replay=name), ReplayAnswer)).replay
        assert found is not None
        return found

    async def until_parked(self, many: int, state: str = "parked", of: str = NAME) -> ParkedPage:
        return await self.until(
            lambda: self.parked(of, state=state, limit=200), lambda page: len(page.messages) == many
        )

    async def until_parked_at_least(self, many: int, state: str, of: str = NAME) -> ParkedPage:
        return await self.until(
            lambda: self.parked(of, state=state, limit=200), lambda page: len(page.messages) >= many
        )

    async def until_over(self, name: str) -> ReplayView:
        return await self.until(lambda: self.replay(name), lambda view: view.state != "running")

    async def until(self, look: Callable[[], Any], right: Callable[[Any], bool]) -> Any:
        found = None
        try:
            async with asyncio.timeout(SOON_S):
                while True:
                    # Whoever is asked may be dead, or not up yet.
                    with suppress(nats.errors.Error):
                        if right(found := await look()):
                            return found
                    await asyncio.sleep(0.03)
        except TimeoutError as error:
            raise AssertionError(f"still {found}") from error


WHO = {"cause": "read", "actor": "ann"}


@asynccontextmanager
async def person(bus: NatsServer) -> AsyncIterator[Person]:
    client = await nats.connect(bus.url)
    made = Person(client)
    await made.listen()
    try:
        yield made
    finally:
        await client.close()


async def effects(service: Service) -> list[str]:
    """Which visits had an effect, once for each effect."""
    inbox = service.tables.inbox
    wanted = select(inbox.c.id).where(inbox.c.id.like("effect:%")).order_by(inbox.c.id)
    rows = await service.writer.run(lambda work: work.connection.execute(wanted).all())
    return sorted(row.id.split(":")[1] for row in rows)


def chosen(*messages: str) -> Chosen:
    return Chosen(messages=messages)


def body_of(message: Message) -> str:
    return message.model_dump_json()
