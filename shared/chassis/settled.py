"""Floors as they are written down, and which outbox rows they cover.

Owns: the table of floors.
Must not: ask the bus; `feeding` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from shared.chassis import limits
from shared.chassis.floors import Floor, Told, seen
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Work


@dataclass(slots=True)
class Written:
    """What a look came to: the floors of the subjects that it tells of, and whether others do not
    count any more."""

    floors: dict[str, Floor] = field(default_factory=dict)
    void: bool = False


def write(work: Work, *, number: int, about: Mapping[str, Told], news: Set[str]) -> Written:
    """Write down what look `number` was told `about` each subject; `news` were sent since the last.

    A floor that says what it said before is not written again, unless there are rows that only
    this look can speak of.
    """
    table, written, rows = work.tables.floors, Written(), []
    old = work.now - timedelta(seconds=limits.OUTBOX_KEEP_S)
    work.connection.execute(_forgetting(table), {"old": old})
    known = _floors(work.connection.execute(_all(table)))
    for subject, told in sorted(about.items()):
        one = seen(subject, told, known.get(subject, ()))
        for floor in one.void:
            this = and_(table.c.subject == subject, table.c.born == floor.born)
            work.connection.execute(delete(table).where(this))
            written.void = True
        if one.floor is not None:
            written.floors[subject] = one.floor
            if subject in news or one.floor not in known.get(subject, ()):
                rows.append(_row(one.floor, number, work.now))
    if rows:
        work.connection.execute(_writing(table, work.connection.dialect.name), rows)
    return written


def _floors(rows: Iterable[Any]) -> dict[str, list[Floor]]:
    found: dict[str, list[Floor]] = {}
    for row in rows:
        floor = Floor(row.subject, row.born, row.seq, tuple(row.takers))
        found.setdefault(row.subject, []).append(floor)
    return found


def _row(floor: Floor, look: int, now: datetime) -> dict[str, Any]:
    return {
        "subject": floor.subject,
        "born": floor.born,
        "seq": floor.seq,
        "look": look,
        "takers": list(floor.takers),
        "noted_at": now,
    }


@cache
def _forgetting(floors: Table) -> Delete:
    """What was noted before `old` speaks of no row that is still kept."""
    return delete(floors).where(floors.c.noted_at < bindparam("old"))


@cache
def _all(floors: Table) -> Select[Any]:
    return select(floors)


@cache
def _writing(floors: Table, dialect: str) -> Any:
    """Insert or replace floors: the newest look counts, not the highest floor."""
    kind = postgresql if dialect == "postgresql" else sqlite
    insert = kind.insert(floors)
    names = ("seq", "look", "takers", "noted_at")
    return insert.on_conflict_do_update(
        index_elements=[floors.c.subject, floors.c.born],
        set_={name: insert.excluded[name] for name in names},
        where=floors.c.look < insert.excluded.look,
    )


@cache
def settled(tables: ChassisTables) -> ColumnElement[bool]:
    """Of an outbox row: all its takers have handled it, as a floor says that knows of this row."""
    outbox, floors = tables.outbox, tables.floors
    return (
        select(literal(1))
        .where(
            floors.c.subject == outbox.c.subject,
            floors.c.born == outbox.c.stream_born,
            floors.c.seq >= outbox.c.stream_seq,
            floors.c.look > outbox.c.look,
        )
        .correlate(outbox)
        .exists()
    )
