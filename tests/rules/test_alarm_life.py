"""An alarm's life: raised after a while, called a bounded number of times, cleared when calm."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from services.console import bounds
from services.console.alarm_life import Alarm, Timers, shown_first, step, to_call, wants_call
from services.console.alarm_look import Look, Looks, Rule
from services.console.picture import Level
from shared.contracts.values import Text
from tests.rules.vitals_case import at

BOTH = Text(zh="句", en="sentence")
RULE = Rule("rule", Level.ALARM, limit=10, calm=5, after_s=30, clear_s=20)
OTHER = Rule("other", Level.WARN, limit=10, calm=5, after_s=30, clear_s=20)
RULES = {one.name: one for one in (RULE, OTHER)}


def look(value: float = 11, about: str = "a", rule: Rule = RULE) -> Look:
    return Look(rule, about, value, BOTH, BOTH)


class Story:
    """Looks one after the other."""

    def __init__(self, standing: Collection[str] = ()) -> None:
        self.timers, self.standing = Timers(), set(standing)
        self.events: list[tuple[float, str, str]] = []

    def see(self, second: float, *found: Look, asked: Collection[str] = RULES) -> Story:
        told = Looks(frozenset(asked), tuple(one for one in found if one.stands))
        self.timers, moves = step(self.timers, told, self.standing, RULES, at(second))
        for one in moves.raised:
            self.events.append((second, "raised", one.key))
            self.standing.add(one.key)
        for key in moves.cleared:
            self.events.append((second, "cleared", key))
            self.standing.remove(key)
        return self


def test_what_lasts_is_raised_once_and_cleared_when_calm() -> None:
    story = Story()
    for second in range(0, 200, 5):
        story.see(second, *([look()] if second < 100 else []))
    assert story.events == [(30, "raised", "rule/a"), (120, "cleared", "rule/a")]


def test_what_does_not_last_is_not_raised() -> None:
    story = Story()
    for second in range(0, 300, 5):
        story.see(second, *([look()] if second % 30 else []))
    assert story.events == []


def test_near_the_limit_an_alarm_stands_and_none_is_raised() -> None:
    story = Story(["rule/a"])
    for second in range(0, 300, 5):
        story.see(second, look(7), look(7, "b"))
    assert story.events == [] and story.standing == {"rule/a"}


def test_a_rule_that_cannot_be_judged_changes_nothing() -> None:
    story = Story(["rule/a"])
    for second in range(0, 300, 5):
        story.see(second, asked=("other",))
    assert story.events == []
    for second in range(300, 330, 5):
        story.see(second)
    assert story.events == [(320, "cleared", "rule/a")]


def test_an_alarm_whose_rule_is_no_more_is_cleared() -> None:
    assert Story(["gone/a"]).see(0).see(1).events == [(0, "cleared", "gone/a")]


def test_alarms_are_bounded_and_the_hardest_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "ALARMS_OPEN", 2)
    story = Story(["rule/x"])
    many = [look(rule=OTHER), look()]
    story.see(0, *many, look(about="x")).see(30, *many, look(about="x"))
    assert story.standing == {"rule/x", "rule/a"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.lists(some.tuples(some.integers(1, 40), some.integers(0, 20)), max_size=60))
def test_whatever_comes_nothing_flaps(story: list[tuple[int, int]]) -> None:
    """Of one key raising and clearing take turns, each as far apart as the rule says."""
    told, second = Story(), 0
    for pause, value in story:
        second += pause
        told.see(second, look(value))
    kinds = [kind for _, kind, _ in told.events]
    assert kinds == ["raised", "cleared"] * (len(kinds) // 2) + ["raised"] * (len(kinds) % 2)
    for before, after in zip(told.events, told.events[1:], strict=False):
        least = RULE.clear_s if after[1] == "cleared" else RULE.after_s
        assert after[0] - before[0] >= least


def alarm(**told: Any) -> Alarm:
    base: dict[str, Any] = {
        "id": "alarm-1", "key": "rule/a", "rule": "rule", "level": Level.ALARM, "about": "a",
        "service": "", "consumer": None, "stream": None, "visit": None, "sentence": BOTH,
        "harm": BOTH, "raised_at": at(0),
    }  # fmt: skip
    return Alarm(**{**base, **told})


def test_calls_come_again_ever_later_and_end() -> None:
    one, calls = alarm(), list[float]()
    for second in range(0, 24 * 3600, 60):
        if wants_call(one, at(second)):
            calls.append(second)
            one = one.model_copy(update={"calls": one.calls + 1, "called_at": at(second)})
    assert calls == [0, 900, 900 + 1800, 900 + 1800 + 3600]


@pytest.mark.parametrize("told", [
    {"acknowledged_at": at(1), "acknowledged_by": "ann"}, {"cleared_at": at(1)},
    {"silenced_until": at(60)},
])  # fmt: skip
def test_nobody_is_called_for_what_is_taken_on_over_or_silenced(told: dict[str, Any]) -> None:
    assert not wants_call(alarm(**told), at(5))


def test_when_a_silence_is_over_somebody_is_called() -> None:
    assert wants_call(alarm(silenced_until=at(60)), at(60))


def test_calls_of_an_hour_are_bounded_and_the_hardest_go_first() -> None:
    many = [alarm(id=f"alarm-{n}", level=Level.WARN, raised_at=at(n)) for n in range(100)]
    hard = alarm(id="alarm-hard", raised_at=at(200))
    called: list[datetime] = [at(-10)] * (bounds.ALARM_CALLS_PER_HOUR - 3)
    first = to_call([*many, hard], called, at(300))
    assert [one.id for one in first] == ["alarm-hard", "alarm-0", "alarm-1"]
    assert len(to_call(many, called, at(3_600))) == bounds.ALARM_CALLS_PER_HOUR


def test_what_nobody_has_taken_on_is_shown_first() -> None:
    taken = alarm(id="t", acknowledged_at=at(1), acknowledged_by="ann")
    warn, old = alarm(id="w", level=Level.WARN), alarm(id="o", raised_at=at(-5))
    shown = shown_first([taken, warn, alarm(id="n"), old], at(10))
    assert [one.id for one in shown] == ["o", "n", "w", "t"]
