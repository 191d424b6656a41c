"""The statements of replays, built once: building one costs more than running it.

Must not: run anything; `replays` does.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, func, or_, select, update

from shared.chassis import limits
from shared.chassis.tables import ChassisTables
from shared.contracts.parking import ParkedState


class ReplayStatements:
    """The statements over one service's tables. `_replay`, `_message`: their ids."""

    def __init__(self, tables: ChassisTables) -> None:
        self._of_replays(tables.replays)
        self._of_messages(tables.parked)
        self._of_acts(tables.touched)

    def _of_replays(self, jobs: Table) -> None:
        this, running = jobs.c.id == bindparam("_replay"), jobs.c.state == "running"
        self.any_running = select(jobs.c.id).where(running).limit(1)
        self.count_running = select(func.count()).select_from(jobs).where(running)
        self.state = select(jobs.c.state).where(this).with_for_update()
        self.careful = select(jobs.c.stop_at_first_failure).where(this)
        self.first = _first(jobs)
        held: dict[str, Any] = {"holder": bindparam("held_by"), "lease_until": bindparam("until")}
        self.lease = update(jobs).where(this).values(**held)
        ended: dict[str, Any] = {"state": bindparam("ended_as"), "ended_at": bindparam("now")}
        free = {"holder": None, "lease_until": None}
        self.end = update(jobs).where(this, running).values(**ended, **free)

    def _of_messages(self, parked: Table) -> None:
        has, has_one = _has(parked), and_(_has(parked), parked.c.id == bindparam("_message"))
        # Not played again meanwhile: it has the number with which it was chosen.
        same = and_(has_one, parked.c.replays == bindparam("number"))
        again = {"revision": parked.c.revision + 1}
        self.choose = (
            update(parked)
            .where(parked.c.id == bindparam("_message"))
            .values(
                state=ParkedState.REPLAYING.value, replay=bindparam("chosen_by"),
                replays=parked.c.replays + 1, **again,
            )
        )  # fmt: skip
        oldest = select(parked.c.id).where(has).order_by(parked.c.parked_at, parked.c.id)
        self.slice = oldest.limit(limits.REPLAY_SLICE)
        self.row = select(parked).where(has_one)
        self.row_to_fail = select(parked).where(same).with_for_update()
        done = {"state": ParkedState.DONE.value, "replay": None, **again}
        self.done = update(parked).where(same).values(resolved_at=bindparam("now"), **done)
        back = {"state": ParkedState.PARKED.value, "replay": None, **again}
        self.park_again = update(parked).where(has).values(**back)

    def _of_acts(self, touched: Table) -> None:
        of_act = touched.c.act == bindparam("_replay")
        waiting = touched.c.outcome == "waiting"
        self.leave = update(touched).where(of_act, waiting).values(outcome="left")
        this = touched.c.message == bindparam("_message")
        self.tell = update(touched).where(of_act, this).values(outcome=bindparam("told"))
        counts = select(touched.c.outcome, func.count()).where(of_act)
        self.outcomes = counts.group_by(touched.c.outcome)


@cache
def statements(tables: ChassisTables) -> ReplayStatements:
    """Those over these tables."""
    return ReplayStatements(tables)


def _has(parked: Table) -> ColumnElement[bool]:
    """A message that a replay still has."""
    here = parked.c.state == ParkedState.REPLAYING.value
    return and_(parked.c.replay == bindparam("_replay"), here)


def _first(jobs: Table) -> Select[Any]:
    """The running replay whose turn it is, of those that nobody but `me` holds at `now`."""
    free = or_(
        jobs.c.holder.is_(None),
        jobs.c.holder == bindparam("me"),
        jobs.c.lease_until < bindparam("now"),
    )
    # Least recently served first, so that a slow replay does not keep a quick one waiting.
    return (
        select(jobs)
        .where(jobs.c.state == "running", free)
        .order_by(func.coalesce(jobs.c.lease_until, jobs.c.started_at), jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
