"""Group handlers of the orchestrator: load the visits concerned, act, plan once each, save in bulk.

Must not: decide; `acts` and `reconcile` do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from services.visits import acts, store
from services.visits.awaited import Awaited
from services.visits.case import Case
from services.visits.forgetting import shorten
from services.visits.outlook import Outlook
from services.visits.pacing import Pacing
from services.visits.specbook import SpecBook
from services.visits.status import VisitState, observe
from shared.chassis.work import Delivery, Work
from shared.contracts.catalog import CATALOG
from shared.contracts.holds import LIVE, Hold, HoldsChanged, ReleaseHolds
from shared.contracts.message import CommandAnswered
from shared.contracts.visits import (
    CancelVisit,
    CommitProposal,
    DropProposal,
    ProposeVisit,
    ReconcileVisit,
    SubmitVisit,
    VisitCommand,
    VisitSummary,
)

WAKE_BATCH = 200


class Orchestrator:
    """The handlers share only the book of specs, a cache of what never changes, and what is still
    awaited, a memory that may be wrong."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        self._book = SpecBook()
        self.awaited = Awaited()

    # ------------------------------------------------------------ planners

    def submit(self, work: Work, some: Sequence[Delivery[SubmitVisit]]) -> None:
        """Handle submitted specs."""
        self._act(work, some, acts.submit)

    def propose(self, work: Work, some: Sequence[Delivery[ProposeVisit]]) -> None:
        """Handle proposals."""
        self._act(work, some, acts.propose)

    def commit(self, work: Work, some: Sequence[Delivery[CommitProposal]]) -> None:
        """Handle commits of proposals."""
        self._act(work, some, acts.commit)

    def drop(self, work: Work, some: Sequence[Delivery[DropProposal]]) -> None:
        """Handle dropped proposals."""
        self._act(work, some, acts.drop)

    def cancel(self, work: Work, some: Sequence[Delivery[CancelVisit]]) -> None:
        """Handle cancellations."""
        self._act(work, some, acts.cancel)

    def look_again(self, work: Work, some: Sequence[Delivery[ReconcileVisit]]) -> None:
        """Handle wishes to look at visits now."""
        self._act(work, some, acts.look_again)

    def _act(
        self, work: Work, some: Sequence[Delivery[Any]], act: Callable[..., acts.Outcome]
    ) -> None:
        cases = self._load(work, {delivery.message.visit for delivery in some})
        given = store.load_answers(work, {delivery.message.command for delivery in some})
        for delivery in some:
            command: VisitCommand = delivery.message
            if command.command in given:
                work.send(CommandAnswered.model_validate_json(given[command.command]), delivery)
                continue
            if not delivery.again:
                work.only_if_settled(f"{command.command} is new")
            case = cases[command.visit]
            outcome = act(case, command, self._pacing, work.now)
            if outcome.outcome in (acts.CONFLICT, acts.MISSING):
                work.only_if_settled(f"{case.visit}: {outcome.outcome}")
            if outcome.outcome == acts.ACCEPTED:
                case.trace = dict(delivery.trace)
                case.note(work.now, "asked", outcome.sentence, command=command.command)
                case.reconcile(work, self._pacing, delivery)
            case.answer(work, delivery, outcome.outcome, outcome.problems)
            given[command.command] = case.answers[-1]["answer"]
        self._save(work, cases.values())

    # ------------------------------------------------------------ services and time

    def observe(self, work: Work, some: Sequence[Delivery[HoldsChanged]]) -> None:
        """Take in what services say, then plan each visit once."""
        cases = self._load(work, {delivery.message.visit for delivery in some})
        because: dict[str, Delivery[HoldsChanged]] = {}
        for delivery in some:
            case = cases[delivery.message.visit]
            if case.state is None:
                self._let_go_of_strangers(work, delivery)
                continue
            because[case.visit] = delivery
            self._take_in(work, case, delivery.message)
        for visit, delivery in because.items():
            cases[visit].reconcile(work, self._pacing, delivery)
        self._save(work, cases.values())

    def _take_in(self, work: Work, case: Case, event: HoldsChanged) -> None:
        assert case.state is not None
        before = {held.hold: held.seen for held in case.state.holds}
        service = _service_of(event.holds)
        case.state = observe(case.state, service, event.holds, work.now)
        for held in case.state.holds:
            if held.seen is not None and held.seen is not before.get(held.hold):
                refusal = held.seen.refusal
                why = f" ({refusal.code}: {refusal.sentence.en})" if refusal else ""
                sentence = f"{held.service}: {held.need} {held.seen.state.value}{why}"
                told = {"hold": held.hold, "revision": held.seen.revision, "service": held.service,
                        "need": held.need, "state": held.seen.state.value}  # fmt: skip
                case.note(work.now, "answered", sentence, **told)

    def _let_go_of_strangers(self, work: Work, delivery: Delivery[HoldsChanged]) -> None:
        """No hold belongs to no visit: a visit we do not know must not take capacity."""
        work.only_if_settled(f"there is no visit {delivery.message.visit}")
        event = delivery.message
        live = tuple(hold.hold for hold in event.holds if hold.state in LIVE)
        if live:
            release = ReleaseHolds(cause=event.cause, actor="visits", visit=event.visit, holds=live)
            work.send(release, delivery, to=_service_of(event.holds))

    def wake(self, work: Work) -> bool:
        """Look again at visits whose moment has come. True when there may be more."""
        due = store.due_visits(work, WAKE_BATCH, 2 * self._pacing.ask_at_most_every_s)
        cases = self._load(work, due)
        for case in cases.values():
            if case.state is not None:
                case.reconcile(work, self._pacing, Delivery(_NOBODY, "", case.trace))
        self._save(work, cases.values())
        return len(due) == WAKE_BATCH

    # ------------------------------------------------------------ store

    def _load(self, work: Work, visits: Iterable[str]) -> dict[str, Case]:
        cases = {visit: Case(visit) for visit in sorted(visits)}
        rows = store.load_visits(work, cases) if cases else {}
        for visit, row in rows.items():
            case = cases[visit]
            case.is_new = False
            case.state = VisitState.model_validate_json(row.state)
            case.line = VisitSummary.model_validate_json(row.summary)
            case.trace = row.trace
            case.outlook = Outlook(row.since)
        names = [name for case in cases.values() for name in _spec_names(case)]
        unread = [name for name in names if name not in self._book]
        if unread:
            self._book.add(store.load_specs(work, unread))
        for case in cases.values():
            if case.state is not None:
                case.reading = self._book.get(case.visit, str(case.state.revision))
                if case.state.proposal is not None:
                    case.proposed = self._book.get(case.visit, case.state.proposal.id)
        self._book.trim()
        return cases

    def _save(self, work: Work, cases: Iterable[Case]) -> None:
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        specs: list[dict[str, Any]] = []
        answers: list[dict[str, Any]] = []
        timeline: list[dict[str, Any]] = []
        for case in cases:
            answers += case.answers
            if not case.touched:
                continue
            (new if case.is_new else changed).append(_row(case))
            self.awaited.note(case.visit, case.asked)
            specs += case.specs
            timeline += case.entries
        store.save(work, new, changed, specs, answers, timeline)
        shorten(work, timeline)


_NOBODY: Any = None
"""What a timer's delivery carries: no message, only the trace to go on with."""


def _service_of(holds: Sequence[Hold]) -> str:
    """The owner of the holds of one event, by the kind of any of them."""
    kinds = [hold.kind for hold in holds if hold.kind in CATALOG]
    return CATALOG[kinds[0]].service if kinds and kinds[0] else "unknown"


def _spec_names(case: Case) -> list[tuple[str, str]]:
    if case.state is None:
        return []
    names = [(case.visit, str(case.state.revision))]
    if case.state.proposal is not None:
        names.append((case.visit, case.state.proposal.id))
    return names


def _row(case: Case) -> dict[str, Any]:
    assert case.state is not None and case.line is not None
    line, lines = case.line, case.state.timeline + len(case.entries)
    search = f"{case.visit} {line.title.zh} {line.title.en} {line.host}".lower()
    return {
        "visit": case.visit,
        "phase": line.phase.value,
        "line": line.line,
        "station": line.station,
        "search": search,
        "starts_at": line.starts_at,
        "ends_at": line.ends_at,
        "wake_at": case.wake_at,
        "guests": line.guests,
        "since": case.outlook.since,
        "act_by": case.outlook.act_by,
        "state": case.state.model_copy(update={"timeline": lines}).model_dump_json(),
        "summary": line.model_dump_json(),
        "trace": case.trace,
    }
