"""The tables of the notifications service, and reading and writing them in groups.

Must not: decide anything; `handlers`, `claims` and `rules` do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    Connection,
    Table,
    Text,
    Update,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from services.notifications.documents import Contact
from services.notifications.programme import Programme
from shared.chassis.store import BigInt, UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import Work, insertion
from shared.contracts.notices import NoticeState

OPEN = (NoticeState.WAITING.value, NoticeState.SENDING.value)
"""States of a notice that may still leave."""


class ContactRow(SQLModel):
    """A post with its addresses: the only place that has them."""

    id: str = Field(primary_key=True, max_length=63)
    document: dict[str, Any] = Field(sa_type=JSON)


class VisitRow(SQLModel):
    """The last firm arrangement of a visit. Its row is the lock of everything about the visit."""

    visit: str = Field(primary_key=True, max_length=63)
    sequence: int = Field(sa_type=BigInt)
    arrangement: str | None = Field(default=None, sa_type=Text)
    closed: list[str] = Field(default_factory=list, sa_type=JSON)
    """Holds whose question was closed before it was heard of here; such a one is never asked."""


class ToldRow(SQLModel):
    """What a recipient really got last about a visit, by one channel."""

    recipient: str = Field(primary_key=True, max_length=63)
    channel: str = Field(primary_key=True, max_length=80)
    visit: str = Field(primary_key=True, max_length=63)
    notice: str = Field(max_length=64)
    programme: str = Field(sa_type=Text)


class NoticeRow(SQLModel):
    """One letter to be, or that was. Unique per recipient, cause and channel unless withheld."""

    seq: int | None = Field(default=None, primary_key=True, sa_type=BigInt)
    id: str = Field(max_length=64, unique=True)
    visit: str = Field(max_length=63, index=True)
    recipient: str = Field(max_length=63)
    role: str = Field(max_length=16)
    channel: str = Field(max_length=80)
    language: str = Field(max_length=2)
    kind: str = Field(max_length=16)
    cause: str = Field(max_length=200)
    topic: str = Field(max_length=300)
    """`arrangement`; questions and reminders have one topic each, beside it."""
    content: str = Field(sa_type=Text)
    """A `Programme`, `Question` or `Reminder`, as JSON."""
    subject: str = Field(sa_type=Text)
    state: str = Field(max_length=16)
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    in_doubt: bool = False
    """It may have arrived without a mark: its sender died, or the channel fell silent. Such a
    notice is finished before anything newer is written, and never withheld."""
    reason: str = Field(default="", sa_type=Text)
    superseded_by: str | None = Field(default=None, max_length=64)
    error: str = Field(default="", sa_type=Text)


class ReminderRow(SQLModel):
    """A reminder that waits for its moment, or why it no longer does."""

    id: str = Field(primary_key=True, max_length=64)
    visit: str = Field(max_length=63, index=True)
    cause: str = Field(max_length=200)
    due_at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(max_length=16, index=True)
    """waiting, sent (a notice was made), cancelled (the arrangement changed) or dropped."""
    reason: str = Field(default="", sa_type=Text)
    content: str = Field(sa_type=Text)


CONTACTS = core(table(ContactRow, "notifications", "contacts"))
VISITS = core(table(VisitRow, "notifications", "visits"))
TOLD = core(table(ToldRow, "notifications", "told"))
NOTICES = core(table(NoticeRow, "notifications", "notices"))
REMINDERS = core(table(ReminderRow, "notifications", "reminders"))


# Built once: building a statement costs more than running it.
_CONTACTS = select(CONTACTS).order_by(CONTACTS.c.id)
_THESE: BindParameter[Any] = bindparam("visits", expanding=True)
_VISITS_OF = (
    select(VISITS).where(VISITS.c.visit.in_(_THESE)).order_by(VISITS.c.visit).with_for_update()
)
_OPEN_OF = (
    select(NOTICES)
    .where(NOTICES.c.visit.in_(_THESE), NOTICES.c.state.in_(OPEN))
    .order_by(NOTICES.c.seq)
    .with_for_update()
)
_TOPIC_COLUMNS = ("id", "recipient", "channel", "visit", "cause", "topic", "state", "in_doubt")
_TOPICS_OF = (
    select(*(NOTICES.c[name] for name in _TOPIC_COLUMNS))
    .where(
        NOTICES.c.visit.in_(_THESE),
        or_(
            NOTICES.c.cause.in_(bindparam("causes", expanding=True)),
            *(NOTICES.c.topic.like(f"{one}/%") for one in ("question", "answered", "order")),
        ),
    )
    .order_by(NOTICES.c.seq)
)
_TOLD_OF = select(TOLD).where(TOLD.c.visit.in_(_THESE))
_FORGET_TOLD = delete(TOLD).where(
    *(TOLD.c[name] == bindparam(name) for name in ("recipient", "channel", "visit"))
)
_REMINDERS_OF = select(REMINDERS).where(REMINDERS.c.visit.in_(_THESE)).order_by(REMINDERS.c.id)
_READ: dict[str, tuple[dict[str, Any], Contact]] = {}
"""Contacts as they were last read, beside what they were read from."""


def contacts(connection: Connection) -> dict[str, Contact]:
    """All contacts by id: a few dozen."""
    return {row.id: _contact(row.id, row.document) for row in connection.execute(_CONTACTS)}


def _contact(one: str, document: dict[str, Any]) -> Contact:
    known = _READ.get(one)
    if known is None or known[0] != document:
        known = _READ[one] = document, Contact.model_validate(document)
    return known[1]


def save_contacts(work: Work, some: Sequence[Contact]) -> None:
    """Bring in contacts: new ones are added, changed ones replaced, others stay."""
    work.alone("seed")
    known = contacts(work.connection)
    moved = [one for one in some if known.get(one.id) != one]
    if moved:
        ids = [one.id for one in moved]
        work.connection.execute(delete(CONTACTS).where(CONTACTS.c.id.in_(ids)))
        rows = [{"id": one.id, "document": one.model_dump(mode="json")} for one in moved]
        work.connection.execute(CONTACTS.insert(), rows)


def lock_visits(work: Work, visits: Collection[str]) -> dict[str, Any]:
    """Rows of these visits, made where missing, locked in order so that replicas take turns."""
    wanted = sorted(set(visits))
    empty: list[dict[str, Any]] = [
        {"visit": one, "sequence": 0, "arrangement": None, "closed": []} for one in wanted
    ]
    work.insert_if_missing(VISITS, empty)
    found = work.connection.execute(_VISITS_OF, {"visits": wanted})
    return {row.visit: row for row in found}


def open_notices(work: Work, visits: Collection[str]) -> list[dict[str, Any]]:
    """Notices of these visits that may still leave, oldest first, locked."""
    found = work.connection.execute(_OPEN_OF, {"visits": sorted(visits)})
    return [dict(row._mapping) for row in found]


def topics(work: Work, visits: Collection[str], causes: Collection[str]) -> list[Any]:
    """Notices of these visits that have one of these causes, or are questions or close one."""
    these = {"visits": sorted(visits), "causes": sorted(causes)}
    return list(work.connection.execute(_TOPICS_OF, these))


def content(work: Work, notice: str) -> str:
    """What a notice says, as JSON."""
    found = work.connection.execute(select(NOTICES.c.content).where(NOTICES.c.id == notice))
    return str(found.scalar_one())


def told_of(work: Work, visits: Collection[str]) -> dict[tuple[str, str, str], Programme]:
    """What was told, by (recipient, channel, visit). Read it after the notices are locked."""
    found = work.connection.execute(_TOLD_OF, {"visits": sorted(visits)})
    return {
        (row.recipient, row.channel, row.visit): Programme.model_validate_json(row.programme)
        for row in found
    }


def write_told(work: Work, row: dict[str, Any]) -> None:
    """Remember what a recipient got; the row before is replaced."""
    key = {name: row[name] for name in ("recipient", "channel", "visit")}
    work.connection.execute(_FORGET_TOLD, key)
    work.connection.execute(insertion(TOLD), [row])


def reminders(work: Work, visits: Collection[str]) -> list[dict[str, Any]]:
    """All reminders ever made for these visits."""
    found = work.connection.execute(_REMINDERS_OF, {"visits": sorted(visits)})
    return [dict(row._mapping) for row in found]


def change(work: Work, target: Any, key: str, rows: Iterable[dict[str, Any]]) -> None:
    """Update rows by one column, all of them with the same columns, in one statement."""
    changed = [{f"_{key}": row[key], **row} for row in rows]
    if not changed:
        return
    names = tuple(name for name in changed[0] if name not in (key, f"_{key}"))
    rows = [{name: row[name] for name in (f"_{key}", *names)} for row in changed]
    work.connection.execute(_changing(target, key, names), rows)


@cache
def _changing(target: Table, key: str, names: tuple[str, ...]) -> Update:
    """Update these columns of rows by one column; the row's key is called `_key`."""
    return (
        update(target)
        .where(target.c[key] == bindparam(f"_{key}"))
        .values({name: bindparam(name) for name in names})
    )


def add(work: Work, target: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, in one statement."""
    if rows:
        work.connection.execute(insertion(target), list(rows))
