"""The transactions of a replay: begun, claimed, one message settled or failed, ended.

A message counts as handled in the transaction of its effect, and only while its replay still has
it. So a replay that is stopped, or carried on by two replicas at once, handles nothing twice.

Must not: call a handler, or wait; `replaying` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from shared.chassis import limits
from shared.chassis.parking_rules import cause_of, ended_id, grown
from shared.chassis.replay_statements import statements
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
    chosen = [{"_message": one, "chosen_by": name} for one in messages]
    work.connection.execute(statements(work.tables).choose, chosen)
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
    return connection.execute(statements(tables).any_running).first() is not None


def under_way(work: Work) -> int:
    """How many replays are running."""
    return int(work.connection.execute(statements(work.tables).count_running).scalar() or 0)


def state_of(work: Work, replay: str) -> str | None:
    """running, ended, stopped or failed; None for an unknown one."""
    state = work.connection.execute(statements(work.tables).state, {"_replay": replay}).scalar()
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
    say = statements(work.tables)
    job = work.connection.execute(say.first, {"me": holder, "now": work.now}).first()
    if job is None:
        return None
    messages = tuple(work.connection.execute(say.slice, {"_replay": job.id}).scalars())
    if not messages:
        end(work, job.id, "ended", work.service)
        return Turn(job.id, job.per_s, ())
    until = work.now + timedelta(seconds=limits.REPLAY_LEASE_S)
    lease = {"_replay": job.id, "held_by": holder, "until": until}
    work.connection.execute(say.lease, lease)
    return Turn(job.id, job.per_s, messages)


def load(connection: Connection, tables: ChassisTables, replay: str, message: str) -> Any:
    """The row of a message that a replay still has; None when it has it no more."""
    which = {"_replay": replay, "_message": message}
    return connection.execute(statements(tables).row, which).one_or_none()


def settle(work: Work, replay: str, message: str, number: int) -> None:
    """The message is handled, in this very transaction. Raises WithdrawnError."""
    ours = {"_replay": replay, "_message": message, "number": number, "now": work.now}
    if work.connection.execute(statements(work.tables).done, ours).rowcount != 1:
        raise WithdrawnError(message)
    _tell(work, replay, message, "done")


def fail(work: Work, replay: str, message: str, number: int, error: str, reason: str) -> None:
    """The message failed again: it is parked as before, its history grown."""
    say, parked = statements(work.tables), work.tables.parked
    ours = {"_replay": replay, "_message": message, "number": number}
    row = work.connection.execute(say.row_to_fail, ours).one_or_none()
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
    if work.connection.execute(say.careful, {"_replay": replay}).scalar():
        end(work, replay, "failed", work.service)


def end(work: Work, replay: str, state: str, actor: str) -> int:
    """End a running replay, park again what it has not reached, and record it.

    Returns how many messages were left. Changes nothing on a replay that is over.
    """
    say, this = statements(work.tables), {"_replay": replay}
    over = {**this, "ended_as": state, "now": work.now}
    if work.connection.execute(say.end, over).rowcount != 1:
        return 0
    left = work.connection.execute(say.park_again, this).rowcount
    work.connection.execute(say.leave, this)
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
    found = connection.execute(statements(tables).outcomes, {"_replay": replay})
    return {outcome: int(many) for outcome, many in found}


def _tell(work: Work, replay: str, message: str, outcome: str) -> None:
    told = {"_replay": replay, "_message": message, "told": outcome}
    work.connection.execute(statements(work.tables).tell, told)
