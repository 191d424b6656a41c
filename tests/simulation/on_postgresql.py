"""Stores of simulated processes on a real PostgreSQL: one database for each service, and every
history begins with its first day.

Nothing is copied here: a history that goes on with an older store is not played.

Must not: know what is stored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from shared.chassis.prepared import Plans, Prepared
from shared.chassis.store import migrate
from tests.simulation.beginning import CITY, work_on
from tests.simulation.cast import ROLES, seed

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


class Store:
    """One service's store; what `stores.Store` offers, but for images."""

    def __init__(self, service: str, url: str, more: tuple[ModuleType, ...]) -> None:
        self.service = service
        for layer in (*ROLES[service].layers, *more):
            migrate(create_engine(url), service, layer)
        real = create_engine(url, isolation_level="AUTOCOMMIT").connect()
        driver: Any = real.connection.dbapi_connection
        self._driver = driver
        self.connection = Prepared(real, driver, Plans())
        self._aside = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        self.crash: Callable[[str], None] = lambda _point: None
        self.failing = 0
        self.stamp = 0, 0
        """Another one after each transaction: something may have been written."""
        self.handled: Counter[str] = Counter()
        self.handling: list[str] = []
        self._tables = [name for (name,) in self.ask(_TABLES)]
        self._aside.execute("SET session_replication_role = replica")  # The audit only grows.
        self._begin_first()

    def _begin_first(self) -> None:
        ids = iter(range(10_000))
        with self.begin() as connection:
            seed(self.service, work_on(connection, self.service, lambda: f"seed-{next(ids)}"), CITY)
        self._aside.execute("CREATE SCHEMA first_day")
        for table in self._tables:
            self._aside.execute(f"CREATE TABLE first_day.{table} AS TABLE {table}")

    @contextmanager
    def begin(self) -> Iterator[Any]:
        """A transaction, in which the process may die before the commit and after it."""
        self.handling.clear()
        self.stamp = 0, self.stamp[1] + 1
        self._driver.execute("BEGIN")
        try:
            yield self.connection
            self.crash("before commit")
            if self.failing > 0:
                self.failing -= 1
                raise OperationalError("COMMIT", None, psycopg.OperationalError("disk is full"))
        except BaseException:
            self._driver.execute("ROLLBACK")
            raise
        self._driver.execute("COMMIT")
        self.handled.update(self.handling)
        self.crash("after commit")

    def begin_again(self) -> None:
        """The first day."""
        self.crash, self.failing = (lambda _point: None), 0
        self.handled.clear()
        with self._aside.transaction():
            self._aside.execute(f"TRUNCATE {', '.join(self._tables)} RESTART IDENTITY")
            for table in self._tables:
                self._aside.execute(f"INSERT INTO {table} TABLE first_day.{table}")

    def ask(self, sql: str, *values: Any) -> list[Any]:
        """Rows of a plain query as SQLite would give them, past all code of ours."""
        told: Any = sql.replace("%", "%%").replace("?", "%s") if values else sql
        rows = self._aside.execute(told, values or None)
        return [tuple(map(_as_sqlite, row)) for row in rows]

    def dump(self) -> list[Any]:
        """Everything that it has."""
        return [
            (table, sorted(map(repr, self.ask(f"SELECT * FROM {table}")))) for table in self._tables
        ]

    def close(self) -> None:
        """Let go of the database."""
        self._aside.close()
        self.connection.engine.dispose()


def _as_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


class House:
    """A store for each service that a history asks for."""

    def __init__(self, create_database: Callable[[], str]) -> None:
        self._make = create_database
        self._stores: dict[tuple[str, tuple[ModuleType, ...]], Store] = {}

    def fresh_store(self, service: str, more: tuple[ModuleType, ...] = ()) -> Store:
        """Stands where `beginning.fresh_store` does."""
        which = service, more
        if which not in self._stores:
            self._stores[which] = Store(service, self._make(), more)
        self._stores[which].begin_again()
        return self._stores[which]

    def close(self) -> None:
        """Let go of all databases."""
        for store in self._stores.values():
            store.close()
