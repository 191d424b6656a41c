"""The transactions of a replay: begun, claimed, one message settled or failed, ended.

A message counts as handled in the transaction of its effect, and only while its replay still has
it. So a replay that is stopped, or carried on by two replicas at once, handles nothing twice.

Must not: call a handler, or wait; `replaying` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, func, or_, select, update

from shared.chassis import limits
from shared.chassis.parking_rules import cause_of, ended_id, grown
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Work, insertion
from shared.contracts.parking import ParkedState, Replay


class WithdrawnError(Exception):
    """The replay does not have the message any more: it was stopped, or another replica did it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a replica does next: some messages of one replay."""

    replay: str
    per_s: float
    messages: tuple[str, ...]


def begin(work: Work, name: str, messages: Sequence[str], act: Replay) -> None:
    """Choose messages for a new replay."""
    parked = work.tables.parked
    chosen = (
        update(parked)
        .where(parked.c.id == bindparam("one"))
        .values(
            state=ParkedState.REPLAYING.value,
            replay=name,
            replays=parked.c.replays + 1,
            revision=parked.c.revision + 1,
        )
    )
    work.connection.execute(chosen, [{"one": one} for one in messages])
    row = {
        "id": name,
        "state": "running",
        "per_s": act.per_s,
        "stop_at_first_failure": act.stop_at_first_failure,
        "holder": None,
        "lease_until": None,
        "started_at": work.now,
        "ended_at": None,
    }
    work.connection.execute(insertion(work.tables.replays), row)


def any_under_way(connection: Connection, tables: ChassisTables) -> bool:
    """Whether there is something to do, or soon will be."""
    return connection.execute(_running(tables)).first() is not None


@cache
def _running(tables: ChassisTables) -> Select[Any]:
    """One that is running. Built once: every replica asks every few seconds."""
    jobs = tables.replays
    return select(jobs.c.id).where(jobs.c.state == "running").limit(1)


def under_way(work: Work) -> int:
    """How many replays are running."""
    jobs = work.tables.replays
    counted = select(func.count()).select_from(jobs).where(jobs.c.state == "running")
    return int(work.connection.execute(counted).scalar() or 0)


def state_of(work: Work, replay: str) -> str | None:
    """running, ended, stopped or failed; None for an unknown one."""
    jobs = work.tables.replays
    found = select(jobs.c.state).where(jobs.c.id == replay).with_for_update()
    state = work.connection.execute(found).scalar()
    return None if state is None else str(state)


def set_pace(work: Work, replay: str, per_s: float) -> None:
    """From its next turn on a replay goes at another rate."""
    jobs = work.tables.replays
    work.connection.execute(update(jobs).where(jobs.c.id == replay).values(per_s=per_s))


def pace_of(work: Work, replay: str) -> float:
    """Messages a second."""
    jobs = work.tables.replays
    found = work.connection.execute(select(jobs.c.per_s).where(jobs.c.id == replay)).scalar_one()
    return float(found)


def claim(work: Work, holder: str) -> Turn | None:
    """Take, or keep, a running replay that nobody else holds; end one that has come to its end."""
    jobs = work.tables.replays
    free = or_(jobs.c.holder.is_(None), jobs.c.holder == holder, jobs.c.lease_until < work.now)
    # Least recently served first, so that a slow replay does not keep a quick one waiting.
    first = (
        select(jobs)
        .where(jobs.c.state == "running", free)
        .order_by(func.coalesce(jobs.c.lease_until, jobs.c.started_at), jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    job = work.connection.execute(first).first()
    if job is None:
        return None
    messages = tuple(work.connection.execute(_next(work.tables.parked, job.id)).scalars())
    if not messages:
        end(work, job.id, "ended", work.service)
        return Turn(job.id, job.per_s, ())
    lease = {"holder": holder, "lease_until": work.now + timedelta(seconds=limits.REPLAY_LEASE_S)}
    work.connection.execute(update(jobs).where(jobs.c.id == job.id).values(lease))
    return Turn(job.id, job.per_s, messages)


def _next(parked: Table, replay: str) -> Any:
    return (
        select(parked.c.id)
        .where(parked.c.replay == replay, parked.c.state == ParkedState.REPLAYING.value)
        .order_by(parked.c.parked_at, parked.c.id)
        .limit(limits.REPLAY_SLICE)
    )


def load(connection: Connection, tables: ChassisTables, replay: str, message: str) -> Any:
    """The row of a message that a replay still has; None when it has it no more."""
    parked = tables.parked
    return connection.execute(select(parked).where(*_has(parked, replay, message))).one_or_none()


def settle(work: Work, replay: str, message: str, number: int) -> None:
    """The message is handled, in this very transaction. Raises WithdrawnError."""
    parked = work.tables.parked
    done = {
        "state": ParkedState.DONE.value,
        "replay": None,
        "resolved_at": work.now,
        "revision": parked.c.revision + 1,
    }
    ours = (*_has(parked, replay, message), parked.c.replays == number)
    if work.connection.execute(update(parked).where(*ours).values(done)).rowcount != 1:
        raise WithdrawnError(message)
    _tell(work, replay, message, "done")


def fail(work: Work, replay: str, message: str, number: int, error: str, reason: str) -> None:
    """The message failed again: it is parked as before, its history grown."""
    tables = work.tables
    parked = tables.parked
    ours = (*_has(parked, replay, message), parked.c.replays == number)
    row = work.connection.execute(select(parked).where(*ours).with_for_update()).one_or_none()
    if row is None:
        return
    cause = cause_of(error, row.consumer)
    entry = {"replay": replay, "number": number, "failed_at": work.now.isoformat(),
             "error": f"{cause.error_class}: {cause.line}"}  # fmt: skip
    again = {
        "state": ParkedState.PARKED.value,
        "replay": None,
        "revision": row.revision + 1,
        "attempts": row.attempts + 1,
        "error": error,
        "reason": reason,
        "cause": cause.group,
        "error_class": cause.error_class,
        "error_line": cause.line,
        "failed_at": work.now,
        "history": grown(row.history, entry),
    }
    work.connection.execute(update(parked).where(parked.c.id == message).values(again))
    _tell(work, replay, message, "failed")
    careful = select(tables.replays.c.stop_at_first_failure).where(tables.replays.c.id == replay)
    if work.connection.execute(careful).scalar():
        end(work, replay, "failed", work.service)


def end(work: Work, replay: str, state: str, actor: str) -> int:
    """End a running replay, park again what it has not reached, and record it.

    Returns how many messages were left. Changes nothing on a replay that is over.
    """
    jobs, parked, touched = work.tables.replays, work.tables.parked, work.tables.touched
    over = {"state": state, "ended_at": work.now, "holder": None, "lease_until": None}
    running = (jobs.c.id == replay, jobs.c.state == "running")
    if work.connection.execute(update(jobs).where(*running).values(over)).rowcount != 1:
        return 0
    back = {"state": ParkedState.PARKED.value, "replay": None, "revision": parked.c.revision + 1}
    has = (parked.c.replay == replay, parked.c.state == ParkedState.REPLAYING.value)
    left = work.connection.execute(update(parked).where(*has).values(back)).rowcount
    waiting = (touched.c.act == replay, touched.c.outcome == "waiting")
    work.connection.execute(update(touched).where(*waiting).values(outcome="left"))
    counted = outcomes(work.connection, work.tables, replay)
    act = {
        "id": ended_id(replay),
        "kind": "ended",
        "actor": actor,
        "at": work.now,
        "reason": state,
        "outcome": "accepted",
        "problems": [],
        "count": sum(counted.values()),
        "detail": {"replay": replay, **counted, "revision": 0},
    }
    work.insert_if_missing(work.tables.acts, [act])
    return int(left)


def outcomes(connection: Connection, tables: ChassisTables, replay: str) -> dict[str, int]:
    """How many messages of a replay wait, are done, failed, or were left."""
    touched = tables.touched
    counted = (
        select(touched.c.outcome, func.count())
        .where(touched.c.act == replay)
        .group_by(touched.c.outcome)
    )
    return {outcome: int(many) for outcome, many in connection.execute(counted).all()}


def _has(parked: Table, replay: str, message: str) -> tuple[Any, ...]:
    return (
        parked.c.id == message,
        parked.c.replay == replay,
        parked.c.state == ParkedState.REPLAYING.value,
    )


def _tell(work: Work, replay: str, message: str, outcome: str) -> None:
    touched = work.tables.touched
    ours = (touched.c.act == replay, touched.c.message == message)
    work.connection.execute(update(touched).where(*ours).values(outcome=outcome))
