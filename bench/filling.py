"""Stores filled with years of visits: every row of one real visit, copied in bulk under new names.

What a visit leaves in a store is taken from the store itself, so the rows are as large and as many
as real ones, whatever tables there are. Names, keys and times of each copy are its own; visits that
are over are closed. Cells of all units are written beside them. The copies' cells are not the sum
of their claims, and the console's audit is no chain: such a store is for measuring only.

Must not: touch a store that a service has open.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from shared.chassis import limits

TEMPLATE, COPY = "bench-template", "aged-%09d"
"""The visit that is copied, and what its copies are called."""
BATCH = 20_000
"""Copies in one transaction."""
AHEAD_DAYS = 90
"""The latest copies lie so long after the template; the others before them."""
STRIDE = 7_919
"""A prime: neighbours by number are far from each other by date, as in a real store."""
_NO_COPY = re.compile(
    r"_(version|units|cells|contacts|accounts|tokens|sessions|keys|lives|parked\w*"
    r"|floors|looks|touched|replays|intake|refills)$"
)
"""Tables that grow with something else than visits; each row of the last six is about the bus, a
consumer or an act of operations."""
_FRESH = frozenset(
    {"id", "notice", "command", "cause", "message", "print", "previous", "before", "hash"}
)
"""Columns whose value must be each copy's own."""
_PLANNED = frozenset({"starts_at", "ends_at", "wake_at", "due_at", "expires_at"})
"""Moments that may lie ahead; all others are past."""
_KEPT_S = {"inbox": limits.INBOX_KEEP_S, "outbox": limits.OUTBOX_KEEP_S, "acts": 48 * 3600.0}
"""How long rows of these tables are kept; of all others for ever."""
_SHIFTED = "strftime('%Y-%m-%d %H:%M:%f000', t.{name}, days || ' days')"
_NAMED = "replace(t.{name}, :template, printf(:copy, number))"
_SLOT = "t.{name} + days * CASE WHEN t.{name} > 1000000 THEN 96 ELSE 1 END"
"""Slots are quarter hours or days; days are counted below a million."""
FAST = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000")
"""Nothing is lost that could not be filled again."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Age:
    """So many visits over so many days, as of `now` (aware, in UTC)."""

    visits: int
    days: int
    now: datetime


def growing(store: sqlite3.Connection) -> list[str]:
    """The tables that visits fill."""
    named = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    names = [str(name) for (name,) in store.execute(named)]
    return [name for name in names if not _NO_COPY.search(name)]


def copies_of(table: str, age: Age) -> int:
    """How many copies of the template's rows a table still has."""
    kept = _KEPT_S.get(table.partition("_")[2])
    share = 1.0 if kept is None else min(1.0, kept / timedelta(days=age.days).total_seconds())
    return round(age.visits * share)


def copying(table: str, columns: Mapping[str, str]) -> str:
    """SQL that makes the copies numbered `:first` to `:last` of all rows of `temp.t_<table>`.

    `columns` are their types by name; a column called `seq` of its own numbering is left out by
    the caller.
    """
    kept = table.partition("_")[2] in _KEPT_S
    values = ", ".join(_value(name, kind, kept) for name, kind in columns.items())
    return (
        f"WITH RECURSIVE numbers (number) AS"
        f" (SELECT :first UNION ALL SELECT number + 1 FROM numbers WHERE number < :last),"
        f" dated (number, days) AS"
        f" (SELECT number, number * {STRIDE} % :span + :earliest FROM numbers)"
        f" INSERT INTO {table} ({', '.join(columns)})"
        f" SELECT {values} FROM dated CROSS JOIN temp.t_{table} AS t"
    )


def _value(name: str, kind: str, kept: bool) -> str:
    if kind == "DATETIME":
        return _moment(name, kept)
    if name in ("start", "stop"):
        return _SLOT.format(name=name)
    text = _NAMED.format(name=name) if kind.startswith(("VARCHAR", "TEXT", "JSON")) else f"t.{name}"
    if name in _FRESH:
        return f"CASE WHEN instr(t.{name}, :template) THEN {text}" \
               f" ELSE printf('%09d~', number) || t.{name} END"  # fmt: skip
    return text


def _moment(name: str, kept: bool) -> str:
    if kept:  # spread over the time that they are kept
        return f"CASE WHEN t.{name} IS NULL THEN NULL ELSE strftime('%Y-%m-%d %H:%M:%f000'," \
               " :now, -(:kept_s * number / :copies) || ' seconds') END"  # fmt: skip
    shifted = _SHIFTED.format(name=name)
    return shifted if name in _PLANNED else f"min({shifted}, :now)"


ENDINGS = {
    "visits_visits": (
        "UPDATE visits_visits SET phase = 'closed', wake_at = NULL,"
        " state = replace(state, '\"closed\":false', '\"closed\":true'),"
        ' summary = replace(summary, \'"phase":"ready"\', \'"phase":"closed"\')'
        " WHERE ends_at < :now"
    ),
    "notifications_reminders": (
        "UPDATE notifications_reminders SET state = 'sent' WHERE due_at < :now"
    ),
}
"""What time alone has done to copies that are over."""


def fill(path: Path, age: Age, say: Say) -> int:
    """Copy what the template left in this store; returns rows added."""
    store = sqlite3.connect(path, isolation_level=None)
    for pragma in FAST:
        store.execute(f"PRAGMA {pragma}")
    added = 0
    for table in growing(store):
        added += _fill_table(store, table, age, say)
        if table in ENDINGS:
            store.execute(ENDINGS[table], {"now": _text(age.now)})
    store.execute("PRAGMA journal_mode=WAL")
    store.close()
    return added


def _fill_table(store: sqlite3.Connection, table: str, age: Age, say: Say) -> int:
    columns = {
        str(name): str(kind).upper()
        for _place, name, kind, _notnull, _default, key in store.execute(
            f"PRAGMA table_info({table})"
        )
        if not (name == "seq" and key and _numbers_itself(store, table))
    }
    store.execute(f"CREATE TEMP TABLE t_{table} AS SELECT * FROM {table}")
    copies, statement = copies_of(table, age), copying(table, columns)
    told = {
        "template": TEMPLATE, "copy": COPY, "span": age.days, "now": _text(age.now),
        "earliest": AHEAD_DAYS - age.days, "copies": max(copies, 1),
        "kept_s": _KEPT_S.get(table.partition("_")[2], 0.0),
    }  # fmt: skip
    (each,) = store.execute(f"SELECT count(*) FROM t_{table}").fetchone()
    for first in range(0, copies if each else 0, BATCH):
        last = min(first + BATCH, copies) - 1
        store.execute(statement, {**told, "first": first, "last": last})
        if last + 1 == copies or (first // BATCH) % 10 == 9:
            say(f"  {table}: {(last + 1) * each:,} of {copies * each:,} rows")
    return copies * int(each)


def _numbers_itself(store: sqlite3.Connection, table: str) -> bool:
    keys = [row for row in store.execute(f"PRAGMA table_info({table})") if row[5]]
    return len(keys) == 1 and str(keys[0][2]).upper() == "INTEGER"


def _text(moment: datetime) -> str:
    """As the stores write instants."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def fill_cells(path: Path, service: str, rows: Iterator[tuple[str, int, int, int]]) -> int:
    """Write cells (unit, slot, taken, capacity) beside those that are there; returns how many."""
    store = sqlite3.connect(path, isolation_level=None)
    for pragma in FAST:
        store.execute(f"PRAGMA {pragma}")
    store.execute("BEGIN IMMEDIATE")
    added = store.executemany(
        f"INSERT OR IGNORE INTO {service}_cells VALUES (?, ?, ?, ?)", rows
    ).rowcount
    store.execute("COMMIT")
    store.execute("PRAGMA journal_mode=WAL")
    store.close()
    return added
