"""The tables of the guests service, and reading and writing them.

Must not: open or seal anything; must not decide. What identifies a guest is here only sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, LargeBinary, Text, and_, bindparam, event, or_, select, update
from sqlmodel import Field, SQLModel

from services.guests.vault import Sealed
from shared.chassis.store import BigInt, UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import Work


class VisitRow(SQLModel):
    """What is known of a visit. Its row is the lock of everything about its roster."""

    visit: str = Field(primary_key=True, max_length=63)
    revision: int = Field(sa_type=BigInt)
    """Of the roster; 0 as long as there is none."""
    put_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sequence: int = Field(sa_type=BigInt)
    """Of the visit, as last heard; 0 as long as nothing was heard of it."""
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    present: int
    """Guests with data."""


class GuestRow(SQLModel):
    """One guest; after erasure only the id is left."""

    guest: str = Field(primary_key=True, max_length=28)
    visit: str = Field(max_length=63)
    number: int
    """Place in the roster, from 1."""
    identity: str | None = Field(default=None, max_length=64)
    """Keyed print of the document, or of name and phone: differs from visit to visit."""
    key_id: str | None = Field(default=None, max_length=16)
    wrapped: bytes | None = Field(default=None, sa_type=LargeBinary)
    content: bytes | None = Field(default=None, sa_type=LargeBinary)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class TotalRow(SQLModel):
    """A head-count: of guests who are there, and of those erased since."""

    visit: str = Field(primary_key=True, max_length=63)
    kind: str = Field(primary_key=True, max_length=16)
    name: str = Field(primary_key=True, max_length=32)
    present: int
    erased: int


class KeyRow(SQLModel):
    """A key of the store itself, under the master key."""

    name: str = Field(primary_key=True, max_length=16)
    key_id: str = Field(max_length=16)
    wrapped: bytes = Field(sa_type=LargeBinary)


class AuditRow(SQLModel):
    """One link of the audit's chain."""

    seq: int = Field(primary_key=True, sa_type=BigInt)
    visit: str = Field(max_length=63)
    record: str = Field(sa_type=Text)
    previous: str = Field(max_length=64, unique=True)
    hash: str = Field(max_length=64)


VISITS = core(table(VisitRow, "guests", "visits"))
GUESTS = core(table(GuestRow, "guests", "guests"))
TOTALS = core(table(TotalRow, "guests", "totals"))
KEYS = core(table(KeyRow, "guests", "keys"))
AUDIT = core(table(AuditRow, "guests", "audit"))

_GONE = {"identity": None, "key_id": None, "wrapped": None, "content": None}
_NOTHING = {"revision": 0, "put_at": None, "sequence": 0, "closed_at": None, "present": 0}


# Built once: building a statement costs more than running it.
_VISITS_OF = (
    select(VISITS)
    .where(VISITS.c.visit.in_(bindparam("visits", expanding=True)))
    .order_by(VISITS.c.visit)
    .with_for_update()
)
_HEARD = (
    update(VISITS)
    .where(VISITS.c.visit == bindparam("_visit"))
    .values(sequence=bindparam("sequence"), closed_at=bindparam("closed_at"))
)


def overwrite_what_is_deleted(engine: Engine) -> None:
    """Let SQLite write zeros where a destroyed key stood; it leaves old bytes there otherwise."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA secure_delete=ON")


def lock_visits(work: Work, visits: Sequence[str]) -> dict[str, Any]:
    """Rows of these visits, made where missing, locked in order so that replicas take turns."""
    wanted = sorted(set(visits))
    work.insert_if_missing(VISITS, [{"visit": one, **_NOTHING} for one in wanted])
    found = work.connection.execute(_VISITS_OF, {"visits": wanted})
    return {row.visit: row for row in found}


def change_visit(work: Work, visit: str, **values: Any) -> None:
    """Write columns of a visit."""
    work.connection.execute(update(VISITS).where(VISITS.c.visit == visit).values(**values))


def note_what_was_heard(work: Work, news: Sequence[Mapping[str, Any]]) -> None:
    """Write the newest `sequence` and `closed_at` of visits, each named by `_visit`."""
    if news:
        work.connection.execute(_HEARD, list(news))


def due_visits(work: Work, ended_before: datetime, most: int) -> list[str]:
    """Visits with guests whose purpose ended before that; also those that no one ever heard of."""
    ended = VISITS.c.closed_at < ended_before
    unheard = and_(VISITS.c.sequence == 0, VISITS.c.put_at < ended_before)
    wanted = select(VISITS.c.visit).where(VISITS.c.present > 0, or_(ended, unheard))
    return list(work.connection.execute(wanted.order_by(VISITS.c.visit).limit(most)).scalars())


def guests_of(work: Work, visit: str) -> list[Any]:
    """Guests of a visit who are not erased, in the roster's order."""
    there = and_(GUESTS.c.visit == visit, GUESTS.c.erased_at.is_(None))
    return list(work.connection.execute(select(GUESTS).where(there).order_by(GUESTS.c.number)))


def guest_of(work: Work, visit: str, guest: str) -> Any:
    """One guest of a visit, erased or not; None when there is none of this id."""
    one = select(GUESTS).where(GUESTS.c.visit == visit, GUESTS.c.guest == guest)
    return work.connection.execute(one).one_or_none()


def page_of(
    work: Work, visit: str, guest: str | None, after: int, most: int
) -> tuple[int, list[Any]]:
    """The roster's revision (0: there is none), and some of its guests behind a place in it."""
    revision = select(VISITS.c.revision).where(VISITS.c.visit == visit)
    wanted = select(GUESTS).where(
        GUESTS.c.visit == visit, GUESTS.c.erased_at.is_(None), GUESTS.c.number > after
    )
    if guest is not None:
        wanted = wanted.where(GUESTS.c.guest == guest)
    rows = work.connection.execute(wanted.order_by(GUESTS.c.number).limit(most)).all()
    return int(work.connection.execute(revision).scalar() or 0), list(rows)


def sealed_of(row: Any) -> Sealed:
    """What is stored of a guest."""
    return Sealed(row.key_id, bytes(row.wrapped), bytes(row.content))


def add_guests(work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert guests."""
    if rows:
        work.connection.execute(GUESTS.insert(), [{**one, "erased_at": None} for one in rows])


def change_guests(work: Work, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write columns of guests, the same ones of all of them, in one statement."""
    if rows:
        names = [name for name in rows[0] if name != "guest"]
        statement = (
            update(GUESTS)
            .where(GUESTS.c.guest == bindparam("_guest"))
            .values({name: bindparam(name) for name in names})
        )
        sets = [{"_guest": one["guest"], **{n: one[n] for n in names}} for one in rows]
        work.connection.execute(statement, sets)


def erase_guests(work: Work, guests: Sequence[str]) -> None:
    """Destroy the keys and the data of guests."""
    change_guests(work, [{"guest": one, "erased_at": work.now, **_GONE} for one in guests])


def totals_of(work: Work, visit: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Counts of a visit, by kind and name: guests who are there, and erased ones."""
    found = work.connection.execute(select(TOTALS).where(TOTALS.c.visit == visit))
    return {(row.kind, row.name): (row.present, row.erased) for row in found}


def write_totals(work: Work, visit: str, totals: Mapping[tuple[str, str], tuple[int, int]]) -> None:
    """Replace the counts of a visit."""
    work.connection.execute(TOTALS.delete().where(TOTALS.c.visit == visit))
    rows = [
        {"visit": visit, "kind": kind, "name": name, "present": present, "erased": erased}
        for (kind, name), (present, erased) in sorted(totals.items())
        if present or erased
    ]
    if rows:
        work.connection.execute(TOTALS.insert(), rows)
