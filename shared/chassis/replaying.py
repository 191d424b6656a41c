"""Replays on their way: one message after another is put into the service's own handlers.

Nothing is published: an event sent again would reach every other service too. A replica carries a
replay on as long as its lease; when it dies, another one does.

Must not: decide what becomes of a message; `replays` does, in the transaction of its effect.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from shared.chassis import limits, replays
from shared.chassis.arrival import Arrival
from shared.chassis.delivery import backoff_s, classify, described
from shared.chassis.grouped import GROUP, Member
from shared.chassis.lifecycle import repeat, to_next, woken
from shared.chassis.parking_rules import bytes_of, replay_id
from shared.chassis.replays import Turn, WithdrawnError
from shared.chassis.work import Work
from shared.contracts.message import Message

if TYPE_CHECKING:
    from shared.chassis.service import Service

log = structlog.get_logger(__name__)
Take = Callable[[list[Message]], Awaitable[Any]]


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
        self._quiet = service.quiet()
        self._news = asyncio.Event()
        self._busy = False
        self._due: dict[str, float] = {}
        """When the next message of each replay may be handled."""

    def wake(self) -> None:
        """A replay was begun or stopped."""
        self._news.set()

    async def run(self) -> None:
        """Carry on whatever is under way, for ever."""
        await repeat(0, self._round, "replay")

    async def _round(self) -> None:
        if not self._busy:
            await woken(self._news, to_next(limits.REPLAY_LOOK_S))
            self._news.clear()
        # Not busy after an error: what is broken gets time.
        self._busy = False
        service = self._service
        if self._quiet.goes_on():
            return
        if not await service.read(
            lambda session: replays.any_under_way(session.connection(), service.tables)
        ):
            self._quiet.begin(None)
        else:
            turn = await service.writer.run(lambda work: replays.claim(work, self._me))
            if turn is not None:
                await self._take_turn(turn)
                self._busy = True

    async def _take_turn(self, turn: Turn) -> None:
        """Some messages at the replay's rate, for as long as the lease lasts with room to spare."""
        loop = asyncio.get_running_loop()
        until = loop.time() + limits.REPLAY_TURN_S
        if turn.replay in self._due:
            # It may have been quickened since: what is due is due by the rate of now.
            soonest = loop.time() + 1 / turn.per_s
            self._due[turn.replay] = min(self._due[turn.replay], soonest)
        for message in turn.messages:
            wait_s = self._due.get(turn.replay, 0.0) - loop.time()
            await asyncio.sleep(min(max(0.0, wait_s), limits.REPLAY_WAIT_S))
            if wait_s > limits.REPLAY_WAIT_S or loop.time() > until:
                return
            self._due[turn.replay] = loop.time() + 1 / turn.per_s
            if not await self._replay(turn.replay, message):
                return
        if not turn.messages:
            self._due.pop(turn.replay, None)

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
            alone = Member(None, arrival, readable=True)
            before = GROUP.set((alone,))
            try:
                await taker.take([read])
            finally:
                GROUP.reset(before)
        if alone.error is not None:
            raise alone.error
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
