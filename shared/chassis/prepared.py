"""Statements that are built once, run on SQLite without building or looking them up again.

SQLAlchemy compiles a statement once, but walks its whole machinery for each execution: on the hot
path that costs more than SQLite itself. The first time a statement comes it takes SQLAlchemy's own
way. From the second time on its SQL and its parameter and result processors, all made by
SQLAlchemy, are applied directly, on the same connection. Statements built anew for each call always
take SQLAlchemy's way. On PostgreSQL the driver and the network cost more, and SQLAlchemy stays.

Must not: change what a statement means, which errors it raises, or what its result offers.
"""

from __future__ import annotations

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import DBAPIError

_LIST = re.compile(r"\(__\[POSTCOMPILE_(\w+)\]\)")
_NONE = "(SELECT 1 FROM (SELECT 1) WHERE 1 != 1)"
"""What SQLAlchemy writes for a list without members."""

Plans = WeakKeyDictionary[Any, "dict[tuple[str, ...], _Plan]"]
"""What is known of statements, by statement and by the names of its parameters."""


class _Result:
    """Rows that have been read; what is asked for seldom, SQLAlchemy's own result answers."""

    def __init__(self, keys: Sequence[str], rows: list[Any], rowcount: int) -> None:
        self._keys, self._rows, self.rowcount = keys, rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def scalars(self) -> Iterator[Any]:
        return (row[0] for row in self._rows)

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def __getattr__(self, name: str) -> Any:
        whole: Any = IteratorResult(SimpleResultMetaData(self._keys), iter(self._rows))
        return getattr(whole, name)


_ROW = {"_mapping": property(lambda row: row._asdict()), "__slots__": ()}
"""SQLAlchemy's rows can be seen as mappings, too."""


class _Plan:
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
        self.whole = not (compiled.insert_prefetch or compiled.update_prefetch)
        """Nothing is missing that SQLAlchemy would make itself, such as a default."""
        columns = getattr(compiled, "_result_columns", None) or ()
        self._out = [one.type._cached_result_processor(dialect, None) for one in columns]
        self.keys = [one.keyname for one in columns]
        self._row = type("Row", (namedtuple("Row", self.keys),), _ROW) if columns else tuple
        self._plain = not any(self._out)
        self.in_bulk = not columns and not self._lists
        """SQLite takes all sets of parameters at once."""

    def sql(self, values: Mapping[str, Any]) -> str:
        """The statement, with as many places as its lists have members."""
        if not self._lists:
            return self._text[0]
        parts = list(self._text)
        for index in range(1, len(parts), 2):
            many = len(self._value(values, parts[index]))
            parts[index] = f"({', '.join('?' * many)})" if many else _NONE
        return "".join(parts)

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """Parameters in order, as the database takes them."""
        if self._straight:
            return [into(given[name]) if into else given[name] for name, into in self._places]
        found: list[Any] = []
        for name, into in self._places:
            value = self._value(given, name)
            some = value if name in self._lists else (value,)
            found += some if into is None else [into(one) for one in some]
        return found

    def _value(self, given: Mapping[str, Any], name: str) -> Any:
        return given[name] if name in given else self._fixed[name]

    def rows(self, raw: list[Any]) -> list[Any]:
        """Rows as services see them."""
        if self._row is tuple:
            return raw
        if self._plain:
            return [self._row(*row) for row in raw]
        return [
            self._row(*(value if out is None else out(value)
                        for value, out in zip(row, self._out, strict=True)))
            for row in raw
        ]  # fmt: skip


class Prepared:
    """Stands where a `Connection` to SQLite is expected."""

    def __init__(self, real: Connection, raw: sqlite3.Connection, plans: Plans) -> None:
        self._real, self._raw, self._plans = real, raw, plans
        self.dialect = real.dialect

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
            plan = known[names] = _Plan(statement, first, self._real)
        if not plan.whole:
            return self._real.execute(statement, parameters)
        try:
            return self._run(plan, parameters if many else [first])
        except sqlite3.Error as error:
            raise DBAPIError.instance(
                plan.sql(first), None, error, sqlite3.Error, dialect=self.dialect
            ) from error

    def _run(self, plan: _Plan, sets: Sequence[Mapping[str, Any]]) -> _Result:
        if plan.in_bulk and len(sets) > 1:
            cursor = self._raw.executemany(plan.sql(sets[0]), [plan.values(one) for one in sets])
            return _Result((), [], cursor.rowcount)
        rows: list[Any] = []
        count = 0
        for values in sets:
            cursor = self._raw.execute(plan.sql(values), plan.values(values))
            if cursor.description is not None:
                rows += plan.rows(cursor.fetchall())
            count += cursor.rowcount
        return _Result(plan.keys, rows, count)


def prepared(connection: Connection, plans: Plans) -> Connection:
    """The same connection, faster where that is possible."""
    if connection.dialect.name != "sqlite" or isinstance(connection, Prepared):
        return connection
    raw: Any = connection.connection.dbapi_connection
    return cast(Connection, Prepared(connection, raw, plans))
