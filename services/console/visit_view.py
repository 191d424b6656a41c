"""One visit as its page shows it: days with their needs, cost against budget, ways out, actions.

Owns: grouping and wording what the owner said, and which actions this principal has. Pure.
Must not: ask anybody, or render; `pages.visit` does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.console.hand_guests import GuestStay
from services.console.roles import Principal
from shared.contracts.holds import Alternative
from shared.contracts.hotel_troubles import GuestsMissing, GuestsWalked, HotelTroubles, RoomsAtRisk
from shared.contracts.spec import Item
from shared.contracts.values import Money
from shared.contracts.visits import (
    Move,
    NeedView,
    Phase,
    ProposalPhase,
    VisitSummary,
    VisitView,
)

OVER = frozenset({Phase.CANCELLING, Phase.CANCELLED, Phase.CLOSED})
TONES = {"confirmed": "good", "held": "calm", "pending": "warm", "refused": "danger",
         "expired": "danger", "asked": "calm"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WayOut:
    """An alternative as one click: what the form sends, and a key of its own."""

    need: str
    option: Alternative
    change: str
    """JSON of the change."""
    key: str


@dataclass(frozen=True, slots=True)
class ShownNeed:
    """One need with its ways out."""

    view: NeedView
    name: str
    """Its id within the item."""
    starts: datetime
    ends: datetime
    tone: str
    ways: tuple[WayOut, ...]


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One entry of the programme."""

    item: Item
    needs: tuple[ShownNeed, ...]


@dataclass(frozen=True, slots=True)
class ShownMove:
    """One line of a proposal."""

    move: Move
    more: Money
    """What it costs more."""
    ways: tuple[WayOut, ...]


@dataclass(frozen=True, slots=True)
class May:
    """What this principal may do with this visit now."""

    plan: bool
    commit: bool
    drop: bool
    operate: bool
    """Sees how services dealt with it."""


def may(who: Principal, visit: VisitView) -> May:
    """Actions, by role, station and state. The owner is asked again when one is taken."""
    plan = who.may("POST", "/visits/{visit}/edit") and who.changes(visit.station)
    open_ = plan and visit.phase not in OVER
    proposed = visit.proposed
    ready = proposed is not None and proposed.phase is ProposalPhase.OPEN
    return May(
        plan=open_,
        commit=open_ and ready,
        drop=open_ and proposed is not None,
        operate=who.may("GET", "/visits/{visit}/trace"),
    )


def may_move(who: Principal, visit: VisitSummary) -> bool:
    """Whether this principal is offered to move items of a visit."""
    route = who.may("GET", "/visits/{visit}/move")
    return route and who.changes(visit.station) and visit.phase not in OVER


def move_link(visit: str, need: str = "") -> str:
    """Where an item is moved: the form, which proposes it."""
    return f"/visits/{visit}/move" + (f"?need={need}" if need else "")


def may_consent(who: Principal, visit: VisitView, service: str, asked_of: str) -> bool:
    """Whether this principal answers for the unit that is asked."""
    allowed = who.may("POST", "/visits/{visit}/consent")
    return allowed and (who.changes(visit.station) or who.speaks_for(service, asked_of))


def days_of(visit: VisitView) -> list[tuple[date, list[ShownItem]]]:
    """The programme by the day on which each item begins, at the wall clock of the visit."""
    needs = {need.need: need for need in visit.needs}
    days: dict[date, list[ShownItem]] = {}
    for item in sorted(visit.spec.programme, key=lambda one: (one.starts_at, one.ends_at)):
        mine = [needs[f"{item.id}/{need.id}"] for need in item.needs]
        shown = tuple(_need(visit, need) for need in mine)
        days.setdefault(item.starts_at.date(), []).append(ShownItem(item, shown))
    return sorted(days.items())


def _need(visit: VisitView, need: NeedView) -> ShownNeed:
    zone = ZoneInfo(visit.time_zone)
    return ShownNeed(
        view=need,
        name=need.need.partition("/")[2],
        starts=need.window.starts_at.astimezone(zone),
        ends=need.window.ends_at.astimezone(zone),
        tone=TONES.get(need.state, "faint"),
        ways=_ways(visit, need.need, need.refusal.alternatives if need.refusal else ()),
    )


def moves_of(visit: VisitView) -> list[ShownMove]:
    """What the open proposal would move: what changes first, what stays last."""
    proposed = visit.proposed
    if proposed is None:
        return []
    order = ("added", "changed", "removed", "kept")
    moves = sorted(proposed.moves, key=lambda one: (one.obstacle is None, order.index(one.change)))
    return [
        ShownMove(
            move,
            # What is refused costs nothing yet, which is no saving.
            difference(move.cost_before, move.cost_after or move.cost_before)
            if move.obstacle
            else difference(move.cost_before, move.cost_after),
            _ways(visit, move.need, move.obstacle.alternatives if move.obstacle else ()),
        )
        for move in moves
    ]


def difference(before: Money | None, after: Money | None) -> Money:
    """What something costs more, in the currency of either."""
    currency = (after or before or Money(amount=0)).currency
    return Money(
        amount=(after.amount if after else 0) - (before.amount if before else 0),
        currency=currency,
    )


def _ways(visit: VisitView, need: str, options: Sequence[Alternative]) -> tuple[WayOut, ...]:
    """Ranked, as their service ranked them. One without a change can be read, not clicked."""
    found = []
    for option in options:
        change = json.dumps(option.change, ensure_ascii=False, sort_keys=True)
        found.append(WayOut(need, option, change, act_key(visit, "alternative", need, change)))
    return tuple(found)


def act_key(visit: VisitView, act: str, *more: str) -> str:
    """Names an act by what it was done to, so that a page rendered again offers the same act: it
    then happens once, however many times it is sent. When the visit has moved on it is another."""
    told = "\n".join((visit.visit, str(visit.revision), str(visit.sequence), act, *more))
    return hashlib.sha256(told.encode()).hexdigest()[:40]


def budget_share(visit: VisitView) -> tuple[Money, Money, bool] | None:
    """Cost, budget, and whether it is over; None without a budget or in another currency."""
    budget = visit.spec.budget
    if budget is None or budget.currency != visit.cost.currency:
        return None
    return visit.cost, budget, visit.cost.amount > budget.amount


def pending(visit: VisitView) -> list[dict[str, Any]]:
    """Consents that are awaited: of what is wanted, and of what is proposed."""
    found = {
        need.hold: {"hold": need.hold, "service": need.service, "consent": need.consent,
                    "need": need.need}
        for need in visit.needs
        if need.consent is not None and need.hold
    }  # fmt: skip
    for move in visit.proposed.moves if visit.proposed else ():
        if move.consent is not None and move.hold:
            found[move.hold] = {"hold": move.hold, "service": move.service,
                                "consent": move.consent, "need": move.need}  # fmt: skip
    return list(found.values())


def troubles_by_need(
    told: HotelTroubles, stays: Mapping[str, Sequence[GuestStay]]
) -> dict[str, list[RoomsAtRisk | GuestsMissing | GuestsWalked]]:
    """What to tell beside each need. Where a hotel by hand has its table of guests (`stays`), that
    says already who did not come; of those who were sent to another house it says nothing."""
    tables = {(need, one.stay.hotel) for need, some in stays.items() for one in some}
    found: dict[str, list[RoomsAtRisk | GuestsMissing | GuestsWalked]] = {}
    for risk in told.at_risk:
        found.setdefault(risk.need, []).append(risk)
    for missing in told.missing:
        if (missing.need, missing.hotel) not in tables:
            found.setdefault(missing.need, []).append(missing)
    for walked in told.walked:
        found.setdefault(walked.need, []).append(walked)
    return found
