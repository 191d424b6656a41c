"""What becomes of a message after its handler: acknowledged, tried again later, or parked.

Owns: every decision about acknowledging, retrying and parking, for all consumers of a service.
Must not: lose a message: it is acknowledged only after its effect, or its parking, is committed.
"""

from __future__ import annotations

import json
import random
import time
import traceback
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from faststream import BaseMiddleware
from pydantic import ValidationError

from shared.chassis import limits, parked
from shared.chassis.arrival import arrival_of, message_id
from shared.chassis.grouped import GROUP, Member
from shared.chassis.life import TooEarlyError
from shared.chassis.store import STORE_AWAY
from shared.chassis.work import Work
from shared.contracts.message import parked_subject

if TYPE_CHECKING:
    from shared.chassis.service import Service

log = structlog.get_logger(__name__)

INFRASTRUCTURE = (*STORE_AWAY, ConnectionError, OSError)
"""Errors of the store or the machine: not the message's fault, so they never park it."""


class Failures:
    """How often the handler of each message has failed in this process.

    The bus counts deliveries, also those that a store that was away, or a death, had in vain.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()

    def count(self, one: str, error: BaseException) -> int:
        """Take in a failure; how many of them were the message's own fault."""
        own = self._counts.pop(one, 0) + (not isinstance(error, (*INFRASTRUCTURE, TooEarlyError)))
        self._counts[one] = own
        if len(self._counts) > limits.FAILURES:
            self._counts.popitem(last=False)
        return own

    def forget(self, one: str) -> None:
        """It is dealt with."""
        self._counts.pop(one, None)


def classify(error: BaseException, attempts: int) -> str:
    """`unreadable` (park at once), `wait` (infrastructure), `retry`, or `failing` (park).

    `attempts` failed by the message's own fault.
    """
    if isinstance(error, ValidationError):
        return "unreadable"
    if isinstance(error, (*INFRASTRUCTURE, TooEarlyError)):
        return "wait"
    return "failing" if attempts >= limits.MAX_ATTEMPTS else "retry"


def backoff_s(attempts: int, chance: float) -> float:
    """Seconds until the next attempt; `chance` in [0, 1) spreads it by a fifth.

    After none of its own failures a message only waits for the machine, and never for long.
    """
    step = limits.BACKOFF_S[min(attempts, len(limits.BACKOFF_S)) - 1] if attempts else limits.WAIT_S
    return spread(step, chance)


def spread(seconds: float, chance: float) -> float:
    """A tenth less to a tenth more, so that what failed together does not come again together."""
    return seconds * (0.9 + 0.2 * chance)


def delivery_middleware(service: Service) -> Callable[..., BaseMiddleware]:
    """The FastStream middleware that applies the rules to every consumer of `service`."""
    return partial(_Rules, service, Failures())


class _Rules(BaseMiddleware):
    """What one consumer's messages go through."""

    __slots__ = ("_failures", "_service")

    def __init__(self, service: Service, failures: Failures, msg: Any, /, *, context: Any) -> None:
        super().__init__(msg, context=context)
        self._service, self._failures = service, failures

    async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: Any) -> Any:
        raw = msg.raw_message
        if not isinstance(raw, list):
            return await call_next(msg)  # A question, or what is only heard.
        return await _together(self._service, self._failures, raw, lambda: call_next(msg))


async def _together(
    service: Service, failures: Failures, some: Sequence[Any], call: Callable[[], Awaitable[Any]]
) -> None:
    """A group: each message has its own span, and its own end."""
    started = time.perf_counter()
    with ExitStack() as spans:
        group = []
        for raw in some:
            span = service.tracing.span(f"{service.name} {raw.subject}", raw.headers)
            group.append(Member(raw, arrival_of(raw, spans.enter_context(span))))
        GROUP.set(group)
        try:
            await call()
        except Exception as error:
            for one in group:
                one.error = one.error or error
    for one in group:
        await _end(service, failures, one.raw, one.error, started)


async def _end(
    service: Service, failures: Failures, raw: Any, failure: Exception | None, started: float
) -> None:
    outcome, one = "done", message_id(raw)
    if failure is None:
        await raw.ack()
    else:
        outcome = await _failed(service, raw, failure, failures.count(one, failure))
    if outcome != "retried":
        failures.forget(one)
    service.metrics.handled(_name_of(raw.subject), outcome, time.perf_counter() - started)
    service.metrics.pulse.took(raw.metadata, outcome)


def _name_of(subject: str) -> str:
    parts = subject.split(".")
    return parts[2] if len(parts) > 2 else subject


async def _failed(service: Service, raw: Any, error: Exception, failures: int) -> str:
    attempts = int(raw.metadata.num_delivered)
    verdict = classify(error, failures)
    log.warning(
        "message_failed",
        subject=raw.subject,
        message=message_id(raw),
        attempts=attempts,
        verdict=verdict,
        error=f"{type(error).__name__}: {str(error)[:500]}",
        exc_info=error if verdict == "retry" and failures == 1 else None,
    )
    if verdict in ("wait", "retry"):
        tries = failures if verdict == "retry" else 0
        chance = random.random()  # noqa: S311 - jitter, no secret
        early = isinstance(error, TooEarlyError)
        await raw.nak(delay=spread(limits.EARLY_S, chance) if early else backoff_s(tries, chance))
        return "retried"
    try:
        await service.writer.run(lambda work: park(work, raw, error, verdict))
    except Exception as trouble:
        # Not parked, so not acknowledged: it comes back and is parked then.
        log.error("parking_failed", subject=raw.subject, error=repr(trouble))
        await raw.nak(delay=backoff_s(0, random.random()))  # noqa: S311
        return "retried"
    await raw.ack()
    return "parked"


def park(work: Work, raw: Any, error: BaseException, reason: str) -> None:
    """Write a message that cannot be handled to the parked table and announce it.

    Raises LotFullError when there is no room; the message stays on the bus then.
    """
    one, meta = message_id(raw), raw.metadata
    parked.make_room(work)
    row = {
        **parked.columns_of(raw.data, described(error), meta.consumer, raw.subject, work.now),
        "id": one,
        "subject": raw.subject[:200],
        "consumer": meta.consumer,
        "headers": {str(k): str(v) for k, v in (raw.headers or {}).items()},
        "reason": reason,
        "attempts": int(meta.num_delivered),
        "history": [_history(meta, work.now)],
    }
    work.insert_if_missing(work.tables.parked, [row])
    work.insert_if_missing(work.tables.inbox, [{"id": one, "handled_at": work.now}])
    note = {"id": one, "subject": raw.subject, "reason": reason, "at": work.now.isoformat()}
    work.announce_parked(parked_subject(work.service, _name_of(raw.subject)), json.dumps(note))


def described(error: BaseException) -> str:
    """The error as it is kept with a message."""
    lines = traceback.format_exception_only(error)
    return "".join(lines)[:8_000].replace("\x00", "\\x00")


def _history(meta: Any, now: datetime) -> dict[str, Any]:
    stored = getattr(meta, "timestamp", None)
    return {
        "stream": meta.stream,
        "stream_seq": meta.sequence.stream,
        "stored_at": stored.isoformat() if stored else None,
        "attempts": int(meta.num_delivered),
        "parked_at": now.isoformat(),
    }
