"""What a campaign leaves behind: copies of all stores, the calls, the letters, what was done.

Every store is copied into SQLite, so that one set of questions fits both databases and a copy can
be changed without harm. Must not: judge; `verdict` does.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect, make_url, text

from tests.chaos.load import Call
from tests.chaos.mail import Letter
from tests.chaos.poison import Foreign


class Copy:
    """A store as it was at one moment."""

    def __init__(self) -> None:
        self.raw = sqlite3.connect(":memory:", check_same_thread=False)

    @property
    def store(self) -> Copy:
        return self

    def ask(self, sql: str, *values: Any) -> list[Any]:
        return self.raw.execute(sql, values).fetchall()

    def save(self, to: Path) -> None:
        with sqlite3.connect(to) as file:
            self.raw.backup(file)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault's time: who was hurt, from when to when all was ready again."""

    kind: str
    target: str
    begun: float
    ended: float


@dataclass
class Evidence:
    """Everything the verdict is made from."""

    processes: Mapping[str, Copy]
    calls: list[Call] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    foreign: list[Foreign] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def copy(self) -> Evidence:
        """Another one, to be changed."""
        copies: dict[str, Copy] = {}
        for name, one in self.processes.items():
            copies[name] = Copy()
            one.raw.backup(copies[name].raw)
        return Evidence(
            copies, list(self.calls), list(self.letters), list(self.foreign), list(self.troubles),
            self.now,
        )  # fmt: skip


def copy_of(url: str) -> Copy:
    """Copy a store. Call it while nobody writes."""
    copy = Copy()
    if make_url(url).get_backend_name() == "sqlite":
        with sqlite3.connect(str(make_url(url).database)) as source:
            source.backup(copy.raw)
        return copy
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            found = connection.execute(text(f'SELECT * FROM "{table}"'))
            names = list(found.keys())
            copy.raw.execute(f'CREATE TABLE "{table}" ({", ".join(names)})')
            places = ", ".join("?" * len(names))
            rows = [[_plain(value) for value in row] for row in found]
            copy.raw.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)
    engine.dispose()
    copy.raw.commit()
    return copy


def _plain(value: Any) -> Any:
    """A value as SQLite would have it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(value, dict | list):
        return json.dumps(value)
    return int(value) if isinstance(value, bool) else value


UNQUIET = {
    "visits": "SELECT count(*) FROM visits_visits WHERE phase IN"
    " ('holding', 'confirming', 'cancelling')",
    "notifications": "SELECT count(*) FROM notifications_notices"
    " WHERE state IN ('waiting', 'sending')",
    "console": "SELECT count(*) FROM console_acts WHERE answer IS NULL",
}
"""How much of a service's own work is not done."""


def unrest(url: str, service: str) -> tuple[int, tuple[Any, ...]]:
    """How much a service has yet to do, and marks that change whenever it does something."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:

            def one(sql: str) -> Any:
                return connection.execute(text(sql)).scalar()

            unsent = one(f"SELECT count(*) FROM {service}_outbox WHERE published_at IS NULL")
            undone = one(UNQUIET[service]) if service in UNQUIET else 0
            if service in ("bookings", "venues", "catering", "escorts"):
                undone = one(f"SELECT count(*) FROM {service}_holds WHERE state IN"
                             " ('held', 'pending')")  # fmt: skip
            marks = tuple(
                one(f"SELECT count(*) FROM {service}_{table}") for table in ("inbox", "outbox")
            )
            return int(unsent) + int(undone), marks
    finally:
        engine.dispose()
