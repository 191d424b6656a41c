"""A replay goes on although the processes that carry it are killed, and does nothing twice."""

from __future__ import annotations

import uuid
from collections import Counter
from pathlib import Path

from sqlalchemy import create_engine, text

from shared.contracts.holds import HoldsChanged, ReleaseHolds
from shared.contracts.parking import Edit, Replay
from tests.support.nats import NatsServer
from tests.support.parking import Person, chosen, person
from tests.support.postgres import PostgresServer
from tests.support.system import System

MANY = 12


async def park_and_mend(ann: Person) -> list[str]:
    """Commands that were rubbish, and will each release a hold nobody knows."""
    ids = [await ann.send(ReleaseHolds.subject("venues"), b"{") for _ in range(MANY)]
    await ann.until_parked(MANY, of="venues")
    for number, one in enumerate(ids):
        good = ReleaseHolds(
            cause="c", actor="a", visit=f"v-{number}", holds=(f"h-{uuid.uuid4().hex}",)
        )
        edit = Edit(message=one, revision=1, body=good.model_dump_json())
        assert (await ann.act(edit, of="venues")).outcome == "accepted"
    return ids


async def test_kill_after_kill(tmp_path: Path, bus: NatsServer, postgres: PostgresServer) -> None:
    url = postgres.create_database()
    system = System(tmp_path, bus.url, lambda _name: url)
    try:
        replicas = system.start("venues", replicas=2)
        system.await_ready()
        async with person(bus) as ann:
            ids = await park_and_mend(ann)
            replay = Replay(chosen=chosen(*ids), per_s=2)
            assert (await ann.act(replay, "r", of="venues")).outcome == "accepted"
            for replica in replicas:
                seen = len((await ann.parked("venues", state="done")).messages)
                replica.kill()
                replica.start()
                # The one that paces is dead now, or will be next: its lease must run out first.
                await ann.until_parked_at_least(min(seen + 1, MANY), "done", of="venues")
            await ann.until_parked(MANY, "done", of="venues")
        engine = create_engine(url)
        with engine.connect() as connection:
            bodies = connection.execute(
                text("SELECT body FROM venues_outbox WHERE subject = :subject"),
                {"subject": HoldsChanged.subject("venues")},
            ).scalars()
            visits = Counter(HoldsChanged.model_validate_json(body).visit for body in bodies)
        engine.dispose()
        assert visits == {f"v-{number}": 1 for number in range(MANY)}
    finally:
        system.stop()
