"""The simulated bus as the client library shows it to one process.

Must not: choose what goes wrong; it is given each publication's fate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import PubAck

from tests.simulation.bus import Bus


class JetStream:
    """What the relay needs of a JetStream context, for one process."""

    def __init__(
        self, bus: Bus, fate: Callable[[], str], stored: Callable[[], None] = lambda: None
    ) -> None:
        """`fate()` says what becomes of one publication, `stored()` hears that the bus has it;
        both may raise `Killed`."""
        self._bus, self._fate, self._stored = bus, fate, stored

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
        self._stored()
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
        last = self._bus.mark()[1]
        return [_consumer(*one, last) for one in self._bus.progress(stream)]


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


@lru_cache(10_000)
def _consumer(name: str, subject: str, acked: int, delivered: int) -> _Consumer:
    return _Consumer(name, _Config(name, subject), _Place(acked), _Place(delivered))
