"""What a visit's trouble means: whom it hurts, until when it can be mended, and what to do.

Owns: `impact()`, its sentences in both languages, and the verdict on a visit.
Must not: do I/O or read a clock, or decide what the orchestrator does; `reconcile` decides that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.visits.durations import spoken
from services.visits.expand import PlannedNeed
from services.visits.gates import Pressing, open_needs, pressing
from services.visits.pacing import Pacing
from services.visits.specbook import Reading
from services.visits.status import Held, VisitState, Wish
from services.visits.views import serving
from shared.contracts.catalog import CATALOG
from shared.contracts.holds import HoldState
from shared.contracts.impact import GateKind, Impact, Verdict
from shared.contracts.values import Text
from shared.contracts.visits import Phase, RuleFinding, VisitSummary

SETTLED = frozenset({Phase.READY, Phase.CANCELLED, Phase.CLOSED, Phase.CANCELLING})
"""Phases in which nothing that is wanted is missing."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason, and the rule behind it if there is one."""

    verdict: Verdict
    why: Text
    rule: str | None = None


def impact(
    state: VisitState,
    reading: Reading,
    line: VisitSummary,
    since: datetime,
    pacing: Pacing,
    now: datetime,
) -> Impact | None:
    """What it means that this visit is not settled since `since`; None when it is."""
    if line.phase in SETTLED:
        return None
    found = pressing(state, reading, pacing, now)
    if found is None:
        return None
    held = serving(state, found.need) if found.need else None
    judged = judge(state, reading, found.need, held, pacing)
    gate = found.gate
    return Impact(
        visit=state.visit,
        title=line.title,
        station=line.station,
        line=line.line,
        phase=line.phase,
        revision=state.revision,
        need=found.need.need if found.need else None,
        service=found.need.service if found.need else None,
        open_needs=len(open_needs(state, reading)),
        sentence=_sentence(state, reading, line, found, held, since, now),
        guests=line.guests,
        starts_at=line.starts_at,
        next_gate=gate.kind,
        gate=gate.name(found.need),
        gate_at=gate.at,
        rule=gate.rule or judged.rule,
        since=since,
        repair_s=found.repair_s,
        slack_s=int((found.act_by - now).total_seconds()),
        verdict=judged.verdict,
        why=judged.why,
        if_nothing=IF_NOTHING[gate.kind],
    )


def order(one: Impact) -> tuple[int, int, str]:
    """Least slack first, then most guests."""
    return one.slack_s, -one.guests, one.visit


# ---------------------------------------------------------------- the verdict on a visit


def judge(
    state: VisitState,
    reading: Reading,
    need: PlannedNeed | None,
    held: Held | None,
    pacing: Pacing,
) -> Judgement:
    """Whether it heals by itself or a person must decide, and why."""
    barring = next((one for one in reading.findings if one.severity == "block"), None)
    if barring is not None:
        return _by_rule(barring)
    if held is not None and held.state is HoldState.PENDING and held.seen and held.seen.consent:
        who = held.seen.consent.who
        return _told(Verdict.DECIDE, f"由{who.zh}答复同意与否", f"{who.en} must say yes or no")
    refusal = held.seen.refusal if held and held.seen else None
    if refusal is None and state.retry_at is None and held is not None and not held.answered:
        return _told(
            Verdict.RETRY,
            f"会自动再次询问 {held.service}（已问 {held.asks} 次）",
            f"{held.service} is asked again by itself; asked {held.asks} times so far",
        )
    if refusal is not None:
        return _of_refusal(state, refusal.code, pacing)
    if state.retry_at is not None:
        return _told(Verdict.RETRY, "会自动重试", "it is tried again by itself")
    return _told(Verdict.RETRY, "等待其他需求落实后一并确认",
                 "it is confirmed by itself once every other need is held")  # fmt: skip


def _of_refusal(state: VisitState, code: str, pacing: Pacing) -> Judgement:
    """Without the owner's own sentence: the visit's has that."""
    if code in pacing.worth_retrying and state.retry_at is not None:
        return _told(
            Verdict.RETRY,
            f"已自动重试 {state.retries} 次，还会再试（{code}）",
            f"tried again {state.retries} times by itself, and goes on ({code})",
        )
    return _told(Verdict.DECIDE, f"请从备选方案中选择（{code}）", f"choose an alternative ({code})")


def _by_rule(finding: RuleFinding) -> Judgement:
    said = finding.sentence
    why = Text(zh=f"规定 {finding.rule}：{said.zh}", en=f"rule {finding.rule}: {said.en}")
    return Judgement(Verdict.DECIDE, why, finding.rule)


def _told(verdict: Verdict, zh: str, en: str) -> Judgement:
    return Judgement(verdict, Text(zh=zh, en=en))


# ---------------------------------------------------------------- sentences


def _sentence(
    state: VisitState, reading: Reading, line: VisitSummary, found: Pressing, held: Held | None,
    since: datetime, now: datetime,
) -> Text:  # fmt: skip
    """`v-1, 38 guests, arrives in 5 h 20 min: 12 rooms at x not confirmed; waiting for y …`"""
    coming = _coming(line, now)
    what = _what(reading, found.need, held)
    stand = _standing(found.need, held, since, now)
    others = len(open_needs(state, reading)) - 1
    more = Text(zh=f"；另有 {others} 项", en=f"; {others} more open") if others > 0 else _NONE
    return Text(
        zh=f"{state.visit}，{line.guests} 人，{coming.zh}：{what.zh}{stand.zh}{more.zh}",
        en=f"{state.visit}, {line.guests} guests, {coming.en}: {what.en}{stand.en}{more.en}",
    )


_NONE = Text(zh="", en="")


def _coming(line: VisitSummary, now: datetime) -> Text:
    length = spoken(line.starts_at - now)
    if line.starts_at > now:
        return Text(zh=f"{length.zh}后抵达", en=f"arrives in {length.en}")
    return Text(zh=f"{length.zh}前已抵达", en=f"arrived {length.en} ago")


def _what(reading: Reading, need: PlannedNeed | None, held: Held | None) -> Text:
    if need is None:
        barring = next(one for one in reading.findings if one.severity == "block")
        return Text(zh=f"规定 {barring.rule} 不许可", en=f"barred by rule {barring.rule}")
    summary = held.seen.summary if held and held.seen else None
    thing = summary or wished(need)
    return Text(zh=f"{need.item.zh} · {thing.zh}未落实", en=f"{thing.en} not confirmed")


def wished(need: PlannedNeed) -> Text:
    """A need in a few words, from its wishes: `12 rooms at nenjiang-hotel`."""
    details = need.request.details
    kind = CATALOG[need.request.kind]
    name = kind.name
    count = _count_of(need.request.kind, details)
    place = next((details[one] for one in _PLACES if details.get(one)), None)
    zh = f"{place} {name.zh}" if place else name.zh
    en = f"{name.en} at {place}" if place else name.en
    if not count:
        return Text(zh=zh, en=en)
    return Text(zh=f"{zh} {count} {kind.counter}", en=f"{count} {en}")


_PLACES = ("hotel", "hall", "site", "kitchen", "unit")
_COUNTS = {"meal": ("covers",), "hall": (), "vehicle": (), "escort": ("count",)}


def _count_of(kind: str, details: dict[str, Any]) -> int:
    names = _COUNTS.get(kind, ("singles", "sharing_pairs", "quantity"))
    return sum(int(details.get(name) or 0) for name in names)


def _standing(need: PlannedNeed | None, held: Held | None, since: datetime, now: datetime) -> Text:
    length = spoken(now - since)
    if need is None:
        return Text(zh=f"，已 {length.zh}", en=f" for {length.en}")
    if held is None:
        return Text(zh=f"，尚未预留，已 {length.zh}", en=f"; not held for {length.en}")
    refusal = held.seen.refusal if held.seen else held.last_refusal
    if held.state is HoldState.PENDING and held.seen and held.seen.consent:
        who, asked = held.seen.consent.who, spoken(now - held.placed_at)
        return Text(zh=f"；等待{who.zh}同意已 {asked.zh}",
                    en=f"; waiting for the consent of {who.en} since {asked.en}")  # fmt: skip
    if refusal is not None:
        said = refusal.sentence
        return Text(zh=f"；{said.zh.rstrip('。')}，已 {length.zh}",
                    en=f"; {said.en.rstrip('.')}, for {length.en}")  # fmt: skip
    if not held.answered:
        asked = spoken(now - held.placed_at) if held.wish is Wish.PLACE else length
        return Text(zh=f"；等待 {held.service} 答复已 {asked.zh}",
                    en=f"; waiting for {held.service} since {asked.en}")  # fmt: skip
    return Text(zh="；已预留，等待其他需求", en="; held, waiting for the other needs")


IF_NOTHING: dict[GateKind, Text] = {
    GateKind.HOLD_EXPIRY: Text(
        zh="预留到期后重新申请，期间可能被他人占用",
        en="the hold lapses and is placed anew; others may be first"),
    GateKind.CONSENT: Text(zh="逾期视为不同意，来访受阻",
                           en="silence counts as a no, and the visit is blocked"),
    GateKind.CUT_OFF: Text(zh="酒店收回预留房", en="the hotel takes the block's rooms back"),
    GateKind.GUARANTEE: Text(
        zh="此后新增人数须经厨房同意，减少仍需付费",
        en="after it the kitchen must agree to more covers, and fewer are billed all the same"),
    GateKind.RULE: Text(zh="错过法定期限", en="a deadline set by a rule is missed"),
    GateKind.START: Text(zh="活动开始时仍无安排", en="the function begins without it"),
    GateKind.ARRIVAL: Text(zh="客人抵达时仍无安排", en="the guests arrive without it"),
}  # fmt: skip
