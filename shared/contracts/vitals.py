"""How a service says that it lives and how it is, and how its intake is stopped and begun again.

Every service does, so these classes have no owner of their own.

Must not: carry anything of a message's content, or a judgement; whoever hears a beat judges.
"""

from __future__ import annotations

from pydantic import Field

from shared.contracts.message import Command, Problem, Query, Signal
from shared.contracts.parking import Reason
from shared.contracts.parking_reading import Cursor
from shared.contracts.values import Instant, Key, Value

PAUSE_MAX_S = 12 * 3600.0
"""The longest pause: it ends by itself, so that a forgotten one is not for ever."""
MAX_CONSUMERS = 200


class Pausing(Value):
    """A consumer gets no messages until then, and who wanted that."""

    until: Instant
    actor: Key
    reason: str
    drained: bool = False
    """With all others of its service, and not alone."""


class ConsumerBeat(Value):
    """One durable consumer, as this process sees it.

    Figures of the bus are as of `looked_at` and count all replicas; those of handling count this
    process since its start.
    """

    name: Key
    stream: Key
    looked_at: Instant | None = None
    """None when the bus has not been asked yet; the figures of the bus mean nothing then."""
    waiting: int = 0
    """In the stream and not delivered yet."""
    in_flight: int = 0
    """Delivered and not acknowledged; those that failed and come again count here."""
    redelivered: int = 0
    """Of those in flight, how many were delivered more than once."""
    behind_s: float = 0.0
    """Age of the oldest message that waits, known to within the rhythm of looking; 0 for none."""
    handled: int = 0
    retried: int = 0
    parked: int = 0
    paused_until: Instant | None = None
    """What the bus says; `pause` is what this service wants."""
    pause: Pausing | None = None


class PeerBeat(Value):
    """One server that keeps a copy of a stream."""

    name: str
    current: bool
    offline: bool
    lag: int
    """Operations that it has still to take over."""


class StreamBeat(Value):
    """One stream, as of `looked_at`."""

    name: Key
    looked_at: Instant
    messages: int
    bytes: int
    max_bytes: int
    """-1 for no limit."""
    leader: str | None = None
    peers: tuple[PeerBeat, ...] = ()
    """Other servers that keep copies; none on a single server."""


class StoreBeat(Value):
    """A service's own store, as of `looked_at`."""

    kind: str
    """`sqlite` or `postgresql`."""
    looked_at: Instant | None = None
    away: bool = False
    """The last look failed: the figures are older ones."""
    bytes: int | None = None
    free_bytes: int | None = None
    """Left on its disk; None where the service cannot know."""
    outbox_waiting: int = 0
    """Messages that were committed and are not on the bus yet; counted up to 10,000."""
    outbox_oldest_s: float = 0.0
    parked: int = 0
    """Messages that wait for a person."""
    undecided: int = 0
    """What else of its own work waits for a person: orders at hotels."""
    commit_p50_ms: float | None = None
    commit_p99_ms: float | None = None
    """Of this process's latest transactions with messages, at most a minute old."""


class UntakenBeat(Value):
    """A stream into which this process sends in vain: no answer, or that it is not stored."""

    stream: Key
    for_s: float
    """Since the first of those that failed one after the other."""


class BusBeat(Value):
    """This process's line to the bus."""

    server: str
    cluster: str | None = None
    round_trip_ms: float | None = None
    """Of the last question to JetStream."""
    publish_failures: int = 0
    """Publishes that were left to the sweep, since the start."""
    untaken: tuple[UntakenBeat, ...] = Field(default=(), max_length=20)


class Beat(Signal):
    """One process says how it is, every `rhythm_s`. Nobody keeps it."""

    service: Key
    instance: Key
    """Of this process: another one, or the same after a restart, has another."""
    sent_at: Instant
    started_at: Instant
    code: Key
    """Its version: alike in processes that run the same files."""
    rhythm_s: float = Field(gt=0)
    ready: bool
    leaving: bool = False
    """It was told to stop, and this is its last word."""
    drained_until: Instant | None = None
    """It takes no messages until then; it goes on answering questions."""
    store: StoreBeat
    bus: BusBeat
    consumers: tuple[ConsumerBeat, ...] = Field(default=(), max_length=MAX_CONSUMERS)
    streams: tuple[StreamBeat, ...] = Field(default=(), max_length=20)


class SetIntake(Command):
    """Take no messages for a while, or take them again. Answered by `CommandAnswered` about the
    command.

    The pause is kept by the bus, so that it holds for all replicas and ends by itself; and by the
    service, so that a bus that was wiped is told again.
    """

    command: Key
    reason: Reason
    durable: Key | None = None
    """A durable consumer of the service; None for all of them, which drains the service."""
    paused_until: Instant | None = None
    """At most `PAUSE_MAX_S` from now; None ends a pause."""


class ListIntakeActs(Query):
    """Who stopped and began what, newest first. Answered by `IntakeActs`."""

    after: Cursor | None = None
    limit: int = Field(default=50, ge=1, le=200)


class IntakeAct(Value):
    """One act."""

    act: Key
    service: Key
    consumer: Key | None
    paused_until: Instant | None
    actor: Key
    at: Instant
    reason: str
    outcome: str
    problems: tuple[Problem, ...]


class IntakeActs(Value):
    """A page of acts; `next` is the `after` of the following page."""

    acts: tuple[IntakeAct, ...]
    next: str | None = None
