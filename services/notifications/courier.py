"""The loop that carries letters: claim in a transaction, send outside of one, mark in another.

A crash between sending and marking leaves the claim; after its lease the same letter is sent again
under the same Message-ID. So a letter leaves at least once, and a receiver can tell.

Must not: decide what a letter says, or log an address.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from services.notifications import claims
from services.notifications.channels.port import Channel, Doubtful, Letter, Rejected, Unavailable
from services.notifications.claims import Claimed, Pace, Round, Unsent
from services.notifications.workbooks import with_workbook
from shared.chassis.clock import Clock
from shared.chassis.lifecycle import to_next, told_to_end, woken
from shared.chassis.quiet import Quiet
from shared.chassis.work import Work

T = TypeVar("T")
log = structlog.get_logger(__name__)

AT_ONCE = 16
"""Letters on their way at the same time."""
IDLE_S = 2.0
"""The longest sleep: another replica may have left something."""
SHORTEST_S = 0.02
SEND_WITHIN_S = 20.0
"""A channel that takes longer is given up; shorter than the lease."""
MARK_AGAIN_S = 0.5
"""Between attempts to write a mark into a store that is away."""
LAST_LETTERS_S = 1.5
"""How long a stopping process waits for letters on their way."""


class Transactions(Protocol):
    """Runs a piece of work in a transaction: the chassis' writer."""

    def run(self, task: Callable[[Work], T]) -> Awaitable[T]:
        """Its result, once committed."""
        ...


class Courier:
    """One per process; several replicas share the work."""

    def __init__(
        self,
        writer: Callable[[], Transactions],
        channels: Mapping[str, Channel],
        clock: Clock,
        sender: str,
        pace: Pace | None = None,
        quiet: Quiet | None = None,
    ) -> None:
        """With `quiet` it does not look while nothing can be due."""
        self._writer, self._channels, self._clock = writer, channels, clock
        self._sender, self._pace = sender, pace or Pace()
        self._quiet = quiet
        self._awake, self._making = asyncio.Event(), asyncio.Lock()
        self._on_the_way: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    async def run(self) -> None:
        """Carry letters for ever. On the way down, letters that are out are waited for a moment."""
        try:
            while not told_to_end():
                pause = to_next(IDLE_S)
                # Before looking: whoever wakes us while we look is not forgotten.
                self._awake.clear()
                try:
                    pause = await self._round()
                except Exception as error:
                    log.warning("courier_round_failed", error=repr(error)[:500])
                if pause > 0:
                    await woken(self._awake, pause)
        finally:
            if self._on_the_way:
                _done, late = await asyncio.wait(self._on_the_way, timeout=LAST_LETTERS_S)
                for task in late:
                    task.cancel()

    async def _round(self) -> float:
        """Claim and set out once; return how long to sleep, in seconds."""
        free = AT_ONCE - len(self._on_the_way)
        if free <= 0:
            return to_next(IDLE_S)
        if self._quiet is not None and self._quiet.goes_on():
            return _until(self._quiet.until, self._clock.now())
        found = await self.claim(free)
        if self._quiet is not None and found.idle:
            self._quiet.begin(found.next_at)
        for one in found.letters:
            task = asyncio.create_task(self._carry(one), name=f"letter {one.letter.id}")
            self._on_the_way.add(task)
            task.add_done_callback(self._arrived)
        return 0 if found.moved else _until(found.next_at, self._clock.now())

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._on_the_way.discard(task)
        self._awake.set()
        if not task.cancelled() and task.exception() is not None:
            log.warning("mark_failed", error=repr(task.exception())[:500])

    async def claim(self, limit: int = AT_ONCE) -> Round:
        """Take letters whose turn has come."""
        return await self._writer().run(
            lambda work: claims.claim(work, limit, self._sender, self._pace)
        )

    async def _carry(self, claimed: Claimed) -> None:
        """Send one letter and mark it."""
        unsent = await self.send(claimed)
        chance = random.random()  # noqa: S311 - jitter, no secret
        if unsent is None:
            await self._note(lambda work: claims.mark_sent(work, claimed))
        else:
            await self._note(
                lambda work: claims.mark_unsent(work, claimed, unsent, self._pace, chance)
            )
        log.info(
            "letter_not_sent" if unsent else "letter_sent",
            notice=claimed.letter.id,
            recipient=claimed.letter.recipient,
            channel=claimed.channel,
            attempt=claimed.attempt,
            error=unsent.error if unsent else None,
        )

    async def _note(self, mark: Callable[[Work], bool]) -> None:
        """Write a mark; a store that is away is waited for while the letter is ours.

        Without it the letter would go out once more after its lease, although nobody had died.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._pace.lease_s
        while True:
            try:
                await self._writer().run(mark)
                return
            except DBAPIError as error:
                if loop.time() > until:
                    raise
                log.info("mark_waits", error=repr(error)[:300])
                await asyncio.sleep(MARK_AGAIN_S)

    async def send(self, claimed: Claimed) -> Unsent | None:
        """Hand a letter to its channel; None when it was taken."""
        channel, to = self._channels.get(claimed.channel), claimed.letter.to
        if channel is None:
            return Unsent(f"there is no channel {claimed.channel}", final=True)
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                await channel.send(await self._whole(claimed.letter))
        except Rejected as error:
            return Unsent(scrub(str(error), to), final=True)
        except Doubtful as error:
            return Unsent(scrub(str(error), to), in_doubt=True)
        except Unavailable as error:
            return Unsent(scrub(str(error), to))
        except TimeoutError:
            return Unsent("the channel took too long", in_doubt=True)
        except Exception as error:
            log.error("channel_broken", channel=claimed.channel, error=type(error).__name__)
            return Unsent(type(error).__name__, in_doubt=True)
        return None

    async def _whole(self, letter: Letter) -> Letter:
        """The letter with its workbook. One is made at a time, in a thread: all at once they would
        take the processor from everything else here."""
        if letter.rooms is None:
            return letter
        async with self._making:
            return await asyncio.to_thread(with_workbook, letter)


def scrub(error: str, address: str) -> str:
    """An error without addresses: servers like to repeat them."""
    clean = error.replace(address, "…")
    clean = re.sub(r"[^\s<>@]+@[^\s<>@]+|\w+://\S+", "…", clean)
    return " ".join(clean.split())[:500]


def _until(moment: datetime | None, now: datetime) -> float:
    longest = to_next(IDLE_S)
    if moment is None:
        return longest
    return min(max((moment - now).total_seconds(), SHORTEST_S), longest)
