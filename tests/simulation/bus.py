"""A simulated bus: three streams with durable consumers, at-least-once, and every way to misbehave.

Owns: what is stored, what each consumer may be given when, and losing, doubling and delaying it.
Must not: know what a message means. Times are seconds on the world's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from shared.chassis import limits
from shared.contracts.message import COMMANDS, EVENTS, PARKED

STREAMS = {"cmd": COMMANDS, "evt": EVENTS, "parked": PARKED}


@dataclass(slots=True)
class Stored:
    """A message of a stream, as one consumer has it."""

    subject: str
    data: bytes
    headers: Mapping[str, str]
    stream: str
    seq: int
    consumer: str
    due: float
    """When it may be given out (again)."""
    given: int = 0
    ghost: bool = False
    """It comes again although it was acknowledged."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What was on the bus's disk at some moment."""

    at: float
    life: int
    waiting: tuple[Stored, ...]
    seq: int
    known: frozenset[str]
    paused: tuple[tuple[tuple[str, str], float], ...]


@dataclass(slots=True)
class Bus:
    """Streams and consumers. `consumers` maps a subject to the processes that take it."""

    now: Callable[[], float]
    consumers: Mapping[str, tuple[str, ...]]
    up: bool = True
    life: int = 1
    waiting: list[Stored] = field(default_factory=list)
    old: list[Stored] = field(default_factory=list)
    """Done with; may still come again as a ghost."""
    away: set[str] = field(default_factory=set)
    """Processes whose consumers are gone, until they make them anew."""
    paused: dict[tuple[str, str], float] = field(default_factory=dict)
    """Until when what takes a subject at a process is given nothing, by process and subject."""
    _seq: int = 0
    _known: set[str] = field(default_factory=set)
    _named: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    deaf: bool = False
    """It does not notice that a message is a repetition (its window has passed)."""

    @property
    def born(self) -> datetime:
        """Which life of the streams this is."""
        return datetime.fromtimestamp(self.life, UTC)

    def store(self, subject: str, data: bytes, headers: Mapping[str, str], delay: float) -> int:
        """Keep a message for each consumer of its subject; return its sequence."""
        one = headers.get("Nats-Msg-Id", "")
        if one in self._known and not self.deaf:
            return self._seq
        self._known.add(one)
        self._seq += 1
        stream = STREAMS[subject.partition(".")[0]]
        for consumer in self.consumers.get(subject, ()):
            due = self.now() + delay
            self.waiting.append(Stored(subject, data, headers, stream, self._seq, consumer, due))
        return self._seq

    def ready(self) -> list[Stored]:
        """What may be given out now, in order."""
        now = self.now()
        return [one for one in self.waiting if one.due <= now and self.may_have(one)]

    def moments(self) -> list[float]:
        """When messages may be given out."""
        return [
            max(one.due, self.paused.get((one.consumer, one.subject), one.due))
            for one in self.waiting
            if one.consumer not in self.away
        ]

    def may_have(self, one: Stored) -> bool:
        """Whether its consumer is there and not paused."""
        return one.consumer not in self.away and (
            not self.paused or self.paused.get((one.consumer, one.subject), 0.0) <= self.now()
        )

    def pause(self, process: str, subjects: Iterable[str], until: float | None) -> None:
        """Give what takes these subjects at a process nothing until then; with none, at once."""
        for subject in subjects:
            if until is None:
                self.paused.pop((process, subject), None)
            else:
                self.paused[process, subject] = until

    def give(self, one: Stored) -> Raw:
        """Hand a message to its consumer; it comes again unless acknowledged in time."""
        one.given += 1
        one.due = self.now() + limits.ACK_WAIT_S
        return Raw(self, one)

    def done(self, one: Stored) -> None:
        """It was acknowledged."""
        if one in self.waiting:
            self.waiting.remove(one)
            self.old.append(one)

    def wipe(self, gone: bool = False) -> None:
        """The directory of the streams is deleted; the server makes them anew, empty.

        With `gone`, consumers come back only as their processes look at the bus.
        """
        self.life += 1
        self.away = {one for each in self.consumers.values() for one in each} if gone else set()
        self.waiting.clear()
        self._known.clear()
        self.paused.clear()
        self._seq = 0

    def copy(self) -> Copy:
        """What a crash at this moment would leave."""
        waiting = tuple(replace(one) for one in self.waiting)
        known, paused = frozenset(self._known), tuple(self.paused.items())
        return Copy(self.now(), self.life, waiting, self._seq, known, paused)

    def rewind(self, copy: Copy) -> None:
        """It is as it was: what came since is forgotten, what was acknowledged since is not."""
        self.waiting = [replace(one) for one in copy.waiting]
        self._seq, self._known, self.paused = copy.seq, set(copy.known), dict(copy.paused)

    def progress(self, stream: str) -> list[tuple[str, str, int]]:
        """Each consumer of a stream, its subject, and up to where it has acknowledged that."""
        oldest: dict[tuple[str, str], int] = {}
        for one in self.waiting:
            if not one.ghost:
                key = one.subject, one.consumer
                oldest[key] = min(oldest.get(key, one.seq), one.seq)
        whole = self._seq + 1
        return [
            (name, subject, oldest.get((subject, taker), whole) - 1)
            for name, subject, taker in self._durables()[stream]
            if taker not in self.away
        ]

    def _durables(self) -> Mapping[str, list[tuple[str, str, str]]]:
        """Name, subject and process of each consumer, by stream."""
        if not self._named:
            self._named = {stream: [] for stream in STREAMS.values()}
            for subject, takers in self.consumers.items():
                stream = STREAMS[subject.partition(".")[0]]
                self._named[stream] += [(f"{one}-{subject}", subject, one) for one in takers]
        return self._named

    def mark(self) -> tuple[datetime, int]:
        """What a stream says of itself."""
        return self.born, self._seq


@dataclass(slots=True)
class _Seq:
    stream: int


@dataclass(slots=True)
class _Meta:
    stream: str
    consumer: str
    sequence: _Seq
    num_delivered: int
    timestamp: datetime | None = None


class Raw:
    """A delivered message as the client library shows it."""

    def __init__(self, bus: Bus, one: Stored) -> None:
        self._bus, self._one = bus, one
        self.subject, self.data, self.headers = one.subject, one.data, dict(one.headers)
        self.metadata = _Meta(one.stream, one.consumer, _Seq(one.seq), one.given)
        self.lose_ack = False
        self.before_ack: Callable[[], None] = lambda: None

    async def ack(self) -> None:
        """Done, if the word arrives."""
        self.before_ack()
        if not self.lose_ack:
            self._bus.done(self._one)

    async def nak(self, delay: float) -> None:
        """Again in `delay` seconds."""
        self._one.due = self._bus.now() + delay
