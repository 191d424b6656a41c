"""The writer: groups in one transaction, each message once, a bad one alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from ulid import ULID

from shared.chassis import migrations
from shared.chassis.clock import SystemClock
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Delivery, Work
from shared.chassis.writer import Writer
from shared.contracts.holds import HoldsChanged

TABLES = chassis_tables("scratch")


def delivery(one: str, visit: str = "v") -> Delivery[HoldsChanged]:
    return Delivery(HoldsChanged(cause="c", actor="a", visit=visit, holds=()), one)


@dataclass
class Bench:
    """A writer on a store of its own, and what came out of it."""

    writer: Writer
    engine: Any
    offered: list[dict[str, Any]]
    groups: list[int]
    handled: list[str] = field(default_factory=list)

    def handler(self, work: Work, some: Sequence[Delivery[Any]]) -> None:
        """Echo every message; one for the visit `bad` fails."""
        for one in some:
            if one.message.visit == "bad":
                raise ValueError("cannot be handled")
            self.handled.append(one.id)
            work.send(one.message, one)

    async def handle(self, *some: Delivery[Any]) -> list[Exception | None]:
        """As a service hands over what arrived together."""
        return await self.writer.handle([(self.handler, one) for one in some])

    def count(self, name: str) -> int:
        table = getattr(TABLES, name)
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest_asyncio.fixture
async def bench(store_url: str) -> AsyncIterator[Bench]:
    engine = open_store(store_url)
    migrate(engine, "scratch", migrations)
    offered: list[dict[str, Any]] = []
    groups: list[int] = []
    writer = Writer(
        "scratch", engine, TABLES, SystemClock(), lambda: str(ULID()), offered.extend, groups.append
    )
    writer.start()
    yield Bench(writer, engine, offered, groups)
    await writer.stop()
    engine.dispose()


async def test_a_message_that_comes_again_is_done_once(bench: Bench) -> None:
    for _ in range(3):
        assert await bench.handle(delivery("one")) == [None]
    assert bench.handled == ["one"]
    assert (bench.count("inbox"), bench.count("outbox"), len(bench.offered)) == (1, 1, 1)


async def test_the_same_message_twice_in_one_group_is_done_once(bench: Bench) -> None:
    assert await bench.handle(delivery("one"), delivery("one")) == [None, None]
    assert bench.handled == ["one"]
    assert bench.count("outbox") == 1


async def test_messages_that_wait_together_share_a_transaction(bench: Bench) -> None:
    await asyncio.gather(*(bench.handle(delivery(f"m{number}")) for number in range(50)))
    assert sum(bench.groups) == 50
    assert len(bench.groups) <= 3
    assert (bench.count("inbox"), bench.count("outbox"), len(bench.offered)) == (50, 50, 50)


async def test_a_bad_one_fails_alone_and_leaves_nothing(bench: Bench) -> None:
    visits = ["good", "good", "bad", "good"]
    results = await bench.handle(
        *(delivery(f"m{number}", visit) for number, visit in enumerate(visits))
    )
    assert [type(result) for result in results] == [type(None), type(None), ValueError, type(None)]
    assert (bench.count("inbox"), bench.count("outbox"), len(bench.offered)) == (3, 3, 3)
    [error] = await bench.handle(delivery("m2", "bad"))
    assert isinstance(error, ValueError)


async def test_one_that_lost_a_race_is_decided_again_by_what_is_there(bench: Bench) -> None:
    """Its constraint stops it once: another replica has taken what it had read as free."""
    lost, attempts = IntegrityError("INSERT", None, Exception("never_oversold")), list[str]()

    def handler(work: Work, some: Sequence[Delivery[Any]]) -> None:
        attempts.append(some[0].id)
        if len(attempts) == 1:
            raise lost
        bench.handler(work, some)

    one = delivery("1")
    assert await bench.writer.handle([(handler, one)]) == [None]
    assert attempts == ["1", "1"] and bench.handled == ["1"]
    assert (bench.count("inbox"), bench.count("outbox")) == (1, 1)


async def test_one_that_a_constraint_stops_each_time_fails(bench: Bench) -> None:
    stopped = IntegrityError("INSERT", None, Exception("never_oversold"))
    attempts = list[str]()

    def handler(_work: Work, some: Sequence[Delivery[Any]]) -> None:
        attempts.append(some[0].id)
        raise stopped

    assert await bench.writer.handle([(handler, delivery("1"))]) == [stopped]
    assert attempts == ["1", "1"] and bench.count("inbox") == 0


async def test_work_without_a_message_is_one_transaction(bench: Bench) -> None:
    def send_and_fail(work: Work) -> None:
        work.send(delivery("x").message)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        await bench.writer.run(send_and_fail)
    assert (bench.count("outbox"), bench.offered) == (0, [])


async def test_what_waits_is_done_before_it_stops(bench: Bench) -> None:
    waiting = [asyncio.ensure_future(bench.handle(delivery(f"m{number}"))) for number in range(20)]
    await asyncio.sleep(0)
    await bench.writer.stop()
    await asyncio.gather(*waiting)
    assert bench.count("inbox") == 20
