"""Which messages an act on parked ones reaches, and how an act ends.

Must not: change anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, select

from shared.chassis import limits
from shared.chassis.parking_rules import NEEDED, wrong_state
from shared.chassis.work import Work
from shared.contracts.message import Command, CommandAnswered, Problem
from shared.contracts.parking import Chosen, ParkedState


@dataclass(frozen=True, slots=True)
class Done:
    """How an act ended."""

    outcome: str = "accepted"
    problems: tuple[Problem, ...] = ()
    reached: Sequence[str] = ()
    """Messages."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 0


def answered(command: Command, key: str, done: Done) -> CommandAnswered:
    """What is told to whoever sent a command with this key."""
    return CommandAnswered(
        cause=command.cause, actor=command.actor, command=key, outcome=done.outcome, about=key,
        revision=done.revision, problems=done.problems,
    )  # fmt: skip


def choose(work: Work, chosen: Chosen, kind: str) -> tuple[Sequence[Any], Done | None]:
    """The messages that an act reaches; or why there are none."""
    parked, needed = work.tables.parked, NEEDED[kind]
    most = min(chosen.most or limits.PARKED_ACT_ROWS, limits.PARKED_ACT_ROWS)
    if chosen.messages:
        named = {"messages": list(chosen.messages), "most": most}
        rows = work.connection.execute(_named(parked), named).all()
    else:
        group = {"cause": chosen.group, "as_of": chosen.as_of, "state": needed.value}
        rows = work.connection.execute(_grouped(parked), {**group, "most": most}).all()
    fit = [row for row in rows if row.state == needed.value]
    if fit:
        return fit, None
    if rows:
        wrong = wrong_state(kind, ParkedState(rows[0].state))
        assert wrong is not None
        return (), Done("conflict", (wrong,))
    if chosen.messages:
        return (), Done("missing", (no_such(chosen.messages[0]),))
    empty = Problem(
        code="empty_group",
        message=f"the group has no messages that are {needed.value}",
        remedy="read the groups again",
    )
    return (), Done("missing", (empty,))


@cache
def _named(parked: Table) -> Select[Any]:
    """Messages by their ids, the oldest first."""
    return _oldest(parked, parked.c.id.in_(bindparam("messages", expanding=True)))


@cache
def _grouped(parked: Table) -> Select[Any]:
    """Messages of a group in one state, as far as they had failed at a moment."""
    return _oldest(
        parked,
        parked.c.cause == bindparam("cause"),
        parked.c.failed_at <= bindparam("as_of"),
        parked.c.state == bindparam("state"),
    )


def _oldest(parked: Table, *which: ColumnElement[bool]) -> Select[Any]:
    found = select(parked.c.id, parked.c.state, parked.c.consumer).where(*which)
    ordered = found.order_by(parked.c.parked_at, parked.c.id)
    return ordered.limit(bindparam("most")).with_for_update()


def skipped(chosen: Chosen, reached: Sequence[str]) -> int:
    """How many of the named messages were in another state, or are not there."""
    return len(set(chosen.messages) - set(reached))


def no_such(message: str) -> Problem:
    """There is no parked message of that id."""
    return Problem(code="no_such_message", message=f"there is no parked message {message}",
                   remedy="list them again")  # fmt: skip
