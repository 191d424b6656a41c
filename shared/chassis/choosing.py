"""Which messages an act on parked ones reaches, and how an act ends.

Must not: change anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

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
    wanted = select(parked.c.id, parked.c.state, parked.c.consumer)
    if chosen.messages:
        wanted = wanted.where(parked.c.id.in_(chosen.messages))
    else:
        wanted = wanted.where(parked.c.cause == chosen.group, parked.c.failed_at <= chosen.as_of)
        wanted = wanted.where(parked.c.state == needed.value)
    most = min(chosen.most or limits.PARKED_ACT_ROWS, limits.PARKED_ACT_ROWS)
    ordered = wanted.order_by(parked.c.parked_at, parked.c.id).limit(most).with_for_update()
    rows = work.connection.execute(ordered).all()
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


def skipped(chosen: Chosen, reached: Sequence[str]) -> int:
    """How many of the named messages were in another state, or are not there."""
    return len(set(chosen.messages) - set(reached))


def no_such(message: str) -> Problem:
    """There is no parked message of that id."""
    return Problem(code="no_such_message", message=f"there is no parked message {message}",
                   remedy="list them again")  # fmt: skip
