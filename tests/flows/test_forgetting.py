"""What a visit's history loses with time, on both databases: nothing early, never the last line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Engine, select, text

from services.visits import forgetting, limits, migrations
from services.visits.forgetting import Forgetting, shorten, too_many
from services.visits.store import TIMELINE, VISITS
from shared.chassis import migrations as chassis_migrations
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Work
from shared.chassis.writer import Writer
from tests.simulation.test_plans import scans

NOW = datetime(2032, 9, 1, tzinfo=UTC)
KEEP_DAYS = 100
OLD, YOUNG = KEEP_DAYS + 1, KEEP_DAYS - 1
"""Days since a visit's start."""


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW


class History:
    """A store of visits, and what is left in it."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self.engine, self.writer = engine, writer

    async def write(self, visit: str, days_ago: int, phase: str, lines: int) -> None:
        """A visit that started so long ago, with so many lines."""
        at = NOW - timedelta(days=days_ago)
        row = {
            "visit": visit, "phase": phase, "line": "event", "search": "", "starts_at": at,
            "ends_at": at + timedelta(hours=2), "state": "{}", "summary": "{}", "trace": {},
        }  # fmt: skip
        told = [line(visit, seq) for seq in range(1, lines + 1)]

        def put(work: Work) -> None:
            work.connection.execute(VISITS.insert(), row)
            work.connection.execute(TIMELINE.insert(), told)

        await self.writer.run(put)

    def left(self) -> dict[str, list[int]]:
        """Numbers of the lines that are there, by visit."""
        found: dict[str, list[int]] = {}
        ordered = select(TIMELINE.c.visit, TIMELINE.c.seq).order_by(TIMELINE.c.visit, "seq")
        with self.engine.connect() as connection:
            for visit, seq in connection.execute(ordered):
                found.setdefault(visit, []).append(seq)
        return found


def line(visit: str, seq: int) -> dict[str, Any]:
    return {"visit": visit, "seq": seq, "at": NOW, "actor": "a", "cause": "c", "kind": "decided",
            "sentence": "s", "data": {}}  # fmt: skip


@pytest_asyncio.fixture
async def history(store_url: str) -> AsyncIterator[History]:
    engine = open_store(store_url)
    for layer in (chassis_migrations, migrations):
        migrate(engine, "visits", layer)
    writer = Writer("visits", engine, chassis_tables("visits"), Still(), lambda: "",
                    lambda _rows: None, lambda _size: None)  # fmt: skip
    writer.start()
    yield History(engine, writer)
    await writer.stop()
    engine.dispose()


async def test_only_what_ended_long_ago_is_forgotten_and_not_its_last_line(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FORGET_VISITS", 2)
    for number in range(5):
        await history.write(f"closed-{number}", OLD + number % 2, "closed", 3)
    await history.write("cancelled", OLD, "cancelled", 2)
    await history.write("stands", OLD, "blocked", 3)
    await history.write("young", YOUNG, "closed", 3)
    old = Forgetting(history.writer.run, KEEP_DAYS)
    await old.once()
    gone = {f"closed-{number}": [3] for number in range(5)}
    rest = {"cancelled": [2], "stands": [1, 2, 3], "young": [1, 2, 3]}
    assert history.left() == gone | rest

    await history.write("later", OLD - 1, "closed", 2)  # not looked through yet: it started later
    await old.once()
    assert history.left()["later"] == [1, 2], "its time is not over"


async def test_what_was_not_committed_is_done_again(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    await history.write("closed", OLD, "closed", 3)
    old = Forgetting(history.writer.run, KEEP_DAYS)
    with monkeypatch.context() as broken:
        broken.setattr(forgetting, "_ALL_BUT_LAST", text("SELECT 1 FROM nowhere"))
        with pytest.raises(Exception, match="nowhere"):
            await old.once()
    assert history.left() == {"closed": [1, 2, 3]}
    await old.once()
    assert history.left() == {"closed": [3]}


async def test_a_visit_that_goes_on_for_ever_keeps_its_newest_lines(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TIMELINE_LINES", 20)
    monkeypatch.setattr(limits, "TIMELINE_STEP", 10)
    await history.write("other", YOUNG, "ready", 40)
    await history.write("long", YOUNG, "ready", 29)

    def write(work: Work) -> None:
        more = [line("long", seq) for seq in (30, 31)]
        work.connection.execute(TIMELINE.insert(), more)
        shorten(work, more)

    await history.writer.run(write)
    assert history.left() == {"other": list(range(1, 41)), "long": list(range(11, 32))}


@pytest.mark.parametrize(
    ("seqs", "upto"),
    [
        (range(1, 40), []),
        ((limits.TIMELINE_LINES,), []),
        ((limits.TIMELINE_LINES + 1, limits.TIMELINE_LINES + 499), []),
        ((limits.TIMELINE_LINES + 499, limits.TIMELINE_LINES + 500), [500]),
        ((2 * limits.TIMELINE_LINES,), [limits.TIMELINE_LINES]),
    ],
)
def test_the_bound_is_looked_at_in_steps(seqs: range | tuple[int, ...], upto: list[int]) -> None:
    found = too_many(line("v", seq) for seq in seqs)
    assert found == [{"long": "v", "upto": one} for one in upto]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_no_look_reads_all_visits_there_ever_were(history: History) -> None:
    await history.write("closed", OLD, "closed", 3)
    said: list[str] = []
    with history.engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.set_trace_callback(said.append)
        now = Work(connection, NOW, "visits", chassis_tables("visits"), lambda: "")
        old = Forgetting(history.writer.run, KEEP_DAYS)
        old._place = old._some(now)
        assert old._some(now) is None
        driver.set_trace_callback(None)
        asked = [sql for sql in said if sql.startswith(("SELECT", "DELETE"))]
        plans = [driver.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in asked]
    assert len(asked) == 3
    assert [step for plan in plans for step in scans([row[3] for row in plan])] == []
