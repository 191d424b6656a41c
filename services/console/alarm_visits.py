"""Alarms of visits: messages that wait too long for what is left, holds that lapse, late mending.

Owns: their numbers. Pure. Must not: judge a visit; the visits service told its impact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.console.alarm_look import Look, Rule
from services.console.finding import say
from services.console.picture import Level, Picture, State
from shared.contracts.impact import GateKind, Impact, Verdict
from shared.contracts.values import Text

SHARE = 0.02
"""A message may wait for a fiftieth of the time that is left: 12 s of ten minutes, 4 min of three
hours. Less than that is the system at work."""
AT_LEAST_S = 60.0
"""Time left is never taken to be less, or each second of work would be too much."""
MOST = 20
"""Visits that one rule may raise alarms for: the most pressing ones. The page At risk has all."""

VISIT_WAITS = Rule("visit_waits", Level.ALARM, limit=SHARE, calm=SHARE / 2, after_s=10,
                   clear_s=30, unit="share")  # fmt: skip
"""Age of the oldest message before whoever books what the visit needs, over the time left."""
HOLD_NEAR_EXPIRY = Rule("hold_near_expiry", Level.WARN, limit=-15 * 60, calm=-20 * 60,
                        after_s=30, clear_s=30)  # fmt: skip
"""Seconds until an unconfirmed hold lapses, below zero."""
VISIT_LATE = Rule("visit_late", Level.ALARM, limit=-30 * 60, calm=-45 * 60, after_s=60,
                  clear_s=60)  # fmt: skip
"""Seconds until mending must begin, below zero, where somebody must decide."""
RULES = (VISIT_WAITS, VISIT_LATE, HOLD_NEAR_EXPIRY)


def looks(picture: Picture, risks: Sequence[Impact], now: datetime) -> Iterator[Look]:
    """What holds of these visits, the most pressing first."""
    ages = oldest(picture, now)
    some: list[Look] = []
    for one in risks:
        some += _of(one, ages, now)
    for rule in RULES:
        yield from [one for one in some if one.rule is rule and one.stands][:MOST]


def _of(one: Impact, ages: dict[str, float], now: datetime) -> Iterator[Look]:
    left_s = (one.gate_at - now).total_seconds()
    age_s = ages.get(one.service or "", 0.0)
    yield _look(VISIT_WAITS, one, age_s / max(AT_LEAST_S, left_s), service=one.service or "",
                minutes=f"{age_s / 60:.0f}")  # fmt: skip
    if one.verdict is Verdict.DECIDE:
        yield _look(VISIT_LATE, one, float(-one.slack_s))
    if one.next_gate is GateKind.HOLD_EXPIRY and left_s > 0:
        yield _look(HOLD_NEAR_EXPIRY, one, -left_s, minutes=f"{left_s / 60:.0f}")


def _look(rule: Rule, one: Impact, value: float, service: str = "", **told: str) -> Look:
    said = say(f"alarm.{rule.name}", service=service or "?", **told)
    sentence = Text(zh=f"{one.sentence.zh}。{said.zh}", en=f"{one.sentence.en}. {said.en}")
    return Look(rule, one.visit, value, sentence, one.if_nothing, one.service or "",
                visit=one.visit)  # fmt: skip


def oldest(picture: Picture, now: datetime) -> dict[str, float]:
    """How long the oldest message of each service has waited, in seconds, paused ones too. What a
    silent service has before it waits at least since it was heard."""
    found: dict[str, float] = {}
    for flow in picture.flows:
        if flow.waiting or flow.in_flight:
            still_s = (now - flow.moved_at).total_seconds() if flow.waiting else 0.0
            age_s = max(flow.behind_s, still_s)
            found[flow.service] = max(found.get(flow.service, 0.0), age_s)
    for line in picture.services:
        if line.state in (State.SILENT, State.LEFT) and line.heard_at is not None:
            silent_s = (now - line.heard_at).total_seconds()
            found[line.service] = max(found.get(line.service, 0.0), silent_s)
    return found
