"""The whole wiring of the guests service."""

from __future__ import annotations

from services.guests import audit, counting, migrations, queries, store
from services.guests.handlers import Desk
from services.guests.settings import GuestsSettings
from shared.chassis.clock import Clock
from shared.chassis.gathering import AT_LEISURE
from shared.chassis.probes import run
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.contracts.guests import (
    AuditPage,
    AuditVerdict,
    CountLodged,
    EraseGuest,
    GuestErased,
    LodgedCounts,
    LookAtRoster,
    PutRoster,
    ReadAudit,
    ReadTotals,
    RosterPut,
    RosterTotals,
    RosterView,
    VerifyAudit,
)
from shared.contracts.lodged import CountRooming, LodgingChanged, LookAtLodged, RoomingCounts
from shared.contracts.rosters import RosterChanged
from shared.contracts.visits import VisitChanged

RETIRE_S = 60.0
REWRAP_S = 60.0


def build(settings: Settings, clock: Clock | None = None) -> Service:
    """Build the service; nothing runs yet. Its master key is read when it comes up."""
    own = _own(settings)
    service = Service("guests", own, clock, layers=(migrations,))
    store.overwrite_what_is_deleted(service.engine)
    desk = Desk(own)
    service.sends(LodgingChanged, RosterChanged)
    _rosters(service, desk)
    _reading(service, desk)

    @service.broker.subscriber(**service.takes(VisitChanged, gather=AT_LEISURE))
    async def hear_visit(some: list[VisitChanged]) -> None:
        """A visit has changed; perhaps it has ended."""
        await service.handle(desk.hear, some)

    async def unlock() -> None:
        await service.writer.run(desk.unlock)

    service.on_start(unlock)
    service.every(RETIRE_S, desk.retire)
    service.every(REWRAP_S, desk.rewrap)
    return service


def _rosters(service: Service, desk: Desk) -> None:
    """What is recorded, and so is written."""
    broker, writer = service.broker, service.writer

    @broker.subscriber(**service.answers(PutRoster))
    async def put_roster(query: PutRoster) -> RosterPut:
        """Replace a roster."""
        return await writer.run(lambda work: desk.put(work, query))

    @broker.subscriber(**service.answers(LookAtRoster))
    async def look_at_roster(query: LookAtRoster) -> RosterView:
        """A page of a roster, for a purpose."""
        return await writer.run(lambda work: desk.look(work, query))

    @broker.subscriber(**service.answers(LookAtLodged))
    async def look_at_lodged(query: LookAtLodged) -> RosterView:
        """Who is lodged in one hotel, for its register."""
        return await writer.run(lambda work: desk.look_at_lodged(work, query))

    @broker.subscriber(**service.answers(EraseGuest))
    async def erase_guest(query: EraseGuest) -> GuestErased:
        """Destroy a guest's key and data."""
        return await writer.run(lambda work: desk.erase(work, query))


def _reading(service: Service, desk: Desk) -> None:
    """What names no one."""
    broker = service.broker

    @broker.subscriber(**service.answers(ReadTotals))
    async def read_totals(query: ReadTotals) -> RosterTotals:
        """Head-counts of a roster."""
        return await service.read(lambda session: queries.read_totals(session, query))

    @broker.subscriber(**service.answers(CountLodged))
    async def count_lodged(query: CountLodged) -> LodgedCounts:
        """How many are lodged where."""
        return await service.read(lambda session: counting.count_lodged(session, desk.keys, query))

    @broker.subscriber(**service.answers(CountRooming))
    async def count_rooming(query: CountRooming) -> RoomingCounts:
        """How those who are lodged in some places share."""
        return await service.read(lambda session: counting.count_rooming(session, desk.keys, query))

    @broker.subscriber(**service.answers(ReadAudit))
    async def read_audit(query: ReadAudit) -> AuditPage:
        """A page of the audit."""
        return await service.read(lambda session: audit.read_audit(session, query))

    @broker.subscriber(**service.answers(VerifyAudit))
    async def verify_audit(query: VerifyAudit) -> AuditVerdict:
        """Whether the audit's chain is whole."""
        return await service.read(lambda session: audit.verify(session, desk.keys.chain, query))


def _own(settings: Settings) -> GuestsSettings:
    """This service's settings: those given, and from the environment what they do not have."""
    if isinstance(settings, GuestsSettings):
        return settings
    return GuestsSettings(**settings.model_dump(exclude_unset=True))


def main() -> None:
    """Run until told to stop."""
    run(build(GuestsSettings()))
