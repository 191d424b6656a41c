"""The relay: outbox rows leave right after their commit, and a sweep sends what a crash left.

Owns: publishing, marking as published, sweeping, retention.
Must not: decide what is sent; handlers do, through `Work.send`. Must not: know what a bus has lost
or handled; `feeding` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import PubAck
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from shared.chassis import limits
from shared.chassis.lifecycle import repeat, told_to_end
from shared.chassis.observe import Metrics
from shared.chassis.outbox_statements import any_unsent, marking, unsent
from shared.chassis.quiet import Quiet
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Work
from shared.chassis.writer import Writer

log = structlog.get_logger(__name__)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Landed:
    """Where the bus stored a row, and what was known of the bus when the row was sent."""

    row: Row
    born: datetime | None
    """The life of the stream. Older than it was, if anything: then the row is sent once more."""
    breaks: int
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """The newest place of a subject's rows, as they are marked."""

    stream: str
    born: datetime | None
    seq: int


class Relay:
    """Carries outbox rows of one process to the bus. At least once, with a stable message id."""

    def __init__(
        self, tables: ChassisTables, writer: Callable[[], Writer], metrics: Metrics
    ) -> None:
        self._tables, self._writer, self._metrics = tables, writer, metrics
        self.js: JetStreamContext | None = None
        self.lives: dict[str, datetime | None] = {}
        """Which life of each stream is the present one, for all we know."""
        self.breaks = 0
        """How often the bus was away: what it said before that is as safe as its disk."""
        self.doubtful = False
        """It was away, and what that means has still to be found out. No row is marked meanwhile:
        a process that comes up doubts what was marked last, and what an older bus has stored since
        the break would hide from it what the newer one had stored before."""
        self.reached: dict[str, Reached] = {}
        """Per subject, what was marked since somebody took this away to look for its takers."""
        self._line = asyncio.Lock()
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._early: list[Row] = []
        """Committed before there was a bus. The first sweep sends them, however young they are."""
        self._stored: list[Landed] = []
        self._something_stored = asyncio.Event()

    def connect(self, js: JetStreamContext) -> None:
        """From now on there is a bus."""
        self.js = js

    def offer(self, rows: Sequence[Row]) -> None:
        """Send freshly committed rows; those the bus does not take now are left to the sweep."""
        if self.js is None:
            self._early += rows[: limits.SWEEP_ROWS - len(self._early)]
            return
        if len(self._flying) > limits.SWEEP_ROWS:
            return
        new = [row for row in rows if row["id"] not in self._flying]
        for start in range(0, len(new), limits.PUBLISHING):
            some = new[start : start + limits.PUBLISHING]
            task = asyncio.create_task(self._publish(self.js, some))
            self._flying |= {row["id"]: task for row in some}

    async def _publish(self, js: JetStreamContext, rows: Sequence[Row]) -> None:
        """Publish some rows, then wait for all their acknowledgements together."""
        waiting: dict[asyncio.Future[PubAck], Landed] = {}
        try:
            # One at a time: the client readies itself at the first publish.
            async with self._line:
                for row in rows:
                    landed = Landed(row, self.lives.get(row["stream"]), self.breaks)
                    waiting[await self._send(js, row)] = landed
            await asyncio.wait(waiting, timeout=limits.PUBLISH_TIMEOUT_S)
        except (NatsError, OSError) as error:
            log.debug("publish_failed", error=repr(error))
        finally:
            for future, landed in waiting.items():
                self._landed(future, landed)
            for row in rows:
                self._flying.pop(row["id"], None)
            self._metrics.publish_failures.inc(len(rows) - len(waiting))

    async def _send(self, js: JetStreamContext, row: Row) -> asyncio.Future[PubAck]:
        # Sent again, it is another message to the bus and the same one to every inbox.
        one = f"{row['id']}~{row['again']}" if row["again"] else row["id"]
        headers = {"Nats-Msg-Id": one, "content-type": "application/json", **row["trace"]}
        body = row["body"].encode()
        return await js.publish_async(row["subject"], body, stream=row["stream"], headers=headers)

    def _landed(self, future: asyncio.Future[PubAck], landed: Landed) -> None:
        """Note where the bus stored a row; one without an answer is left to the sweep."""
        if future.cancel() or future.cancelled() or future.exception() is not None:
            self._metrics.publish_failures.inc()
            return
        self._stored.append(replace(landed, seq=future.result().seq))
        self._something_stored.set()

    async def mark_published(self) -> None:
        """Mark what the bus has stored, a little later so that marks share a transaction.

        A store that is away for a while must not end the process: the marks wait for it.
        """
        while not told_to_end():
            await self._something_stored.wait()
            await asyncio.sleep(limits.MARK_S)
            try:
                await self.flush_marks()
            except DBAPIError as error:
                log.warning("marks_not_written", error=repr(error)[:300])
                await asyncio.sleep(limits.STORE_RETRY_S)

    async def flush_marks(self) -> None:
        """Write the marks that wait; those that cannot be written go on waiting."""
        # What was acknowledged before a break is left to the sweep: see `feeding.doubt_latest`.
        told = [] if self.doubtful else self._stored
        some = [one for one in told if one.breaks == self.breaks]
        self._stored = []
        self._something_stored.clear()
        if not some:
            return
        try:
            await self._writer().run(lambda work: self._mark(work, some))
        except DBAPIError:
            self._stored = some + self._stored
            self._something_stored.set()
            raise
        for one in some:
            stream, subject = one.row["stream"], one.row["subject"]
            self.reach(subject, Reached(stream, one.born, one.seq))

    def reach(self, subject: str, place: Reached) -> None:
        """Rows of a subject are marked as far as this."""
        known = self.reached.get(subject)
        if known is None or known.born != place.born or known.seq < place.seq:
            self.reached[subject] = place

    def _mark(self, work: Work, some: Sequence[Landed]) -> None:
        marks = [
            {"row_id": one.row["id"], "was": one.row["again"], "born": one.born,
             "seq": one.seq, "at": work.now}
            for one in sorted(some, key=lambda one: str(one.row["id"]))
        ]  # fmt: skip
        work.connection.execute(marking(self._tables), marks)

    async def sweep(self) -> int:
        """Offer rows that were committed a while ago and never published, and those that met no
        bus. Returns how many of the first."""
        early, self._early = self._early, []
        self.offer(early)
        rows = await self._writer().run(self._unpublished)
        self._metrics.outbox_waiting.set(len(rows))
        rows.sort(key=lambda row: (row["look"] is not None and not row["again"], row["id"]))
        self.offer(rows)
        return len(rows)

    async def sweep_again_and_again(self, quiet: Quiet) -> None:
        """Sweep for ever, but while the store has no row that was never published."""

        async def sweep() -> None:
            if not quiet.goes_on():
                await self.sweep()
                if await self._writer().run(self._all_sent):
                    quiet.begin(None)

        await repeat(limits.SWEEP_S, sweep, "sweep")

    def _all_sent(self, work: Work) -> bool:
        return work.connection.execute(any_unsent(self._tables)).first() is None

    def _unpublished(self, work: Work) -> list[Row]:
        age = timedelta(seconds=limits.SWEEP_AGE_S)
        moments = {"old": work.now - age, "ahead": work.now + age}
        found = work.connection.execute(unsent(self._tables), moments)
        return [dict(row._mapping) for row in found]

    async def drain(self) -> None:
        """Wait for rows on their way, then write their marks."""
        if self._flying:
            await asyncio.wait(list(self._flying.values()), timeout=limits.PUBLISH_TIMEOUT_S)
        await self.flush_marks()

    def forget_old(self, work: Work) -> bool:
        """Delete inbox and outbox rows past their retention. True when there may be more."""
        inbox, outbox = self._tables.inbox, self._tables.outbox
        old_in = work.now - timedelta(seconds=limits.INBOX_KEEP_S)
        old_out = work.now - timedelta(seconds=limits.OUTBOX_KEEP_S)
        gone = 0
        for table, aged in (
            (inbox, inbox.c.handled_at < old_in),
            (outbox, outbox.c.published_at < old_out),
        ):
            some = select(table.c.id).where(aged).limit(limits.HOUSEKEEPING_ROWS)
            gone += work.connection.execute(delete(table).where(table.c.id.in_(some))).rowcount
        return gone >= limits.HOUSEKEEPING_ROWS
