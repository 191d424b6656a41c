"""What planners may do to a visit, each a pure change of state or a reason why not.

Must not: send or store anything; `handlers` does, with what these return.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.visits.case import Case
from services.visits.expand import problems_of
from services.visits.pacing import Pacing
from services.visits.reconcile import plan
from services.visits.specbook import read
from services.visits.status import Proposal, VisitState
from shared.contracts.holds import HoldState
from shared.contracts.message import Problem
from shared.contracts.visits import (
    CancelVisit,
    CommitProposal,
    DropProposal,
    ProposalPhase,
    ProposeVisit,
    ReconcileVisit,
    SubmitVisit,
    VisitCommand,
)

ACCEPTED, CONFLICT, INVALID, MISSING = "accepted", "conflict", "invalid", "missing"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an act ended; `problems` say why when it was not accepted."""

    outcome: str
    problems: tuple[Problem, ...] = ()
    sentence: str = ""


def _no(outcome: str, code: str, message: str, remedy: str) -> Outcome:
    return Outcome(outcome, (Problem(code=code, message=message, remedy=remedy),))


def _obstacle(case: Case, command: VisitCommand, expected: int | None) -> Outcome | None:
    """Why this visit cannot be changed by this command at all."""
    state = case.state
    if state is None:
        remedy = "submit it first, or check the id"
        return _no(MISSING, "no_such_visit", f"there is no visit {case.visit}", remedy)
    if expected is not None and state.revision != expected:
        message = f"the visit is at revision {state.revision}, you saw {expected}"
        remedy = "read it again, look at what changed, and repeat your change"
        return _no(CONFLICT, "stale_revision", message, remedy)
    if state.cancelled or state.closed:
        how = "cancelled" if state.cancelled else "over and closed"
        return _no(CONFLICT, "finished", f"the visit is {how}", "open a new visit")
    return None


def _judge_spec(case: Case, command: SubmitVisit | ProposeVisit, now: datetime) -> Outcome | None:
    if command.spec.visit != case.visit:
        message = f"the spec is of visit {command.spec.visit}, the command of {case.visit}"
        return _no(INVALID, "wrong_visit", message, "use the same id in both")
    before = case.reading.spec if case.reading else None
    problems = problems_of(command.spec, before, now)
    return Outcome(INVALID, tuple(problems)) if problems else None


def _without_refusals(state: VisitState) -> dict[str, object]:
    """A new wish is a new chance: refusals are forgotten, patience starts anew."""
    kept = tuple(held for held in state.holds if held.state is not HoldState.REFUSED)
    return {"holds": kept, "retries": 0, "retry_at": None}


def submit(case: Case, command: SubmitVisit, pacing: Pacing, now: datetime) -> Outcome:
    """Replace the whole spec; an open proposal was made for the old one and goes."""
    if case.state is None and command.expected_revision == 0:
        state = VisitState(visit=case.visit, cause=command.cause, actor=command.actor)
    else:
        obstacle = _obstacle(case, command, command.expected_revision)
        if obstacle is not None:
            return obstacle
        assert case.state is not None
        state = case.state
    wrong = _judge_spec(case, command, now)
    if wrong is not None:
        return wrong
    revision = state.revision + 1
    case.state = state.model_copy(
        update={
            **_without_refusals(state),
            "revision": revision,
            "proposal": None,
            "cause": command.cause,
            "actor": command.actor,
        }
    )
    case.reading, case.proposed = read(command.spec), None
    case.keep_spec(str(revision), case.reading, now)
    return Outcome(ACCEPTED, sentence=f"submitted revision {revision}")


def propose(case: Case, command: ProposeVisit, pacing: Pacing, now: datetime) -> Outcome:
    """Open a proposal beside what stands; an older proposal is replaced."""
    wrong = (
        _obstacle(case, command, command.expected_revision)
        or _unseen(case, command)
        or _judge_spec(case, command, now)
    )
    if wrong is not None:
        return wrong
    assert case.state is not None
    proposal = Proposal(
        id=f"p-{command.command}",
        based_on=case.state.revision,
        created_at=now,
        expires_at=now + timedelta(seconds=pacing.proposal_for_s),
        cause=command.cause,
        actor=command.actor,
    )
    case.state = case.state.model_copy(
        update={
            "holds": tuple(h for h in case.state.holds if h.state is not HoldState.REFUSED),
            "proposal": proposal,
            "cause": command.cause,
            "actor": command.actor,
        }
    )
    case.proposed = read(command.spec)
    case.keep_spec(proposal.id, case.proposed, now)
    return Outcome(ACCEPTED, sentence=f"proposed {proposal.id}")


def _unseen(case: Case, command: ProposeVisit) -> Outcome | None:
    """A proposal that the planner did not see is not replaced, where one says what was seen."""
    assert case.state is not None
    there = case.state.proposal.id if case.state.proposal else ""
    if command.replaces is None or command.replaces == there:
        return None
    message = f"the open proposal is {there}" if there else "the proposal you saw is gone"
    return _no(CONFLICT, "stale_proposal", message, "look at what is proposed now, and repeat")


def commit(case: Case, command: CommitProposal, pacing: Pacing, now: datetime) -> Outcome:
    """Make an open proposal the spec. All or nothing: every need must be held at this moment."""
    obstacle = _obstacle(case, command, command.expected_revision) or _not_open(
        case, command.proposal, pacing, now
    )
    if obstacle is not None:
        return obstacle
    assert case.state is not None and case.proposed is not None
    revision = case.state.revision + 1
    case.state = case.state.model_copy(
        update={
            "revision": revision,
            "proposal": None,
            "retries": 0,
            "retry_at": None,
            "cause": command.cause,
            "actor": command.actor,
        }
    )
    case.reading, case.proposed = case.proposed, None
    case.keep_spec(str(revision), case.reading, now)
    return Outcome(ACCEPTED, sentence=f"committed {command.proposal} as revision {revision}")


def _not_open(case: Case, proposal: str, pacing: Pacing, now: datetime) -> Outcome | None:
    assert case.state is not None
    if case.state.proposal is None or case.state.proposal.id != proposal:
        message = f"there is no proposal {proposal}; it was dropped, replaced or forgotten"
        return _no(CONFLICT, "no_such_proposal", message, "propose the change again")
    phase = plan(case.state, case.wanted(), pacing, now).proposal_phase
    if phase is not ProposalPhase.OPEN:
        shown = phase.value if phase else "forgotten"
        message = f"the proposal is {shown}: not every need is held"
        return _no(CONFLICT, "proposal_not_open", message, "wait, or change what stands against it")
    return None


def drop(case: Case, command: DropProposal, pacing: Pacing, now: datetime) -> Outcome:
    """Forget a proposal. Dropping one that is gone already is no error: it is as wished."""
    obstacle = _obstacle(case, command, None)
    if obstacle is not None:
        return obstacle
    assert case.state is not None
    if case.state.proposal is not None and case.state.proposal.id == command.proposal:
        case.state = case.state.model_copy(
            update={"proposal": None, "cause": command.cause, "actor": command.actor}
        )
        case.proposed = None
    return Outcome(ACCEPTED, sentence=f"dropped {command.proposal}")


def cancel(case: Case, command: CancelVisit, pacing: Pacing, now: datetime) -> Outcome:
    """Release everything."""
    obstacle = _obstacle(case, command, command.expected_revision)
    if obstacle is not None:
        return obstacle
    assert case.state is not None
    case.state = case.state.model_copy(
        update={
            "cancelled": True,
            "proposal": None,
            "retry_at": None,
            "cause": command.cause,
            "actor": command.actor,
        }
    )
    case.proposed = None
    return Outcome(
        ACCEPTED, sentence=f"cancelled: {command.reason}" if command.reason else "cancelled"
    )


def look_again(case: Case, command: ReconcileVisit, pacing: Pacing, now: datetime) -> Outcome:
    """Plan now, as if every silent owner's time were over and nothing had been refused. A visit
    that is cancelled lets go of what it still holds."""
    state = case.state
    if state is None or state.closed:
        return _obstacle(case, command, None) or _no(MISSING, "no_such_visit", "", "")
    late = now - timedelta(seconds=pacing.ask_at_most_every_s)
    asked = state if state.cancelled else state.model_copy(update=_without_refusals(state))
    holds = tuple(
        held.model_copy(update={"asked_at": min(held.asked_at, late)}) for held in asked.holds
    )
    case.state = asked.model_copy(
        update={"holds": holds, "cause": command.cause, "actor": command.actor}
    )
    return Outcome(ACCEPTED, sentence=f"looked at again: {command.reason}")
