"""What a process keeps and reads at a time stays small, however many visits come together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, String, Table, bindparam, event, select

from shared.chassis.prepared import KNOWN, PADDED, Plans, padded, places, prepared
from shared.chassis.store import open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Work
from shared.holds.cells import Cells
from shared.holds.port import Reach
from shared.holds.spans import RANGES
from shared.holds.tables import hold_tables

THINGS = Table("things", MetaData(), Column("name", String, primary_key=True))
SOME = select(THINGS.c.name).where(THINGS.c.name.in_(bindparam("names", expanding=True)))
NOBODY: Any = None


@pytest.mark.parametrize("many", [0, 1, 2, 3, 129, PADDED, PADDED + 1])
def test_a_padded_list_has_the_same_members(many: int) -> None:
    some = [str(number) for number in range(many)]
    assert len(padded(some)) == places(many) >= many
    assert padded(some)[:many] == some and set(padded(set(some))) == set(some)


def test_lists_of_all_lengths_share_a_few_texts() -> None:
    lengths = {places(many) for many in range(PADDED + 1)}
    assert lengths == {0, *(2**power for power in range(10))}
    assert len(lengths) ** 2 < 2 * KNOWN  # Of two lists, most pairs never come.


def test_a_store_makes_as_many_programs_and_finds_the_same(tmp_path: Path) -> None:
    engine, plans = open_store(f"sqlite:///{tmp_path / 'a.db'}"), Plans()
    names = [f"n{number:02}" for number in range(40)]
    with engine.begin() as real:
        THINGS.create(real)
        quick = prepared(real, plans)
        quick.execute(THINGS.insert(), [{"name": one} for one in names])
        quick.execute(SOME, {"names": []})
        for many in range(41):
            found = quick.execute(SOME, {"names": names[:many]}).scalars()
            assert sorted(found) == names[:many]
    engine.dispose()
    (plan,) = plans[SOME].values()
    known: Any = plan
    assert len(known._known) == len({places(many) for many in range(41)}) == 8


def test_the_connection_that_was_used_last_goes_first(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as first, engine.connect():
        used = first.connection.dbapi_connection  # Given back after the other one.
    for _ in range(3):
        with engine.connect() as again:
            assert again.connection.dbapi_connection is used
    engine.dispose()


def test_a_store_in_memory_opens_all_the_same() -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        engine = open_store(url)
        with engine.connect() as line:
            assert line.exec_driver_sql("SELECT 1").scalar() == 1
        engine.dispose()


def test_cells_of_many_ranges_are_read_in_parts(store_url: str) -> None:
    tables, engine = hold_tables("venues"), open_store(store_url)
    units = [f"hall-{number}" for number in range(2 * RANGES + 1)]
    sizes = []

    def heard(_line: Any, _cursor: Any, sql: str, values: Any, *_rest: Any) -> None:
        if "FOR UPDATE" not in sql and "venues_cells AS c" in sql:
            (ranges,) = values.values() if isinstance(values, dict) else values
            sizes.append(ranges.count("hall-"))

    with engine.begin() as line:
        tables.cells.create(line)
        rows = [
            {"unit": unit, "slot": slot, "taken": slot, "capacity": 9}
            for unit in units
            for slot in (1, 2, 5)
        ]
        line.execute(tables.cells.insert(), rows)
        event.listen(engine, "before_cursor_execute", heard)
        work = Work(line, datetime.now(UTC), "venues", chassis_tables("venues"), str)
        cells = Cells(work, tables.statements, NOBODY)
        cells.load([Reach(tuple((unit, 1, 4) for unit in units))], ())
    engine.dispose()
    assert sorted(sizes) == [1, RANGES, RANGES]
    assert all(cells.slots(unit) == {1, 2} for unit in units)
    assert [cells.taken((units[-1], slot)) for slot in (0, 1, 2, 5)] == [0, 1, 2, 0]
