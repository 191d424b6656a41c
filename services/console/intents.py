"""The commands of a planner, each with what is checked before it is sent; for API and pages alike.

Owns: which command an act becomes, and who may give it.
Must not: decide what comes of it; the owner does.
"""

from __future__ import annotations

from collections.abc import Callable

from services.console.asking import visit_of
from services.console.commands import Addressed, Intent
from services.console.door import Console
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.scope import check_changed, check_consent, check_station
from shared.contracts.changes import ChangeUnit, UnitChange
from shared.contracts.holds import AnswerConsent
from shared.contracts.message import Problem
from shared.contracts.spec import VisitSpec
from shared.contracts.visits import (
    CancelVisit,
    CommitProposal,
    DropProposal,
    ProposeVisit,
    ReconcileVisit,
    SubmitVisit,
)

Locate = Callable[[Problem], Problem]


def visit_address(visit: str) -> str:
    """The address of a visit."""
    return f"/v1/visits/{visit}"


def proposal_address(visit: str) -> str:
    """The address of a visit's proposal."""
    return f"{visit_address(visit)}/proposal"


def to_submit(who: Principal, spec: VisitSpec, locate: Locate) -> Intent:
    """Open a new visit. Raises ProblemError for a station that is not this principal's."""
    check_station(who, spec.station)

    async def make(command: str) -> Addressed:
        return SubmitVisit(
            cause=command, actor=who.name, command=command, visit=spec.visit,
            expected_revision=0, spec=spec,
        ), None  # fmt: skip

    address = visit_address(spec.visit)
    return Intent("visit", address, make, creates=True, locate=locate, brings_work=True)


def to_edit(
    parts: Console, who: Principal, expected: int, spec: VisitSpec, locate: Locate
) -> Intent:
    """Replace the spec of a visit seen at revision `expected`. Raises ProblemError."""
    check_station(who, spec.station)

    async def make(command: str) -> Addressed:
        await check_changed(parts.service, who, spec.visit, expected)
        return SubmitVisit(
            cause=command, actor=who.name, command=command, visit=spec.visit,
            expected_revision=expected, spec=spec,
        ), None  # fmt: skip

    address = visit_address(spec.visit)
    return Intent("visit", address, make, conditional=True, locate=locate, brings_work=True)


def to_propose(
    parts: Console, who: Principal, expected: int, spec: VisitSpec, locate: Locate,
    replaces: str | None = None,
) -> Intent:  # fmt: skip
    """Open a proposal beside what stands; `replaces` as in `ProposeVisit`. Raises ProblemError."""
    check_station(who, spec.station)

    async def make(command: str) -> Addressed:
        await check_changed(parts.service, who, spec.visit, expected)
        return ProposeVisit(
            cause=command, actor=who.name, command=command, visit=spec.visit,
            expected_revision=expected, spec=spec, replaces=replaces,
        ), None  # fmt: skip

    address = proposal_address(spec.visit)
    return Intent("visit", address, make, creates=True, conditional=True, locate=locate,
                  brings_work=True)  # fmt: skip


def to_commit(parts: Console, who: Principal, visit: str, expected: int, proposal: str) -> Intent:
    """Make the proposal that was looked at the spec."""

    async def make(command: str) -> Addressed:
        await check_changed(parts.service, who, visit, expected)
        return CommitProposal(
            cause=command, actor=who.name, command=command, visit=visit,
            expected_revision=expected, proposal=proposal,
        ), None  # fmt: skip

    return Intent("visit", visit_address(visit), make, conditional=True)


def to_drop(
    parts: Console, who: Principal, visit: str, expected: int | None, named: str | None = None
) -> Intent:
    """Forget a proposal: the one `named`, or the one that is there now."""

    async def make(command: str) -> Addressed:
        await check_changed(parts.service, who, visit)
        proposal = named or await _open_proposal(parts, who, visit, expected)
        return DropProposal(
            cause=command, actor=who.name, command=command, visit=visit, proposal=proposal
        ), None  # fmt: skip

    return Intent("visit", visit_address(visit), make, conditional=expected is not None)


async def _open_proposal(parts: Console, who: Principal, visit: str, expected: int | None) -> str:
    """Which proposal is there now. Raises ProblemError."""
    found = await visit_of(parts.service, visit, who)
    if expected is not None and found["revision"] != expected:
        detail = f"the visit is at revision {found['revision']}, you saw {expected}"
        tag = {"ETag": f'"{found["revision"]}"'}
        raise ProblemError("revision-stale", detail, headers=tag)
    if found.get("proposed") is None:
        raise ProblemError("not-found", f"the visit {visit} has no proposal")
    return str(found["proposed"]["proposal"])


def to_cancel(parts: Console, who: Principal, visit: str, expected: int, reason: str) -> Intent:
    """Release everything the visit holds."""

    async def make(command: str) -> Addressed:
        await check_changed(parts.service, who, visit, expected)
        return CancelVisit(
            cause=command, actor=who.name, command=command, visit=visit,
            expected_revision=expected, reason=reason,
        ), None  # fmt: skip

    return Intent("visit", visit_address(visit), make, conditional=True)


def to_reconcile(parts: Console, who: Principal, visit: str, reason: str) -> Intent:
    """Have the orchestrator look at a visit now."""

    async def make(command: str) -> Addressed:
        await visit_of(parts.service, visit, who)
        return ReconcileVisit(
            cause=command, actor=who.name, command=command, visit=visit, reason=reason
        ), None

    return Intent("visit", visit_address(visit), make)


def to_consent(
    parts: Console, who: Principal, service: str, hold: str, granted: bool, reason: str
) -> Intent:
    """Answer for the person who was asked."""

    async def make(command: str) -> Addressed:
        await check_consent(parts.service, who, hold, service)
        return AnswerConsent(
            cause=command, actor=who.name, command=command, hold=hold, granted=granted,
            reason=reason,
        ), service  # fmt: skip

    return Intent("hold", "", make)


def to_change(
    who: Principal, service: str, which: tuple[str, str | None], expected: int, change: UnitChange
) -> Intent:
    """Change a unit of an inventory seen at revision `expected`. `which`: its id, and the kind of
    its document where there are several."""
    unit, kind = which

    async def make(command: str) -> Addressed:
        return ChangeUnit(
            cause=command, actor=who.name, command=command, unit=unit, kind=kind,
            expected_revision=expected, change=change,
        ), service  # fmt: skip

    return Intent("unit", "", make, conditional=True)
