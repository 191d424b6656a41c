"""Who plays: each service's real handlers and jobs, built anew for each life of its process.

Must not: decide anything. `test_simulation` checks that the list of handlers is the services' own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from types import ModuleType
from typing import Any

from services.console import migrations as console_tables
from services.console import store as console_store
from services.guests import migrations as guest_tables
from services.guests.handlers import Desk as GuestDesk
from services.notifications import migrations as notice_tables
from services.notifications.channels.port import Channel
from services.notifications.courier import Courier
from services.notifications.handlers import Desk
from services.visits import migrations as visit_tables
from services.visits.handlers import Orchestrator
from services.visits.pacing import Pacing
from shared.chassis import migrations as chassis_tables
from shared.chassis import restoring
from shared.chassis.clock import Clock
from shared.chassis.work import GroupHandler, Work
from shared.contracts.changes import ChangeUnit
from shared.contracts.holds import (
    AnswerConsent,
    ConfirmHolds,
    HoldsChanged,
    PlaceHolds,
    ReleaseHolds,
)
from shared.contracts.hotels import ActOnHotel
from shared.contracts.lodged import LodgingChanged
from shared.contracts.message import Command, CommandAnswered, Event, Message
from shared.contracts.parking import ActOnParked
from shared.contracts.refilling import RefillBus
from shared.contracts.restoring import StoreRestored
from shared.contracts.rosters import RosterChanged
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
from shared.contracts.vitals import SetIntake
from shared.holds import migrations as hold_migrations
from shared.holds.kernel import Kernel
from tests.simulation import guest_desk
from tests.simulation.decks import Kinds
from tests.simulation.owners import RULES, kernel_of, stock_of
from tests.simulation.reading import library

EVERYBODY = (ActOnParked, SetIntake, RefillBus)
"""What every service takes."""
HOTELS_OWN = (ActOnHotel, LodgingChanged)
"""What bookings takes."""
GRACE_S = 2.0
PACING = Pacing(retries_s=(2.0, 900.0))
"""The shipped patience, but a blocked visit tries again twice instead of eight times."""
Job = Callable[[Work], bool]


@dataclass(slots=True)
class Part:
    """What one life of a process does: messages it takes, jobs it runs now and then."""

    handlers: dict[type[Message], GroupHandler]
    jobs: dict[str, Job] = field(default_factory=dict)
    courier: Courier | None = None
    spared: restoring.Spared | None = None
    kernel: Kernel | None = None
    desk: GuestDesk | None = None
    """What answers questions about guests."""
    job_queries: dict[str, str] = field(default_factory=dict)
    """As those of its role, of jobs that it has in some histories only."""


@dataclass(frozen=True, slots=True)
class Role:
    """A service of the simulation."""

    name: str
    layers: tuple[ModuleType, ...]
    takes: tuple[type[Command] | type[Event], ...]
    enter: Callable[[Any, Clock, Channel], Part]
    """Given the writer's getter, the clock and the channel for letters."""
    job_queries: Mapping[str, str] = field(default_factory=dict)
    """When each job next has something to do: a query for one instant, or nothing."""
    besides: tuple[type[Command] | type[Event], ...] = EVERYBODY
    """What it takes in histories that have steps for it."""

    def subjects(self, more: Kinds = frozenset()) -> dict[str, type[Command] | type[Event]]:
        """What it takes, by subject, `more` of what it may take besides; an event of any owner
        under each owner."""
        return _subjects(self.name, more)

    def durables(self, more: Kinds) -> dict[str, str]:
        """The consumer of each of its subjects."""
        return _durables(self.name, more)


@cache
def _subjects(name: str, more: Kinds) -> dict[str, type[Command] | type[Event]]:
    role, found = ROLES[name], dict[str, type[Command] | type[Event]]()
    besides = [kind for kind in role.besides if kind in more]
    for kind in (*role.takes, *besides):
        owners = [name]
        if issubclass(kind, Event) and kind.owner is None:
            owners = sorted(ROLES if VisitChanged in more else set(ROLES) - {guest_desk.NAME})
        found |= {kind.subject(owner): kind for owner in owners}
    return found


@cache
def _durables(name: str, more: Kinds) -> dict[str, str]:
    return {one: kind.consumer(name) for one, kind in _subjects(name, more).items()}


@cache
def takers(names: tuple[str, ...], more: Kinds) -> Mapping[str, tuple[str, ...]]:
    """Who takes each subject, of these services."""
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        for subject in _subjects(name, more):
            found[subject] = (*found.get(subject, ()), name)
    return found


def _visits(_writer: Any, _clock: Clock, _channel: Channel) -> Part:
    desk = Orchestrator(PACING)
    desk._book = library()
    return Part(
        {
            SubmitVisit: desk.submit,
            ProposeVisit: desk.propose,
            CommitProposal: desk.commit,
            DropProposal: desk.drop,
            CancelVisit: desk.cancel,
            ReconcileVisit: desk.look_again,
            HoldsChanged: desk.observe,
        },
        {"wake": desk.wake},
    )


def _resource(name: str, _writer: Any, _clock: Clock, _channel: Channel) -> Part:
    kernel = kernel_of(name)
    return Part(
        {
            PlaceHolds: kernel.place,
            ConfirmHolds: kernel.confirm,
            ReleaseHolds: kernel.release,
            AnswerConsent: kernel.answer_consent,
        },
        {"expire": kernel.expire},
        kernel=kernel,
    )


def _notifications(writer: Any, clock: Clock, channel: Channel) -> Part:
    desk = Desk(GRACE_S, "Asia/Shanghai")
    courier = Courier(writer, {"email": channel}, clock, "desk@example.org")
    return Part(
        {ArrangementChanged: desk.arrange, ConsentAsked: desk.consent},
        {"remind": desk.remind},
        courier,
    )


def _console(_writer: Any, _clock: Clock, _channel: Channel) -> Part:
    keep = console_store.keep_answers
    return Part({CommandAnswered: keep}, spared=console_store.refused)


def _guests(writer: Any, clock: Clock, _channel: Channel) -> Part:
    desk = guest_desk.opened(writer(), clock)
    return Part(
        {VisitChanged: desk.hear}, {"retire": desk.retire, "rewrap": desk.rewrap}, desk=desk
    )


def _resource_role(name: str) -> Role:
    return Role(
        name,
        (chassis_tables, hold_migrations),
        (PlaceHolds, ConfirmHolds, ReleaseHolds, AnswerConsent, StoreRestored),
        partial(_resource, name),
        {"expire": f"SELECT min(due_at) FROM {name}_holds"},
        besides=(*EVERYBODY, ChangeUnit, *(HOTELS_OWN if name == "bookings" else ())),
    )


ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role(
            "console",
            (chassis_tables, console_tables),
            (CommandAnswered, StoreRestored),
            _console,
            besides=(*EVERYBODY, RosterChanged),
        ),
        Role(
            "visits",
            (chassis_tables, visit_tables),
            (
                SubmitVisit,
                ProposeVisit,
                CommitProposal,
                DropProposal,
                CancelVisit,
                ReconcileVisit,
                HoldsChanged,
                StoreRestored,
            ),
            _visits,
            {"wake": "SELECT min(wake_at) FROM visits_visits"},
        ),
        *(_resource_role(name) for name in RULES),
        Role(
            "notifications",
            (chassis_tables, notice_tables),
            (ArrangementChanged, ConsentAsked, StoreRestored),
            _notifications,
            {"remind": "SELECT min(due_at) FROM notifications_reminders WHERE state = 'waiting'"},
        ),
        # Only in histories that have rosters, and last: elsewhere others have the places they had.
        Role("guests", (chassis_tables, guest_tables), (VisitChanged, StoreRestored), _guests),
    )
}


def seed(name: str, work: Work, folder: Any) -> None:
    """Bring in the sample city of the simulation."""
    if name in RULES:
        stock_of(name).seed(work, folder)
    elif name == "notifications":
        Desk(GRACE_S, "Asia/Shanghai").seed(work, folder)
