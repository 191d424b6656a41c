"""The audit: every write and login, in a chain of hashes that only grows.

Owns: the table `console_audit`, appending to it, reading pages and checking the chain. The store
itself refuses to change or delete a row.
Must not: hold a body of a request, or a secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Connection, select, text
from sqlmodel import Field, Session, SQLModel

from shared.chassis import limits
from shared.chassis.store import UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import insertion, many_writers

ORIGIN = "0" * 64
"""What stands before the first row."""


class AuditRow(SQLModel):
    """One act. `hash` covers every other column and the hash of the row before."""

    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    principal: str = Field(max_length=210)
    roles: list[str] = Field(sa_type=JSON)
    method: str = Field(max_length=16)
    route: str = Field(max_length=200)
    resource: str = Field(max_length=600)
    key: str = Field(default="", max_length=200)
    """The Idempotency-Key, or the id of a token that was made."""
    status: int | None = None
    """How it ended; None in the row that is committed together with the command itself."""
    before: str = Field(max_length=64)
    hash: str = Field(max_length=64)


AUDIT = core(table(AuditRow, "console", "audit"))
_LAST = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('console-audit', 0))")


@dataclass(frozen=True, slots=True)
class Entry:
    """An act that is to be written down."""

    principal: str
    roles: Sequence[str]
    method: str
    route: str
    resource: str
    key: str = ""
    status: int | None = None


_TOLD = tuple(one.name for one in fields(Entry))


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of some rows found: how many are sound, and the first that is not."""

    rows: int
    broken_at: int | None
    head: str
    """Hash of the last sound row: kept elsewhere, it shows later whether rows were cut off."""
    next: int | None


def append(connection: Connection, now: datetime, entry: Entry) -> None:
    """Add a row. Until the transaction ends no other process adds one."""
    if many_writers(connection):
        connection.execute(_ALONE)
    last = connection.execute(_LAST).one_or_none()
    before = last.hash if last else ORIGIN
    told = {name: getattr(entry, name) for name in _TOLD}
    row = {"seq": last.seq + 1 if last else 1, "at": now, **told, "before": before}
    row["roles"], row["resource"] = list(entry.roles), entry.resource[:600]
    connection.execute(insertion(AUDIT), {**row, "hash": digest(row)})


def digest(row: dict[str, Any]) -> str:
    """The hash of a row's other columns."""
    told = {**row, "at": row["at"].isoformat()}
    told.pop("hash", None)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def page(session: Session, after: int, most: int) -> tuple[list[dict[str, Any]], int | None]:
    """Rows after a sequence number, oldest first, and the cursor of the next page."""
    found = session.execute(
        select(AUDIT).where(AUDIT.c.seq > after).order_by(AUDIT.c.seq).limit(most + 1)
    ).all()
    rows = [{**row._mapping, "at": row.at.isoformat()} for row in found[:most]]
    return rows, found[most - 1].seq if len(found) > most else None


def verify(session: Session, after: int = 0, most: int = limits.VERIFY_ROWS) -> Checked:
    """Check up to `most` rows of the chain after a row that counts as sound."""
    before = ORIGIN if after == 0 else _hash_of(session, after)
    seq, rows = after, 0
    found = session.execute(
        select(AUDIT).where(AUDIT.c.seq > after).order_by(AUDIT.c.seq).limit(most + 1)
    ).all()
    for row in found[:most]:
        sound = row.seq == seq + 1 and row.before == before and digest({**row._mapping}) == row.hash
        if not sound:
            return Checked(rows, seq + 1, before, None)
        seq, before, rows = row.seq, row.hash, rows + 1
    return Checked(rows, None, before, seq if len(found) > most else None)


def _hash_of(session: Session, seq: int) -> str:
    found = session.execute(select(AUDIT.c.hash).where(AUDIT.c.seq == seq)).scalar_one_or_none()
    return found or ORIGIN
