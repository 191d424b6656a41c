"""Whose turn it is: the queries behind claiming.

Must not: change anything, beyond locking what is to be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from services.notifications import store
from services.notifications.book import Stream, left, stream_of
from services.notifications.questions import question_topic
from services.notifications.rules import ARRANGEMENT
from services.notifications.store import NOTICES, OPEN, VISITS
from shared.chassis.work import Work
from shared.contracts.notices import NoticeState


def _first() -> ColumnElement[bool]:
    """Nothing older of the same stream is open."""
    older = NOTICES.alias("older")
    found = select(older.c.seq).where(
        *_same_stream(older), older.c.state.in_(OPEN), older.c.seq < NOTICES.c.seq
    )
    return ~found.exists()


def overtaken() -> ColumnElement[bool]:
    """A newer arrangement waits behind this one, which surely has not left."""
    newer = NOTICES.alias("newer")
    found = select(newer.c.seq).where(
        *_same_stream(newer),
        newer.c.state.in_(OPEN),
        newer.c.seq > NOTICES.c.seq,
        newer.c.topic.startswith(ARRANGEMENT),
    )
    unsent = NOTICES.c.topic.startswith(ARRANGEMENT) & NOTICES.c.in_doubt.is_(False)
    return unsent & found.exists()


def _same_stream(other: Any) -> list[ColumnElement[bool]]:
    return [other.c[name] == NOTICES.c[name] for name in ("recipient", "channel", "visit")]


_IS_OPEN = NOTICES.c.state.in_([literal_column(f"'{state}'") for state in OPEN])
"""Written out, word for word as in the index over open notices: with parameters in it, a database
does not know that the index has all of them, and reads every notice that was ever sent."""
_TURN_AT = case(
    (NOTICES.c.state == NoticeState.SENDING.value, NOTICES.c.lease_until), else_=NOTICES.c.due_at
)


HEADS: Select[Any] = (
    select(NOTICES.c.id, NOTICES.c.visit)
    .where(
        _IS_OPEN,
        or_(
            and_(
                NOTICES.c.state == NoticeState.WAITING.value,
                or_(
                    NOTICES.c.due_at <= bindparam("now"), NOTICES.c.created_at > bindparam("ahead")
                ),
            ),
            and_(
                NOTICES.c.state == NoticeState.SENDING.value,
                or_(
                    NOTICES.c.lease_until <= bindparam("now"),
                    NOTICES.c.lease_until > bindparam("ahead"),
                ),
            ),
        ),
        _first(),
    )
    .order_by(NOTICES.c.seq)
    .limit(bindparam("most"))
)
"""Notices that may be taken now, oldest first: due, or with a sender that has died; and what a
wrong clock has stamped beyond `ahead`, which would wait until then."""
_FREE = (
    select(VISITS.c.visit)
    .where(VISITS.c.visit.in_(bindparam("visits", expanding=True)))
    .order_by(VISITS.c.visit)
    .with_for_update(skip_locked=True)
)
_NEXT = select(func.min(_TURN_AT)).where(_IS_OPEN, _first())


def is_due(row: Mapping[str, Any], now: datetime, ahead: datetime) -> bool:
    """The same for a row that was locked since: another replica may have been first."""
    sending = row["state"] == NoticeState.SENDING
    turn_at = row["lease_until"] if sending else row["due_at"]
    stamped_at = row["lease_until"] if sending else row["created_at"]
    return turn_at is not None and (turn_at <= now or stamped_at > ahead)


def next_at(work: Work) -> datetime | None:
    """When the next notice may be taken; None when none is open."""
    found: datetime | None = work.connection.execute(_NEXT).scalar()
    return found


def lock(work: Work, visits: Iterable[str]) -> set[str]:
    """Lock these visits; one that a handler has just now is left for the next round."""
    found = work.connection.execute(_FREE, {"visits": sorted(set(visits))})
    return {row.visit for row in found}


def asked(work: Work, visits: Iterable[str]) -> set[tuple[Stream, str]]:
    """Questions that were sent, or may have been."""
    return {
        (stream_of(row._mapping), row.topic)
        for row in store.topics(work, set(visits), ())
        if left(row._mapping) and row.topic.startswith(question_topic(""))
    }
