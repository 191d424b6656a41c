"""The tables of one service of the comparison, and the one statement of each of its operations.

Owns: idempotence by key and capacity, both enforced by the database in one transaction.
Must not: know of HTTP or of the workflow.

Each operation is one call of a function in the database: one round trip and one commit, which is
the least that a durable step can cost. The row of the hold is written first: whoever comes with
the same key waits for that transaction and then finds the row.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import Params

from bench.load import DAYS
from bench.rival.work import CAPACITY, NOTIFICATIONS

PLACE = "SELECT place(%s, %s, %s)"
"""Key, day, units. Gives `held` or `refused`, or the state it had when the key is known."""
CONFIRM = "SELECT confirm(%s)"
"""Key. Gives `confirmed`, or the state that cannot be confirmed, or NULL for an unknown key."""
RELEASE = "SELECT release(%s)"
"""Key. Gives `released`, also for a key that was refused or is unknown."""
NOTE = "INSERT INTO notices (key) VALUES (%s) ON CONFLICT (key) DO NOTHING"

_CELLS = """
CREATE TABLE cells (
    day integer PRIMARY KEY, capacity integer NOT NULL, taken integer NOT NULL DEFAULT 0,
    CHECK (taken BETWEEN 0 AND capacity));
CREATE TABLE holds (
    key text PRIMARY KEY, day integer NOT NULL REFERENCES cells, units integer NOT NULL,
    state text NOT NULL CHECK (state IN ('held', 'confirmed', 'refused', 'released')));
CREATE FUNCTION place(text, integer, integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO holds VALUES ($1, $2, $3, 'held') ON CONFLICT (key) DO NOTHING;
    IF NOT FOUND THEN RETURN (SELECT state FROM holds WHERE key = $1); END IF;
    UPDATE cells SET taken = taken + $3 WHERE day = $2 AND taken + $3 <= capacity;
    IF FOUND THEN RETURN 'held'; END IF;
    UPDATE holds SET state = 'refused' WHERE key = $1;
    RETURN 'refused';
END $$;
CREATE FUNCTION confirm(text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE holds SET state = 'confirmed' WHERE key = $1 AND state = 'held';
    IF FOUND THEN RETURN 'confirmed'; END IF;
    RETURN (SELECT state FROM holds WHERE key = $1);
END $$;
CREATE FUNCTION release(text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE gone holds;
BEGIN
    UPDATE holds SET state = 'released' WHERE key = $1 AND state IN ('held', 'confirmed')
        RETURNING * INTO gone;
    IF FOUND THEN UPDATE cells SET taken = taken - gone.units WHERE day = gone.day; END IF;
    RETURN 'released';
END $$;
"""
_NOTICES = "CREATE TABLE notices (key text PRIMARY KEY, sent_at timestamptz DEFAULT now())"

_COUNTS = """
SELECT (SELECT count(*) FROM holds WHERE state = 'confirmed'),
       (SELECT count(*) FROM holds WHERE state = 'held'),
       (SELECT count(*) FROM cells LEFT JOIN (
            SELECT day, sum(units) AS claimed FROM holds
            WHERE state IN ('held', 'confirmed') GROUP BY day) AS sums USING (day)
        WHERE taken > capacity OR taken <> coalesce(claimed, 0))
"""


def prepare(dsn: str, service: str) -> None:
    """Make the tables of a service in its empty database, and its capacities."""
    with psycopg.connect(dsn) as connection:
        if service == NOTIFICATIONS:
            connection.execute(_NOTICES)
            return
        connection.execute(_CELLS)
        connection.execute(
            "INSERT INTO cells (day, capacity) SELECT day, %s FROM generate_series(0, %s) AS day",
            (CAPACITY[service], DAYS - 1),
        )


def counts(dsn: str, service: str) -> dict[str, int]:
    """What a store holds: `confirmed`, still `held`, days that are `oversold`; or `notices`.

    A day is oversold when more is taken than there is, or when what is taken is not the sum of
    its holds.
    """
    with psycopg.connect(dsn) as connection:
        if service == NOTIFICATIONS:
            [notices] = _row(connection, "SELECT count(*) FROM notices")
            return {"notices": notices}
        confirmed, held, oversold = _row(connection, _COUNTS)
        return {"confirmed": confirmed, "held": held, "oversold": oversold}


def written(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Transactions that wrote, and bytes of the write-ahead log, of the whole server so far."""
    commits, wal_bytes = _row(
        connection,
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
        " pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint",
    )
    return commits, wal_bytes


def durability(dsn: str) -> dict[str, str]:
    """The server's settings that decide what a commit promises."""
    names = ("fsync", "synchronous_commit", "full_page_writes", "server_version")
    with psycopg.connect(dsn) as connection:
        return {name: _row(connection, "SELECT current_setting(%s)", (name,))[0] for name in names}


def _row(connection: psycopg.Connection[Any], query: str, given: Params = ()) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), given).fetchone()
    assert row is not None
    return tuple(row)
