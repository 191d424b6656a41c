"""A plan being made: the holds as they will be, and the commands that bring it about.

Owns: the bookkeeping of `reconcile.plan`: each method changes holds and notes why.
Must not: decide; `reconcile` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.visits.expand import PlannedNeed
from services.visits.pacing import Pacing, ask_after_s
from services.visits.status import Held, Proposal, VisitState, Wish
from shared.contracts.holds import LIVE, HoldRequest, HoldState, Refusal
from shared.contracts.visits import Phase, ProposalPhase


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now. Commands by service; one message per service and kind of command."""

    state: VisitState
    place: Mapping[str, tuple[HoldRequest, ...]]
    confirm: Mapping[str, tuple[str, ...]]
    release: Mapping[str, tuple[str, ...]]
    decisions: tuple[str, ...]
    """Why, in sentences, for the timeline."""
    phase: Phase
    proposal_phase: ProposalPhase | None
    firm: bool
    wake_at: datetime | None


def hold_id(visit: str, need: str, attempt: int) -> str:
    """The same visit, need and attempt give the same hold: asking twice is asking once."""
    return f"{visit}:{need}:{attempt}"


def _stamped_by(now: datetime, held: Held) -> Held:
    """What a clock that was ahead has stamped counts from now: else nobody would ask until then."""
    if held.asked_at <= now and held.placed_at <= now:
        return held
    stamps = {"asked_at": min(held.asked_at, now), "placed_at": min(held.placed_at, now)}
    return held.model_copy(update=stamps)


class Draft:
    """Mutable while `plan` runs; `finish` freezes it."""

    def __init__(self, state: VisitState, pacing: Pacing, now: datetime) -> None:
        self.state, self.pacing, self.now = state, pacing, now
        self.holds: dict[str, Held] = {held.hold: _stamped_by(now, held) for held in state.holds}
        self.proposal: Proposal | None = state.proposal
        self.over = state.closed
        self.retry_at = state.retry_at
        self._retries = state.retries
        self._attempts = dict(state.attempts)
        self._place: dict[str, list[HoldRequest]] = {}
        self._confirm: dict[str, list[str]] = {}
        self._release: dict[str, list[str]] = {}
        self._new: set[str] = set()
        self._refusals: dict[tuple[str, str], Refusal] = {}
        self._decisions: list[str] = []

    # ------------------------------------------------------------ questions

    def fresh(self, held: Held) -> bool:
        """Its first answer is due any moment."""
        due = held.asked_at + timedelta(seconds=self.pacing.answer_within_s)
        return held.seen is None and held.asks == 1 and self.now < due

    def about_to_expire(self, held: Held) -> bool:
        """Unconfirmed and too near its end to be counted on."""
        return held.state is not HoldState.CONFIRMED and self.now >= self.renew_at(held)

    def renew_at(self, held: Held) -> datetime:
        """When an unconfirmed hold is placed anew."""
        life_s = self.pacing.hold_for_s - self.pacing.renew_before_s
        return held.placed_at + timedelta(seconds=life_s)

    def pausing(self, held: Held) -> bool:
        """It was lost a moment ago: placing it again at once could go round for ever."""
        lost = held.state in (HoldState.EXPIRED, HoldState.RELEASED) and not held.leaving
        return lost and self.now < self.next_ask(held)

    def is_new(self, held: Held) -> bool:
        """Placed by this very plan."""
        return held.hold in self._new

    def next_ask(self, held: Held) -> datetime:
        """When the owner is asked again if it stays silent."""
        return held.asked_at + timedelta(seconds=ask_after_s(held.asks, self.pacing))

    # ------------------------------------------------------------ changes

    def close(self) -> None:
        """The visit is over: nothing more is arranged."""
        self.over = True
        self._decisions.append("the visit is over and closed")

    def drop_proposal(self, why: str) -> None:
        """Forget the proposal; its holds become loose."""
        self.proposal = None
        self._decisions.append(why)

    def rest(self) -> None:
        """All is firm: patience starts anew."""
        self._retries, self.retry_at = 0, None

    def retry_is_due(self, after_s: float | None) -> bool:
        """Schedule the next try of a blocked visit, or say that it is time for it."""
        if self.retry_at is None:
            if after_s is not None:
                self.retry_at = self.now + timedelta(seconds=after_s)
                self._decisions.append(f"blocked; trying again in {after_s:.0f} s")
            return False
        if self.now < self.retry_at:
            return False
        self._retries, self.retry_at = self._retries + 1, None
        self._decisions.append(f"trying again, time {self._retries}")
        return True

    def forget_refusals(self, refused: Iterable[Held]) -> None:
        """Make room for a new attempt, which remembers why the last one failed."""
        for held in list(refused):
            self.holds.pop(held.hold, None)
            if held.seen is not None and held.seen.refusal is not None:
                self._refusals[held.need, held.fingerprint] = held.seen.refusal

    def place(self, needs: Iterable[PlannedNeed]) -> None:
        """Ask for a new hold for each need, once even if spec and proposal both want it."""
        asked = {(h.need, h.fingerprint) for h in self.holds.values() if h.hold in self._new}
        for need in needs:
            if (need.need, need.fingerprint) in asked:
                continue
            attempt = max(self._attempts.get(need.need, 0) + 1, self.state.floor)
            self._attempts[need.need] = attempt
            one = hold_id(self.state.visit, need.need, attempt)
            self.holds[one] = Held(
                hold=one,
                need=need.need,
                service=need.service,
                attempt=attempt,
                fingerprint=need.fingerprint,
                wish=Wish.PLACE,
                placed_at=self.now,
                asked_at=self.now,
                last_refusal=self._refusals.get((need.need, need.fingerprint)),
            )
            self._new.add(one)
            request = HoldRequest(hold=one, request=need.request, tag=need.fingerprint)
            self._place.setdefault(need.service, []).append(request)
            self._decisions.append(f"{need.need}: ask {need.service} (attempt {attempt})")

    def confirm(self, holds: Iterable[Held]) -> None:
        """Make held holds firm."""
        eager = [held for held in holds if held.wish is not Wish.CONFIRM]
        if eager:
            self._decisions.append(f"barrier open: every need is held; confirm {len(eager)}")
        for held in eager:
            self._ask(held, Wish.CONFIRM, first=True)

    def release(self, held: Held) -> None:
        """Let a hold go."""
        self._decisions.append(f"{held.need}: release {held.hold}, nobody wants it")
        self._ask(held, Wish.RELEASE, first=True)

    def ask_again(self, needs: Mapping[tuple[str, str], PlannedNeed]) -> None:
        """Repeat what has stayed unanswered for too long."""
        for held in list(self.holds.values()):
            if held.answered or held.hold in self._new or self.now < self.next_ask(held):
                continue
            if held.wish is Wish.PLACE:
                need = needs.get((held.need, held.fingerprint))
                if need is None:
                    continue
                request = HoldRequest(hold=held.hold, request=need.request, tag=held.fingerprint)
                self._place.setdefault(held.service, []).append(request)
                self._touch(held, Wish.PLACE, first=False)
            else:
                self._ask(held, held.wish, first=False)
            self._decisions.append(f"{held.need}: no answer from {held.service}; ask again")

    def _ask(self, held: Held, wish: Wish, first: bool) -> None:
        basket = self._confirm if wish is Wish.CONFIRM else self._release
        basket.setdefault(held.service, []).append(held.hold)
        self._touch(held, wish, first)

    def _touch(self, held: Held, wish: Wish, first: bool) -> None:
        asks = 1 if first else held.asks + 1
        self.holds[held.hold] = held.model_copy(
            update={"wish": wish, "asked_at": self.now, "asks": asks}
        )

    def forget_finished(self, wanted: set[tuple[str, str]]) -> None:
        """Drop records of holds that are gone; keep refusals and previews of what is wanted."""
        for held in list(self.holds.values()):
            gone = held.seen is not None and held.seen.state not in LIVE
            shown = (held.need, held.fingerprint) in wanted and (
                held.state is HoldState.REFUSED or self.proposal is not None
            )
            if gone and held.answered and not shown and not self.pausing(held):
                del self.holds[held.hold]

    def finish(
        self,
        phase: Phase,
        proposal_phase: ProposalPhase | None,
        firm: bool,
        wake_at: datetime | None,
    ) -> Plan:
        """The finished plan."""
        state = self.state.model_copy(
            update={
                "holds": tuple(self.holds.values()),
                "attempts": self._attempts,
                "proposal": self.proposal,
                "closed": self.over,
                "retries": self._retries,
                "retry_at": self.retry_at,
            }
        )
        return Plan(
            state=state,
            place={service: tuple(some) for service, some in self._place.items()},
            confirm={service: tuple(some) for service, some in self._confirm.items()},
            release={service: tuple(some) for service, some in self._release.items()},
            decisions=tuple(self._decisions),
            phase=phase,
            proposal_phase=proposal_phase,
            firm=firm,
            wake_at=wake_at,
        )
