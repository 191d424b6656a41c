"""Two replicas of the orchestrator wake visits: none waits for a visit that the other is at."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from services.visits import migrations
from services.visits.store import VISITS, due_visits, load_visits
from shared.chassis import migrations as chassis_migrations
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Work
from tests.rules.toyworld import START
from tests.support.postgres import PostgresServer


def test_a_visit_that_another_replica_is_at_is_left_to_it(postgres: PostgresServer) -> None:
    engine = open_store(postgres.create_database())
    for layer in (chassis_migrations, migrations):
        migrate(engine, "visits", layer)
    text = dict.fromkeys(("line", "search", "state", "summary"), "")
    rows = [
        {"visit": visit, "phase": "holding", "wake_at": START - timedelta(seconds=1),
         "starts_at": START, "ends_at": START, "trace": {}, **text}
        for visit in ("one", "two")
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(VISITS.insert(), rows)
    with engine.begin() as here, engine.begin() as there:
        assert set(load_visits(_work(here), ["one"])) == {"one"}
        assert due_visits(_work(there), 10, 120.0) == ["two"]
    engine.dispose()


def _work(connection: Connection) -> Work:
    return Work(connection, START, "visits", chassis_tables("visits"), str)
