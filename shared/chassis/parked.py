"""The lot of parked messages: what a row says when it comes, how many fit, when it goes.

A message that waits for a person never goes by itself, whatever its age. When the lot is full, the
next message is not parked and so not acknowledged: it stays on the bus and comes again.

Must not: change what became of a message; `parking` and `replays` do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, delete, func, literal, select

from shared.chassis import limits
from shared.chassis.parking_rules import cause_of, raw_of
from shared.chassis.work import Work
from shared.contracts.naming import named_in
from shared.contracts.parking import ParkedState

UNRESOLVED = (ParkedState.PARKED.value, ParkedState.REPLAYING.value)


class LotFullError(Exception):
    """No more messages can be parked before some are replayed or discarded."""


def make_room(work: Work) -> None:
    """Make sure that one more message fits. Raises LotFullError."""
    waiting = work.connection.execute(_waiting(work.tables.parked)).scalar() or 0
    if waiting >= limits.PARKED_ROWS:
        raise LotFullError(f"{limits.PARKED_ROWS} messages are parked; replay or discard some")


@cache
def _waiting(parked: Table) -> Select[Any]:
    """How many messages wait for a person, as far as that matters."""
    some = select(literal(1)).where(parked.c.state.in_(UNRESOLVED)).limit(limits.PARKED_ROWS)
    return select(func.count()).select_from(some.subquery())


def columns_of(
    data: bytes, error: str, consumer: str, subject: str, now: datetime
) -> dict[str, Any]:
    """What a message's row says of its body and its cause when it is parked."""
    body, raw = raw_of(data)
    cause = cause_of(error, consumer)
    named = named_in(subject, body)
    return {
        "body": body,
        "raw": raw,
        "edited": None,
        "error": error,
        "cause": cause.group,
        "error_class": cause.error_class,
        "error_line": cause.line,
        "state": ParkedState.PARKED.value,
        "revision": 1,
        "replays": 0,
        "replay": None,
        "about": named.visit if named else None,
        "parked_at": now,
        "failed_at": now,
        "resolved_at": None,
    }


def count(work: Work) -> dict[str, int]:
    """How many messages are in each state."""
    parked = work.tables.parked
    counted = select(parked.c.state, func.count()).group_by(parked.c.state)
    found = {state: int(many) for state, many in work.connection.execute(counted).all()}
    return {state.value: found.get(state.value, 0) for state in ParkedState}


def forget_resolved(work: Work) -> bool:
    """Delete what was resolved long ago, and the oldest beyond the number that is kept.

    True when there may be more.
    """
    parked = work.tables.parked
    resolved = parked.c.resolved_at.is_not(None)
    newest_first = parked.c.resolved_at.desc()
    beyond = (
        select(parked.c.resolved_at)
        .where(resolved)
        .order_by(newest_first)
        .offset(limits.PARKED_ROWS)
        .limit(1)
    )
    horizon = work.now - timedelta(seconds=limits.PARKED_MAX_AGE_S)
    over = work.connection.execute(beyond).scalar()
    until = max(horizon, over) if over is not None else horizon
    old = (
        select(parked.c.id)
        .where(resolved, parked.c.resolved_at <= until)
        .limit(limits.HOUSEKEEPING_ROWS)
    )
    gone = work.connection.execute(delete(parked).where(parked.c.id.in_(old))).rowcount
    return int(gone) >= limits.HOUSEKEEPING_ROWS


def forget_acts(work: Work) -> bool:
    """Delete acts that nobody has to answer for any more. True when there may be more."""
    tables = work.tables
    old = (
        select(tables.acts.c.id)
        .where(tables.acts.c.at < work.now - timedelta(seconds=limits.PARKED_ACTS_KEEP_S))
        .order_by(tables.acts.c.at)
        .limit(limits.HOUSEKEEPING_ROWS // 10)
    )
    ids = list(work.connection.execute(old).scalars())
    for table, column in (
        (tables.touched, tables.touched.c.act),
        (tables.replays, tables.replays.c.id),
        (tables.acts, tables.acts.c.id),
    ):
        work.connection.execute(delete(table).where(column.in_(ids)))
    return len(ids) >= limits.HOUSEKEEPING_ROWS // 10
