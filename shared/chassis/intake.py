"""What a service takes in, stopped for a while and begun again by a person.

The bus keeps a pause and ends it by itself, for all replicas and also while none runs. The store
keeps it too: a bus that was wiped, or that someone told otherwise, is told again.

Owns: the table of these acts, the command, and bringing the bus to what they say.
Must not: decide what an act means; `intake_rules` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Select, Table, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.chassis import bus, limits
from shared.chassis.choosing import Done, answered
from shared.chassis.intake_rules import ALL, check, holding, to_tell
from shared.chassis.lifecycle import repeat, to_next, woken
from shared.chassis.parking_queries import beyond
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Delivery, Work, insertion, row_by
from shared.contracts.message import Problem
from shared.contracts.vitals import (
    PAUSE_MAX_S,
    IntakeAct,
    IntakeActs,
    ListIntakeActs,
    Pausing,
    SetIntake,
)

if TYPE_CHECKING:
    from shared.chassis.service import Service

log = structlog.get_logger(__name__)


class Intake:
    """What one process knows and does of its service's pauses."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._spared = SetIntake.consumer(service.name)
        self._woken = asyncio.Event()
        self._quiet = service.quiet()
        self._acts: Sequence[Any] = ()
        self.pauses: dict[str, Pausing] = {}
        """By consumer, as the acts say."""
        self.drained_until: datetime | None = None

    def act(self, work: Work, some: Sequence[Delivery[SetIntake]]) -> None:
        """The group handler of the command: record each act and answer it; once."""
        work.alone("intake")
        names = [consumer.durable for consumer in self._service.use.takes]
        for delivery in some:
            command = delivery.message
            done = _known(work, command.command)
            if done is None:
                done = check(command, names, self._spared, work.now)
                _record(work, command, done)
            work.send(answered(command, command.command, done), delivery)

    def wake(self) -> None:
        """An act was committed: tell the bus now."""
        self._woken.set()

    async def run(self) -> None:
        """Bring the bus to what the acts say, at once after an act and again and again."""

        async def round_of_looks() -> None:
            await woken(self._woken, to_next(limits.STORE_LOOK_S))
            self._woken.clear()
            await self._bring()

        await repeat(0, round_of_looks, "intake")

    async def _bring(self) -> None:
        service = self._service
        if not service.ready:
            return
        now = service.clock.now()
        try:
            if not self._quiet.goes_on():
                self._acts = await service.read(lambda session: self._accepted(session, now))
                self._quiet.begin(None)
        except SQLAlchemyError as error:
            log.debug("intake_unread", error=repr(error)[:300])
            return  # Of a store that is away the beat tells.
        names = [consumer.durable for consumer in service.use.takes]
        self.pauses, self.drained_until = holding(self._acts, names, self._spared, now)
        told = to_tell(self.pauses, service.vitals.paused(), now)
        for consumer in service.use.takes:
            if consumer.durable in told:
                await self._tell(consumer, told[consumer.durable])
        if told:
            service.vitals.hurry()

    async def _tell(self, consumer: bus.Consumer, until: datetime | None) -> None:
        client = await self._service.broker.connect()
        manager = client.jsm(timeout=limits.PUBLISH_TIMEOUT_S)
        stream, name = consumer.stream, consumer.durable
        if until is None:
            await manager.resume_consumer(stream, name)
        else:
            await manager.pause_consumer(stream, name, until.isoformat())
        self._service.vitals.saw(await manager.consumer_info(stream, name))
        log.info("intake_set", consumer=name, paused_until=until and until.isoformat())

    def _accepted(self, session: Session, now: datetime) -> Sequence[Any]:
        """Acts that may still hold, newest first: a pause is over before an older one began."""
        since = now - timedelta(seconds=PAUSE_MAX_S + 2 * limits.PAUSE_SLACK_S)
        return session.execute(_newest(self._service.tables), {"since": since}).all()


def take_part(service: Service) -> Intake:
    """Let a service be told to take nothing, and be asked who told it."""
    intake = Intake(service)

    @service.broker.subscriber(**service.takes(SetIntake))
    async def set_intake(some: list[SetIntake]) -> None:
        """A person pauses or resumes a consumer of this service, or all of them."""
        await service.handle(intake.act, some)
        intake.wake()

    @service.broker.subscriber(**service.answers(ListIntakeActs))
    async def list_intake_acts(query: ListIntakeActs) -> IntakeActs:
        """Who paused and resumed what."""
        return await service.read(lambda session: _page(session, query, service))

    service.background(intake.run)
    return intake


@cache
def _newest(tables: ChassisTables) -> Select[Any]:
    """Accepted acts since a moment, newest first. Built once: asked every few seconds."""
    intake = tables.intake
    wanted = select(intake).where(intake.c.outcome == "accepted", intake.c.at >= bindparam("since"))
    return wanted.order_by(intake.c.at.desc(), intake.c.id.desc()).limit(limits.INTAKE_ACTS)


def _known(work: Work, command: str) -> Done | None:
    known = row_by(work.tables.intake, "id")
    row = work.connection.execute(known, {"id": command}).one_or_none()
    if row is None:
        return None
    return Done(row.outcome, _problems(row))


def _record(work: Work, command: SetIntake, done: Done) -> None:
    row = {
        "id": command.command,
        "consumer": command.durable or ALL,
        "paused_until": command.paused_until,
        "actor": command.actor,
        "at": _after_all(work),
        "reason": command.reason,
        "outcome": done.outcome,
        "problems": [one.model_dump(mode="json") for one in done.problems],
    }
    work.connection.execute(insertion(work.tables.intake), row)


def _after_all(work: Work) -> datetime:
    """Now, and after every act before: of two that were committed together, or before a clock was
    set back, the one that came last counts."""
    newest = work.connection.execute(_last(work.tables.intake)).scalar()
    return work.now if newest is None else max(work.now, newest + timedelta(microseconds=1))


@cache
def _last(intake: Table) -> Select[Any]:
    return select(func.max(intake.c.at))


def _problems(row: Any) -> tuple[Problem, ...]:
    return tuple(Problem.model_validate(one) for one in row.problems)


def _page(session: Session, query: ListIntakeActs, service: Service) -> IntakeActs:
    acts = service.tables.intake
    wanted = select(acts)
    if query.after is not None:
        wanted = wanted.where(~beyond(acts.c.at, acts.c.id, query.after, included=True))
    ordered = wanted.order_by(acts.c.at.desc(), acts.c.id.desc()).limit(query.limit + 1)
    rows = session.execute(ordered).all()
    shown = rows[: query.limit]
    more = f"{shown[-1].at.isoformat()}|{shown[-1].id}" if len(rows) > len(shown) else None
    told = tuple(
        IntakeAct(
            act=row.id, service=service.name, consumer=row.consumer or None,
            paused_until=row.paused_until, actor=row.actor, at=row.at, reason=row.reason,
            outcome=row.outcome, problems=_problems(row),
        )
        for row in shown
    )  # fmt: skip
    return IntakeActs(acts=told, next=more)
