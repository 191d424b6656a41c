"""A campaign from first to last: calm, faults, rest, evidence.

Owns: what is measured: recovery of every process after each fault, and a probe visit behind it.
Must not: judge; `verdict` does.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from tests.chaos.campaign import Strike
from tests.chaos.evidence import Evidence, Trouble, copy_of, unrest
from tests.chaos.faults import Faults
from tests.chaos.load import Load
from tests.chaos.poison import Poisoner
from tests.chaos.units import await_all
from tests.chaos.world import SERVICES, World

BACK_WITHIN_S = 180.0
"""Longer than this a process counts as never back."""
LONG_S = 20.0
"""After this long it is told who was waited for."""
PROBE_WITHIN_S = 180.0
QUIET_WITHIN_S = 120.0
LAND_WITHIN_S = 300.0
"""Beyond these something is taken to be stuck. How long it took is told, and is no promise of this
machine's: a campaign shares it with whatever else runs."""
OLD_MESSAGES = 20


@dataclass(slots=True)
class Round:
    """What came of one or two faults at once, in seconds."""

    strikes: tuple[Strike, ...]
    begun: float
    healed: float = 0.0
    ended: float = 0.0
    recovery_s: float = 0.0
    """From the healing until every process was ready."""
    probe_s: float = 0.0
    """From then until a new visit was."""
    last: str = ""
    """Who was ready last."""
    never: list[str] = field(default_factory=list)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def waited_for(self) -> str:
        """Who was ready last, where that took long."""
        return f"  {self.last}" if self.recovery_s >= LONG_S else ""

    @property
    def what(self) -> str:
        return " + ".join(f"{one.kind} {one.target}".strip() for one in self.strikes)


class Conductor:
    """Plays one campaign on one world."""

    def __init__(self, world: World, load: Load, say: Callable[[str], None]) -> None:
        self.world, self.load, self._say = world, load, say
        self.poisoner = Poisoner(world.bus_url, world.keys, time.monotonic, self._old_messages)
        self._faults = Faults(world, self.poisoner)
        self.rounds: list[Round] = []
        self.troubles: list[Trouble] = []
        self.landed_s = 0.0
        """From the last healing until the last visit in flight stood somewhere."""
        self.wrong: list[str] = []
        """What did not end."""

    async def play(
        self, rounds: list[tuple[Strike, ...]], calm_s: float, most_s: float
    ) -> Evidence:
        """Calm, all rounds that fit into `most_s` seconds, calm again; then everything rests."""
        planners = asyncio.create_task(self.load.run())
        await asyncio.sleep(calm_s)
        until = time.monotonic() + most_s
        for strikes in rounds:
            if time.monotonic() > until:
                break
            await self._round(strikes)
            await asyncio.sleep(self.world.chance.uniform(0.5, 2.0))
        healed = self.rounds[-1].ended if self.rounds else time.monotonic()
        before = set(self.load.flying)
        await self._land(before)
        self.landed_s = time.monotonic() - healed if before else 0.0
        await asyncio.sleep(calm_s)
        planners.cancel()
        await self._land(set(self.load.flying))
        return await self._evidence()

    async def _round(self, strikes: tuple[Strike, ...]) -> None:
        one = Round(strikes, time.monotonic())
        self.rounds.append(one)
        await asyncio.gather(*(self._faults.strike(strike) for strike in strikes))
        one.healed = time.monotonic()
        one.recovery_s, one.last, one.never = await await_all(self.world.units, BACK_WITHIN_S)
        try:
            async with asyncio.timeout(PROBE_WITHIN_S):
                one.probe_s = await self.load.probe()
        except TimeoutError:
            one.probe_s = PROBE_WITHIN_S
            self.wrong.append(f"after {one.what} a probe was not ready in {PROBE_WITHIN_S:.0f} s")
        if one.never:
            self.wrong.append(f"after {one.what} never ready again: {one.never}")
        one.ended = time.monotonic()
        for strike in strikes:
            self.troubles.append(Trouble(strike.kind, strike.target, one.begun, one.ended))
        self._say(
            f"{strikes[-1].number:4} {one.at:%H:%M:%S}    {one.what:58} {one.recovery_s:6.1f}"
            f" {one.probe_s:6.2f} {os.getloadavg()[0]:6.1f}{one.waited_for}"
        )

    async def _land(self, flying: set[asyncio.Task[None]]) -> None:
        """Wait for planners; one whose visit never stands anywhere is given up."""
        if not flying:
            return
        names = {task: self.load.flying.get(task, "?") for task in flying}
        _done, late = await asyncio.wait(flying, timeout=LAND_WITHIN_S)
        for task in late:
            self.wrong.append(f"{names[task]} was still under way after {LAND_WITHIN_S:.0f} s")
            task.cancel()

    async def _evidence(self) -> Evidence:
        """Wait until nobody has anything to do, then copy everything while it stays so."""
        until = time.monotonic() + QUIET_WITHIN_S
        while True:
            before = await asyncio.to_thread(self._unrest)
            if sum(undone for undone, _marks in before.values()) == 0:
                stores = self.world.stores
                copies = {name: await asyncio.to_thread(copy_of, stores[name]) for name in SERVICES}
                if await asyncio.to_thread(self._unrest) == before:
                    break
            if time.monotonic() > until:
                busy = {name: undone for name, (undone, _marks) in before.items() if undone}
                self.wrong.append(f"not quiet after {QUIET_WITHIN_S:.0f} s: {busy}")
                copies = {name: copy_of(self.world.stores[name]) for name in SERVICES}
                break
            await asyncio.sleep(0.5)
        return Evidence(
            copies, self.load.calls, self.world.mail.got, self.poisoner.sent, self.troubles,
            datetime.now(UTC),
        )  # fmt: skip

    def _unrest(self) -> dict[str, tuple[int, tuple[int, ...]]]:
        return {name: unrest(self.world.stores[name], name) for name in SERVICES}

    def _old_messages(self) -> list[tuple[str, str]]:
        """Subject and body of messages that were sent a while ago, to be sent once more."""
        found: list[tuple[str, str]] = []
        for name in ("console", "visits", "venues"):
            engine = create_engine(self.world.stores[name])
            with suppress(SQLAlchemyError, sqlite3.Error), engine.connect() as connection:
                rows = connection.execute(
                    text(
                        f"SELECT subject, body FROM {name}_outbox ORDER BY id LIMIT {OLD_MESSAGES}"
                    )
                )
                found += [(row[0], row[1]) for row in rows if not row[0].startswith("parked.")]
            engine.dispose()
        return found
