"""Rooms for two that an older version told to hotels in one name are looked at once more."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, Table, select

from services.bookings import migrations
from services.bookings.guestlists.tables import LISTS, ROWS, row_of
from shared.chassis.store import migrate, open_store

AT = datetime(2027, 8, 1, 8, tzinfo=UTC)


def bring_to(engine: Engine, version: str, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    with engine.begin() as connection:
        config.attributes.update(connection=connection, service="bookings", layer="bookings")
        (command.downgrade if down else command.upgrade)(config, version)


def test_lists_with_a_room_for_two_are_due_again(store_url: str) -> None:
    engine = open_store(store_url)
    at = AT.replace(tzinfo=None) if engine.dialect.name == "sqlite" else AT
    row = {"number": 1, "kind": "twin", "arrival": date(2027, 9, 1), "fen": 1, "told": True,
           "departure": date(2027, 9, 2), "theirs": "h", "said": "", "guest": "g"}  # fmt: skip
    some = {"hotel": "grand", "visit": "v", "wanted": 1, "due_at": None, "leased_until": None,
            "tries": 0, "owned": False, "unplaced": 0, "said": "", "changed_at": at}  # fmt: skip
    shapes = {"pair": (2, "there"), "alone": (1, "there"), "gone": (2, "over")}
    try:
        migrate(engine, "bookings", migrations)
        bring_to(engine, "r0011", down=True)
        old = MetaData()
        lists, rows = (Table(one.name, old, autoload_with=engine) for one in (LISTS, ROWS))
        with engine.begin() as connection:
            for ours, (adults, state) in shapes.items():
                connection.execute(lists.insert(), {**some, "ours": ours})
                more = {"ours": ours, "stay": f"{ours}r1", "adults": adults, "state": state}
                connection.execute(rows.insert(), {**row, **more})
        migrate(engine, "bookings", migrations)
        with engine.connect() as connection:
            due = select(LISTS.c.ours).where(LISTS.c.due_at.is_not(None))
            assert list(connection.execute(due).scalars()) == ["pair"]
            known = [row_of(one) for one in connection.execute(select(ROWS))]
        assert {(one.sharer, one.told) for one in known} == {("", True)}
    finally:
        engine.dispose()
