"""How everything is at one moment, as heard by this console: the shapes of the page and of the API.

Must not: be changed once made; `board` makes a new one for each look.
"""

from __future__ import annotations

from enum import StrEnum

from shared.contracts.values import Instant, Text, Value
from shared.contracts.vitals import PeerBeat


class State(StrEnum):
    """How a service, or one process of it, is."""

    ALIVE = "alive"
    DRAINED = "drained"
    """Takes no messages, answers questions."""
    SILENT = "silent"
    """Not heard for several beats, and had not said that it leaves."""
    LEFT = "left"
    """Was stopped, and said so."""
    UNHEARD = "unheard"
    """Not heard yet, and this console has not listened for long."""


class Level(StrEnum):
    """How much a finding wants somebody."""

    ALARM = "alarm"
    """Visits are hurt now, or will be soon."""
    WARN = "warn"
    NOTE = "note"
    """Somebody wanted it so, or it ends by itself."""


class Process(Value):
    """One process of a service."""

    instance: str
    state: State
    started_at: Instant
    heard_at: Instant
    code: str
    offset_s: float
    """How far its clock seems to be behind this console's; negative when it is ahead."""
    round_trip_ms: float | None
    server: str


class ServiceLine(Value):
    """One service with all its processes."""

    service: str
    state: State
    heard_at: Instant | None = None
    drained_until: Instant | None = None
    processes: tuple[Process, ...] = ()
    codes: tuple[str, ...] = ()
    """Versions of its living processes."""
    store: str = ""
    store_away: bool = False
    store_bytes: int | None = None
    free_bytes: int | None = None
    outbox_waiting: int = 0
    outbox_oldest_s: float = 0.0
    parked: int = 0
    undecided: int = 0
    """Of its own work, what waits for a person: orders at hotels."""
    commit_p50_ms: float | None = None
    commit_p99_ms: float | None = None
    handled_per_s: float = 0.0
    handled_trend: tuple[float, ...] = ()
    outbox_trend: tuple[float, ...] = ()
    commit_trend: tuple[float, ...] = ()
    """99th percentile in milliseconds; trends are of the last hour, oldest first."""


class Flow(Value):
    """One durable consumer over all processes of its service."""

    service: str
    consumer: str
    stream: str
    looked_at: Instant | None = None
    waiting: int = 0
    in_flight: int = 0
    redelivered: int = 0
    behind_s: float = 0.0
    in_per_s: float = 0.0
    out_per_s: float = 0.0
    retried_per_s: float = 0.0
    parked: int = 0
    """Since this console began to listen."""
    moved_at: Instant
    """When it last handled a message, or had none."""
    empty_at: Instant | None = None
    """At the present rates; None when it is empty, or grows."""
    paused_until: Instant | None = None
    paused_by: str | None = None
    reason: str = ""
    drained: bool = False
    """Paused with its whole service."""
    may_pause: bool = True
    waiting_trend: tuple[float, ...] = ()
    out_trend: tuple[float, ...] = ()


class StreamLine(Value):
    """One stream."""

    stream: str
    looked_at: Instant
    messages: int
    bytes: int
    max_bytes: int
    leader: str | None
    peers: tuple[PeerBeat, ...]
    messages_trend: tuple[float, ...] = ()


class Untaken(Value):
    """A stream into which services send in vain, although the bus answers."""

    stream: str
    for_s: float
    services: tuple[str, ...]
    servers: tuple[str, ...]
    """Where to look first: servers whose copies are not current, or who leads; as last heard."""


class Conservation(Value):
    """Commands in the stream against what their consumers have before them: they must be equal.

    More in the stream are zombies, or messages that nobody takes.
    """

    in_stream: int = 0
    counted: int = 0
    over: int = 0
    """Surely too many: the smallest difference within the time the figures span."""
    since: Instant | None = None
    whole: bool = False
    """Every service has been heard; without that nothing can be said."""


class Finding(Value):
    """Something that somebody should know, worked out by `judging`."""

    code: str
    level: Level
    service: str = ""
    consumer: str | None = None
    stream: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    sentence: Text
    harm: Text
    """Whom it hurts, and how."""


class Picture(Value):
    """All of it."""

    as_of: Instant
    """When the newest beat was heard."""
    listening_since: Instant
    live: bool
    """The bus is there; without it this is how things were at `as_of`."""
    settled: bool = True
    """It has listened, since the bus came, for long enough to know who is missing."""
    services: tuple[ServiceLine, ...] = ()
    flows: tuple[Flow, ...] = ()
    streams: tuple[StreamLine, ...] = ()
    commands: Conservation = Conservation()
    untaken: tuple[Untaken, ...] = ()
    server: str = ""
    cluster: str | None = None
    round_trip_ms: float | None = None
