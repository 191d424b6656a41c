"""A filled store has rows of its own for each copy: names, keys, times and slots."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.filling import COPY, TEMPLATE, Age, copies_of, fill, fill_cells, growing

NOW = datetime(2027, 1, 1, tzinfo=UTC)
AGE = Age(visits=50, days=1_825, now=NOW)
MADE = """
    CREATE TABLE visits_visits (visit VARCHAR(63) PRIMARY KEY, phase VARCHAR(16), state TEXT,
        summary TEXT, starts_at DATETIME, ends_at DATETIME, wake_at DATETIME);
    CREATE TABLE visits_inbox (id VARCHAR(200) PRIMARY KEY, handled_at DATETIME);
    CREATE TABLE visits_units (id VARCHAR(63) PRIMARY KEY);
    CREATE TABLE visits_floors (subject VARCHAR(200), born DATETIME, PRIMARY KEY (subject, born));
    INSERT INTO visits_floors VALUES ('cmd.visits.submit_visit.v1', '2026-12-01 00:00:00.000000');
    CREATE TABLE visits_claims (hold VARCHAR(200), unit VARCHAR(150), start INTEGER, stop INTEGER,
        PRIMARY KEY (hold, unit, start));
    CREATE TABLE visits_cells (unit VARCHAR(150), slot INTEGER, taken INTEGER, capacity INTEGER,
        PRIMARY KEY (unit, slot));
    INSERT INTO visits_units VALUES ('hall');
    INSERT INTO visits_inbox VALUES ('01M8', '2026-12-01 00:00:00.000000');
    INSERT INTO visits_claims VALUES ('{t}:talks:1', 'hall', 2000000, 2000008),
        ('{t}:stay:1', 'twin', 740000, 740001);
    INSERT INTO visits_visits VALUES ('{t}', 'ready', '{{"visit":"{t}","closed":false}}',
        '{{"phase":"ready"}}', '2027-09-01 01:00:00.000000', '2027-09-02 04:00:00.000000',
        '2027-09-02 04:00:00.000000');
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "visits.db"
    store = sqlite3.connect(found)
    store.executescript(MADE.format(t=TEMPLATE))
    store.close()
    return found


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    store = sqlite3.connect(path)
    try:
        return store.execute(sql).fetchall()
    finally:
        store.close()


def test_tables_that_visits_do_not_fill_are_left_alone(path: Path) -> None:
    store = sqlite3.connect(path)
    assert growing(store) == ["visits_claims", "visits_inbox", "visits_visits"]
    store.close()


def test_each_copy_has_a_name_and_times_of_its_own(path: Path) -> None:
    fill(path, AGE, print)
    copies = "FROM visits_visits WHERE visit LIKE 'aged-%'"
    found = rows(path, f"SELECT visit, starts_at, state {copies} ORDER BY visit")
    assert [name for name, _starts, _state in found] == [COPY % number for number in range(50)]
    assert len({starts for _name, starts, _state in found}) == 50
    assert all(f'"visit":"{name}"' in str(state) for name, _starts, state in found)
    assert rows(path, f"SELECT count(*) FROM visits_visits WHERE visit = '{TEMPLATE}'") == [(1,)]


def test_what_is_over_is_closed_and_what_is_ahead_is_not(path: Path) -> None:
    fill(path, AGE, print)
    moment = NOW.strftime("%Y-%m-%d %H:%M:%S.%f")
    over = f"FROM visits_visits WHERE ends_at < '{moment}'"
    assert rows(path, f"SELECT DISTINCT phase, wake_at {over}") == [("closed", None)]
    ahead = f"FROM visits_visits WHERE ends_at >= '{moment}'"
    assert rows(path, f"SELECT DISTINCT phase, wake_at IS NULL {ahead}") == [("ready", 0)]
    (closed,) = rows(path, "SELECT count(*) FROM visits_visits WHERE state LIKE '%closed\":true%'")
    assert 25 < int(str(closed[0])) < 50


def test_slots_move_by_days_in_their_own_counting(path: Path) -> None:
    fill(path, AGE, print)
    found = dict(
        rows(path, "SELECT unit, max(start) - min(start) FROM visits_claims GROUP BY unit")
    )
    assert found["hall"] == 96 * int(str(found["twin"]))


def test_only_what_is_kept_so_long_is_there(path: Path) -> None:
    age = Age(visits=10_000, days=1_825, now=NOW)
    assert copies_of("visits_inbox", age) == round(10_000 * 8 / 1_825)
    assert copies_of("visits_visits", age) == 10_000
    fill(path, age, print)
    (oldest,) = rows(path, "SELECT min(handled_at) FROM visits_inbox WHERE id <> '01M8'")
    kept = datetime.fromisoformat(str(oldest[0])).replace(tzinfo=UTC)
    assert NOW - timedelta(days=8) <= kept <= NOW
    assert len(rows(path, "SELECT DISTINCT id FROM visits_inbox")) == 1 + copies_of(
        "visits_inbox", age
    )


def test_cells_that_are_there_stay(path: Path) -> None:
    assert fill_cells(path, "visits", iter([("a", 1, 1, 2), ("b", 1, 0, 2)])) == 2
    assert fill_cells(path, "visits", iter([("a", 1, 2, 2), ("c", 1, 0, 2)])) == 1
    assert rows(path, "SELECT * FROM visits_cells WHERE unit = 'a'") == [("a", 1, 1, 2)]
