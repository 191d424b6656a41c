"""The relay: outbox rows leave right after their commit, and a sweep sends what a crash left.

Owns: publishing, marking as published, sweeping, feeding a bus that lost its memory, retention.
Must not: decide what is sent; handlers do, through `Work.send`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import structlog
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import PubAck
from sqlalchemy import Select, Table, Update, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.exc import DBAPIError

from shared.chassis import limits
from shared.chassis.bus import StreamMark, mark_of
from shared.chassis.observe import Metrics
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Work
from shared.chassis.writer import Writer

log = structlog.get_logger(__name__)
Row = dict[str, Any]


class Relay:
    """Carries outbox rows of one process to the bus. At least once, with a stable message id."""

    def __init__(
        self, tables: ChassisTables, writer: Callable[[], Writer], metrics: Metrics
    ) -> None:
        self._tables, self._writer, self._metrics = tables, writer, metrics
        self._js: JetStreamContext | None = None
        self._line = asyncio.Lock()
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._stored: list[Row] = []
        self._something_stored = asyncio.Event()
        self._marks: dict[str, StreamMark] = {}

    def connect(self, js: JetStreamContext) -> None:
        """From now on there is a bus."""
        self._js = js

    def offer(self, rows: Sequence[Row]) -> None:
        """Send freshly committed rows; those the bus does not take now are left to the sweep."""
        if self._js is None or len(self._flying) > limits.SWEEP_ROWS:
            return
        new = [row for row in rows if row["id"] not in self._flying]
        for start in range(0, len(new), limits.PUBLISHING):
            some = new[start : start + limits.PUBLISHING]
            task = asyncio.create_task(self._publish(self._js, some))
            self._flying |= {row["id"]: task for row in some}

    async def _publish(self, js: JetStreamContext, rows: Sequence[Row]) -> None:
        """Publish some rows, then wait for all their acknowledgements together."""
        waiting: dict[asyncio.Future[PubAck], Row] = {}
        try:
            # One at a time: the client readies itself at the first publish.
            async with self._line:
                for row in rows:
                    waiting[await self._send(js, row)] = row
            await asyncio.wait(waiting, timeout=limits.PUBLISH_TIMEOUT_S)
        except (NatsError, OSError) as error:
            log.debug("publish_failed", error=repr(error))
        finally:
            for future, row in waiting.items():
                self._landed(future, row)
            for row in rows:
                self._flying.pop(row["id"], None)
            self._metrics.publish_failures.inc(len(rows) - len(waiting))

    async def _send(self, js: JetStreamContext, row: Row) -> asyncio.Future[PubAck]:
        # Sent again, it is another message to the bus and the same one to every inbox.
        one = f"{row['id']}~{row['again']}" if row["again"] else row["id"]
        headers = {"Nats-Msg-Id": one, "content-type": "application/json", **row["trace"]}
        body = row["body"].encode()
        return await js.publish_async(row["subject"], body, stream=row["stream"], headers=headers)

    def _landed(self, future: asyncio.Future[PubAck], row: Row) -> None:
        """Note where the bus stored a row; one without an answer is left to the sweep."""
        if future.cancel() or future.cancelled() or future.exception() is not None:
            self._metrics.publish_failures.inc()
            return
        mark = self._marks.get(row["stream"])
        born = mark.born if mark else None
        mark_of_row = {"row_id": row["id"], "was": row["again"], "born": born}
        self._stored.append({**mark_of_row, "seq": future.result().seq})
        self._something_stored.set()

    async def mark_published(self) -> None:
        """Mark what the bus has stored, a little later so that marks share a transaction.

        A store that is away for a while must not end the process: the marks wait for it.
        """
        while True:
            await self._something_stored.wait()
            await asyncio.sleep(limits.MARK_S)
            try:
                await self.flush_marks()
            except DBAPIError as error:
                log.warning("marks_not_written", error=repr(error)[:300])
                await asyncio.sleep(limits.STORE_RETRY_S)

    async def flush_marks(self) -> None:
        """Write the marks that wait; those that cannot be written go on waiting."""
        rows, self._stored = self._stored, []
        self._something_stored.clear()
        if not rows:
            return
        try:
            await self._writer().run(lambda work: self._mark(work, rows))
        except DBAPIError:
            self._stored = rows + self._stored
            self._something_stored.set()
            raise

    def _mark(self, work: Work, rows: Sequence[Row]) -> None:
        in_order = sorted(rows, key=lambda row: str(row["row_id"]))
        marks = [{**row, "at": work.now} for row in in_order]
        work.connection.execute(_marking(self._tables.outbox), marks)

    async def sweep(self) -> int:
        """Offer rows that were committed a while ago and never published. Returns how many."""
        rows = await self._writer().run(self._unpublished)
        self._metrics.outbox_waiting.set(len(rows))
        self.offer(rows)
        return len(rows)

    def _unpublished(self, work: Work) -> list[Row]:
        age = timedelta(seconds=limits.SWEEP_AGE_S)
        moments = {"old": work.now - age, "ahead": work.now + age}
        found = work.connection.execute(_unsent(self._tables.outbox), moments)
        return [dict(row._mapping) for row in found]

    async def drain(self) -> None:
        """Wait for rows on their way, then write their marks."""
        if self._flying:
            await asyncio.wait(list(self._flying.values()), timeout=limits.PUBLISH_TIMEOUT_S)
        await self.flush_marks()

    async def doubt_latest(self) -> int:
        """Unmark what the bus stored last: a bus that was away may not have had it on its disk.

        What it still has it knows by the message id, and what was handled the inbox knows.
        Returns how many rows were unmarked.
        """
        return await self._writer().run(self._unmark_latest)

    def _unmark_latest(self, work: Work) -> int:
        outbox = self._tables.outbox
        # What a clock that was ahead has marked is newer than all; it says nothing of the break.
        known = select(func.max(outbox.c.published_at)).where(outbox.c.published_at <= work.now)
        newest = work.connection.execute(known).scalar()
        if newest is None:
            return 0
        doubtful = outbox.c.published_at > newest - timedelta(seconds=limits.BUS_DOUBT_S)
        return int(work.connection.execute(_unmarking(outbox).where(doubtful)).rowcount)

    async def feed_forgetful_bus(self, streams: Sequence[str]) -> int:
        """Unmark rows that a stream once stored and has lost, so that the sweep sends them again.

        A stream has lost something when it is not the one that stored the row, or when its last
        sequence lies below the row's: an acknowledgement is only as safe as the bus's disk.
        Returns how many rows were unmarked.
        """
        if self._js is None:
            return 0
        lost = 0
        asked_at = await self._writer().run(lambda work: work.now)
        for stream in streams:
            mark = await mark_of(self._js, stream)
            if mark is not None:
                self._marks[stream] = mark
                unmark = partial(self._unmark, stream=stream, mark=mark, asked_at=asked_at)
                lost += await self._writer().run(unmark)
        if lost:
            log.warning("bus_lost_messages", rows=lost)
        return lost

    def _unmark(self, work: Work, *, stream: str, mark: StreamMark, asked_at: datetime) -> int:
        outbox = self._tables.outbox
        horizon = work.now - timedelta(seconds=limits.OUTBOX_KEEP_S)
        # What was stored while we asked lies above what we were told, and is not lost.
        before = or_(outbox.c.published_at <= asked_at, outbox.c.published_at > work.now)
        gone_back = and_(outbox.c.stream_seq > mark.last_seq, before)
        lost = _unmarking(outbox).where(
            outbox.c.stream == stream,
            outbox.c.published_at > horizon,
            or_(gone_back, outbox.c.stream_born != mark.born),
        )
        return int(work.connection.execute(lost).rowcount)

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


@cache
def _marking(outbox: Table) -> Update:
    """Note when and where the bus stored a row, unless it is to be sent again since then."""
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("row_id"), outbox.c.again == bindparam("was"))
        .values(
            published_at=bindparam("at"),
            stream_seq=bindparam("seq"),
            stream_born=bindparam("born"),
        )
    )


@cache
def _unmarking(outbox: Table) -> Update:
    """Forget that the bus stored rows."""
    return update(outbox).values(published_at=None, stream_seq=None, stream_born=None)


@cache
def _unsent(outbox: Table) -> Select[Any]:
    """Rows that were committed before `old` and never published; and those from beyond `ahead`,
    which a clock that was wrong has stamped: nobody else would send them until then."""
    made = outbox.c.created_at
    due = or_(made < bindparam("old"), made > bindparam("ahead"))
    return (
        select(outbox)
        .where(outbox.c.published_at.is_(None), due)
        .order_by(outbox.c.id)
        .limit(limits.SWEEP_ROWS)
    )
