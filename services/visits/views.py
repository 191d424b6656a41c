"""What people are shown of a visit: list line, whole view, preview of a proposal, firm arrangement.

Owns: turning state into contract values. Pure.
Must not: decide or store anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from services.visits.expand import PlannedNeed
from services.visits.specbook import Reading
from services.visits.status import Held, VisitState
from shared.contracts.catalog import CATALOG
from shared.contracts.holds import LIVE, HoldState
from shared.contracts.values import Money, Text
from shared.contracts.visits import (
    ArrangementChanged,
    FirmNeed,
    NeedView,
    Phase,
    ProposalPhase,
    VisitSummary,
    VisitView,
)

ASKED = "asked"
ON_THE_WAY = (Phase.HOLDING, Phase.CONFIRMING)
"""Phases that last as long as it takes to answer."""


def by_need(state: VisitState) -> dict[str, list[Held]]:
    """The holds of each need: whoever looks at all needs goes through the holds once."""
    found: dict[str, list[Held]] = {}
    for held in state.holds:
        found.setdefault(held.need, []).append(held)
    return found


def serving(state: VisitState, need: PlannedNeed) -> Held | None:
    """The hold to show for a need: the one asked with these very wishes, else what stands."""
    return _serving([held for held in state.holds if held.need == need.need], need)


def _serving(mine: Iterable[Held], need: PlannedNeed) -> Held | None:
    exact = [held for held in mine if held.fingerprint == need.fingerprint]
    return max(exact, key=lambda held: held.attempt) if exact else _standing(mine)


def standing(state: VisitState, need_id: str) -> Held | None:
    """What is firm for a need now, whatever it was asked with."""
    return _standing(held for held in state.holds if held.need == need_id)


def _standing(mine: Iterable[Held]) -> Held | None:
    firm = [held for held in mine if held.state is HoldState.CONFIRMED and not held.leaving]
    return max(firm, key=lambda held: held.attempt, default=None)


def need_view(state: VisitState, need: PlannedNeed) -> NeedView:
    """One need and what stands for it."""
    held = serving(state, need)
    seen = held.seen if held else None
    shown = seen.state.value if seen else ASKED if held else "open"
    return NeedView(
        need=need.need,
        kind=need.request.kind,
        service=need.service,
        item=need.item,
        window=need.request.window,
        state=shown,
        attempt=held.attempt if held else 0,
        hold=held.hold if held else None,
        summary=seen.summary if seen else None,
        allotted=seen.allotted if seen else {},
        cost=seen.cost if seen else None,
        consent=seen.consent if seen and seen.state is HoldState.PENDING else None,
        refusal=seen.refusal if seen else held.last_refusal if held else None,
    )


def total(costs: Iterable[Money | None], currency: str) -> Money:
    """The sum in one currency; needs priced in another one are shown with their own price only."""
    amount = sum(cost.amount for cost in costs if cost is not None and cost.currency == currency)
    return Money(amount=amount, currency=currency)


def currency_of(reading: Reading) -> str:
    """The visit's currency: its budget's, else yuan."""
    return reading.spec.budget.currency if reading.spec.budget else "CNY"


def summary(
    state: VisitState,
    reading: Reading,
    phase: Phase,
    proposal: ProposalPhase | None,
    now: datetime,
) -> VisitSummary:
    """One line of a list."""
    mine = by_need(state)
    shown = [_serving(mine.get(need.need, ()), need) for need in reading.needs]
    firm = [held for held in shown if held is not None and held.state is HoldState.CONFIRMED]
    living = [held.seen for held in shown if held and held.seen and held.seen.state in LIVE]
    return VisitSummary(
        visit=state.visit,
        revision=state.revision,
        sequence=state.sequence,
        phase=phase,
        line=reading.spec.line.value,
        station=reading.spec.station,
        title=reading.spec.title,
        host=reading.spec.host,
        guests=reading.spec.facts().guests,
        starts_at=reading.span.starts_at,
        ends_at=reading.span.ends_at,
        needs_total=len(reading.needs),
        needs_firm=len(firm),
        cost=total((seen.cost for seen in living), currency_of(reading)),
        proposal=proposal,
        changed_at=now,
    )


def worth_telling(before: VisitSummary, line: VisitSummary) -> bool:
    """Any change, but not the steps of a visit on its way to an answer."""
    fleeting = {"sequence", "changed_at"}
    if before.phase in ON_THE_WAY and line.phase in ON_THE_WAY:
        fleeting |= {"needs_firm", "cost", "phase"}
    return before.model_dump(exclude=fleeting) != line.model_dump(exclude=fleeting)


def reasons(state: VisitState, reading: Reading, phase: Phase) -> tuple[Text, ...]:
    """Why a visit is not ready, one sentence each."""
    if phase in (Phase.READY, Phase.CANCELLED, Phase.CLOSED):
        return ()
    said = [one.sentence for one in reading.findings if one.severity == "block"]
    for need in reading.needs:
        view = need_view(state, need)
        sentence = _reason(view)
        if sentence is not None:
            said.append(sentence)
    return tuple(said)


def _reason(view: NeedView) -> Text | None:
    name = CATALOG[view.kind].name
    if view.refusal is not None:
        told = view.refusal.sentence
        return Text(zh=f"{view.item.zh} · {name.zh}: {told.zh}", en=f"{view.need}: {told.en}")
    if view.consent is not None:
        told = view.consent.question
        return Text(zh=f"{view.item.zh} · {name.zh}: 待答复。{told.zh}",
                    en=f"{view.need}: waiting for consent. {told.en}")  # fmt: skip
    if view.state == ASKED:
        return Text(zh=f"{view.item.zh} · {name.zh}: 等待 {view.service} 答复",
                    en=f"{view.need}: waiting for an answer from {view.service}")  # fmt: skip
    return None


def whole(
    state: VisitState, reading: Reading, line: VisitSummary, proposed: object | None
) -> VisitView:
    """One visit with its spec, needs, rules and proposal."""
    return VisitView.model_validate(
        {
            **line.model_dump(),
            "time_zone": reading.spec.time_zone,
            "spec": reading.spec,
            "needs": tuple(need_view(state, need) for need in reading.needs),
            "reasons": reasons(state, reading, line.phase),
            "findings": reading.findings,
            "proposed": proposed,
        }
    )


def firm_needs(state: VisitState, reading: Reading) -> tuple[FirmNeed, ...]:
    """The confirmed arrangement, as notices need it."""
    firm: list[FirmNeed] = []
    mine = by_need(state)
    for need in reading.needs:
        held = _standing(mine.get(need.need, ()))
        if held is not None and held.seen is not None and held.seen.summary is not None:
            firm.append(
                FirmNeed(
                    need=need.need,
                    kind=need.request.kind,
                    item=need.item,
                    window=need.request.window,
                    unit=held.seen.allotted.get("unit"),
                    summary=held.seen.summary,
                    allotted=held.seen.allotted,
                )
            )
    return tuple(firm)


def digest(needs: Iterable[FirmNeed]) -> str:
    """Equal exactly when two firm arrangements tell the same."""
    text = "\n".join(need.model_dump_json() for need in needs)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def arrangement(
    state: VisitState, reading: Reading, needs: tuple[FirmNeed, ...], cancelled: bool
) -> ArrangementChanged:
    """The whole firm arrangement, of which `needs` are what it tells, or that there is none any
    more."""
    return ArrangementChanged(
        cause=state.cause,
        actor=state.actor,
        visit=state.visit,
        revision=state.revision,
        sequence=state.sequence,
        line=reading.spec.line.value,
        title=reading.spec.title,
        host=reading.spec.host,
        time_zone=reading.spec.time_zone,
        guests=reading.spec.facts().guests,
        cancelled=cancelled,
        starts_at=reading.span.starts_at,
        ends_at=reading.span.ends_at,
        needs=needs,
    )
