"""Stores of simulated processes: SQLite in memory, made once by the real migrations, then copied.

Must not: know what is stored.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, StaticPool, create_engine
from sqlalchemy.exc import OperationalError

from shared.chassis.prepared import Plans, Prepared
from shared.chassis.store import json_text, json_value, migrate

STATEMENTS = 2_000
"""Kept by the driver, far more than there are: SQLite 3.40 crashes when a statement goes out of its
cache and the store was brought back (`load`) since it was made."""
BEGIN, COMMIT, ROLLBACK = "SAVEPOINT work", "RELEASE work", "ROLLBACK TO work"
"""Of a service's transaction. It lies within one that is as long as the history and is never
committed: to roll that back is to be at the first day again, with every page still in its cache."""


class Killed(BaseException):
    """The process has died here. Not an Exception: nothing may catch it on the way."""


def blank(service: str, layers: tuple[ModuleType, ...]) -> bytes:
    """An empty store of a service, with all its tables."""
    raw = sqlite3.connect(":memory:", check_same_thread=False)
    engine = _engine_over(raw)
    for layer in layers:
        migrate(engine, service, layer)
    image = raw.serialize()
    raw.close()
    return image


class Store:
    """One service's store. Offers what `Writer` needs of an engine: `begin()`.

    Used again by one history after another: what SQLAlchemy has compiled stays compiled.
    """

    def __init__(self) -> None:
        self.raw = sqlite3.connect(
            ":memory:", check_same_thread=False, cached_statements=STATEMENTS
        )
        self.connection = Prepared(_engine_over(self.raw).connect(), self.raw, Plans())
        self.crash: Callable[[str], None] = lambda _point: None
        """Given a point, raises `Killed` where the process is to die."""
        self.failing = 0
        """How many more commits fail."""
        self.handled: Counter[str] = Counter()
        """How often each message had its effect."""
        self.handling: list[str] = []
        """Messages handled in the open transaction."""
        self._replaced = 0
        """How often what was written did not stay, or was overwritten as a whole."""
        self._asked: dict[tuple[Any, ...], list[Any]] = {}
        self._asked_at = (0, 0)
        self._whole = False
        """The transaction of the whole history is open, and so the first day can be had back."""

    def begin(self) -> _Transaction:
        """A transaction, in which the process may die before the commit and after it."""
        return _Transaction(self)

    def roll_back(self) -> None:
        """What was written did not stay."""
        self.raw.execute(ROLLBACK)
        self.raw.execute(COMMIT)
        self._replaced += 1

    def settle(self) -> None:
        """What was written stays, and can be copied; `begin_again` needs the image once then."""
        if self._whole:
            self.raw.execute("COMMIT")
            self._whole = False

    def image(self) -> bytes:
        """A backup."""
        self.settle()
        return self.raw.serialize()

    def load(self, image: bytes) -> None:
        """Bring back a backup."""
        self.settle()
        self.raw.deserialize(image)
        self._replaced += 1

    def begin_again(self, first: bytes) -> None:
        """Another history begins on the `first` day, always the same one."""
        if self._whole:
            self.raw.execute("ROLLBACK")
            self._replaced += 1
        else:
            self.load(first)
        self.raw.execute("BEGIN")
        self._whole = True

    def ask(self, sql: str, *values: Any) -> list[Any]:
        """Rows of a plain query, past all code of ours; asked once as long as nothing is written.
        They are not to be changed."""
        if self.stamp != self._asked_at:
            self._asked_at = self.stamp
            self._asked.clear()
        rows = self._asked.get((sql, values))
        if rows is None:
            rows = self._asked[sql, values] = self.raw.execute(sql, values).fetchall()
        return rows

    @property
    def stamp(self) -> tuple[int, int]:
        """Equal as long as nothing was written; SQLite counts every row that ever was."""
        return self._replaced, self.raw.total_changes


class _Transaction:
    """The open transaction of a store. As a class: there are thousands a second."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> Any:
        self._store.handling.clear()
        self._store.raw.execute(BEGIN)
        return self._store.connection

    def __exit__(self, failed: Any, _error: Any, _trace: Any) -> None:
        store = self._store
        if failed is not None:
            store.roll_back()
            return
        try:
            store.crash("before commit")
            if store.failing > 0:
                store.failing -= 1
                raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk is full"))
        except BaseException:
            store.roll_back()
            raise
        store.raw.execute(COMMIT)
        if store.handling:
            store.handled.update(store.handling)
        store.crash("after commit")


def _engine_over(raw: sqlite3.Connection) -> Engine:
    raw.isolation_level = None
    return create_engine(
        "sqlite://", creator=lambda: raw, poolclass=StaticPool,
        json_serializer=json_text, json_deserializer=json_value,
    )  # fmt: skip
