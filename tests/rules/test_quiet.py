"""What is left out while a store stays as it is: never anything that could have been due."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from shared.chassis.quiet import DRIFT_S, QUIET_S, Due, Quiet, StoreMark, _Calm, rounds, still

NOW = datetime(2027, 8, 1, 12, tzinfo=UTC)
CALM = _Calm(mark=(1, 7), began=NOW, moment=100.0, until=None)


def later(seconds: float) -> tuple[datetime, float]:
    """So long after `CALM` began, by the clock and in time."""
    return NOW + timedelta(seconds=seconds), 100.0 + seconds


class Turning:
    """A clock that goes as time does, from `NOW` on."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - self.began)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "a store#1.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE things (one)")
    connection.close()
    return path


def write(store: Path, statement: str = "INSERT INTO things VALUES (1)") -> None:
    """As any other process would."""
    with sqlite3.connect(store) as connection:
        connection.execute(statement)
    connection.close()


def mark_of(store: Path) -> StoreMark:
    return StoreMark(make_url(f"sqlite:///{store}"))


def test_a_mark_changes_with_each_commit_and_with_nothing_else(store: Path) -> None:
    mark = mark_of(store)
    first = mark()
    write(store, "SELECT 1")
    assert first is not None
    assert mark() == first
    write(store)
    second = mark()
    assert second not in (None, first)
    write(store, "DELETE FROM things")
    assert mark() not in (None, first, second)
    mark.close()


def test_what_is_not_committed_leaves_the_mark(store: Path) -> None:
    mark, writer = mark_of(store), sqlite3.connect(store, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    before = mark()
    writer.execute("INSERT INTO things VALUES (1)")
    assert mark() == before
    writer.execute("COMMIT")
    assert mark() != before
    writer.close()
    mark.close()


def test_to_look_holds_nobody_up(store: Path) -> None:
    mark, writer = mark_of(store), sqlite3.connect(store, isolation_level=None)
    mark()
    writer.execute("INSERT INTO things VALUES (1)")
    mark()
    busy, logged, done = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert (busy, logged, done) == (0, 0, 0)
    writer.close()
    mark.close()


def test_marks_of_two_connections_are_never_alike(store: Path) -> None:
    mark = mark_of(store)
    first = mark()
    mark.close()
    write(store)
    assert mark() != first
    mark.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql+psycopg://x/y"])
def test_some_stores_cannot_tell(url: str) -> None:
    assert StoreMark(make_url(url))() is None


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert mark_of(tmp_path / "none.db")() is None
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("seconds", [0.0, 1.0, QUIET_S - 0.1])
def test_calm_goes_on(seconds: float) -> None:
    assert still(CALM, CALM.mark, *later(seconds))
    soon = replace(CALM, until=NOW + timedelta(seconds=seconds, microseconds=1))
    assert still(soon, CALM.mark, *later(seconds))


def test_calm_ends_with_whatever_could_matter() -> None:
    now, moment = later(5)
    assert not still(CALM, (1, 8), now, moment)
    assert not still(CALM, None, now, moment)
    assert not still(replace(CALM, until=now), CALM.mark, now, moment)
    assert not still(CALM, CALM.mark, *later(QUIET_S))


@pytest.mark.parametrize("by_s", [-3600.0, -DRIFT_S, DRIFT_S, 3600.0])
def test_a_clock_that_was_set_ends_it(by_s: float) -> None:
    now, moment = later(5)
    assert not still(CALM, CALM.mark, now + timedelta(seconds=by_s), moment)


def test_what_is_written_during_a_look_is_news(store: Path) -> None:
    mark = mark_of(store)
    quiet = Quiet(mark, Turning())
    assert not quiet.goes_on()
    write(store)
    quiet.begin(None)
    assert not quiet.goes_on()
    quiet.begin(None)
    assert quiet.goes_on()
    mark.close()


def test_a_store_that_cannot_tell_is_never_quiet() -> None:
    quiet = Quiet(lambda: None, Turning())
    for _ in range(2):
        assert not quiet.goes_on()
        quiet.begin(None)


async def rounds_made(due: Due | None, mark: Callable[[], Any], more: list[bool]) -> int:
    """How often a job runs in three rounds; `more` is what it says of the first times."""
    ran: list[bool] = []

    def job(_work: Any) -> bool:
        ran.append(more.pop(0) if more else False)
        return ran[-1]

    async def run(task: Callable[[Any], Any]) -> Any:
        return task(None)

    one_round = rounds(Quiet(mark, Turning()), run, job, due)
    for _ in range(3):
        await one_round()
    return len(ran)


async def test_a_job_rests_only_where_it_can_say_until_when() -> None:
    def same() -> tuple[int, int]:
        return 1, 1

    assert await rounds_made(None, same, []) == 3
    assert await rounds_made(lambda _work: None, same, []) == 1
    assert await rounds_made(lambda _work: None, same, [True, True]) == 3
    assert await rounds_made(lambda _work: NOW + timedelta(hours=1), same, []) == 1
    assert await rounds_made(lambda _work: NOW, same, []) == 3
    assert await rounds_made(lambda _work: None, iter([(1, 1), (1, 2), (1, 2)]).__next__, []) == 2
