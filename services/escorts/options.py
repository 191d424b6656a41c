"""Saying no with a way out: refusals, and alternatives that were tried before they are offered.

Owns: which other times are looked at, and that an alternative's `change` really fits.
Must not: know people or vehicles; the caller brings ideas and the decision to try them with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.escorts.documents import Person
from services.escorts.duty import QUARTER_MIN, is_stay
from shared.contracts.holds import Alternative, NeedRequest, Refusal
from shared.contracts.values import Text, Window
from shared.holds.port import QUARTER_S, Allotment, Ask

MAX_ALTERNATIVES = 4
LOOK_QUARTERS = 96
"""Other times are looked for at most one day before and after the wish."""
SHIFTS = (*range(2, 13, 2), *range(16, 49, 4), LOOK_QUARTERS)
"""Half hours for three hours, hours for twelve, the same time next day: a no must not take long."""
"""Times outside are a typing error, and calendar arithmetic stays far from its ends."""

QUARTER = timedelta(seconds=QUARTER_S)
Decide = Callable[[Ask], Allotment | Refusal]


@dataclass(frozen=True, slots=True)
class Idea:
    """A change of the need to try, and the words that introduce it."""

    change: dict[str, Any]
    zh: str
    en: str


Ideas = Iterable[Idea]
"""Ideas of one sort, nearest to the wish first: the first one that fits is offered."""


def refuse(code: str, zh: str, en: str) -> Refusal:
    """A no with its sentence, alternatives not yet looked for."""
    return Refusal(code=code, sentence=Text(zh=zh, en=en))


def with_alternatives(
    refusal: Refusal, ask: Ask, sorts: Iterable[Ideas], decide: Decide
) -> Refusal:
    """The refusal with, of each sort of ideas, the first that fits; the best sort comes first."""
    found: list[Alternative] = []
    for ideas in sorts if ask.advise else ():
        for idea in ideas:
            answer = decide(replace(ask, request=changed(ask.request, idea.change)))
            if isinstance(answer, Allotment):
                words = Text(
                    zh=f"{idea.zh}：{answer.summary.zh}", en=f"{idea.en}: {answer.summary.en}"
                )
                found.append(Alternative(sentence=words, change=idea.change))
                break
        if len(found) == MAX_ALTERNATIVES:
            break
    return refusal.model_copy(update={"alternatives": tuple(found)})


def changed(request: NeedRequest, change: dict[str, Any]) -> NeedRequest:
    """The request with an alternative's fields set: times in the window, others in the details."""
    times = {name: change[name] for name in ("starts_at", "ends_at") if name in change}
    wishes = {name: value for name, value in change.items() if name not in times}
    window = Window.model_validate(request.window.model_dump() | times)
    return request.model_copy(update={"window": window, "details": request.details | wishes})


def other_times(ask: Ask) -> tuple[Ideas, Ideas]:
    """The same window later, and earlier but not before now. A stay is bound to its days."""
    return _shifted(ask, 1), _shifted(ask, -1)


def _shifted(ask: Ask, sign: int) -> Iterator[Idea]:
    window, zone = ask.request.window, ask.request.zone
    for by in () if is_stay(window) else SHIFTS:
        starts_at, ends_at = (
            window.starts_at + sign * by * QUARTER,
            window.ends_at + sign * by * QUARTER,
        )
        if starts_at >= ask.now:
            times = {"starts_at": iso(starts_at), "ends_at": iso(ends_at)}
            when = span_text(starts_at, ends_at, zone)
            yield Idea(times, f"改在{when}", f"At {when}")


def shorter(ask: Ask, people: Iterable[Person], buffer_minutes: int) -> Ideas:
    """The same start and an earlier end, longest first; the rest is another need.

    A stretch by quarter hours, from what one of these people may work in a day with buffers.
    """
    window, zone = ask.request.window, ask.request.zone
    travel = 2 * -(-buffer_minutes // QUARTER_MIN) * QUARTER_MIN
    work = max((person.max_duty_minutes for person in people), default=0)
    length = window.ends_at - window.starts_at
    longest = min(length - QUARTER, timedelta(minutes=work - travel))
    while longest > timedelta():
        yield _ending(window.starts_at, window.starts_at + longest, zone)
        longest -= QUARTER


def fewer_days(ask: Ask) -> Ideas:
    """A stay with the same start that ends whole days earlier, longest first."""
    window, zone = ask.request.window, ask.request.zone
    days = (window.ends_at - window.starts_at).days
    for fewer_by in range(1, days + 1):
        ends_at = window.ends_at - timedelta(days=fewer_by)
        if ends_at > window.starts_at:
            yield _ending(window.starts_at, ends_at, zone)


def _ending(starts_at: datetime, ends_at: datetime, zone: str) -> Idea:
    when = span_text(starts_at, ends_at, zone)
    return Idea(
        {"ends_at": iso(ends_at)},
        f"分段，先订{when}，其余另列一项",
        f"Split: {when} here and the rest as another need",
    )


def fewer(
    ask: Ask, field: str, wanted: int, upper: int, words: tuple[str, str], decide: Decide
) -> Ideas:
    """The largest number below `wanted`, and at most `upper`, that fits.

    Found by halving, as any smaller number fits too. `words` name the thing in both languages.
    """
    low, high = 0, min(wanted - 1, upper)
    while low < high:
        middle = (low + high + 1) // 2
        answer = decide(replace(ask, request=changed(ask.request, {field: middle})))
        low, high = (middle, high) if isinstance(answer, Allotment) else (low, middle - 1)
    if low:
        yield Idea({field: low}, f"减为{low}{words[0]}", f"With {low} {words[1]} only")


def iso(moment: datetime) -> str:
    """`2026-12-03T02:15:00Z`, whatever zone the moment is given in."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def span_text(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """`2026-12-03 10:00–12:00`, with the second date when it is another day."""
    starts, ends = starts_at.astimezone(ZoneInfo(zone)), ends_at.astimezone(ZoneInfo(zone))
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"{starts:%Y-%m-%d %H:%M}–{until}"


def window_text(request: NeedRequest) -> str:
    """The wished-for time, as the planner reads it."""
    return span_text(request.window.starts_at, request.window.ends_at, request.zone)


def listed(names: list[str], joint: str) -> str:
    """The first few names, and how many more."""
    more = f" +{len(names) - 8}" if len(names) > 8 else ""
    return joint.join(names[:8]) + more
