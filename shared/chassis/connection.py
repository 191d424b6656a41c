"""The FastStream broker of a service, with the client settings that decide how faults are met.

Must not: subscribe or publish anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from faststream.nats import NatsBroker
from faststream.nats.message import NatsMessage
from nats.aio.msg import Msg

from shared.chassis import limits
from shared.chassis.bus_use import inbox_of
from shared.chassis.credentials import security_of
from shared.chassis.settings import Settings
from shared.contracts.message import Message

M = TypeVar("M", bound=Message)
log = structlog.get_logger(__name__)


def reader_of(kind: type[Message]) -> Callable[[NatsMessage], Awaitable[Message]]:
    """A FastStream decoder for messages of this class; raises ValidationError."""

    async def read(arrived: NatsMessage) -> Message:
        return kind.model_validate_json(arrived.body)

    return read


def straight(subscriber: Any, kind: type[M], hear: Callable[[M], Awaitable[None]]) -> None:
    """Let a subscriber of what may be missed give its handler messages straight from the client.

    FastStream keeps the subscription, and the documents come out the same. Its contexts, scopes and
    middlewares, none of which say anything of such a message, cost more than to hear it does: much
    for what comes several times a second at rest. What cannot be read, or fails, is logged.
    """

    async def consume(message: Msg) -> None:
        try:
            await hear(kind.model_validate_json(message.data))
        except Exception as error:
            log.warning("not_heard", subject=message.subject, error=repr(error)[:300])

    subscriber(hear)
    subscriber.consume = consume


def make_broker(
    service: str,
    settings: Settings,
    middleware: Any,
    lost: Callable[[], Awaitable[None]],
    found: Callable[[], Awaitable[None]],
    complain: Callable[[Exception], Awaitable[None]],
) -> NatsBroker:
    """A broker that never gives up on the bus and notices within seconds that it is gone."""
    timing = limits.BusTiming()
    return NatsBroker(
        settings.bus_servers(),
        name=f"redcrown-{service}",
        security=security_of(settings),
        inbox_prefix=inbox_of(service),
        # A finite number would end in a process that lives on and never consumes again.
        max_reconnect_attempts=-1,
        reconnect_time_wait=timing.reconnect_wait,  # type: ignore[arg-type]
        connect_timeout=timing.connect_timeout,
        ping_interval=timing.ping_interval,
        max_outstanding_pings=timing.max_outstanding_pings,
        disconnected_cb=lost,
        reconnected_cb=found,
        error_cb=complain,
        graceful_timeout=limits.STOP_GRACE_S / 2,
        logger=None,
        # Handlers take a message and nothing else; reading it straight from its bytes is faster
        # than FastStream's dependency injection, and the documents come out the same.
        apply_types=False,
        middlewares=(middleware,),
    )
