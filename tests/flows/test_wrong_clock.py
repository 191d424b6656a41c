"""A clock that was an hour ahead and is right again: what it stamped does not wait so long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from services.visits import migrations
from services.visits.store import VISITS, due_visits
from shared.chassis import limits
from shared.chassis import migrations as chassis_migrations
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Work
from tests.flows.test_relay import HandClock, await_marked, running, send, unmarked
from tests.rules.notice_case import Office, arrangement, hall
from tests.rules.toyworld import START, Owner, World
from tests.support.nats import NatsServer

HOUR_S = 3_600.0


async def test_a_message_that_it_stamped_is_sent(
    bus: NatsServer, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SWEEP_S", HOUR_S)  # so that only this test sweeps
    clock = HandClock()
    async with running(bus, store_url, clock) as service:
        clock.at += timedelta(seconds=HOUR_S)
        sent = await send(service, "visit")
        await await_marked(service)
        clock.at -= timedelta(seconds=HOUR_S)
        unmark = update(service.tables.outbox).values(published_at=None)
        await service.writer.run(lambda work: work.connection.execute(unmark))
        assert await unmarked(service) == {sent}
        assert await service.relay.sweep() == 1


async def test_a_mark_that_it_made_hides_no_doubt(bus: NatsServer, store_url: str) -> None:
    clock = HandClock()
    async with running(bus, store_url, clock) as service:
        clock.at += timedelta(seconds=HOUR_S)
        ahead = await send(service, "ahead")
        await await_marked(service)
        clock.at -= timedelta(seconds=HOUR_S)
        newest = await send(service, "newest")
        await await_marked(service)
        await service.feeder.doubt_latest()
        assert await unmarked(service) == {ahead, newest}


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    office = Office(store_url)
    yield office
    office.close()


def test_a_letter_that_it_stamped_leaves(office: Office) -> None:
    office.later(HOUR_S)
    office.arrange(arrangement(1, hall(50)))
    office.later(-HOUR_S)
    assert len(office.claim().letters) == 2


def test_a_lease_that_it_gave_ends(office: Office) -> None:
    office.arrange(arrangement(1, hall(50)))
    office.later(HOUR_S)
    assert len(office.claim().letters) == 2
    office.later(-HOUR_S)
    assert len(office.claim().letters) == 2, "whoever had them has died, for all we know"
    office.later(5)
    assert not office.claim().letters, "a lease of a right clock is kept"


def test_a_visit_under_way_is_looked_at(store_url: str) -> None:
    engine = open_store(store_url)
    for layer in (chassis_migrations, migrations):
        migrate(engine, "visits", layer)
    text = dict.fromkeys(("line", "search", "state", "summary"), "")
    with engine.begin() as connection:
        work = Work(connection, START, "visits", chassis_tables("visits"), str)
        for visit, phase in (("asking", "holding"), ("firm", "ready")):
            row = {"visit": visit, "phase": phase, "wake_at": START + timedelta(seconds=HOUR_S),
                   "starts_at": START, "ends_at": START, "trace": {}, **text}  # fmt: skip
            connection.execute(VISITS.insert(), row)
        assert due_visits(work, 10, 120.0) == ["asking"]
    engine.dispose()


def test_what_it_asked_in_vain_is_asked_again() -> None:
    world = World({name: Owner(name, 10) for name in ("bookings", "venues", "catering")})
    world.now += timedelta(seconds=HOUR_S)
    world.submit("v", {"bookings": 2})
    world.bag.clear()
    world.now -= timedelta(seconds=HOUR_S)
    world.reconcile("v")
    world.pass_time(world.pacing.answer_within_s + 0.1)
    assert world.bag, "the orchestrator waits for an hour"
