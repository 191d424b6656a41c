"""Gates: moments that a visit misses when something stays unsettled, and how long mending takes.

Owns: the kinds of gates, the rules of the field that are deadlines, and the table of usual repair
times. Pure.
Must not: say what to do about a gate; `impact` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.visits.expand import PlannedNeed
from services.visits.pacing import Pacing
from services.visits.specbook import Reading
from services.visits.status import Held, VisitState
from services.visits.views import serving, standing
from shared.contracts.holds import HoldState
from shared.contracts.impact import GateKind
from shared.contracts.needs import HallNeed, MealNeed
from shared.contracts.spec import Line, VisitSpec
from shared.contracts.values import Text

REPAIR_S: Mapping[str, int] = {
    "room": 2 * 3_600,
    "hall": 3_600,
    "site": 3_600,
    "meal": 2 * 3_600,
    "escort": 3_600,
    "vehicle": 3_600,
}
"""Usual time to mend a need, by kind: assumptions, to be replaced by this office's own history."""
REPAIR_OTHER_S = 3_600
REPAIR_OF_GATE_S: Mapping[GateKind, int] = {GateKind.CONSENT: 600, GateKind.HOLD_EXPIRY: 60}
"""Where less is to be done than arranging anew: an answer is to be had, or a hold comes again by
itself. Assumptions as well."""
REPAIR_RULE_S = 24 * 3_600
"""Usual time to get a letter or to change what a rule forbids: an assumption too."""

GUARANTEE_BEFORE = timedelta(hours=72)
"""When a kitchen is told the final count, unless it says so itself (domain notes, section 2.4)."""
PERMIT_FROM = 1_000
PERMIT_DAYS = 20
FOOD_REPORT_DAYS = 20


@dataclass(frozen=True, slots=True)
class Gate:
    """One moment that can be missed."""

    kind: GateKind
    at: datetime
    rule: str | None = None
    whose: Text | None = None
    """Who is to answer, where somebody is."""

    def name(self, need: PlannedNeed | None) -> Text:
        """In words. Made when somebody reads it: most gates are only compared."""
        if self.whose is not None:
            return Text(zh=f"{self.whose.zh}答复期限", en=f"answer of {self.whose.en} due")
        if self.kind is GateKind.START and need is not None:
            return Text(zh=f"{need.item.zh} 开始", en=f"{need.item.en} starts")
        return RULES[self.rule] if self.rule else NAMES[self.kind]


NAMES = {
    GateKind.HOLD_EXPIRY: Text(zh="预留到期", en="the hold lapses"),
    GateKind.CUT_OFF: Text(zh="酒店截房", en="hotel cut-off"),
    GateKind.GUARANTEE: Text(zh="厨房保证人数截止", en="kitchen guarantee"),
    GateKind.ARRIVAL: Text(zh="客人抵达", en="the guests arrive"),
    GateKind.START: Text(zh="活动开始", en="the function starts"),
}
RULES = {
    "E01": Text(zh="安全许可申请截止 (20 日前)", en="police permit must be applied for"),
    "E02": Text(zh="餐饮情况报告截止 (20 个工作日前)", en="catering report due"),
}


@dataclass(frozen=True, slots=True)
class Pressing:
    """The need that presses most, and the gate that makes it so. `need` is None for the visit."""

    need: PlannedNeed | None
    gate: Gate
    repair_s: int

    @property
    def act_by(self) -> datetime:
        """When mending must begin at the latest."""
        return self.gate.at - timedelta(seconds=self.repair_s)


def pressing(state: VisitState, reading: Reading, pacing: Pacing, now: datetime) -> Pressing | None:
    """What presses most of all that is open; None when nothing is."""
    common = tuple(_of_visit(reading, now))
    found = [
        Pressing(need, gate, repair_s(need.request.kind, gate.kind))
        for need in open_needs(state, reading)
        for gate in (*_of_need(state, need, pacing, now), *common)
    ]
    if reading.barred:
        found += [Pressing(None, gate, REPAIR_RULE_S) for gate in common]
    return min(found, key=lambda one: (one.act_by, one.gate.at), default=None)


def open_needs(state: VisitState, reading: Reading) -> tuple[PlannedNeed, ...]:
    """Needs that are wanted and not confirmed as they are wanted."""
    return tuple(need for need in reading.needs if not _firm(state, need))


def _firm(state: VisitState, need: PlannedNeed) -> bool:
    held = serving(state, need)
    if held is None or held.state is not HoldState.CONFIRMED:
        return False
    return held.fingerprint == need.fingerprint


def repair_s(kind: str, gate: GateKind) -> int:
    """Seconds that it usually takes to mend a need of this kind before this gate, by assumption."""
    return REPAIR_OF_GATE_S.get(gate, REPAIR_S.get(kind, REPAIR_OTHER_S))


def _of_need(state: VisitState, need: PlannedNeed, pacing: Pacing, now: datetime) -> Iterator[Gate]:
    """Gates ahead, and the start of the function even when it is over: that one was missed."""
    held = serving(state, need)
    for gate in (*_of_hold(held, pacing), *_of_allotment(state, need, held)):
        if gate.at > now:
            yield gate
    yield Gate(GateKind.START, need.request.window.starts_at)


def _of_hold(held: Held | None, pacing: Pacing) -> Iterator[Gate]:
    if held is None or held.state not in (HoldState.HELD, HoldState.PENDING):
        return
    consent = held.seen.consent if held.seen else None
    if held.state is HoldState.PENDING and consent is not None:
        yield Gate(GateKind.CONSENT, consent.answer_by, whose=consent.who)
    yield Gate(GateKind.HOLD_EXPIRY, held.placed_at + timedelta(seconds=pacing.hold_for_s))


def _of_allotment(state: VisitState, need: PlannedNeed, held: Held | None) -> Iterator[Gate]:
    """What the owner said of its deadlines, of this hold or else of what stands."""
    kind = need.request.kind
    if kind not in ("room", "meal"):
        return
    stood = standing(state, need.need)
    seen = next((one.seen for one in (held, stood) if one is not None and one.seen), None)
    allotted = seen.allotted if seen else {}
    if kind == "room":
        cut_off = _earliest([allotted, *_parts(allotted)], "cut_off")
        if cut_off is not None:
            yield Gate(GateKind.CUT_OFF, cut_off)
    else:
        due = _earliest([allotted], "guarantee_by")
        at = due or need.request.window.starts_at - GUARANTEE_BEFORE
        yield Gate(GateKind.GUARANTEE, at)


def _parts(allotted: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in allotted.get("hotels") or () if isinstance(one, dict)]


def _earliest(places: list[Mapping[str, Any]], name: str) -> datetime | None:
    return min((at for place in places if (at := _moment(place.get(name)))), default=None)


def _moment(value: Any) -> datetime | None:
    """An instant out of what a service allotted; None when there is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None


def _of_visit(reading: Reading, now: datetime) -> Iterator[Gate]:
    arrival = reading.span.starts_at
    for gate in rule_gates(reading.spec, arrival):
        if gate.at > now:
            yield gate
    if arrival > now or reading.barred:
        yield Gate(GateKind.ARRIVAL, arrival)


def rule_gates(spec: VisitSpec, arrival: datetime) -> Iterator[Gate]:
    """Deadlines that rules of the field set for public events.

    E01: 《大型群众性活动安全管理条例》 art. 11-14; E02: 《重大活动餐饮服务食品安全监督管理规范》
    art. 9. Working days are weekdays here: the calendar of public holidays is not known.
    """
    if spec.line is not Line.EVENT:
        return
    if _audience(spec) >= PERMIT_FROM:
        yield Gate(GateKind.RULE, arrival - timedelta(days=PERMIT_DAYS), "E01")
    if any(need.kind == "meal" for item in spec.programme for need in item.needs):
        day = arrival.astimezone(ZoneInfo(spec.time_zone))
        left = FOOD_REPORT_DAYS
        while left:  # Saturdays and Sundays do not count.
            day -= timedelta(days=1)
            left -= day.weekday() < 5
        yield Gate(GateKind.RULE, day.astimezone(UTC), "E02")


def _audience(spec: VisitSpec) -> int:
    """The most people at one place: the party, or those whom a hall or a meal is for."""
    wished = [spec.facts().guests]
    for item in spec.programme:
        for need in item.needs:
            if need.kind == "hall":
                wished.append(HallNeed.model_validate(need.details).attendance or 0)
            elif need.kind == "meal":
                wished.append(MealNeed.model_validate(need.details).covers or 0)
    return max(wished)
