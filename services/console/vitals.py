"""The console listens to the beats of all services and keeps the board of them.

Must not: judge; `judging` does. Must not: know how it is shown.
"""

from __future__ import annotations

import asyncio

from services.console.board import Board
from services.console.parked_finding import SERVICES
from shared.chassis import limits
from shared.chassis.connection import straight
from shared.chassis.lifecycle import to_next, told_to_end
from shared.chassis.service import Service
from shared.contracts.vitals import Beat


def listen(service: Service) -> Board:
    """Wire it; the board fills once the service runs."""
    board = Board(SERVICES, service.clock.now())

    async def hear_beat(beat: Beat) -> None:
        """A process of some service says how it is."""
        board.hear(beat, service.clock.now())

    straight(service.broker.subscriber(**service.hears(Beat)), Beat, hear_beat)

    async def keep() -> None:
        while not told_to_end():
            board.tick(service.clock.now(), service.ready)
            await asyncio.sleep(to_next(limits.BEAT_S))

    service.background(keep)
    return board
