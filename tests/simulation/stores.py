"""Stores of simulated processes: SQLite in memory, made once by the real migrations, then copied.

Must not: know what is stored.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, StaticPool, create_engine
from sqlalchemy.exc import OperationalError

from shared.chassis.prepared import Plans, Prepared
from shared.chassis.store import migrate


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
        self.raw = sqlite3.connect(":memory:", check_same_thread=False)
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

    @contextmanager
    def begin(self) -> Iterator[Any]:
        """A transaction, in which the process may die before the commit and after it."""
        self.handling.clear()
        self.raw.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.crash("before commit")
            if self.failing > 0:
                self.failing -= 1
                raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk is full"))
        except BaseException:
            self.raw.execute("ROLLBACK")
            self._replaced += 1
            raise
        self.raw.execute("COMMIT")
        self.handled.update(self.handling)
        self.crash("after commit")

    def image(self) -> bytes:
        """A backup."""
        return self.raw.serialize()

    def load(self, image: bytes) -> None:
        """Bring back a backup."""
        self.raw.deserialize(image)
        self._replaced += 1

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


def _engine_over(raw: sqlite3.Connection) -> Engine:
    raw.isolation_level = None
    return create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
