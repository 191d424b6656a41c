"""The shapes of alarms before they are alarms: a rule, and what a look at one thing found.

Must not: know one particular rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from services.console.finding import say
from services.console.picture import Level
from shared.contracts.values import Text


@dataclass(frozen=True, slots=True)
class Rule:
    """Above `limit` for `after_s` raises an alarm; not above `calm` for `clear_s` clears it.

    Between the two an alarm that stands goes on standing, and no new one is raised: what swings
    around the limit does not flap.
    """

    name: str
    level: Level
    limit: float
    calm: float
    after_s: float
    clear_s: float
    unit: Literal["", "s", "share"] = ""
    """Of `limit`: seconds, or a share of a whole."""

    def __post_init__(self) -> None:
        assert self.calm <= self.limit, self.name


@dataclass(frozen=True, slots=True)
class Look:
    """One thing as one rule sees it at one moment."""

    rule: Rule
    about: str
    """What of its kind: a service, a stream, a visit; empty where there is only one."""
    value: float
    sentence: Text
    harm: Text
    service: str = ""
    consumer: str | None = None
    stream: str | None = None
    visit: str | None = None

    @property
    def key(self) -> str:
        """Of one key at most one alarm stands."""
        return f"{self.rule.name}/{self.about}"

    @property
    def over(self) -> bool:
        """It is as an alarm is raised for."""
        return self.value > self.rule.limit

    @property
    def stands(self) -> bool:
        """An alarm that stands is not over yet."""
        return self.value > self.rule.calm


@dataclass(frozen=True, slots=True)
class Looks:
    """Everything that one look found. Rules that are not `asked` could not be judged."""

    asked: frozenset[str]
    found: tuple[Look, ...] = ()


def look(
    rule: Rule, about: str, value: float, service: str = "", *, harm: Callable[[], Text],
    consumer: str | None = None, stream: str | None = None, **values: Any,
) -> Iterator[Look]:  # fmt: skip
    """A look whose sentence is the word `alarm.<rule>`. Nothing where it is calm: that is so of
    nearly all, every few seconds, and to say it in two languages was half of what a look costs."""
    if value <= rule.calm:
        return
    named = {"service": service, "consumer": consumer, "stream": stream, **values}
    told = {key: one for key, one in named.items() if one is not None}
    sentence = say(f"alarm.{rule.name}", **told)
    yield Look(rule, about, value, sentence, harm(), service, consumer, stream)
