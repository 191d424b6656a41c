"""Which consumers of a service are paused until when, worked out from the acts of people.

Pure: no store, no bus. A consumer's own pause and a pause of all are apart: each ends by its own
act, or by itself, and a consumer gets nothing while either lasts.

Must not: pause anything; `intake` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from shared.chassis import limits
from shared.chassis.choosing import Done
from shared.contracts.message import Problem
from shared.contracts.vitals import PAUSE_MAX_S, Pausing, SetIntake

ALL = ""
"""How a record names all consumers."""
SAME_S = 1.0
"""Ends of a pause that differ by less are one: the bus keeps its own digits."""


class Act(Protocol):
    """An accepted act, as it is kept."""

    consumer: str
    paused_until: datetime | None
    actor: str
    reason: str


def check(command: SetIntake, consumers: Collection[str], spared: str, now: datetime) -> Done:
    """Whether an act can be done. `spared` is the consumer of these acts themselves."""
    wrong = _wrong_consumer(command.durable, consumers, spared)
    if wrong is not None:
        return Done("missing" if wrong.code == "no_such_consumer" else "invalid", (wrong,))
    if command.paused_until is None:
        return Done()
    return wrong_end(command.paused_until, now) or Done()


def wrong_end(until: datetime, now: datetime) -> Done | None:
    """Why a pause cannot end then; None when it can."""
    longest = now + timedelta(seconds=PAUSE_MAX_S + limits.PAUSE_SLACK_S)
    if until <= now:
        over = Problem(code="over", path="paused_until", message="this pause would be over already",
                       remedy="say a later end")  # fmt: skip
        return Done("conflict", (over,))
    if until > longest:
        most = f"{PAUSE_MAX_S / 3600:.0f} hours"
        said = f"a pause lasts {most} at most"
        long = Problem(code="too_long", path="paused_until", message=said,
                       remedy="pause for less; it can be set again before it ends")  # fmt: skip
        return Done("invalid", (long,))
    return None


def _wrong_consumer(
    consumer: str | None, consumers: Collection[str], spared: str
) -> Problem | None:
    if consumer is None:
        return None
    if consumer not in consumers:
        return Problem(
            code="no_such_consumer",
            path="durable",
            message=f"this service has no consumer {consumer}",
            remedy=f"it has {', '.join(sorted(set(consumers) - {spared}))}"[:1_000],
        )
    if consumer == spared:
        return Problem(
            code="spared",
            path="durable",
            message="this consumer takes the command that ends a pause",
            remedy="pause another one",
        )
    return None


def holding(
    newest_first: Iterable[Act], consumers: Iterable[str], spared: str, now: datetime
) -> tuple[dict[str, Pausing], datetime | None]:
    """What is paused now, by consumer, and until when the whole service is drained."""
    latest: dict[str, Act] = {}
    for act in newest_first:
        latest.setdefault(act.consumer, act)
    found: dict[str, Pausing] = {}
    whole = _pausing(latest.get(ALL), now, drained=True)
    for consumer in consumers:
        own = _pausing(latest.get(consumer), now, drained=False)
        both = [one for one in (whole, own) if one is not None]
        if consumer != spared and both:
            found[consumer] = max(both, key=lambda one: one.until)
    return found, whole.until if whole else None


def _pausing(act: Act | None, now: datetime, *, drained: bool) -> Pausing | None:
    if act is None or act.paused_until is None or act.paused_until <= now:
        return None
    return Pausing(
        until=act.paused_until, actor=act.actor, reason=act.reason[:200], drained=drained
    )


def to_tell(
    wanted: Mapping[str, Pausing], seen: Mapping[str, datetime | None], now: datetime
) -> dict[str, datetime | None]:
    """What the bus must be told: a new end for each consumer where it holds another.

    `seen` has what the bus last said; a pause that is over is none.
    """
    told: dict[str, datetime | None] = {}
    for consumer, until in seen.items():
        is_now = until if until is not None and until > now else None
        pause = wanted.get(consumer)
        want = pause.until if pause is not None else None
        if want is None or is_now is None:
            differs = want is not is_now
        else:
            differs = abs((want - is_now).total_seconds()) >= SAME_S
        if differs:
            told[consumer] = want
    return told
