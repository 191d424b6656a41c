"""Durable consumers as beats tell of them: depth, rates, when they last moved, what they were.

Owns: counters and samples by consumer, bounded.
Must not: know services but by name.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.console.picture import Flow
from services.console.rings import Rings
from shared.contracts.vitals import Beat, ConsumerBeat, SetIntake

RATE_S = 30.0
"""Rates are those of the last so many seconds."""
SAMPLES = 40
MOST_FLOWS = 1_000


@dataclass(frozen=True, slots=True)
class Sample:
    """Counters of one consumer at one moment."""

    at: datetime
    handled: int
    retried: int
    depth: int


@dataclass(slots=True)
class Book:
    """What is known of one consumer."""

    service: str
    beat: ConsumerBeat
    heard_at: datetime
    moved_at: datetime
    handled: int = 0
    retried: int = 0
    parked: int = 0
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=SAMPLES))

    @property
    def depth(self) -> int:
        """Messages before it: waiting, or delivered and not acknowledged."""
        return self.beat.waiting + self.beat.in_flight


@dataclass(frozen=True, slots=True)
class Rates:
    """A second: what came, what was handled, what failed and comes again."""

    arriving: float = 0.0
    leaving: float = 0.0
    retried: float = 0.0


class FlowBook:
    """All consumers."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}

    def hear(self, beat: Beat, before: Beat | None, now: datetime) -> None:
        """Take in what a beat tells of its consumers; `before` is the same process' last one."""
        old = {one.name: one for one in before.consumers} if before else {}
        for one in beat.consumers:
            book = self._books.get(one.name)
            if book is None:
                if len(self._books) >= MOST_FLOWS:
                    continue
                book = self._books[one.name] = Book(beat.service, one, now, now)
            self._count(book, one, old.get(one.name), now)

    def _count(
        self, book: Book, one: ConsumerBeat, before: ConsumerBeat | None, now: datetime
    ) -> None:
        book.heard_at = now
        handled = one.handled - before.handled if before else 0
        if before is not None:
            book.handled += handled
            book.retried += one.retried - before.retried
            book.parked += one.parked - before.parked
        # A look is news when it is new to its own process: clocks of several differ.
        if one.looked_at is not None and (before is None or one.looked_at != before.looked_at):
            book.beat = one
        if handled or book.depth == 0 or book.beat.paused_until is not None:
            book.moved_at = now

    def tick(self, now: datetime) -> None:
        """Keep the counters of this moment."""
        for book in self._books.values():
            book.samples.append(Sample(now, book.handled, book.retried, book.depth))
            while (now - book.samples[0].at).total_seconds() > RATE_S:
                book.samples.popleft()

    def forget(self, before: datetime) -> None:
        """Leave out consumers that nobody has told of since."""
        self._books = {name: one for name, one in self._books.items() if one.heard_at >= before}

    def depth_of(self, stream: str) -> int:
        """What all consumers of a stream have before them."""
        return sum(one.depth for one in self._books.values() if one.beat.stream == stream)

    def rates(self) -> dict[str, Rates]:
        """By consumer."""
        return {name: rates(book.samples) for name, book in self._books.items()}

    def rates_of_services(self, by_consumer: Mapping[str, Rates]) -> dict[str, float]:
        """Messages handled a second, by service."""
        found: dict[str, float] = {}
        for name, rate in by_consumer.items():
            service = self._books[name].service
            found[service] = found.get(service, 0.0) + rate.leaving
        return found

    def figures(self, by_consumer: Mapping[str, Rates]) -> dict[str, float]:
        """What is kept of consumers for trends, by name."""
        found: dict[str, float] = {}
        for name, rate in by_consumer.items():
            found[f"waiting {name}"] = float(self._books[name].depth)
            found[f"out {name}"] = round(rate.leaving, 2)
        return found

    def flows(
        self, now: datetime, by_consumer: Mapping[str, Rates], beats: Iterable[Beat], rings: Rings
    ) -> tuple[Flow, ...]:
        """All consumers as they are, by service and name."""
        behind = _least_behind(beats)
        ordered = sorted(self._books.items(), key=lambda one: (one[1].service, one[0]))
        return tuple(
            _flow(book, now, by_consumer[name], behind.get(name), rings) for name, book in ordered
        )


def rates(samples: Sequence[Sample]) -> Rates:
    """Between the first and the last sample. Arrivals are what was handled and what piled up."""
    if len(samples) < 2:
        return Rates()
    first, last = samples[0], samples[-1]
    seconds = (last.at - first.at).total_seconds()
    if seconds <= 0:
        return Rates()
    leaving = (last.handled - first.handled) / seconds
    piled = (last.depth - first.depth) / seconds
    retried = (last.retried - first.retried) / seconds
    return Rates(max(0.0, leaving + piled), max(0.0, leaving), max(0.0, retried))


def empty_in_s(depth: int, rate: Rates) -> float | None:
    """Seconds until nothing waits at these rates; None when it is empty, or does not shrink."""
    shrinking = rate.leaving - rate.arriving
    return depth / shrinking if depth > 0 and shrinking > 0.01 else None


def _least_behind(beats: Iterable[Beat]) -> dict[str, float]:
    """Each process can only say how old the oldest message is at most: the smallest is right."""
    found: dict[str, float] = {}
    for beat in beats:
        for one in beat.consumers:
            if one.looked_at is not None:
                found[one.name] = min(found.get(one.name, one.behind_s), one.behind_s)
    return found


def _flow(book: Book, now: datetime, rate: Rates, behind_s: float | None, rings: Rings) -> Flow:
    one = book.beat
    left_s = empty_in_s(book.depth, rate)
    pause, held = one.pause, one.paused_until is not None and one.paused_until > now
    return Flow(
        service=book.service,
        consumer=one.name,
        stream=one.stream,
        looked_at=one.looked_at,
        waiting=one.waiting,
        in_flight=one.in_flight,
        redelivered=one.redelivered,
        behind_s=one.behind_s if behind_s is None else behind_s,
        in_per_s=round(rate.arriving, 2),
        out_per_s=round(rate.leaving, 2),
        retried_per_s=round(rate.retried, 2),
        parked=book.parked,
        moved_at=book.moved_at,
        empty_at=now + timedelta(seconds=min(left_s, 10**7)) if left_s is not None else None,
        paused_until=one.paused_until if held else None,
        paused_by=pause.actor if pause and held else None,
        reason=pause.reason if pause and held else "",
        drained=bool(pause and pause.drained and held),
        may_pause=one.name != SetIntake.consumer(book.service),
        waiting_trend=rings.trend(f"waiting {one.name}"),
        out_trend=rings.trend(f"out {one.name}"),
    )
