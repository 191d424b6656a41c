"""Where a service is asked about its parked messages, and told what to do with them.

Owns: the wiring of parking, the same for every service.
Must not: decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.chassis import limits, parked
from shared.chassis.parking import Parking
from shared.chassis.parking_queries import Reading
from shared.chassis.replaying import Replaying, Taker
from shared.chassis.work import Work
from shared.contracts.message import CommandAnswered
from shared.contracts.parking import ActOnParked
from shared.contracts.parking_reading import (
    ActPage,
    CheckEdit,
    EditChecked,
    GroupParked,
    ListActs,
    ListParked,
    ParkedAnswer,
    ParkedGroups,
    ParkedPage,
    ReadParked,
    ReadReplay,
    ReplayAnswer,
)

if TYPE_CHECKING:
    from shared.chassis.service import Service


def take_part(service: Service) -> None:
    """Let a service be asked and told."""
    parking = Parking(service.kinds)
    replaying = Replaying(service, lambda: _takers(service))

    @service.broker.subscriber(**service.takes(ActOnParked))
    async def act_on_parked(some: list[ActOnParked]) -> None:
        """A person edits, replays, discards or restores parked messages."""
        await service.handle(parking.act, some)
        replaying.wake()

    def count(work: Work) -> bool:
        for state, many in parked.count(work).items():
            service.metrics.parked.labels(service.name, state).set(many)
        return False

    service.sends(CommandAnswered)
    service.background(replaying.run)
    for job in (parked.forget_resolved, parked.forget_acts):
        service.every(limits.HOUSEKEEPING_S, job)
    service.every(limits.PARKED_COUNT_S, count)
    _answer(service, Reading(service.name, service.tables, service.kinds))


def _answer(service: Service, reading: Reading) -> None:
    broker, clock = service.broker, service.clock

    @broker.subscriber(**service.answers(ListParked))
    async def list_parked(query: ListParked) -> ParkedPage:
        """A page of parked messages."""
        return await service.read(lambda session: reading.page(session, query, clock.now()))

    @broker.subscriber(**service.answers(GroupParked))
    async def group_parked(query: GroupParked) -> ParkedGroups:
        """Parked messages folded by cause."""
        return await service.read(lambda session: reading.groups(session, query, clock.now()))

    @broker.subscriber(**service.answers(ReadParked))
    async def read_parked(query: ReadParked) -> ParkedAnswer:
        """One parked message whole."""
        return await service.read(lambda session: reading.one(session, query))

    @broker.subscriber(**service.answers(CheckEdit))
    async def check_edit(query: CheckEdit) -> EditChecked:
        """Whether a parked message could have this body."""
        return await service.read(lambda session: reading.check(session, query))

    @broker.subscriber(**service.answers(ReadReplay))
    async def read_replay(query: ReadReplay) -> ReplayAnswer:
        """How far a replay has come."""
        return await service.read(lambda session: reading.replay(session, query))

    @broker.subscriber(**service.answers(ListActs))
    async def list_acts(query: ListActs) -> ActPage:
        """Who did what with parked messages."""
        return await service.read(lambda session: reading.acts(session, query))


def _takers(service: Service) -> Mapping[str, Taker]:
    """What each durable consumer's messages are put into."""
    found: dict[str, Taker] = {}
    for subscriber in service.broker.subscribers:
        durable = getattr(subscriber, "extra_options", {}).get("durable")
        if durable in service.kinds:
            [call] = subscriber.calls
            found[durable] = Taker(service.kinds[durable], call.handler)
    return found
