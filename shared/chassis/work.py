"""One transaction for one group of messages, and what may be done inside it.

Owns: `Delivery` (a message that arrived), `Work` (the transaction), the inbox and outbox writes.
Must not: commit; `writer` does, for the whole group at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Insert, Select, Table, bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from shared.chassis import limits
from shared.chassis.life import Life, TooEarlyError
from shared.chassis.tables import ChassisTables
from shared.contracts.message import PARKED, Command, Event, Message

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Delivery(Generic[M]):
    """A message as it arrived: its transport id (for the inbox) and its trace headers."""

    message: M
    id: str
    trace: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    """It was sent a second time, to a store that may have forgotten it."""


GroupHandler = Callable[["Work", Sequence[Delivery[Any]]], None]
"""Handles messages that wait at the same time: reads in few statements, decides one by one, writes
in bulk. May run twice for the same messages when a transaction fails, so it touches only `Work`."""


@dataclass(slots=True)
class Work:
    """One open transaction. Handlers use `connection` to read and write, `send` to send."""

    connection: Connection
    now: datetime
    service: str
    tables: ChassisTables
    new_id: Callable[[], str]
    life: Life = field(default_factory=Life)
    outgoing: list[dict[str, Any]] = field(default_factory=list)

    @property
    def recovering(self) -> bool:
        """The store was restored a moment ago and may not know yet what it once knew."""
        return self.life.recovering(self.now)

    def only_if_settled(self, what: str) -> None:
        """Go on to a "no", unless the store may only have forgotten what would make it a "yes".

        Raises TooEarlyError then, and so the message comes again a little later.
        """
        if self.recovering:
            raise TooEarlyError(f"{what}; but the store is still being brought up to date")

    def send(
        self, message: Message, because: Delivery[Any] | None = None, to: str | None = None
    ) -> str:
        """Put a message into the outbox: it leaves right after the commit, or not at all.

        Events belong to this service; a command goes `to` a service unless its class has an owner.
        Returns the transport id. Raises ValueError for one that no stream stores, or too large.
        """
        if not isinstance(message, Command | Event):
            raise ValueError(f"{type(message).__name__} is not stored by any stream")
        owner = to if isinstance(message, Command) else self.service
        return self._put(message.stream, message.subject(owner), message.model_dump_json(), because)

    def announce_parked(self, subject: str, body: str) -> str:
        """Put a notice about a parked message into the outbox."""
        return self._put(PARKED, subject, body, None)

    def _put(self, stream: str, subject: str, body: str, because: Delivery[Any] | None) -> str:
        if len(body) > limits.MAX_PAYLOAD:
            raise ValueError(f"{subject}: {len(body)} characters; {limits.MAX_PAYLOAD} at most")
        row_id = self.new_id()
        self.outgoing.append(
            {
                "id": row_id,
                "stream": stream,
                "subject": subject,
                "body": body,
                "trace": dict(because.trace) if because else {},
                "created_at": self.now,
                "published_at": None,
                "stream_seq": None,
                "stream_born": None,
                "look": None,
                "again": 0,
            }
        )
        return row_id

    def take_in(self, ids: Sequence[str]) -> set[str]:
        """Write these transport ids into the inbox; return those that were never handled here."""
        if not ids:
            return set()
        statement = if_missing(self.tables.inbox, self.connection.dialect.name, "id")
        rows = [{"id": one, "handled_at": self.now} for one in ids]
        return set(self.connection.execute(statement, rows).scalars())

    def save_outgoing(self) -> None:
        """Write the outbox rows of what this transaction sends."""
        if self.outgoing:
            self.connection.execute(insertion(self.tables.outbox), self.outgoing)

    def alone(self, what: str) -> None:
        """Until this commits, no other replica of the service does `what`; SQLite has none."""
        if many_writers(self.connection):
            named = {"what": f"{self.service}-{what}"}
            self.connection.execute(_LOCK, named)

    def insert_if_missing(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows whose primary key is new; leave the others as they are."""
        if rows:
            self.connection.execute(if_missing(table, self.connection.dialect.name), list(rows))


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")


def many_writers(connection: Connection) -> bool:
    """Whether others may write at the same moment; SQLite lets one transaction in at a time."""
    return connection.dialect.name == "postgresql"


# Built once: building a statement costs more than running it.


@cache
def insertion(table: Table) -> Insert:
    """Insert rows into a table."""
    return table.insert()


@cache
def row_by(table: Table, key: str) -> Select[Any]:
    """The row that has the parameter named like the column `key` in it."""
    return select(table).where(table.c[key] == bindparam(key))


@cache
def if_missing(table: Table, dialect: str, returning: str | None = None) -> Any:
    """Insert rows whose primary key is new; `returning` names a column of those that were."""
    kind = postgresql if dialect == "postgresql" else sqlite
    statement = kind.insert(table).on_conflict_do_nothing()
    return statement.returning(table.c[returning]) if returning else statement
