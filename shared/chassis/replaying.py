"""Replays on their way: one message after another is put into the service's own handlers.

Nothing is published: an event sent again would reach every other service too. A replica carries a
replay on as long as its lease; when it dies, another one does.

Must not: decide what becomes of a message; `replays` does, in the transaction of its effect.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from shared.chassis import limits, replays
from shared.chassis.delivery import ARRIVAL, Arrival, backoff_s, classify, described
from shared.chassis.lifecycle import repeat
from shared.chassis.parking_rules import bytes_of, replay_id
from shared.chassis.replays import Turn, WithdrawnError
from shared.chassis.work import Work
from shared.contracts.message import Message

if TYPE_CHECKING:
    from shared.chassis.service import Service

log = structlog.get_logger(__name__)
Take = Callable[[Message], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Taker:
    """What a consumer's messages are put into."""

    kind: type[Message]
    take: Take


class Replaying:
    """The replays that this process carries on. One message at a time."""

    def __init__(self, service: Service, takers: Callable[[], Mapping[str, Taker]]) -> None:
        self._service, self._takers = service, takers
        self._me = service.new_id()
        self._news = asyncio.Event()
        self._next_at = 0.0

    def wake(self) -> None:
        """A replay was begun or stopped."""
        self._news.set()

    async def run(self) -> None:
        """Carry on whatever is under way, for ever."""
        await repeat(0, self._round, "replay")

    async def _round(self) -> None:
        service = self._service
        turn = None
        if await service.read(
            lambda session: replays.any_under_way(session.connection(), service.tables)
        ):
            turn = await service.writer.run(lambda work: replays.claim(work, self._me))
        if turn is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), limits.REPLAY_LOOK_S)
            self._news.clear()
            return
        await self._take_turn(turn)

    async def _take_turn(self, turn: Turn) -> None:
        """Some messages at the replay's rate, for as long as the lease lasts with room to spare."""
        loop = asyncio.get_running_loop()
        until = loop.time() + limits.REPLAY_TURN_S
        for message in turn.messages:
            if self._next_at > until:
                await asyncio.sleep(max(0.0, until - loop.time()))
                return
            await asyncio.sleep(max(0.0, self._next_at - loop.time()))
            if loop.time() > until:
                return
            self._next_at = max(loop.time(), self._next_at) + 1 / turn.per_s
            if not await self._replay(turn.replay, message):
                return

    async def _replay(self, replay: str, message: str) -> bool:
        """Handle one message; whether the turn goes on."""
        service = self._service
        row = await service.read(
            lambda session: replays.load(session.connection(), service.tables, replay, message)
        )
        if row is None:
            return False
        try:
            await self._handle(replay, row)
        except WithdrawnError:
            return False
        except Exception as error:
            return await self._failed(replay, row, error)
        return True

    async def _handle(self, replay: str, row: Any) -> None:
        taker = self._takers().get(row.consumer)
        if taker is None:
            raise LookupError(f"this service has no consumer {row.consumer} any more")
        read = taker.kind.model_validate_json(bytes_of(row.body, row.raw, row.edited))
        settled: list[bool] = []

        def settle(work: Work) -> None:
            replays.settle(work, replay, row.id, row.replays)
            settled.append(True)

        name = f"{self._service.name} replay {row.subject}"
        with self._service.tracing.span(name, row.headers) as carrier:
            arrival = Arrival(replay_id(row.id, row.replays), carrier, settle=settle)
            before = ARRIVAL.set(arrival)
            try:
                await taker.take(read)
            finally:
                ARRIVAL.reset(before)
        if not settled:
            raise RuntimeError(f"nothing handled {arrival.id}: the inbox knows that name already")

    async def _failed(self, replay: str, row: Any, error: Exception) -> bool:
        verdict = classify(error, limits.MAX_ATTEMPTS)
        log.warning("replay_failed", replay=replay, message=row.id, verdict=verdict,
                    error=f"{type(error).__name__}: {str(error)[:500]}")  # fmt: skip
        if verdict == "wait":
            # Neither store nor machine are the message's fault: it keeps its place.
            await asyncio.sleep(backoff_s(2, random.random()))  # noqa: S311 - jitter, no secret
            return False
        told = partial(
            replays.fail, replay=replay, message=row.id, number=row.replays,
            error=described(error), reason=verdict,
        )  # fmt: skip
        await self._service.writer.run(told)
        return True
