"""The bus as this service needs it: streams and consumers that exist, and a watch over them.

Owns: the configuration of streams and consumers, and noticing that the bus has lost something.
Must not: publish or consume; `outbox` and FastStream do.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import BadRequestError, NotFoundError
from nats.js.errors import Error as JetStreamError

from shared.chassis import limits, preference
from shared.chassis.gathering import AT_ONCE, Gathering
from shared.contracts.message import COMMANDS, EVENTS, PARKED

log = structlog.get_logger(__name__)

ERRORS = (NatsError, JetStreamError)
"""What the client raises when the bus is away, slow or not yet ready."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """A durable consumer: which stream, its name, which subject it takes."""

    stream: str
    durable: str
    subject: str
    gathering: Gathering = AT_ONCE


class RankedConfig(ConsumerConfig):
    """A consumer that serves processes by rank; the client knows no such fields."""

    def as_dict(self) -> dict[str, Any]:
        """What the bus is told."""
        return {**super().as_dict(), **preference.CONFIG}


@dataclass(frozen=True, slots=True)
class StreamMark:
    """Which life of a stream this is, and how far it has come."""

    born: datetime | None
    last_seq: int
    crowded: bool = False
    """It is so full that it may drop what nobody has handled."""

    def went_back(self, before: StreamMark | None) -> bool:
        """Whether the stream is another one, or an older one, than when it was looked at last."""
        return before is None or before.born != self.born or before.last_seq > self.last_seq


def stream_configs(replicas: int) -> tuple[StreamConfig, ...]:
    """The three streams. Commands are taken once; events and parked messages age out."""

    def stream(name: str, prefix: str, retention: RetentionPolicy, age: float) -> StreamConfig:
        return StreamConfig(
            name=name,
            subjects=[f"{prefix}.>"],
            retention=retention,
            storage=StorageType.FILE,
            max_age=age,
            max_bytes=limits.STREAM_MAX_BYTES,
            max_msg_size=1024 * 1024,
            num_replicas=replicas,
            duplicate_window=120,
        )

    return (
        # A command waits until it is taken: only an empty queue may forget it.
        stream(COMMANDS, "cmd", RetentionPolicy.WORK_QUEUE, 0),
        stream(EVENTS, "evt", RetentionPolicy.LIMITS, limits.STREAM_MAX_AGE_S),
        stream(PARKED, "parked", RetentionPolicy.LIMITS, limits.PARKED_MAX_AGE_S),
    )


def consumer_config(consumer: Consumer, replicas: int) -> ConsumerConfig:
    """How every durable consumer behaves. Attempts are counted by `delivery`, never by the bus:
    a message beyond `max_deliver` would become a zombie that no counter shows.

    What a single server knows of a command's takers it keeps in memory: on its disk that is two
    files a message (ADR 20). The queue itself is on the disk, and holds just what is not handled.
    """
    return RankedConfig(
        # Named twice: then the request says in its subject which consumer it makes for what.
        name=consumer.durable,
        durable_name=consumer.durable,
        filter_subject=consumer.subject,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=limits.ACK_WAIT_S,
        max_deliver=-1,
        max_ack_pending=limits.MAX_ACK_PENDING,
        mem_storage=replicas == 1 and consumer.stream == COMMANDS,
    )


async def provision(js: JetStreamContext, replicas: int, consumers: tuple[Consumer, ...]) -> None:
    """Make streams and consumers that are missing; bring own consumers to this configuration.

    Safe to run by every replica of every service at once. A stream that exists with another
    configuration stays as it is: no service may change what all share.
    """
    for config in stream_configs(replicas):
        try:
            await js.add_stream(config)
        except BadRequestError as error:
            told = "run `python -m deploy.bus provision` as the bus's admin"
            log.warning("stream_differs", stream=config.name, error=str(error)[:300], remedy=told)
    for consumer in consumers:
        wanted = consumer_config(consumer, replicas)
        with suppress(NotFoundError):
            # Where it keeps its state cannot be changed: one that exists stays as it is.
            there = (await js.consumer_info(consumer.stream, consumer.durable)).config
            wanted.mem_storage = there.mem_storage
        await js.add_consumer(consumer.stream, wanted)


async def update_streams(js: JetStreamContext, replicas: int) -> list[str]:
    """Make the streams, or bring them to this configuration; the names of those that differed.

    Only the admin of the bus may.
    """
    differed: list[str] = []
    for config in stream_configs(replicas):
        try:
            await js.add_stream(config)
        except BadRequestError:
            await js.update_stream(config)
            differed.append(str(config.name))
    return differed


async def missing(js: JetStreamContext, consumers: tuple[Consumer, ...]) -> list[str]:
    """Streams and consumers that should exist and do not."""

    async def look(consumer: Consumer) -> bool:
        with suppress(NotFoundError):
            await js.consumer_info(consumer.stream, consumer.durable)
            return True
        return False

    # A consumer is there only if its stream is.
    others = sorted({COMMANDS, EVENTS, PARKED} - {consumer.stream for consumer in consumers})
    # All at once: the questions share a write, and the answers a few reads.
    there, marks = await asyncio.gather(
        asyncio.gather(*map(look, consumers)),
        asyncio.gather(*(mark_of(js, stream) for stream in others)),
    )
    gone = [
        f"{consumer.stream}/{consumer.durable}"
        for consumer, found in zip(consumers, there, strict=True)
        if not found
    ]
    return gone + [stream for stream, mark in zip(others, marks, strict=True) if mark is None]


async def mark_of(js: JetStreamContext, stream: str) -> StreamMark | None:
    """The present life, end and fullness of a stream; None when it is gone."""
    try:
        info = await js.stream_info(stream)
    except NotFoundError:
        return None
    most = info.config.max_bytes or 0
    crowded = 0 < most * limits.STREAM_CROWDED < info.state.bytes
    return StreamMark(info.created, info.state.last_seq, crowded)
