"""The preview of a proposal: everything that would move, what it costs, what stands against it.

Owns: comparing what stands with what is held for the proposal. Pure.
Must not: decide whether it may be committed; `reconcile` does.
"""

from __future__ import annotations

from services.visits.expand import PlannedNeed
from services.visits.specbook import Reading
from services.visits.status import Held, VisitState
from services.visits.views import currency_of, standing, total
from shared.contracts.holds import Alternative, Hold, HoldState
from shared.contracts.values import Text
from shared.contracts.visits import Move, ProposalPhase, ProposalView

MAX_OPTIONS = 10


def preview(
    state: VisitState, base: Reading, proposed: Reading, phase: ProposalPhase
) -> ProposalView:
    """Compare need by need; removed needs come last."""
    assert state.proposal is not None
    moves = [_move(state, need) for need in proposed.needs]
    still = {need.need for need in proposed.needs}
    for need in base.needs:
        before = standing(state, need.need)
        if need.need not in still and before is not None:
            moves.append(_removed(need, before))
    currency = currency_of(proposed)
    return ProposalView(
        proposal=state.proposal.id,
        phase=phase,
        based_on=state.proposal.based_on,
        moves=tuple(moves),
        cost_before=total((move.cost_before for move in moves), currency),
        cost_after=total((move.cost_after for move in moves), currency),
        findings=proposed.findings,
        options=_options(moves),
        expires_at=state.proposal.expires_at,
        actor=state.proposal.actor,
        spec=proposed.spec,
    )


def _move(state: VisitState, need: PlannedNeed) -> Move:
    before, after = standing(state, need.need), _asked_for(state, need)
    was, will = before.seen if before else None, after.seen if after else None
    return Move(
        need=need.need,
        kind=need.request.kind,
        service=need.service,
        hold=after.hold if after else None,
        change=_change(was, will),
        before=was.summary if was else None,
        after=will.summary if will else None,
        cost_before=was.cost if was else None,
        cost_after=will.cost if will else None,
        obstacle=will.refusal if will else None,
        consent=will.consent if will and will.state is HoldState.PENDING else None,
    )


def _asked_for(state: VisitState, need: PlannedNeed) -> Held | None:
    mine = [
        held
        for held in state.holds
        if held.need == need.need and held.fingerprint == need.fingerprint
    ]
    return max(mine, key=lambda held: held.attempt, default=None)


def _change(was: Hold | None, will: Hold | None) -> str:
    if was is None:
        return "added"
    if will is None or (was.allotted, was.cost, was.window) != (
        will.allotted,
        will.cost,
        will.window,
    ):
        return "changed"
    return "kept"


def _removed(need: PlannedNeed, before: Held) -> Move:
    seen = before.seen
    return Move(
        need=need.need,
        kind=need.request.kind,
        service=need.service,
        change="removed",
        before=seen.summary if seen else None,
        cost_before=seen.cost if seen else None,
    )


def _options(moves: list[Move]) -> tuple[Alternative, ...]:
    """Ways out, the best of each obstacle first, then the second best, and so on."""
    ranked = [
        (rank, move.need, option)
        for move in moves
        if move.obstacle is not None
        for rank, option in enumerate(move.obstacle.alternatives)
    ]
    ranked.sort(key=lambda one: (one[0], one[1]))
    return tuple(
        Alternative(
            sentence=Text(zh=f"{need}: {option.sentence.zh}", en=f"{need}: {option.sentence.en}"),
            change={"need": need, **option.change},
        )
        for _rank, need, option in ranked[:MAX_OPTIONS]
    )
