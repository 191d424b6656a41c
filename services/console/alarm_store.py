"""Alarms in the console's own store.

Owns: the table and every read and write of it. That of one key at most one alarm stands is the
database's rule, so that two consoles never raise the same one.
Must not: decide; `alarm_life` does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Select, delete, select, text, update
from sqlmodel import Field, Session, SQLModel

from services.console import bounds
from services.console.alarm_life import Alarm
from services.console.alarm_look import Look
from shared.chassis.store import UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import Work, if_missing
from shared.contracts.alarms import AlarmCleared, AlarmRang

FORGET_ROWS = 1_000


class AlarmRow(SQLModel):
    """One alarm; see `alarm_life.Alarm`."""

    id: str = Field(primary_key=True, max_length=64)
    key: str = Field(max_length=300)
    rule: str = Field(max_length=60)
    level: str = Field(max_length=10)
    about: str = Field(max_length=200)
    service: str = Field(max_length=60)
    consumer: str | None = Field(default=None, max_length=200)
    stream: str | None = Field(default=None, max_length=200)
    visit: str | None = Field(default=None, max_length=63)
    sentence: dict[str, Any] = Field(sa_type=JSON)
    harm: dict[str, Any] = Field(sa_type=JSON)
    raised_at: datetime = Field(sa_type=UtcDateTime)
    cleared_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    acknowledged_by: str | None = Field(default=None, max_length=210)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    silenced_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    silenced_by: str | None = Field(default=None, max_length=210)
    silence_reason: str = Field(default="", max_length=1000)
    calls: int = 0
    called_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


ALARMS = core(table(AlarmRow, "console", "alarms"))
_STANDS = text("cleared_at IS NULL")
STANDING: Select[Any] = (
    select(ALARMS).where(ALARMS.c.cleared_at.is_(None)).order_by(ALARMS.c.id)
    .limit(bounds.ALARMS_OPEN)
)  # fmt: skip


def _alarm(row: Any) -> Alarm:
    return Alarm.model_validate(dict(row._mapping))


def standing(session: Session) -> list[Alarm]:
    """Alarms that are not cleared, oldest first: at most `ALARMS_OPEN`."""
    return [_alarm(row) for row in session.execute(STANDING)]


def find(session: Session, alarm: str) -> Alarm | None:
    """One alarm."""
    row = session.execute(select(ALARMS).where(ALARMS.c.id == alarm)).one_or_none()
    return _alarm(row) if row is not None else None


def page(
    session: Session, cleared: bool | None, after: str | None, limit: int
) -> tuple[list[Alarm], str | None]:
    """Alarms, newest first, and the cursor of the next page."""
    wanted = select(ALARMS).order_by(ALARMS.c.id.desc()).limit(limit + 1)
    if cleared is not None:
        wanted = wanted.where(ALARMS.c.cleared_at.is_not(None) if cleared else _STANDS)
    if after is not None:
        wanted = wanted.where(ALARMS.c.id < after)
    rows = [_alarm(row) for row in session.execute(wanted)]
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def add(work: Work, some: Sequence[Look]) -> None:
    """Raise alarms. One of the same key that another console raised stands instead. What was
    silenced before it was cleared is silent still."""
    statement = if_missing(ALARMS, work.connection.dialect.name)
    for one in some:
        row = {
            "id": f"alarm-{work.new_id().lower()}", "key": one.key, "rule": one.rule.name,
            "level": one.rule.level.value, "about": one.about, "service": one.service,
            "consumer": one.consumer, "stream": one.stream, "visit": one.visit,
            "sentence": one.sentence.model_dump(), "harm": one.harm.model_dump(),
            "raised_at": work.now, "calls": 0, **_silence_of(work, one.key),
        }  # fmt: skip
        work.connection.execute(statement, row)


def _silence_of(work: Work, key: str) -> dict[str, Any]:
    last = work.connection.execute(
        select(ALARMS.c.silenced_until, ALARMS.c.silenced_by, ALARMS.c.silence_reason)
        .where(ALARMS.c.key == key).order_by(ALARMS.c.id.desc()).limit(1)
    ).one_or_none()  # fmt: skip
    if last is None or last.silenced_until is None or last.silenced_until <= work.now:
        return {"silenced_until": None, "silenced_by": None, "silence_reason": ""}
    return dict(last._mapping)


def clear(work: Work, keys: Collection[str]) -> None:
    """They hold no more; of those that rang it is told. One that another console cleared is not
    told of again."""
    these = (ALARMS.c.key.in_(sorted(keys)), _STANDS)
    rang = [_alarm(row) for row in work.connection.execute(select(ALARMS).where(*these))
            if row.calls]  # fmt: skip
    work.connection.execute(update(ALARMS).where(*these).values(cleared_at=work.now))
    for one in rang:
        work.send(AlarmCleared(
            cause=one.id, actor="console", alarm=one.id, rule=one.rule, level=one.level.value,
            sentence=one.sentence, raised_at=one.raised_at, cleared_at=work.now, visit=one.visit,
            page=f"/alarms/{one.id}",
        ))  # fmt: skip


def call(work: Work, some: Sequence[Alarm]) -> int:
    """Tell of these alarms; how many. One that another console told of, or that somebody took on
    meanwhile, is left out."""
    told = 0
    for one in some:
        moved = work.connection.execute(
            update(ALARMS)
            .where(ALARMS.c.id == one.id, ALARMS.c.calls == one.calls, _STANDS,
                   ALARMS.c.acknowledged_at.is_(None))
            .values(calls=one.calls + 1, called_at=work.now)
        )  # fmt: skip
        if moved.rowcount:
            told += 1
            work.send(AlarmRang(
                cause=one.id, actor="console", alarm=one.id, call=one.calls + 1, rule=one.rule,
                level=one.level.value, sentence=one.sentence, harm=one.harm, visit=one.visit,
                raised_at=one.raised_at, called_at=work.now, page=f"/alarms/{one.id}",
            ))  # fmt: skip
    return told


def acknowledge(work: Work, alarm: str, who: str) -> bool:
    """Somebody takes it on; the first who does stays. False for one that does not stand."""
    at = {"acknowledged_by": who, "acknowledged_at": work.now}
    free = ALARMS.c.acknowledged_at.is_(None)
    work.connection.execute(update(ALARMS).where(ALARMS.c.id == alarm, _STANDS, free).values(at))
    return _stands(work, alarm)


def silence(work: Work, alarm: str, who: str, until: datetime | None, reason: str) -> bool:
    """Nobody is called for it until then; None ends that. False for one that does not stand."""
    told = {"silenced_until": until, "silenced_by": who if until else None,
            "silence_reason": reason if until else ""}  # fmt: skip
    work.connection.execute(update(ALARMS).where(ALARMS.c.id == alarm, _STANDS).values(told))
    return _stands(work, alarm)


def _stands(work: Work, alarm: str) -> bool:
    found = work.connection.execute(select(ALARMS.c.id).where(ALARMS.c.id == alarm, _STANDS))
    return found.one_or_none() is not None


def forget(work: Work) -> bool:
    """Delete what was cleared long ago. True when there may be more."""
    old = (
        select(ALARMS.c.id)
        .where(ALARMS.c.cleared_at < work.now - timedelta(seconds=bounds.ALARMS_KEEP_S))
        .limit(FORGET_ROWS)
    )
    gone = work.connection.execute(delete(ALARMS).where(ALARMS.c.id.in_(old)))
    return gone.rowcount >= FORGET_ROWS
