"""The life of an alarm: raised, called, acknowledged, silenced, cleared. Pure.

Must not: do I/O or read a clock; moments are given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.console import bounds
from services.console.alarm_look import Look, Looks, Rule
from services.console.picture import Level
from shared.contracts.values import Instant, Text, Value


class Alarm(Value):
    """One alarm as it is stored and shown. `id` grows with time."""

    id: str
    key: str
    """Rule and what it is about; of one key at most one alarm stands."""
    rule: str
    level: Level
    about: str
    service: str
    consumer: str | None
    stream: str | None
    visit: str | None
    sentence: Text
    """As it was when the alarm was raised."""
    harm: Text
    raised_at: Instant
    cleared_at: Instant | None = None
    acknowledged_by: str | None = None
    acknowledged_at: Instant | None = None
    silenced_until: Instant | None = None
    silenced_by: str | None = None
    silence_reason: str = ""
    calls: int = 0
    """How often duty posts were called."""
    called_at: Instant | None = None

    def quiet(self, now: datetime) -> bool:
        """Somebody wanted to hear nothing of it for a while."""
        return self.silenced_until is not None and self.silenced_until > now


@dataclass(frozen=True, slots=True)
class Timers:
    """Since when what has no alarm is as for one, and since when what has one is calm."""

    over: Mapping[str, datetime] = field(default_factory=dict)
    calm: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moves:
    """What is to be written."""

    raised: tuple[Look, ...] = ()
    cleared: tuple[str, ...] = ()
    """Keys."""


def step(
    before: Timers, seen: Looks, standing: Collection[str], rules: Mapping[str, Rule],
    now: datetime,
) -> tuple[Timers, Moves]:  # fmt: skip
    """One look later. Of rules that could not be judged nothing changes but that time is not
    counted: their timers begin anew. A rule that is no more has no alarms."""
    found = {one.key: one for one in seen.found}
    over = {
        key: before.over.get(key, now) for key, one in found.items()
        if one.over and key not in standing
    }  # fmt: skip
    raised = [key for key, since in over.items() if _for(since, now, found[key].rule.after_s)]
    room = max(0, bounds.ALARMS_OPEN - len(standing))
    raised = sorted(raised, key=lambda key: (_weight(found[key].rule.level), key))[:room]
    calm, cleared = {}, []
    for key in standing:
        rule = rules.get(key.partition("/")[0])
        if rule is not None and (rule.name not in seen.asked or key in found):
            continue
        calm[key] = before.calm.get(key, now)
        if rule is None or _for(calm[key], now, rule.clear_s):
            cleared.append(key)
    left = {key: since for key, since in over.items() if key not in raised}
    moves = Moves(tuple(found[key] for key in raised), tuple(cleared))
    return Timers(left, {key: at for key, at in calm.items() if key not in cleared}), moves


def _for(since: datetime, now: datetime, seconds: float) -> bool:
    return (now - since).total_seconds() >= seconds


def _weight(level: Level) -> int:
    return (Level.ALARM, Level.WARN, Level.NOTE).index(level)


def wants_call(alarm: Alarm, now: datetime) -> bool:
    """Whether duty posts are to be called: once, and again, each time after twice as long, while
    nobody has acknowledged it; `ALARM_CALLS` times in all."""
    if alarm.cleared_at or alarm.acknowledged_at or alarm.quiet(now):
        return False
    if alarm.called_at is None:
        return True
    wait_s = bounds.ALARM_AGAIN_S * 2 ** (alarm.calls - 1)
    return alarm.calls < bounds.ALARM_CALLS and _for(alarm.called_at, now, wait_s)


def to_call(some: Iterable[Alarm], called: Sequence[datetime], now: datetime) -> list[Alarm]:
    """Whom to call for, hardest and oldest first, within `ALARM_CALLS_PER_HOUR`. `called` are the
    moments of calls before; what finds no place waits until there is one."""
    hour = now - timedelta(hours=1)
    room = bounds.ALARM_CALLS_PER_HOUR - sum(at > hour for at in called)
    wanting = [one for one in some if wants_call(one, now)]
    wanting.sort(key=lambda one: (_weight(one.level), one.raised_at, one.id))
    return wanting[: max(0, room)]


def shown_first(some: Iterable[Alarm], now: datetime) -> list[Alarm]:
    """As a person should read them: those that nobody has taken on, hardest, oldest."""
    return sorted(some, key=lambda one: (
        one.cleared_at is not None, one.acknowledged_at is not None or one.quiet(now),
        _weight(one.level), one.raised_at,
    ))  # fmt: skip
