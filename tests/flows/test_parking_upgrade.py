"""Messages that an older version parked get their cause and can be acted on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, Table, select

from shared.chassis import migrations
from shared.chassis.parking_rules import cause_of
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables

AT = datetime(2027, 8, 1, 8, tzinfo=UTC)
CONSUMER = "keeper-holds_changed-v1"
ERROR = "RuntimeError: no room 7"


def bring_to(engine: Engine, version: str, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    with engine.begin() as connection:
        config.attributes.update(connection=connection, service="keeper", layer="chassis")
        (command.downgrade if down else command.upgrade)(config, version)


def test_an_older_lot_is_taken_over(store_url: str) -> None:
    engine = open_store(store_url)
    try:
        bring_to(engine, "c0002")
        old = Table("keeper_parked", MetaData(), autoload_with=engine)
        row = {"subject": "s", "consumer": CONSUMER, "body": "{", "headers": {}, "error": ERROR,
               "reason": "failing", "attempts": 8, "history": [], "parked_at": AT}  # fmt: skip
        if engine.dialect.name == "sqlite":
            row["parked_at"] = AT.replace(tzinfo=None)
        with engine.begin() as connection:
            connection.execute(old.insert(), [{**row, "id": f"m-{n}"} for n in range(1_200)])
        migrate(engine, "keeper", migrations)
        parked = chassis_tables("keeper").parked
        with engine.connect() as connection:
            rows = connection.execute(select(parked)).all()
        cause = cause_of(ERROR, CONSUMER)
        assert len(rows) == 1_200
        assert {(one.cause, one.error_line, one.state, one.revision) for one in rows} == {
            (cause.group, "no room 7", "parked", 1)
        }
        assert {(one.parked_at, one.failed_at, one.raw, one.resolved_at) for one in rows} == {
            (AT, AT, None, None)
        }
        bring_to(engine, "c0002", down=True)
        again = Table("keeper_parked", MetaData(), autoload_with=engine)
        assert set(again.columns.keys()) == set(old.columns.keys())
    finally:
        engine.dispose()
