"""The console's own store: one row per idempotency key.

Owns: the acts of planners: the request's print, the answer that was given, the final outcome.
Must not: keep bodies of requests; the orchestrator owns specs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Select, Text, bindparam, delete, select, update
from sqlmodel import Field, Session, SQLModel

from services.console import audit
from services.console.audit import Entry
from shared.chassis import limits
from shared.chassis.store import UtcDateTime, table
from shared.chassis.tables import core
from shared.chassis.work import Delivery, Work, insertion
from shared.contracts.message import Command, CommandAnswered

KEEP = timedelta(hours=48)
FORGET_ROWS = 1_000


class ActRow(SQLModel):
    """One write of a planner. Its command id follows from the idempotency key."""

    command: str = Field(primary_key=True, max_length=64)
    print: str = Field(max_length=64)
    """SHA-256 of method, address, If-Match and body."""
    resource: str = Field(max_length=300)
    """Address of the thing that the command is about."""
    actor: str | None = Field(default=None, max_length=210)
    """Whose act it is."""
    message: str | None = Field(default=None, max_length=200)
    """Transport id of the command."""
    answer: str | None = Field(default=None, sa_type=Text)
    """CommandAnswered, once the owner has answered."""
    outcome: str | None = Field(default=None, max_length=40)
    status: int | None = None
    headers: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    body: str | None = Field(default=None, sa_type=Text)
    """The HTTP answer that was given first."""
    at: datetime = Field(sa_type=UtcDateTime, index=True)


ACTS = core(table(ActRow, "console", "acts"))


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer as it is stored and sent."""

    status: int
    body: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """What is known of an idempotency key."""

    command: str
    print: str
    resource: str
    actor: str | None
    answer: CommandAnswered | None
    reply: Reply | None


def find(session: Session, command: str) -> Act | None:
    """The act of this command, if there is one."""
    row = session.execute(select(ACTS).where(ACTS.c.command == command)).one_or_none()
    if row is None:
        return None
    reply = None if row.status is None else Reply(row.status, row.body, row.headers)
    answer = None if row.answer is None else CommandAnswered.model_validate_json(row.answer)
    return Act(row.command, row.print, row.resource, row.actor, answer, reply)


def begin(work: Work, act: Act, command: Command, owner: str | None, entry: Entry) -> None:
    """Write the act, its command and its line of the audit in one transaction.

    Raises IntegrityError for a second.
    """
    row = {
        "command": act.command,
        "print": act.print,
        "resource": act.resource,
        "actor": act.actor,
        "message": work.send(command, to=owner),
        "at": work.now,
    }
    work.connection.execute(insertion(ACTS), row)
    audit.append(work.connection, work.now, entry)


def keep_reply(work: Work, command: str, reply: Reply) -> None:
    """Remember the first answer to the planner; a later one does not replace it."""
    work.connection.execute(
        update(ACTS)
        .where(ACTS.c.command == command, ACTS.c.status.is_(None))
        .values(status=reply.status, body=reply.body, headers=dict(reply.headers))
    )


def keep_answers(work: Work, some: Sequence[Delivery[CommandAnswered]]) -> None:
    """Remember how commands ended; those that did not come through this door change nothing."""
    told = {one.message.command: one.message for one in some}
    rows = [
        {"named": name, "told": one.model_dump_json(), "ended": one.outcome}
        for name, one in sorted(told.items())
    ]
    work.connection.execute(_ANSWERED, rows)


_ANSWERED = (
    update(ACTS)
    .where(ACTS.c.command == bindparam("named"))
    .values(answer=bindparam("told"), outcome=bindparam("ended"))
)


def refused() -> Select[Any]:
    """Messages of acts that ended with a "no": a service that forgot it must not say "yes" now."""
    return select(ACTS.c.message).where(ACTS.c.outcome != "accepted", ACTS.c.message.is_not(None))


def count_open(work: Work) -> int:
    """How many acts of late have no outcome yet; stops counting at the bound."""
    late = work.now - timedelta(seconds=limits.OPEN_FOR_S)
    found = work.connection.execute(_OPEN, {"late": late, "most": limits.OPEN_COMMANDS})
    return len(found.all())


_OPEN = (
    select(ACTS.c.command)
    .where(ACTS.c.outcome.is_(None), ACTS.c.at > bindparam("late"))
    .limit(bindparam("most"))
)


def forget(work: Work) -> bool:
    """Delete acts that are older than any retry. True when there may be more."""
    old = (
        select(ACTS.c.command)
        .where(ACTS.c.at < work.now - KEEP)
        .order_by(ACTS.c.at)
        .limit(FORGET_ROWS)
    )
    gone = work.connection.execute(delete(ACTS).where(ACTS.c.command.in_(old)))
    return gone.rowcount >= FORGET_ROWS
