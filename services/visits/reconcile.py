"""`plan()`: compare what the planner wants with what the services said, and close the gap.

Refusal, expiry, crash, late or double answers, edits half-way, cancellation: all take this one
path. Three promises live here and nowhere else:

* barrier: nothing is confirmed until every need is held (`_open_barrier`);
* make before break: what was confirmed goes only when its successor is firm (`_let_go`);
* no loose ends: a hold that nobody wants is released (`_let_go`), and asked again until it is gone
  (`Draft.ask_again`).

Must not: do I/O, read a clock, draw chance. Same arguments, same plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.visits.draft import Draft, Plan
from services.visits.expand import PlannedNeed
from services.visits.pacing import Pacing, retry_after_s
from services.visits.status import Held, VisitState, Wish
from shared.contracts.changes import TAKEN_BACK
from shared.contracts.holds import HoldState
from shared.contracts.visits import Phase, ProposalPhase

RANK = {None: 0, HoldState.PENDING: 1, HoldState.HELD: 2, HoldState.CONFIRMED: 3}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should stand: the spec's needs, and those of a proposal if one is open."""

    base: tuple[PlannedNeed, ...]
    """Empty when the visit is cancelled."""
    ends_at: datetime
    barred: bool = False
    """A rule of the field blocks the spec: nothing may be held for it."""
    proposed: tuple[PlannedNeed, ...] | None = None
    proposed_barred: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """How far one set of needs has come."""

    needs: tuple[PlannedNeed, ...]
    barred: bool
    chosen: dict[str, Held]
    """The live hold that serves each need."""
    refused: dict[str, Held]
    missing: tuple[PlannedNeed, ...]
    paused: frozenset[str]
    """Needs whose hold was lost a moment ago; they are placed again a little later."""
    patient: bool
    """Some refusal is known, but other answers are due any moment: wait to know them all."""

    @property
    def blocked(self) -> bool:
        """It cannot become whole as things stand."""
        return self.barred or (bool(self.refused) and not self.patient)

    def all_in(self, *states: HoldState) -> bool:
        """Every need is served by a hold in one of these states."""
        whole = not (self.missing or self.refused or self.barred or self.paused)
        return whole and all(held.state in states for held in self.chosen.values())

    @property
    def firm(self) -> bool:
        """Every need is confirmed."""
        return bool(self.needs) and self.all_in(HoldState.CONFIRMED)


def plan(state: VisitState, wanted: Wanted, pacing: Pacing, now: datetime) -> Plan:
    """Decide everything that is to be done now about one visit. Pure and repeatable."""
    draft = Draft(state, pacing, now)
    _close_when_over(draft, wanted)
    _drop_when_forgotten(draft)
    base = _assess(draft, () if draft.over else wanted.base, wanted.barred)
    base = _retry_when_due(draft, base)
    proposed = None
    if draft.proposal is not None and wanted.proposed is not None:
        proposed = _assess(draft, wanted.proposed, wanted.proposed_barred)
    tracks = [base] if proposed is None else [base, proposed]

    for track in tracks:
        if not track.blocked:
            draft.place(track.missing)
    _open_barrier(draft, base)
    _let_go(draft, tracks)
    draft.ask_again({(n.need, n.fingerprint): n for track in tracks for n in track.needs})
    draft.forget_finished({(n.need, n.fingerprint) for track in tracks for n in track.needs})
    return draft.finish(
        phase=_phase(draft, base),
        proposal_phase=_proposal_phase(proposed),
        firm=base.firm and not draft.over,
        wake_at=_wake_at(draft, tracks, wanted.ends_at),
    )


def _close_when_over(draft: Draft, wanted: Wanted) -> None:
    if not draft.over and not draft.state.cancelled and draft.now >= wanted.ends_at:
        draft.close()


def _drop_when_forgotten(draft: Draft) -> None:
    proposal = draft.proposal
    if proposal is not None and (draft.now >= proposal.expires_at or draft.over):
        draft.drop_proposal("the proposal was not committed in time")


def _assess(draft: Draft, needs: tuple[PlannedNeed, ...], barred: bool) -> Track:
    """Of each need: the hold that serves it, or its refusal, or that it is to be placed."""
    by_need: dict[str, list[Held]] = {}
    for held in draft.holds.values():
        if not held.leaving:
            by_need.setdefault(held.need, []).append(held)
    chosen: dict[str, Held] = {}
    refused: dict[str, Held] = {}
    missing: list[PlannedNeed] = []
    paused: set[str] = set()
    for need in needs:
        mine = by_need.get(need.need, [])
        best = _best(mine, need, draft)
        if best is not None:
            chosen[need.need] = best
        elif need.request.window.ends_at > draft.now:
            no = _standing_refusal(mine, need)
            if no is not None:
                refused[need.need] = no
            elif any(draft.pausing(h) for h in mine if h.fingerprint == need.fingerprint):
                paused.add(need.need)
            else:
                missing.append(need)
    patient = bool(refused) and any(draft.fresh(held) for held in chosen.values())
    return Track(needs, barred, chosen, refused, tuple(missing), frozenset(paused), patient)


def _best(mine: list[Held], need: PlannedNeed, draft: Draft) -> Held | None:
    """The furthest live hold that serves this need; of a need that is over, whatever was firm."""
    over = need.request.window.ends_at <= draft.now
    fitting = [
        held
        for held in mine
        if (held.state is HoldState.CONFIRMED if over else held.fingerprint == need.fingerprint)
        and held.live
        and not draft.about_to_expire(held)
    ]
    return max(fitting, key=lambda held: (RANK[held.state], held.attempt), default=None)


def _standing_refusal(mine: list[Held], need: PlannedNeed) -> Held | None:
    refusals = [
        held
        for held in mine
        if held.fingerprint == need.fingerprint and held.state is HoldState.REFUSED
    ]
    return max(refusals, key=lambda held: held.attempt, default=None)


def _retry_when_due(draft: Draft, base: Track) -> Track:
    """A blocked visit tries again by itself a few times: others may have let go meanwhile."""
    if base.firm:
        draft.rest()
    if base.barred or not base.blocked:
        draft.retry_at = None
        return base
    said = [held.seen.refusal for held in base.refused.values() if held.seen]
    codes = {one.code for one in said if one is not None}
    # Whose hold was taken back has not been told yet what would fit instead.
    if not codes <= draft.pacing.worth_retrying and not codes & TAKEN_BACK:
        draft.retry_at = None
        return base
    after_s = retry_after_s(draft.state.visit, draft.state.retries, draft.pacing)
    if draft.retry_is_due(after_s):
        draft.forget_refusals(base.refused.values())
        return _assess(draft, base.needs, base.barred)
    return base


def _open_barrier(draft: Draft, base: Track) -> None:
    if base.needs and base.all_in(HoldState.HELD, HoldState.CONFIRMED):
        draft.confirm([h for h in base.chosen.values() if h.state is HoldState.HELD])


def _let_go(draft: Draft, tracks: list[Track]) -> None:
    """Release what no track wants: unconfirmed at once, confirmed when its successor is firm.

    One that was asked to be confirmed may be so already, whatever its owner said last.
    """
    kept: set[str] = set()
    for track in tracks:
        for held in track.chosen.values():
            if not track.blocked or held.state is HoldState.CONFIRMED:
                kept.add(held.hold)
    may_break = tracks[0].firm or draft.state.cancelled
    for held in list(draft.holds.values()):
        if held.leaving or not held.live or held.hold in kept or draft.is_new(held):
            continue
        if may_break or not (held.state is HoldState.CONFIRMED or held.wish is Wish.CONFIRM):
            draft.release(held)


def _phase(draft: Draft, base: Track) -> Phase:
    if draft.state.cancelled:
        living = any(held.live for held in draft.holds.values())
        return Phase.CANCELLING if living else Phase.CANCELLED
    if draft.over:
        return Phase.CLOSED
    if base.blocked:
        return Phase.BLOCKED
    if base.firm:
        return Phase.READY
    if any(held.state is HoldState.PENDING for held in base.chosen.values()):
        return Phase.WAITING
    return Phase.CONFIRMING if base.all_in(HoldState.HELD, HoldState.CONFIRMED) else Phase.HOLDING


def _proposal_phase(proposed: Track | None) -> ProposalPhase | None:
    if proposed is None:
        return None
    if proposed.blocked:
        return ProposalPhase.BLOCKED
    if proposed.all_in(HoldState.HELD, HoldState.CONFIRMED):
        return ProposalPhase.OPEN
    if any(held.state is HoldState.PENDING for held in proposed.chosen.values()):
        return ProposalPhase.WAITING
    return ProposalPhase.HOLDING


def _wake_at(draft: Draft, tracks: Iterable[Track], ends_at: datetime) -> datetime | None:
    """When to look again even if nobody says anything: the safety net, never the normal path."""
    holds = draft.holds.values()
    moments = [draft.next_ask(h) for h in holds if not h.answered or draft.pausing(h)]
    if draft.proposal is not None:
        moments.append(draft.proposal.expires_at)
    if draft.retry_at is not None:
        moments.append(draft.retry_at)
    for track in tracks:
        for held in track.chosen.values():
            if held.state is not HoldState.CONFIRMED:
                moments.append(draft.renew_at(held))
    if not draft.over and not draft.state.cancelled:
        moments.append(ends_at)
    return min(moments, default=None)
