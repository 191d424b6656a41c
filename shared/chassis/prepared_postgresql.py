"""A statement that is built once, as psycopg runs it: one text however many rows or list members
it is given, so that the server parses and plans it once per connection.

Rows of an insertion go as one JSON document, members of a list as one array: the server takes both
apart faster than the driver puts hundreds of parameters together.

Must not: change what a statement means; what is not surely the same takes SQLAlchemy's way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, Connection, Enum, Insert, Integer, String
from sqlalchemy.types import TypeEngine
from sqlmodel import AutoString

from shared.chassis.results import Result, Rows
from shared.chassis.store import UtcDateTime

_LIST = re.compile(r"(?<!NOT )\bIN \(__\[POSTCOMPILE_(\w+)\]\)")
_NAME = re.compile(r"(?<!%)%\((\w+)\)s")
_ONE = r"%\(\w+\)s(?:::[A-Z]+(?: [A-Z]+)*)?"
_INSERTION = re.compile(rf"INSERT INTO (\w+) \(([\w, ]+)\) VALUES \(({_ONE}(?:, {_ONE})*)\)")  # noqa: S608
_SETS = "sets"
Values = Mapping[str, Any]


class PostgresPlan:
    """One statement with one set of parameter names."""

    def __init__(self, statement: Any, first: Values, connection: Connection) -> None:
        dialect = connection.dialect
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(first))
        types: dict[str, TypeEngine[Any]] = {n: one.type for n, one in compiled.binds.items()}
        self._into: dict[str, Callable[[Any], Any]] = dict(compiled._bind_processors)
        self._sql = _with_arrays(str(compiled), types, self._into)
        self.whole = "POSTCOMPILE" not in self._sql and not (
            compiled.insert_prefetch or compiled.update_prefetch or compiled.escaped_bind_names
        )
        self._rows = Rows(compiled, dialect)
        names = list(dict.fromkeys(_NAME.findall(self._sql)))
        given = compiled.construct_params(dict(first)) if self.whole else {}
        fixed = {name: given[name] for name in names if name in given and name not in first}
        self._fixed = {name: self._written(name, value) for name, value in fixed.items()}
        self._places = [(name, self._into.get(name)) for name in names if name not in fixed]
        self._insertion = _Insertion.of(self._sql, types) if isinstance(statement, Insert) else None
        self._cursors: dict[str, Any] = {}
        self._raw: Any = None

    def run(self, raw: Any, sets: Sequence[Values]) -> Result:
        """Run it once for each set of parameters, on a connection of psycopg's."""
        if len(sets) == 1:
            return self._ask(raw, self._sql, self._values(sets[0]))
        document = self._insertion and self._insertion.document(sets)
        if self._insertion and document:
            return self._ask(raw, self._insertion.sql, {_SETS: document})
        if not self._rows.keys:
            cursor = raw.cursor()
            cursor.executemany(self._sql, [self._values(one) for one in sets])
            return Result((), [], cursor.rowcount)
        each = [self._ask(raw, self._sql, self._values(one)) for one in sets]
        rows = [row for one in each for row in one]
        return Result(self._rows.keys, rows, sum(one.rowcount for one in each))

    def _ask(self, raw: Any, sql: str, values: Values) -> Result:
        if self._raw is not raw:
            self._raw, self._cursors = raw, {}
        # A cursor that is given the same text again remembers how its parameters are written.
        cursor = self._cursors.get(sql)
        if cursor is None:
            cursor = self._cursors[sql] = raw.cursor()
        cursor.execute(sql, values, prepare=True)
        found = [] if cursor.description is None else self._rows.of(cursor.fetchall())
        return Result(self._rows.keys, found, cursor.rowcount)

    def _values(self, given: Values) -> Values:
        found = self._fixed.copy()
        for name, into in self._places:
            value = given[name]
            found[name] = value if into is None else into(value)
        return found

    def _written(self, name: str, value: Any) -> Any:
        into = self._into.get(name)
        return value if into is None else into(value)


def _with_arrays(
    sql: str, types: Mapping[str, TypeEngine[Any]], into: dict[str, Callable[[Any], Any]]
) -> str:
    """`IN` a list is `= ANY` of an array: the same truth, also of no members, and one text."""

    def as_array(found: re.Match[str]) -> str:
        name, kind = found[1], _plain(types[found[1]])
        if kind is None or name in into:
            return found[0]
        into[name] = array_text
        return f"= ANY (CAST(%({name})s AS {kind}[]))"

    return _LIST.sub(as_array, sql)


def _plain(kind: TypeEngine[Any]) -> str | None:
    """What the members of a list are called in SQL, where they are text or whole numbers."""
    kind = _inner(kind)
    if isinstance(kind, String) and not isinstance(kind, Enum):
        return "VARCHAR"
    return "BIGINT" if isinstance(kind, Integer) else None


def array_text(some: Sequence[str | int | None]) -> str:
    """An array as the server reads it: texts, whole numbers or nulls."""
    return f"{{{','.join(map(_member, some))}}}"


def _member(one: str | int | None) -> str:
    if one is None:
        return "NULL"
    if not isinstance(one, str):
        return str(int(one))
    escaped = one.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


class _Insertion:
    """Rows of plain values, inserted from one JSON document; in their order."""

    def __init__(self, sql: str, columns: Sequence[tuple[str, str, Callable[[Any], Any]]]) -> None:
        """`columns`: the name in the table, the parameter, and how its value stands in JSON."""
        self.sql, self._columns = sql, columns

    @classmethod
    def of(cls, sql: str, types: Mapping[str, TypeEngine[Any]]) -> _Insertion | None:
        """Where all values are parameters whose types JSON can carry."""
        found = _INSERTION.match(sql)
        if found is None:
            return None
        table, columns = found[1], found[2]
        names = columns.split(", ")
        binds = _NAME.findall(found[3])
        ways = [_way(types[bind]) for bind in binds]
        if None in ways or len(ways) != len(names):
            return None
        source = f"json_populate_recordset(CAST(NULL AS {table}), CAST(%({_SETS})s AS json))"
        rows = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {source}"  # noqa: S608
        known = [(n, b, w) for n, b, w in zip(names, binds, ways, strict=True) if w is not None]
        return cls(rows + sql[found.end() :], known)

    def document(self, sets: Sequence[Values]) -> str | None:
        """All rows; None where a value would not be the same, so that parameters carry it."""
        columns = self._columns
        try:
            rows = [{name: way(one[bind]) for name, bind, way in columns} for one in sets]
            return orjson.dumps(rows).decode()
        except TypeError:
            return None


def _inner(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """SQLModel's text is SQLAlchemy's, in a wrapping that does nothing to values."""
    return kind.impl_instance if isinstance(kind, AutoString) else kind


def _way(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """How a value of this type stands in JSON; None where it cannot."""
    kind = _inner(kind)
    if isinstance(kind, UtcDateTime):
        return _instant
    if isinstance(kind, JSON):
        return _fragment
    plain = isinstance(kind, String | Integer | Boolean) and not isinstance(kind, Enum)
    return _same if plain else None


def _same(value: Any) -> Any:
    return value


def _instant(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("naive datetime: instants are aware")
    return value


def _fragment(value: Any) -> orjson.Fragment:
    if value is None:
        raise TypeError("a JSON null is not a column without a value")
    return orjson.Fragment(json.dumps(value))
