"""The whole wiring of the visits service."""

from __future__ import annotations

from pydantic import Field

from services.visits import limits, migrations, queries, risks, schedule
from services.visits.awaited import CROWD_S, ROOM, TOGETHER_S, visit_of
from services.visits.forgetting import Forgetting
from services.visits.handlers import Orchestrator
from services.visits.pacing import Pacing
from services.visits.store import NEXT_DUE
from shared.chassis.clock import Clock
from shared.chassis.gathering import Gathering
from shared.chassis.lifecycle import repeat
from shared.chassis.limits import HOUSEKEEPING_S
from shared.chassis.probes import run
from shared.chassis.quiet import soonest
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.contracts.catalog import CATALOG
from shared.contracts.holds import ConfirmHolds, HoldsChanged, PlaceHolds, ReleaseHolds
from shared.contracts.impact import (
    ListRisks,
    PlanInputAnswer,
    ReadPlanInput,
    RiskPage,
    Weighings,
    WeighMessages,
)
from shared.contracts.reading import (
    ListSchedule,
    ListVisits,
    ReadTimeline,
    ReadVisit,
    SchedulePage,
    TimelinePage,
    VisitAnswer,
    VisitPage,
)
from shared.contracts.visits import (
    ArrangementChanged,
    CancelVisit,
    CommitProposal,
    ConsentAsked,
    DropProposal,
    ProposeVisit,
    ReconcileVisit,
    SubmitVisit,
    VisitChanged,
)

WAKE_S = 1.0


class VisitSettings(Settings):
    """What the orchestrator is told beyond the common settings."""

    consent_within_s: int = Field(default=Pacing().consent_within_s, ge=1, le=86_400)
    """How long a kitchen or hotel may take to consent."""
    history_keep_days: int = Field(default=limits.KEEP_DAYS, ge=30, le=36_600)
    """How long after its start a visit that has ended keeps all lines of its timeline; then only
    the last one."""


def build(settings: Settings, clock: Clock | None = None) -> Service:
    """Build the service; nothing runs yet."""
    own = VisitSettings(**settings.model_dump(exclude_unset=True))
    service = Service("visits", settings, clock, layers=(migrations,))
    pacing = Pacing(consent_within_s=own.consent_within_s)
    orchestrator = Orchestrator(pacing)
    _take_commands(service, orchestrator)
    _answer_questions(service)
    _answer_about_trouble(service, pacing)
    owners = {kind.service for kind in CATALOG.values()}
    service.sends(PlaceHolds, ConfirmHolds, ReleaseHolds, to=owners)
    service.sends(VisitChanged, ArrangementChanged, ConsentAsked)
    service.every(WAKE_S, orchestrator.wake, soonest(NEXT_DUE))
    old = Forgetting(service.writer.run, own.history_keep_days)
    service.background(lambda: repeat(HOUSEKEEPING_S, old.once, "forget_history"))
    return service


def _take_commands(service: Service, orchestrator: Orchestrator) -> None:
    broker = service.broker

    @broker.subscriber(**service.takes(SubmitVisit))
    async def submit(some: list[SubmitVisit]) -> None:
        """A planner submits a whole spec."""
        await service.handle(orchestrator.submit, some)

    @broker.subscriber(**service.takes(ProposeVisit))
    async def propose(some: list[ProposeVisit]) -> None:
        """A planner asks what a changed spec would move."""
        await service.handle(orchestrator.propose, some)

    @broker.subscriber(**service.takes(CommitProposal))
    async def commit(some: list[CommitProposal]) -> None:
        """A planner opens the barrier of a proposal."""
        await service.handle(orchestrator.commit, some)

    @broker.subscriber(**service.takes(DropProposal))
    async def drop(some: list[DropProposal]) -> None:
        """A planner forgets a proposal."""
        await service.handle(orchestrator.drop, some)

    @broker.subscriber(**service.takes(CancelVisit))
    async def cancel(some: list[CancelVisit]) -> None:
        """A planner cancels a visit."""
        await service.handle(orchestrator.cancel, some)

    @broker.subscriber(**service.takes(ReconcileVisit))
    async def look_again(some: list[ReconcileVisit]) -> None:
        """Somebody wants a visit looked at now."""
        await service.handle(orchestrator.look_again, some)

    are_here = orchestrator.awaited.are_here
    together = Gathering(TOGETHER_S, visit_of, are_here, CROWD_S, ROOM)

    @broker.subscriber(**service.takes(HoldsChanged, gather=together))
    async def observe(some: list[HoldsChanged]) -> None:
        """A resource service says how holds stand."""
        await service.handle(orchestrator.observe, some)


def _answer_questions(service: Service) -> None:
    broker = service.broker

    @broker.subscriber(**service.answers(ReadVisit))
    async def read_visit(query: ReadVisit) -> VisitAnswer:
        """One visit whole."""
        return await service.read(lambda session: queries.read_visit(session, query))

    @broker.subscriber(**service.answers(ListVisits))
    async def list_visits(query: ListVisits) -> VisitPage:
        """A page of visits."""
        return await service.read(lambda session: queries.list_visits(session, query))

    @broker.subscriber(**service.answers(ListSchedule))
    async def list_schedule(query: ListSchedule) -> SchedulePage:
        """What visits have in a window."""
        return await service.read(lambda session: schedule.list_schedule(session, query))

    @broker.subscriber(**service.answers(ReadTimeline))
    async def read_timeline(query: ReadTimeline) -> TimelinePage:
        """A page of one visit's history."""
        return await service.read(lambda session: queries.read_timeline(session, query))


def _answer_about_trouble(service: Service, pacing: Pacing) -> None:
    broker = service.broker

    @broker.subscriber(**service.answers(ListRisks))
    async def list_risks(query: ListRisks) -> RiskPage:
        """A page of visits at risk, the most pressing first."""
        now = service.clock.now()
        return await service.read(lambda session: risks.list_risks(session, query, pacing, now))

    @broker.subscriber(**service.answers(WeighMessages))
    async def weigh_messages(query: WeighMessages) -> Weighings:
        """What parked messages mean for their visits."""
        now = service.clock.now()
        return await service.read(lambda session: risks.weigh_messages(session, query, pacing, now))

    @broker.subscriber(**service.answers(ReadPlanInput))
    async def plan_input(query: ReadPlanInput) -> PlanInputAnswer:
        """What `plan()` would be given now."""
        now = service.clock.now()
        return await service.read(lambda session: risks.plan_input(session, query, pacing, now))


def main() -> None:
    """Run until told to stop."""
    run(build(VisitSettings()))
