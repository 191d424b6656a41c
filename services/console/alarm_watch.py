"""The watch: looks at everything every few seconds, and writes what changed of the alarms.

Must not: decide; `alarm_rules` and `alarm_life` do. Must not: end when a look fails.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import structlog
from pydantic import ValidationError

from services.console import alarm_store, bounds, rosters
from services.console.alarm_life import Alarm, Moves, Timers, step, to_call
from services.console.alarm_rules import BY_NAME, looks
from services.console.asking import ask
from services.console.board import Board
from services.console.fragments import Desk
from services.console.problems import ProblemError
from shared.chassis.lifecycle import repeat, to_next
from shared.chassis.service import Service
from shared.chassis.work import Work
from shared.contracts.alarms import AlarmCleared, AlarmRang
from shared.contracts.hotel_troubles import HotelTroubles, ReadHotelTroubles
from shared.contracts.impact import Impact, ListRisks, RiskPage
from shared.contracts.message import Query
from shared.contracts.values import Value

FORGET_S = 300.0
V = TypeVar("V", bound=Value)
BY = {"cause": "read", "actor": "console"}
"""Who asks; nobody in particular."""
TOPICS = ("alarms", "alarms_first", "alarm")
"""What on pages shows alarms."""
log = structlog.get_logger(__name__)


def begin(service: Service, board: Board, desk: Desk) -> None:
    """Wire it; the watch begins once the service runs."""

    def changed() -> None:
        for name in TOPICS:
            desk.mark(name)

    service.sends(AlarmRang, AlarmCleared)
    service.every(FORGET_S, alarm_store.forget)
    service.background(Watch(service, board, changed).run)


class Watch:
    """One per console. Several share the store: whoever writes first has raised an alarm."""

    def __init__(self, service: Service, board: Board, changed: Callable[[], None]) -> None:
        """`changed` is called when pages should show alarms anew."""
        self._service, self._board, self._changed = service, board, changed
        self._timers = Timers()
        self._called: deque[datetime] = deque(maxlen=bounds.ALARM_CALLS_PER_HOUR)
        self._risks: tuple[Impact, ...] | None = None
        self._troubles: HotelTroubles | None = None
        self._went_back: tuple[str, ...] = ()
        self._asked_at: datetime | None = None
        self._quiet = service.quiet()
        self._standing: list[Alarm] = []
        """As the store had them last."""

    async def run(self) -> None:
        """Look for ever, once there was time to hear of somebody."""
        await asyncio.sleep(to_next(bounds.ALARM_LOOK_S))
        await repeat(bounds.ALARM_LOOK_S, self.once, "alarms")

    async def once(self) -> None:
        """One look. Raises SQLAlchemyError or RuntimeError when the store is away."""
        await self._read(self._service.clock.now())
        now = self._service.clock.now()
        picture = self._board.picture(now)
        seen = looks(picture, self._risks, now, self._troubles, self._went_back)
        if not self._quiet.goes_on():
            self._standing = await self._service.read(alarm_store.standing)
            self._quiet.begin(None)
        standing = self._standing
        keys = {one.key for one in standing}
        timers, moves = step(self._timers, seen, keys, BY_NAME, now)
        calling = to_call(standing, self._called, now)
        if moves.raised or moves.cleared or calling:
            await self._write(moves, calling, now)
        self._timers = timers

    async def _write(self, moves: Moves, calling: list[Alarm], now: datetime) -> None:
        def written(work: Work) -> int:
            alarm_store.add(work, moves.raised)
            if moves.cleared:
                alarm_store.clear(work, moves.cleared)
            return alarm_store.call(work, calling)

        told = await self._service.writer.run(written)
        self._called.extend([now] * told)
        for one in moves.raised:
            log.warning("alarm_raised", alarm=one.key, says=one.sentence.en)
        for key in moves.cleared:
            log.info("alarm_cleared", alarm=key)
        self._changed()

    async def _read(self, now: datetime) -> None:
        """Ask, now and then, for visits that are not settled, and for orders at hotels that want
        somebody's eyes; None where nobody could say. Look for rosters that went back."""
        asked = self._asked_at
        if asked is not None and (now - asked).total_seconds() < bounds.ALARM_RISKS_S:
            return
        risks = ListRisks(**BY, limit=bounds.ALARM_RISKS)
        told, self._troubles = await asyncio.gather(
            self._told(RiskPage, risks), self._told(HotelTroubles, ReadHotelTroubles(**BY))
        )
        self._risks = told.risks if told is not None else None
        self._went_back = await self._service.read(rosters.behind)
        self._asked_at = now

    async def _told(self, kind: type[V], query: Query) -> V | None:
        try:
            return kind.model_validate(await ask(self._service, query))
        except (ProblemError, ValidationError):
            return None
