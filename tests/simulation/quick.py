"""SQLAlchemy's `Connection.execute` without its overhead, for statements that are built once.

The first time a statement comes it takes SQLAlchemy's own way, on the same SQLite connection. From
the second time on its SQL, its parameter and result processors, all made by SQLAlchemy, are applied
directly. Statements built anew for each call always take SQLAlchemy's way.
"""

from __future__ import annotations

import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

_LIST = re.compile(r"\(__\[POSTCOMPILE_(\w+)\]\)")
_NONE = "(SELECT 1 FROM (SELECT 1) WHERE 1 != 1)"
"""What SQLAlchemy writes for a list without members."""


class _Result:
    """The part of SQLAlchemy's result that services use."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def scalars(self) -> Iterator[Any]:
        return (row[0] for row in self._rows)

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None

    def one(self) -> Any:
        (row,) = self._rows
        return row


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
        columns = getattr(compiled, "_result_columns", None) or ()
        self._out = [one.type._cached_result_processor(dialect, None) for one in columns]
        names = [one.keyname for one in columns]
        self._row = type("Row", (namedtuple("Row", names),), _ROW) if columns else tuple
        self._plain = not any(self._out)

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
        found: list[Any] = []
        for name in self._names:
            value = self._value(given, name)
            into = self._into.get(name)
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


class Quick:
    """Stands where services expect a `Connection`."""

    def __init__(self, real: Connection, raw: sqlite3.Connection) -> None:
        self._real, self._raw = real, raw
        self.dialect = real.dialect
        self._plans: WeakKeyDictionary[Any, dict[tuple[str, ...], _Plan]] = WeakKeyDictionary()

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
        try:
            return self._run(plan, parameters if many else [first])
        except sqlite3.Error:
            # SQLAlchemy's way again, for SQLAlchemy's error.
            return self._real.execute(statement, parameters)

    def _run(self, plan: _Plan, sets: Sequence[Mapping[str, Any]]) -> _Result:
        rows: list[Any] = []
        count = 0
        for values in sets:
            cursor = self._raw.execute(plan.sql(values), plan.values(values))
            if cursor.description is not None:
                rows += plan.rows(cursor.fetchall())
            count += cursor.rowcount
        return _Result(rows, count)
