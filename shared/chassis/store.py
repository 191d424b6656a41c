"""A service's own database: SQLite by default, PostgreSQL by URL, through the same code.

Owns: engine settings, the instant column type, per-service tables and migrations.
Must not: know what is stored.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import ModuleType, new_class
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    column,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy import table as sql_table
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, SQLModel

from shared.chassis import limits

R = TypeVar("R", bound=SQLModel)
T = TypeVar("T")
log = structlog.get_logger(__name__)
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON",
    # Pages that each of a service's connections keeps, in KiB, a quarter of what SQLite would: what
    # is not there comes from the kernel's own cache. A long transaction keeps more, until its end.
    "cache_size=-512", "cache_spill=OFF",
)  # fmt: skip
"""Of every connection to an SQLite store."""
STORE_AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""What any use of a store raises that cannot be reached, stays locked, or has a full disk."""
_METADATA: dict[str, MetaData] = {}
_TABLES: dict[str, type[SQLModel]] = {}
_MIGRATING = threading.Lock()
"""Alembic's `context` and `op` are process-wide; services that share a process take turns."""

INSTANTS = 512
"""Instants of which the text is kept: a transaction writes the same one into each of its rows."""
_NO_FILE = (None, "", ":memory:")
BigInt = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite only numbers rows by itself in a column called INTEGER."""


@lru_cache(INSTANTS)
def _as_text(value: datetime | None) -> str | None:
    """An instant as SQLite keeps it: UTC without its zone, which sorts as text."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError("naive datetime: instants are aware")
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:26]


@lru_cache(INSTANTS)
def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


def _aware(value: datetime | None) -> datetime | None:
    """An instant as PostgreSQL's driver takes it."""
    if value is not None and value.tzinfo is None:
        raise ValueError("naive datetime: instants are aware")
    return value


def _in_utc(value: datetime | None) -> datetime | None:
    """Always aware, always UTC."""
    return None if value is None else value.astimezone(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware and in UTC in Python, `timestamptz` or naive UTC text in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """Ours alone: SQLAlchemy's own takes three times as long, on the hot path."""
        return _as_text if dialect.name == "sqlite" else _aware

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """The way back."""
        return _from_text if dialect.name == "sqlite" else _in_utc


def metadata_of(service: str) -> MetaData:
    """All tables of one service."""
    return _METADATA.setdefault(service, MetaData())


def table(base: type[R], service: str, plural: str) -> type[R]:
    """The table `<service>_<plural>` with the columns of `base`, made once per process."""
    name = f"{service}_{plural}"
    if name not in _TABLES:
        body = {
            "__tablename__": name, "__module__": base.__module__, "__doc__": base.__doc__,
            "metadata": metadata_of(service),
        }  # fmt: skip
        made = new_class(
            f"{service.title()}{base.__name__}",
            (base,),
            {"table": True},
            lambda ns: ns.update(body),
        )
        _TABLES[name] = cast(type[SQLModel], made)
    return cast(type[R], _TABLES[name])


def open_store(url: str) -> Engine:
    """Open a store. Nothing is connected yet; the first use may raise OperationalError."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    if parsed.get_backend_name() == "postgresql":
        # Imported here: most stores are SQLite.
        from shared.chassis.store_postgresql import open_postgresql

        return open_postgresql(url)
    raise ValueError(f"store {parsed.get_backend_name()!r}: use sqlite or postgresql+psycopg")


def read(engine: Engine, reading: Callable[[Session], T]) -> T:
    """What `reading` finds on one snapshot of the store."""
    with Session(engine.execution_options(reading=True)) as session:
        return reading(session)


def json_text(value: Any) -> str:
    """A document as it is stored; most are empty (trace headers, where nobody traces)."""
    return "{}" if value == {} else json.dumps(value)


def json_value(text: str) -> Any:
    """A document as it was stored."""
    return {} if text == "{}" else json.loads(text)


def _open_sqlite(url: str) -> Engine:
    # Taken in turns, each connection comes to keep every statement, and drops its pages each time.
    last_first = {"pool_use_lifo": True} if make_url(url).database not in _NO_FILE else {}
    engine = create_engine(
        url, connect_args={"timeout": limits.STORE_BUSY_S, "check_same_thread": False},
        json_serializer=json_text, json_deserializer=json_value, **last_first,
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling begins DEFERRED, and two deferred writers that
        # both upgrade die of "database is locked"; we begin transactions ourselves, below.
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.execute("BEGIN" if reading else "BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError("BEGIN", None, error) from error

    return engine


def migrate(engine: Engine, service: str, layer: ModuleType) -> None:
    """Bring one layer of tables (a package with `env.py` and `versions/`) to its newest version.

    Replicas that start together wait for each other: on PostgreSQL by an advisory lock, on SQLite
    because the transaction is IMMEDIATE from its first statement.
    """
    name = layer.__name__.split(".")[-2]
    with _MIGRATING, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext(:name))"),
                {"name": f"migrate-{service}"},
            )
        if version_of(connection, service, name) != newest_version(layer):
            _upgrade(connection, service, name, layer)


def _upgrade(connection: Connection, service: str, name: str, layer: ModuleType) -> None:
    # Imported here: it takes ten megabytes and a third of a second, and most starts need none.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_folder_of(layer)))
    config.attributes |= {"connection": connection, "service": service, "layer": name}
    command.upgrade(config, "head")


def version_of(connection: Connection, service: str, layer: str) -> str | None:
    """Which version the tables of a layer have; None when there are none yet."""
    named = f"{service}_{layer}_version"
    if not inspect(connection).has_table(named):
        return None
    versions = sql_table(named, column("version_num"))
    found: str | None = connection.execute(select(versions.c.version_num)).scalar()
    return found


def newest_version(layer: ModuleType) -> str:
    """The newest version there is a script for: their names begin with it, and are in order."""
    scripts = (_folder_of(layer) / "versions").glob("[a-z][0-9]*_*.py")
    return max(script.name.partition("_")[0] for script in scripts)


def _folder_of(layer: ModuleType) -> Path:
    return Path(str(layer.__file__)).parent


async def migrate_when_there(engine: Engine, service: str, layers: tuple[ModuleType, ...]) -> None:
    """Migrate all layers, waiting for a store that is not there yet."""
    while True:
        try:
            for layer in layers:
                await asyncio.to_thread(migrate, engine, service, layer)
            return
        except (OperationalError, InterfaceError) as error:
            log.warning("waiting_for_store", error=str(error.orig or error)[:300])
            await asyncio.sleep(limits.STORE_RETRY_S)
