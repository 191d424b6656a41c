"""Statements that are built once, run without building or looking them up again.

SQLAlchemy compiles a statement once, but walks its whole machinery for each execution: on the hot
path that costs more than the database itself. The first time a statement comes it takes
SQLAlchemy's own way. From the second time on its SQL and its parameter and result processors, all
made by SQLAlchemy, are applied directly, on the same connection. Statements built anew for each
call always take SQLAlchemy's way.

Must not: change what a statement means, which errors it raises, or what its result offers.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NoReturn, Protocol, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from shared.chassis.results import Result, Rows

_LIST = re.compile(r"\(__\[POSTCOMPILE_(\w+)\]\)")
_NONE = "(SELECT 1 FROM (SELECT 1) WHERE 1 != 1)"
"""What SQLAlchemy writes for a list without members."""


KNOWN = 100
"""Texts of a statement with lists that are kept; further ones are put together each time."""
PADDED = 512
"""Members of a list up to which it gets as many places as the next power of two."""


class Plan(Protocol):
    """One statement with one set of parameter names."""

    whole: bool
    """Nothing is missing that SQLAlchemy would make itself, such as a default."""

    def run(self, raw: Any, sets: Sequence[Mapping[str, Any]]) -> Result:
        """Run it once for each set of parameters, on the driver's connection."""


Plans = WeakKeyDictionary[Any, "dict[tuple[str, ...], Plan]"]
"""What is known of statements, by statement and by the names of its parameters."""


class _SqlitePlan:
    """One statement with one set of parameter names."""

    def __init__(self, statement: Any, first: Mapping[str, Any], connection: Connection) -> None:
        dialect = connection.dialect
        compiled = statement.compile(dialect=dialect, column_keys=list(first))
        self._text = _LIST.split(str(compiled))
        self._names: list[str] = list(compiled.positiontup or ())
        self._lists = set(self._text[1::2])
        fixed = compiled.construct_params(dict(first))
        self._fixed = {name: fixed[name] for name in self._names if name not in first}
        self._into: dict[str, Callable[[Any], Any]] = dict(compiled._bind_processors)
        self._places = [(name, self._into.get(name)) for name in self._names]
        self._straight = not self._lists and not self._fixed
        self._known: dict[tuple[int, ...], str] = {}
        """The statement by how many members its lists have."""
        self.whole = not (compiled.insert_prefetch or compiled.update_prefetch)
        self._rows = Rows(compiled, dialect)
        self._in_bulk = not self._rows.keys and not self._lists
        """SQLite takes all sets of parameters at once."""

    def run(self, raw: sqlite3.Connection, sets: Sequence[Mapping[str, Any]]) -> Result:
        """Run it once for each set of parameters."""
        if len(sets) == 1:
            return self._one(raw, sets[0])
        if self._in_bulk:
            cursor = raw.executemany(self._sql(sets[0]), [self._values(one) for one in sets])
            return Result((), [], cursor.rowcount)
        each = [self._one(raw, one) for one in sets]
        rows = [row for one in each for row in one.all()]
        return Result(self._rows.keys, rows, sum(one.rowcount for one in each))

    def _one(self, raw: sqlite3.Connection, values: Mapping[str, Any]) -> Result:
        if self._straight:
            given = [into(values[name]) if into else values[name] for name, into in self._places]
            cursor = raw.execute(self._text[0], given)
        else:
            cursor = raw.execute(self._sql(values), self._values(values))
        # What writes has no rows to read; to ask the cursor would cost more than to read none.
        return Result(self._rows.keys, self._rows.of(cursor.fetchall()), cursor.rowcount)

    def _sql(self, values: Mapping[str, Any]) -> str:
        """The statement, with as many places as its lists have members."""
        if not self._lists:
            return self._text[0]
        sizes = tuple([places(len(self._value(values, name))) for name in self._text[1::2]])
        said = self._known.get(sizes)
        if said is None:
            parts = list(self._text)
            parts[1::2] = [f"({', '.join('?' * many)})" if many else _NONE for many in sizes]
            said = "".join(parts)
            if len(self._known) < KNOWN:
                self._known[sizes] = said
        return said

    def _values(self, given: Mapping[str, Any]) -> list[Any]:
        """Parameters in order, as the database takes them."""
        if self._straight:
            return [into(given[name]) if into else given[name] for name, into in self._places]
        found: list[Any] = []
        for name, into in self._places:
            value = self._value(given, name)
            some = padded(value) if name in self._lists else (value,)
            found += some if into is None else [into(one) for one in some]
        return found

    def _value(self, given: Mapping[str, Any], name: str) -> Any:
        return given[name] if name in given else self._fixed[name]


def places(members: int) -> int:
    """How many places a list of so many members gets in a statement.

    Of each text SQLite's driver keeps a program, of a hundred and more of them for each connection,
    and it makes one anew for each that it does not know: with few lengths there are few.
    """
    return members if members > PADDED or not members else 1 << (members - 1).bit_length()


def padded(some: Collection[Any]) -> list[Any]:
    """The same members, the last one repeated until all places are filled."""
    members = list(some)
    return members + members[-1:] * (places(len(members)) - len(members))


class Prepared:
    """Stands where a `Connection` is expected."""

    def __init__(self, real: Connection, raw: Any, plans: Plans) -> None:
        """`raw` is the driver's connection below `real`."""
        self._real, self._raw, self._plans = real, raw, plans
        self.dialect = real.dialect
        self._error: type[Exception] = real.dialect.loaded_dbapi.Error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Run a statement with one set of parameters, or once for each of a list of sets."""
        known = self._plans.get(statement)
        if known is None:
            self._plans[statement] = {}
            return self._real.execute(statement, parameters)
        many = isinstance(parameters, list)
        first: Mapping[str, Any] = (parameters[0] if many else parameters) or {}
        names = tuple(first)
        plan = known.get(names)
        if plan is None:
            plan = known[names] = _plan_of(statement, first, self._real)
        if not plan.whole:
            return self._real.execute(statement, parameters)
        try:
            return plan.run(self._raw, parameters if many else [first])
        except self._error as error:
            self._fail(statement, error)

    def _fail(self, statement: Any, error: Exception) -> NoReturn:
        """Raise it as SQLAlchemy does; a connection that has ended with it goes nowhere else."""
        gone = self.dialect.is_disconnect(error, self._raw, None)  # type: ignore[arg-type]
        if gone and not self._real.invalidated:
            self._real.invalidate(error)
        raise DBAPIError.instance(
            str(statement), None, error, self._error, dialect=self.dialect,
            connection_invalidated=gone,
        ) from error  # fmt: skip


def _plan_of(statement: Any, first: Mapping[str, Any], real: Connection) -> Plan:
    if real.dialect.name == "sqlite":
        return _SqlitePlan(statement, first, real)
    # Imported here: psycopg's part is for stores that have it.
    from shared.chassis.prepared_postgresql import PostgresPlan

    return PostgresPlan(statement, first, real)


def prepared(connection: Connection, plans: Plans) -> Connection:
    """The same connection, faster where that is possible."""
    if isinstance(connection, Prepared):
        return connection
    raw: Any = connection.connection.dbapi_connection
    return cast(Connection, Prepared(connection, raw, plans))
