"""The audit: appending to the chain, reading it, and verifying it.

Owns: that every look and write is one record, in one chain, whatever replica made it.
Must not: hold anything personal: ids and words of ours only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from services.guests.chain import FIRST, Finding, Link, check, forge
from services.guests.store import AUDIT
from shared.chassis import limits
from shared.chassis.work import Work
from shared.contracts.guests import (
    AuditEntry,
    AuditPage,
    AuditVerdict,
    GuestsQuery,
    ReadAudit,
    VerifyAudit,
)

VERIFIED_AT_ONCE = 20_000
"""Records in one answer; a longer chain is verified in several."""
PAGE_BYTES = limits.MAX_PAYLOAD // 2


def take_turn(work: Work) -> None:
    """Until this commits, no other replica writes.

    Taken before any row is locked: a transaction does several acts, and two of them that take the
    turn and rows in different orders would wait for each other.
    """
    work.alone("audit")


def record(
    work: Work,
    key: bytes,
    query: GuestsQuery,
    act: str,
    outcome: str,
    visit: str,
    purpose: str = "",
    guests: Sequence[str] = (),
    fields: Sequence[str] = (),
) -> None:
    """Append one record. The turn must have been taken."""
    last = work.connection.execute(
        select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
    ).one_or_none()
    seq, previous = (last.seq, last.hash) if last else (0, FIRST)
    link = forge(
        key,
        seq + 1,
        previous,
        {
            "at": work.now.isoformat(),
            "actor": query.actor,
            "roles": list(query.roles),
            "cause": query.cause,
            "act": act,
            "purpose": purpose,
            "visit": visit,
            "guests": list(guests),
            "fields": list(fields),
            "outcome": outcome,
        },
    )
    row = {"seq": link.seq, "visit": visit, "record": link.record, "previous": link.previous,
           "hash": link.hash}  # fmt: skip
    work.connection.execute(AUDIT.insert(), row)


def read_audit(session: Session, query: ReadAudit) -> AuditPage:
    """Records in order of number, as many as fit into an answer."""
    wanted = select(AUDIT).where(AUDIT.c.seq > query.after)
    if query.visit is not None:
        wanted = wanted.where(AUDIT.c.visit == query.visit)
    rows = session.execute(wanted.order_by(AUDIT.c.seq).limit(query.limit + 1)).all()
    entries: list[AuditEntry] = []
    size = 0
    for row in rows[: query.limit]:
        size += len(row.record)
        if entries and size > PAGE_BYTES:
            break
        entries.append(AuditEntry.model_validate({**json.loads(row.record), "hash": row.hash}))
    more = len(rows) > len(entries)
    return AuditPage(entries=tuple(entries), next=entries[-1].seq if more else None)


def verify(session: Session, key: bytes, query: VerifyAudit) -> AuditVerdict:
    """Whether the chain is whole behind `after`, and whether a head noted earlier is in it."""
    start = FIRST
    if query.after:
        before = _link(session, query.after)
        if before is None:
            return _verdict(Finding(0, 0, FIRST, query.after, "the record is missing"))
        start = before.hash
    wanted = select(AUDIT).where(AUDIT.c.seq > query.after)
    rows = session.execute(wanted.order_by(AUDIT.c.seq).limit(VERIFIED_AT_ONCE + 1)).all()
    links = [Link(row.seq, row.record, row.previous, row.hash) for row in rows[:VERIFIED_AT_ONCE]]
    found = check(key, query.after, start, links)
    if found.broken_at is None and query.known_seq is not None:
        known = _link(session, query.known_seq)
        if known is None or known.hash != query.known_hash:
            reason = "the head that was noted is not in the chain any more"
            found = Finding(found.checked, found.head_seq, found.head_hash, query.known_seq, reason)
    return _verdict(found, more=len(rows) > VERIFIED_AT_ONCE)


def _link(session: Session, seq: int) -> Any:
    return session.execute(select(AUDIT).where(AUDIT.c.seq == seq)).one_or_none()


def _verdict(found: Finding, more: bool = False) -> AuditVerdict:
    whole = found.broken_at is None
    return AuditVerdict(
        whole=whole,
        checked=found.checked,
        head_seq=found.head_seq,
        head_hash=found.head_hash,
        broken_at=found.broken_at,
        reason=found.reason,
        next=found.head_seq if whole and more else None,
    )
