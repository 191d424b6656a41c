"""A person's acts on parked messages: each is done once, with who, when and why, or not at all.

Owns: which messages an act reaches, and the table of acts; effect and record are one transaction.
Must not: handle a parked message; `replaying` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from shared.chassis import limits, replays
from shared.chassis.choosing import Done, answered, choose, no_such, skipped
from shared.chassis.parking_rules import (
    bytes_of,
    difference,
    digest,
    faults_of,
    raw_of,
    wrong_state,
)
from shared.chassis.work import Delivery, Work, insertion, row_by
from shared.contracts.message import Message, Problem
from shared.contracts.parking import (
    ActOnParked,
    Discard,
    Edit,
    Pace,
    ParkedState,
    Replay,
    Restore,
    Stop,
)


class Parking:
    """The group handler of acts. `kinds`: which class each consumer of the service takes."""

    def __init__(self, kinds: Mapping[str, type[Message]]) -> None:
        self._kinds = kinds

    def act(self, work: Work, some: Sequence[Delivery[ActOnParked]]) -> None:
        """Do each act, record it and answer; one that is known is only answered."""
        work.alone("parking")
        for delivery in some:
            command = delivery.message
            done = _known(work, command.command) or self._do(work, command)
            work.send(answered(command, command.command, done), delivery)

    def _do(self, work: Work, command: ActOnParked) -> Done:
        act = command.act
        if isinstance(act, Edit):
            done = self._edit(work, act)
        elif isinstance(act, Replay):
            done = self._replay(work, command.command, act)
        elif isinstance(act, Pace):
            done = _pace(work, act)
        elif isinstance(act, Stop):
            done = _stop(work, act, command.actor)
        else:
            done = _resolve(work, act)
        self._record(work, command, done)
        return done

    def _record(self, work: Work, command: ActOnParked, done: Done) -> None:
        act = command.act
        row = {
            "id": command.command,
            "kind": act.kind,
            "actor": command.actor,
            "at": work.now,
            "reason": command.reason,
            "outcome": done.outcome,
            "problems": [one.model_dump(mode="json") for one in done.problems],
            "count": len(done.reached),
            "detail": {**_asked(act), **done.detail, "revision": done.revision},
        }
        work.connection.execute(insertion(work.tables.acts), row)
        outcome = "waiting" if isinstance(act, Replay) else "done"
        rows = [{"act": row["id"], "message": one, "outcome": outcome} for one in done.reached]
        if rows:
            work.connection.execute(insertion(work.tables.touched), rows)

    def _edit(self, work: Work, act: Edit) -> Done:
        parked = work.tables.parked
        wanted = select(parked).where(parked.c.id == act.message).with_for_update()
        row = work.connection.execute(wanted).one_or_none()
        if row is None:
            return Done("missing", (no_such(act.message),))
        wrong = wrong_state("edit", ParkedState(row.state))
        if wrong is None and row.revision != act.revision:
            wrong = Problem(
                code="stale_revision",
                message=f"the message was changed: it has revision {row.revision}",
                remedy="read it again",
            )
        if wrong is not None:
            return Done("conflict", (wrong,), revision=row.revision)
        original = bytes_of(row.body, row.raw)
        problems = check(self._kinds, row.consumer, original, act.body)
        if problems:
            return Done("invalid", problems, revision=row.revision)
        before = bytes_of(row.body, row.raw, row.edited)
        changed = {"edited": act.body, "revision": row.revision + 1}
        work.connection.execute(update(parked).where(parked.c.id == act.message).values(changed))
        detail = {
            "before_sha256": digest(before),
            "after_sha256": digest(act.body.encode()),
            "difference": list(difference(raw_of(before)[0], act.body)),
        }
        return Done(reached=(act.message,), detail=detail, revision=row.revision + 1)

    def _replay(self, work: Work, name: str, act: Replay) -> Done:
        if replays.under_way(work) >= limits.REPLAYS_AT_ONCE:
            full = Problem(
                code="too_many_replays",
                message=f"{limits.REPLAYS_AT_ONCE} replays are under way",
                remedy="wait for one to end, or stop one",
            )
            return Done("conflict", (full,))
        found, done = choose(work, act.chosen, act.kind)
        if done is not None:
            return done
        takers = [row.id for row in found if row.consumer in self._kinds]
        if not takers:
            gone = _no_taker(found[0].consumer)
            return Done("conflict", (gone,))
        replays.begin(work, name, takers, act)
        return Done(reached=takers, detail={"skipped": skipped(act.chosen, takers)})


def check(
    kinds: Mapping[str, type[Message]], consumer: str, original: bytes, body: str
) -> tuple[Problem, ...]:
    """What is wrong with a new body for a message that came to `consumer`."""
    kind = kinds.get(consumer)
    return (_no_taker(consumer),) if kind is None else faults_of(kind, original, body)


def _known(work: Work, command: str) -> Done | None:
    known = row_by(work.tables.acts, "id")
    row = work.connection.execute(known, {"id": command}).one_or_none()
    if row is None:
        return None
    problems = tuple(Problem.model_validate(one) for one in row.problems)
    return Done(row.outcome, problems, revision=row.detail["revision"])


def _resolve(work: Work, act: Discard | Restore) -> Done:
    found, done = choose(work, act.chosen, act.kind)
    if done is not None:
        return done
    parked, discards = work.tables.parked, isinstance(act, Discard)
    after = ParkedState.DISCARDED if discards else ParkedState.PARKED
    statement = (
        update(parked)
        .where(parked.c.id == bindparam("one"))
        .values(
            state=after.value,
            resolved_at=work.now if discards else None,
            revision=parked.c.revision + 1,
        )
    )
    reached = [row.id for row in found]
    work.connection.execute(statement, [{"one": one} for one in reached])
    return Done(reached=reached, detail={"skipped": skipped(act.chosen, reached)})


def _not_running(work: Work, act: Pace | Stop) -> Done | None:
    """Why nothing can be done with a replay any more; None when it runs."""
    state = replays.state_of(work, act.replay)
    if state is None:
        no = Problem(code="no_such_replay", message=f"there is no replay {act.replay}")
        return Done("missing", (no,))
    if state != "running":
        remedy = f"nothing is left to {act.kind}"
        over = Problem(code="wrong_state", message=f"the replay is {state}", remedy=remedy)
        return Done("conflict", (over,))
    return None


def _pace(work: Work, act: Pace) -> Done:
    done = _not_running(work, act)
    if done is not None:
        return done
    before = replays.pace_of(work, act.replay)
    replays.set_pace(work, act.replay, act.per_s)
    return Done(detail={"before_per_s": before})


def _stop(work: Work, act: Stop, actor: str) -> Done:
    done = _not_running(work, act)
    if done is not None:
        return done
    left = replays.end(work, act.replay, "stopped", actor)
    return Done(detail={"left": left})


def _asked(act: Edit | Replay | Pace | Stop | Discard | Restore) -> dict[str, Any]:
    """What the record keeps of an act; the messages are in a table of their own."""
    return act.model_dump(mode="json", exclude={"kind": True, "body": True,
                                                "chosen": {"messages"}})  # fmt: skip


def _no_taker(consumer: str) -> Problem:
    return Problem(
        code="no_consumer",
        message=f"this service has no consumer {consumer} any more",
        remedy="discard the message, or run the version that takes it",
    )
