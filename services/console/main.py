"""The whole wiring of the console: the service behind it, and the door in front.

Must not: decide anything.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

from services.console import (
    account_store,
    alarm_watch,
    api_alarms,
    api_arrivals,
    api_audit,
    api_changes,
    api_consents,
    api_feeds,
    api_fragments,
    api_guests,
    api_hotel_acts,
    api_hotel_files,
    api_hotels,
    api_intake,
    api_inventory,
    api_now,
    api_parked,
    api_parked_acts,
    api_proposals,
    api_refill,
    api_risks,
    api_schedule,
    api_visits,
    away,
    bounds,
    describe,
    erasures,
    errors,
    first,
    hotel_calls,
    login,
    migrations,
    pages,
    problems,
    store,
    vitals,
)
from services.console.access import Gate, admit, provider_of
from services.console.admission import Admission
from services.console.callers import Callers
from services.console.commands import WAIT_S, Answers
from services.console.door import Console
from services.console.feeds import Feeds
from services.console.files import Files
from services.console.fragments import Desk
from services.console.guard import Guard
from services.console.idempotency import Writes
from services.console.live import Hub, watch
from services.console.parked_finding import SERVICES as PARKING
from services.console.rates import Rate
from services.console.recorder import Recorder
from services.console.settings import ConsoleSettings, own
from services.console.under_way import UnderWay
from shared.chassis import probes
from shared.chassis.clock import Clock
from shared.chassis.gathering import AT_LEISURE
from shared.chassis.lifecycle import repeat
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.contracts.catalog import CATALOG
from shared.contracts.changes import ChangeUnit, ListChanges, PreviewChange
from shared.contracts.guests import QUERIES as GUESTS_QUERIES
from shared.contracts.holds import AnswerConsent
from shared.contracts.hotel_arrivals import QUERIES as ARRIVAL_QUERIES
from shared.contracts.hotel_calls import QUERIES as HOTEL_CALL_QUERIES
from shared.contracts.hotel_desk import QUERIES as HOTEL_PAGE_QUERIES
from shared.contracts.hotel_guests import QUERIES as HOTEL_GUESTS_QUERIES
from shared.contracts.hotel_pickup import QUERIES as PICKUP_QUERIES
from shared.contracts.hotel_troubles import ReadHotelTroubles
from shared.contracts.hotels import QUERIES as HOTEL_QUERIES
from shared.contracts.hotels import ActOnHotel
from shared.contracts.impact import ListRisks, ReadPlanInput, WeighMessages
from shared.contracts.inventory import ReadInventory
from shared.contracts.message import CommandAnswered
from shared.contracts.notices import ListNotices
from shared.contracts.parking import ActOnParked
from shared.contracts.parking_reading import (
    CheckEdit,
    GroupParked,
    ListActs,
    ListParked,
    ReadParked,
    ReadReplay,
)
from shared.contracts.reading import ListSchedule, ListVisits, ReadTimeline, ReadVisit
from shared.contracts.refilling import ReadRefill, RefillBus
from shared.contracts.visits import (
    CancelVisit,
    CommitProposal,
    DropProposal,
    ProposeVisit,
    ReconcileVisit,
    SubmitVisit,
    VisitChanged,
)
from shared.contracts.vitals import ListIntakeActs, SetIntake

FORGET_S = 300.0
PARKED_QUESTIONS = (ListParked, GroupParked, ReadParked, CheckEdit, ReadReplay, ListActs)

PARTS = (
    api_visits,
    api_proposals,
    api_consents,
    api_inventory,
    api_changes,
    api_schedule,
    api_guests,
    api_parked,
    api_parked_acts,
    api_now,
    api_intake,
    api_refill,
    api_alarms,
    api_hotels,
    api_hotel_acts,
    api_arrivals,
    api_hotel_files,
    api_audit,
    api_risks,
    api_feeds,
    api_fragments,
    hotel_calls,
    login,
    *pages.modules(),
)
ABOUT_HOTELS = (
    *HOTEL_QUERIES, *HOTEL_PAGE_QUERIES, *HOTEL_GUESTS_QUERIES, *HOTEL_CALL_QUERIES,
    *ARRIVAL_QUERIES, *PICKUP_QUERIES, ReadHotelTroubles,
)  # fmt: skip


def assemble(settings: Settings, clock: Clock | None = None, wait_s: float = WAIT_S) -> Console:
    """The service and its parts; nothing runs yet. `wait_s`: patience for a command's answer."""
    told = own(settings)
    service = Service("console", told, clock, layers=(migrations,))
    answers, hub = Answers(), Hub(epoch=service.new_id())
    under_way = UnderWay(time.monotonic)
    admission = Admission(under_way)
    desk = Desk(lambda key: key.topic.render(key.asked(console)), service.clock)
    _listen(service, answers, hub, desk, under_way)
    board = vitals.listen(service)
    owners = {kind.service for kind in CATALOG.values()}
    service.sends(SubmitVisit, ProposeVisit, CommitProposal, DropProposal, CancelVisit)
    service.sends(ReconcileVisit, ActOnHotel)
    alarm_watch.begin(service, board, desk)
    service.sends(AnswerConsent, ChangeUnit, to=owners)
    service.asks(ListVisits, ListSchedule, ReadVisit, ReadTimeline, ListNotices)
    service.asks(ListRisks, WeighMessages, ReadPlanInput)
    service.asks(ReadInventory, PreviewChange, ListChanges, of=owners)
    service.asks(*GUESTS_QUERIES, *ABOUT_HOTELS)
    service.sends(ActOnParked, SetIntake, RefillBus, to=PARKING)
    service.asks(ListIntakeActs, ReadRefill, of=PARKING)
    service.asks(*PARKED_QUESTIONS, of=PARKING)
    service.spared = store.refused
    erasures.begin(service)
    service.background(lambda: watch(service, hub, desk))
    service.every(FORGET_S, store.forget)
    service.every(FORGET_S, account_store.forget_sessions)

    async def count_open() -> None:
        await admission.in_doubt()
        admission.counted(await service.writer.run(store.count_open))

    service.background(lambda: repeat(0, count_open, "count_open"))
    service.on_start(lambda: first.make_first_account(service, told))
    writes = Writes(service, answers, admission, wait_s)
    gate, feeds = Gate(service, provider_of(told, service.clock)), Feeds(service)
    hotels = Rate(bounds.HOTEL_PACE, lambda: service.clock.now().timestamp())
    callers = Callers(lambda: service.clock.now().timestamp())
    console = Console(service, writes, hub, desk, board, admission, gate, feeds, hotels, callers)
    return console


def _listen(service: Service, answers: Answers, hub: Hub, desk: Desk, under_way: UnderWay) -> None:
    broker = service.broker

    # Told at once by a plain subscription, and kept by a durable one whatever happens to us.
    @broker.subscriber(**service.hears(CommandAnswered))
    async def hear_answer(event: CommandAnswered) -> None:
        """A command has ended: the request that waits for it is answered."""
        answers.told(event)

    @broker.subscriber(**service.takes(CommandAnswered, gather=AT_LEISURE))
    async def keep_answer(some: list[CommandAnswered]) -> None:
        """A command has ended: its outcome can be read from now on."""
        for event in await service.handle(store.keep_answers, some):
            answers.told(event)

    @broker.subscriber(**service.hears(VisitChanged))
    async def hear_change(event: VisitChanged) -> None:
        """A visit has changed: whoever watches the stream is told."""
        under_way.heard(event.state.visit, event.state.phase)
        hub.changed(event)
        desk.visit_changed(event.state.visit)


def door(console: Console) -> FastAPI:
    """The application in front of it."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with console.service.running():
            yield

    app = FastAPI(title="Redcrown", version="1", summary="Visits, end to end.", lifespan=lifespan,
                  openapi_url="/v1/openapi.json", docs_url=None, redoc_url=None,
                  redirect_slashes=False, dependencies=[Depends(admit)])  # fmt: skip
    app.state.console = console
    app.add_middleware(Recorder, service=console.service)
    app.add_middleware(Guard, admission=console.admission)
    problems.install(app, errors.answer)
    away.install(app, errors.answer)
    login.install(app)
    for part in PARTS:
        app.include_router(part.router)
    app.mount("/static", Files())
    app.routes.extend(probes.routes(console.service))
    describe.install(app)
    return app


def build(settings: Settings) -> Service:
    """The service behind the door, not yet running."""
    return assemble(settings).service


def main() -> None:
    """Run until told to stop."""
    console = assemble(ConsoleSettings())
    probes.serve(console.service, door(console))
