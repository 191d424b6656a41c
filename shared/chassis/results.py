"""What a statement gave that did not take SQLAlchemy's way: rows as services see them.

Must not: run anything, or offer less than SQLAlchemy's own result.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Dialect, Float
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData


class Result:
    """Rows that have been read; what is asked for seldom, SQLAlchemy's own result answers."""

    __slots__ = ("_keys", "_rows", "rowcount")

    def __init__(self, keys: Sequence[str], rows: list[Any], rowcount: int) -> None:
        self._keys, self._rows, self.rowcount = keys, rows, rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        """All rows."""
        return self._rows

    def scalars(self) -> Iterator[Any]:
        """The first value of each row."""
        return (row[0] for row in self._rows)

    def scalar(self) -> Any:
        """The first value of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def first(self) -> Any:
        """The first row, or None."""
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        """The only row. Raises what SQLAlchemy raises when there is none, or another."""
        return self._rows[0] if len(self._rows) == 1 else self._whole().one()

    def one_or_none(self) -> Any:
        """The only row, or None. Raises what SQLAlchemy raises when there is another."""
        return self._whole().one_or_none() if len(self._rows) > 1 else self.first()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole(), name)

    def _whole(self) -> Any:
        return IteratorResult(SimpleResultMetaData(self._keys), iter(self._rows))


_ROW = {"_mapping": property(lambda row: row._asdict()), "__slots__": ()}
"""SQLAlchemy's rows can be seen as mappings, too."""


FLOAT8 = 701
"""What PostgreSQL calls a number with a fraction, as its driver tells it with each result."""


class Rows:
    """Makes rows of one compiled statement from what a driver read."""

    def __init__(self, compiled: Any, dialect: Dialect) -> None:
        columns = getattr(compiled, "_result_columns", None) or ()
        out = [_processor(one.type, dialect) for one in columns]
        self._out = [(place, one) for place, one in enumerate(out) if one is not None]
        """What makes a value of what the driver read, by place; most need nothing."""
        self.keys: list[str] = [one.keyname for one in columns]
        """Names of the columns; none of a statement that is plain text, or that reads nothing."""
        self._row = type("Row", (namedtuple("Row", self.keys),), _ROW) if columns else None

    def of(self, raw: list[Any]) -> list[Any]:
        """Rows as services see them."""
        row, new = self._row, tuple.__new__
        if row is None or not raw:
            return raw
        if not self._out:
            return [new(row, one) for one in raw]
        found: list[Any] = []
        for one in raw:
            values = list(one)
            for place, out in self._out:
                values[place] = out(values[place])
            found.append(new(row, values))
        return found


def _processor(kind: Any, dialect: Dialect) -> Any:
    """What makes a value of what the driver read; None where that is the value."""
    told = FLOAT8 if isinstance(kind, Float) else None
    return kind._cached_result_processor(dialect, told)
