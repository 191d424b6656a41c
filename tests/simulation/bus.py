"""A simulated bus: three streams with durable consumers, at-least-once, and every way to misbehave.

Owns: what is stored, what each consumer may be given when, and losing, doubling and delaying it.
Must not: know what a message means. Times are seconds on the world's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import PubAck

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
    _seq: int = 0
    _known: set[str] = field(default_factory=set)
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
        return [one for one in self.waiting if one.due <= now and one.consumer not in self.away]

    def moments(self) -> list[float]:
        """When messages may be given out."""
        return [one.due for one in self.waiting if one.consumer not in self.away]

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
        self._seq = 0

    def copy(self) -> Copy:
        """What a crash at this moment would leave."""
        waiting = tuple(replace(one) for one in self.waiting)
        return Copy(self.now(), self.life, waiting, self._seq, frozenset(self._known))

    def rewind(self, copy: Copy) -> None:
        """It is as it was: what came since is forgotten, what was acknowledged since is not."""
        self.waiting = [replace(one) for one in copy.waiting]
        self._seq, self._known = copy.seq, set(copy.known)

    def progress(self, stream: str) -> list[_Consumer]:
        """Each consumer of a stream, and up to where it has acknowledged what it takes."""
        oldest: dict[tuple[str, str], int] = {}
        for one in self.waiting:
            if not one.ghost:
                key = one.subject, one.consumer
                oldest[key] = min(oldest.get(key, one.seq), one.seq)
        found = []
        for subject, takers in self.consumers.items():
            for taker in takers if STREAMS[subject.partition(".")[0]] == stream else ():
                if taker not in self.away:
                    floor = oldest.get((subject, taker), self._seq + 1) - 1
                    found.append(_consumer(f"{taker}-{subject}", subject, floor, self._seq))
        return found

    def mark(self) -> tuple[datetime, int]:
        """What a stream says of itself."""
        return self.born, self._seq


@dataclass(frozen=True, slots=True)
class _Seq:
    stream: int


@dataclass(frozen=True, slots=True)
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


class JetStream:
    """What the relay needs of a JetStream context, for one process."""

    def __init__(self, bus: Bus, fate: Callable[[], str]) -> None:
        """`fate()` says what becomes of one publication; it may raise `Killed`."""
        self._bus, self._fate = bus, fate

    async def publish_async(
        self, subject: str, body: bytes, *, stream: str, headers: Mapping[str, str]
    ) -> asyncio.Future[PubAck]:
        """Store a message; the acknowledgement may be lost, or the message itself."""
        fate = self._fate()
        if not self._bus.up:
            raise NatsTimeout
        answer: asyncio.Future[PubAck] = asyncio.get_running_loop().create_future()
        if fate == "lost":
            answer.set_exception(NatsTimeout())
            return answer
        delay = float(fate.partition(":")[2]) if fate.startswith("delay") else 0.0
        seq = self._bus.store(subject, body, headers, delay)
        if fate == "doubled":
            self._bus.deaf = True
            self._bus.store(subject, body, headers, 0.5)
            self._bus.deaf = False
        if fate == "ack lost":
            answer.set_exception(NatsTimeout())
        else:
            answer.set_result(PubAck(stream=stream, seq=seq, domain=None, duplicate=False))
        return answer

    async def stream_info(self, _stream: str) -> Any:
        """Life and last sequence."""
        if not self._bus.up:
            raise NatsTimeout
        born, last = self._bus.mark()
        return _Info(born, _State(last), _Config(None))

    async def consumers_info(self, stream: str, _offset: int) -> Any:
        """How far the durable consumers of a stream are; one page."""
        if not self._bus.up:
            raise NatsTimeout
        return self._bus.progress(stream)


@dataclass(frozen=True, slots=True)
class _State:
    last_seq: int
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Config:
    durable_name: str | None
    filter_subject: str | None = None
    filter_subjects: None = None
    max_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Info:
    created: datetime
    state: _State
    config: _Config


@dataclass(frozen=True, slots=True)
class _Place:
    stream_seq: int


@dataclass(frozen=True, slots=True)
class _Consumer:
    name: str
    config: _Config
    ack_floor: _Place
    delivered: _Place


def _consumer(name: str, subject: str, acked: int, delivered: int) -> _Consumer:
    return _Consumer(name, _Config(name, subject), _Place(acked), _Place(delivered))
