"""One visit on the desk while a group of messages is handled.

Owns: the visit's state in this transaction, its timeline entries and what it sends.
Must not: touch the store (`handlers` does that for the whole group) or decide (`reconcile`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.visits import views
from services.visits.draft import Plan
from services.visits.outlook import Outlook, earlier, look_ahead
from services.visits.pacing import Pacing
from services.visits.reconcile import Wanted, plan
from services.visits.specbook import Reading
from services.visits.status import Held, VisitState
from shared.chassis.work import Delivery, Work
from shared.contracts.holds import (
    MAX_HOLDS_PER_MESSAGE,
    ConfirmHolds,
    HoldState,
    PlaceHolds,
    ReleaseHolds,
)
from shared.contracts.message import Command, CommandAnswered, Problem
from shared.contracts.visits import ConsentAsked, Phase, VisitChanged, VisitCommand, VisitSummary

CANCELLED = "cancelled"


@dataclass(slots=True)
class Case:
    """`state` is None until the visit exists."""

    visit: str
    state: VisitState | None = None
    reading: Reading | None = None
    proposed: Reading | None = None
    line: VisitSummary | None = None
    """The list line as last written."""
    trace: dict[str, str] = field(default_factory=dict)
    is_new: bool = True
    touched: bool = False
    wake_at: datetime | None = None
    outlook: Outlook = field(default_factory=Outlook)
    specs: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Services that this pass sends commands to."""

    # ------------------------------------------------------------ writing down

    def note(self, now: datetime, kind: str, sentence: str, **data: Any) -> None:
        """Add a line to the timeline."""
        assert self.state is not None
        self.entries.append(
            {
                "visit": self.visit,
                "seq": self.state.timeline + len(self.entries) + 1,
                "at": now,
                "actor": self.state.actor,
                "cause": self.state.cause,
                "kind": kind,
                "sentence": sentence,
                "data": data,
            }
        )

    def keep_spec(self, key: str, reading: Reading, now: datetime) -> None:
        """Store a spec document under a revision or a proposal's id."""
        assert self.state is not None
        self.specs.append(
            {
                "visit": self.visit,
                "key": key,
                "document": reading.spec.model_dump_json(),
                "actor": self.state.actor,
                "cause": self.state.cause,
                "at": now,
            }
        )

    def answer(
        self,
        work: Work,
        because: Delivery[VisitCommand],
        outcome: str,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        """Answer a planner's command, and remember the answer for the same command."""
        command = because.message
        told = CommandAnswered(
            cause=command.cause,
            actor=command.actor,
            command=command.command,
            outcome=outcome,
            about=self.visit,
            revision=self.state.revision if self.state else 0,
            problems=problems,
        )
        self.answers.append(
            {"command": command.command, "answer": told.model_dump_json(), "at": work.now}
        )
        work.send(told, because)

    # ------------------------------------------------------------ planning

    def wanted(self) -> Wanted:
        """What should stand, from the spec and the proposal."""
        assert self.state is not None and self.reading is not None
        return Wanted(
            base=() if self.state.cancelled else self.reading.needs,
            ends_at=self.reading.span.ends_at,
            barred=self.reading.barred,
            proposed=self.proposed.needs if self.proposed else None,
            proposed_barred=self.proposed.barred if self.proposed else False,
        )

    def reconcile(self, work: Work, pacing: Pacing, because: Delivery[Any] | None) -> None:
        """Plan, and send what the plan says."""
        assert self.state is not None and self.reading is not None
        if self.state.floor != work.life.floor:
            self.state = self.state.model_copy(update={"floor": work.life.floor})
        told_before = {held.hold: held for held in self.state.holds if held.consent_told}
        made = plan(self.state, self.wanted(), pacing, work.now)
        self.state, self.wake_at, self.touched = made.state, made.wake_at, True
        if made.state.proposal is None:
            self.proposed = None
        for sentence in made.decisions:
            self.note(work.now, "decided", sentence)
        self._command(work, made, pacing, because)
        self._ask_consent(work, told_before, because)
        self._announce(work, made, because)
        self.outlook = look_ahead(
            self.state, self.reading, made.phase, self.outlook, pacing, work.now
        )
        self.wake_at = earlier(self.wake_at, self.outlook.gate_at)

    def _command(
        self, work: Work, made: Plan, pacing: Pacing, because: Delivery[Any] | None
    ) -> None:
        for service, requests in made.place.items():
            for some in _chunks(requests):
                self._send(
                    work, PlaceHolds, service, because, holds=some,
                    hold_for_s=pacing.hold_for_s, consent_within_s=pacing.consent_within_s,
                )  # fmt: skip
        for command, basket in ((ConfirmHolds, made.confirm), (ReleaseHolds, made.release)):
            for service, holds in basket.items():
                for some in _chunks(holds):
                    self._send(work, command, service, because, holds=some)

    def _send(
        self, work: Work, command: type[Command], service: str, because: Delivery[Any] | None,
        **fields: Any,
    ) -> None:  # fmt: skip
        assert self.state is not None
        message = command(
            cause=self.state.cause, actor=self.state.actor, visit=self.visit, **fields
        )
        sent = work.send(message, because, to=service)
        self.asked.add(service)
        sentence = f"{command.subject_name()} to {service}: {len(fields['holds'])}"
        told = {"message": sent, "service": service, "command": command.subject_name()}
        self.note(work.now, "commanded", sentence, **told)

    def _ask_consent(
        self, work: Work, told_before: dict[str, Held], because: Delivery[Any] | None
    ) -> None:
        assert self.state is not None and self.reading is not None
        pending = {
            held.hold: held
            for held in self.state.holds
            if held.state is HoldState.PENDING and not held.leaving
        }
        if not pending and not told_before:
            return  # As almost always.
        for hold in [one for one in pending if one not in told_before]:
            self._consent(work, pending[hold], True, because)
        for hold in [one for one in told_before if one not in pending]:
            now = {held.hold: held for held in self.state.holds}.get(hold, told_before[hold])
            self._consent(work, now, False, because)
        self.state = self.state.model_copy(
            update={
                "holds": tuple(
                    held.model_copy(update={"consent_told": held.hold in pending})
                    if held.consent_told != (held.hold in pending)
                    else held
                    for held in self.state.holds
                )
            }
        )

    def _consent(
        self, work: Work, held: Held, still_open: bool, because: Delivery[Any] | None
    ) -> None:
        assert self.state is not None and self.reading is not None and held.seen is not None
        title = self.reading.spec.title
        asked = ConsentAsked(
            **self._who(), visit=self.visit, title=title, hold=held.seen, open=still_open
        )
        work.send(asked, because)
        verb = "consent asked" if still_open else "consent no longer asked"
        self.note(work.now, "announced", f"{held.need}: {verb}", hold=held.hold)

    # ------------------------------------------------------------ announcing

    def _announce(self, work: Work, made: Plan, because: Delivery[Any] | None) -> None:
        assert self.state is not None and self.reading is not None
        line = views.summary(self.state, self.reading, made.phase, made.proposal_phase, work.now)
        self._arrangement(work, made, because)
        before, self.line = self.line, line
        if before is None or views.worth_telling(before, line):
            self._count_up()
            self.line = line = line.model_copy(update={"sequence": self.state.sequence})
            if before is None or line.phase != before.phase:
                self.note(work.now, "announced", f"phase {line.phase.value}")
            work.send(VisitChanged(**self._who(), state=line), because)

    def _arrangement(self, work: Work, made: Plan, because: Delivery[Any] | None) -> None:
        """Tell the firm arrangement, whole, when it is firm and differs from the one last told."""
        assert self.state is not None and self.reading is not None
        cancelled = made.phase is Phase.CANCELLED
        if not made.firm and not (cancelled and self.state.told not in (None, CANCELLED)):
            return
        needs = () if cancelled else views.firm_needs(self.state, self.reading)
        digest = CANCELLED if cancelled else views.digest(needs)
        if digest == self.state.told:
            return
        self._count_up()
        self.state = self.state.model_copy(update={"told": digest})
        work.send(views.arrangement(self.state, self.reading, needs, cancelled), because)
        self.note(work.now, "announced", "cancelled" if cancelled else "the arrangement is firm")

    def _count_up(self) -> None:
        assert self.state is not None
        following = max(self.state.sequence + 1, self.state.floor)
        self.state = self.state.model_copy(update={"sequence": following})

    def _who(self) -> dict[str, str]:
        assert self.state is not None
        return {"cause": self.state.cause, "actor": self.state.actor}


def _chunks(some: tuple[Any, ...], size: int = MAX_HOLDS_PER_MESSAGE) -> list[tuple[Any, ...]]:
    return [some[start : start + size] for start in range(0, len(some), size)]
