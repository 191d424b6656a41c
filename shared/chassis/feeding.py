"""What the bus has lost is sent again, and only what somebody has still to handle.

Owns: looking at streams and their consumers, floors, and unmarking rows that a bus has lost.
Must not: publish; `outbox` does. Must not: rely on what the bus keeps (ADR 17).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import structlog
from nats.js import JetStreamContext
from sqlalchemy import Select, Table, Update, and_, bindparam, func, or_, select, update

from shared.chassis import limits
from shared.chassis.bus import ERRORS, StreamMark, mark_of
from shared.chassis.floors import Floor, told_of
from shared.chassis.outbox import Reached, Relay
from shared.chassis.settled import settled, write
from shared.chassis.tables import ChassisTables
from shared.chassis.work import Work
from shared.chassis.writer import Writer
from shared.contracts.message import COMMANDS, EVENTS

log = structlog.get_logger(__name__)
TAKEN = (COMMANDS, EVENTS)
"""The streams that have durable consumers."""


class Feeder:
    """Watches for one process what the bus has of its rows, and what has become of them."""

    def __init__(self, tables: ChassisTables, writer: Callable[[], Writer], relay: Relay) -> None:
        self._tables, self._writer, self._relay = tables, writer, relay
        self._marks: dict[str, StreamMark] = {}
        self._subjects: dict[str, str] = {}
        """The stream of each subject that was sent."""
        self._broke_at: datetime | None = None
        """When the bus went away for the first time since what it stored was doubted."""
        self._careful = True
        self._calm_at = self._patrol_at = self._listing_at = -math.inf

    def connect(self, js: JetStreamContext) -> None:
        """From now on there is a bus."""
        self._relay.connect(js)

    def broke(self) -> None:
        """The bus is away at this moment. When it is back it may be an older one, which gives old
        places to new messages: what was acknowledged before, and a look that began before, say
        nothing of it. A process begins with such a moment."""
        self._relay.breaks += 1
        self._relay.doubtful = True
        self._broke_at = self._broke_at or self._writer().now()

    @property
    def settled(self) -> bool:
        """Nothing is under suspicion, and all that was sent is known to be handled."""
        return not (self._careful or self._relay.reached)

    async def recall(self, streams: Sequence[str], broken: bool = False) -> int:
        """Unmark rows that a stream once stored and has lost, so that the sweep sends them again.

        A stream has lost something when it is not the one that stored the row, or when its last
        sequence lies below the row's: an acknowledgement is only as safe as the bus's disk. Rows
        that all their takers have handled are left. `broken`: the bus was away, and `broke` was
        told so. Returns how many rows were unmarked.
        """
        js = self._relay.js
        if js is None:
            return 0
        asked_at = self._writer().now()
        # All at once: one after the other cost twice the time of a processor on both sides.
        marks = await asyncio.gather(*(mark_of(js, stream) for stream in streams))
        there = {one: mark for one, mark in zip(streams, marks, strict=True) if mark is not None}
        self._be_careful(there, broken)
        self._relay.lives |= {stream: mark.born for stream, mark in there.items()}
        lost = 0
        if self._careful and there:
            unmark = partial(self._unmark, there=there, asked_at=asked_at)
            lost = await self._writer().run(unmark)
        if lost:
            log.warning("bus_lost_messages", rows=lost)
        return lost + (await self.doubt_latest() if broken else 0)

    def _be_careful(self, there: Mapping[str, StreamMark], broken: bool) -> None:
        """Searching the outbox costs time in proportion to the day's messages: it is done when
        something has happened to the bus, for a while after that, and now and then."""
        now = asyncio.get_running_loop().time()
        if broken or any(mark.went_back(self._marks.get(one)) for one, mark in there.items()):
            self._calm_at = now + limits.BUS_CALM_S
        self._careful = now < self._calm_at or now >= self._patrol_at
        if self._careful:
            self._patrol_at = now + limits.BUS_CALM_S
        self._marks |= there

    def _unmark(self, work: Work, *, there: Mapping[str, StreamMark], asked_at: datetime) -> int:
        horizon = work.now - timedelta(seconds=limits.OUTBOX_KEEP_S)
        told: dict[str, Any] = {"horizon": horizon, "asked_at": asked_at, "now": work.now}
        for stream, mark in there.items():
            told |= {f"{stream}_last": mark.last_seq, f"{stream}_born": mark.born}
        lost = _losing(self._tables, tuple(there))
        return int(work.connection.execute(lost, told).rowcount)

    async def doubt_latest(self) -> int:
        """Unmark what the bus stored last before it went away, and all since: it may not have had
        that on its disk. A look may come late, and others go on sending meanwhile.

        What it still has it knows by the message id, and what was handled the inbox knows.
        Returns how many rows were unmarked.
        """
        breaks = self._relay.breaks
        doubted = await self._writer().run(partial(self._unmark_latest, broke_at=self._broke_at))
        if self._relay.breaks == breaks:
            self._broke_at, self._relay.doubtful = None, False
        return doubted

    def _unmark_latest(self, work: Work, *, broke_at: datetime | None) -> int:
        # What a clock that was ahead has marked is newer than all; it says nothing of the break.
        until = min(work.now, broke_at or work.now)
        newest = work.connection.execute(_latest(self._tables.outbox), {"until": until}).scalar()
        since = {"since": (newest or until) - timedelta(seconds=limits.BUS_DOUBT_S)}
        return int(work.connection.execute(_doubting(self._tables), since).rowcount)

    async def settle(self) -> None:
        """Note up to where everything was handled, if something was sent or happened since.

        A listing that fails is no reason to fail: then nothing is noted, and what a bus loses
        meanwhile is sent again as a whole.
        """
        js, now = self._relay.js, asyncio.get_running_loop().time()
        if js is None or now < self._listing_at or not (self._relay.reached or self._careful):
            return
        breaks = self._relay.breaks
        await self._relay.flush_marks()
        reached = {one: at for one, at in self._relay.reached.items() if at.stream in TAKEN}
        self._relay.reached = {}
        try:
            await self._look(js, reached, breaks)
        except (OSError, TimeoutError, *ERRORS) as error:
            log.warning("consumers_not_listed", error=repr(error)[:300])
            self._listing_at = now + limits.BUS_CALM_S
        finally:
            for subject, place in reached.items():
                self._relay.reach(subject, place)

    async def _look(self, js: JetStreamContext, reached: dict[str, Reached], breaks: int) -> None:
        """One look at the takers; what it finds handled is taken out of `reached`."""
        self._subjects, number = await self._writer().run(partial(self._begin, reached=reached))
        if number is None:
            return
        news = {place.stream for place in reached.values()}
        streams = {*self._subjects.values()} if self._careful else news
        told = [await told_of(js, one, self._marks[one]) for one in streams & {*self._marks}]
        if self._relay.breaks != breaks:
            return
        by_stream = {one.stream: one for one in told if one is not None}
        about = {
            subject: by_stream[stream]
            for subject, stream in self._subjects.items()
            if stream in by_stream
        }
        note = partial(write, number=number, about=about, news=frozenset(reached))
        written = await self._writer().run(note)
        if written.void:
            # Rows that were left on the word of those floors are to be found now.
            self._calm_at = asyncio.get_running_loop().time() + limits.BUS_CALM_S
        for subject in about.keys() & reached.keys():
            if not _lags(written.floors.get(subject), reached[subject]):
                del reached[subject]

    def _begin(
        self, work: Work, *, reached: Mapping[str, Reached]
    ) -> tuple[dict[str, str], int | None]:
        """The stream of each subject that was sent, and the number of the look that begins here,
        none where nothing was. Rows that are marked from here on have that number, or a later one.
        """
        subjects = self._subjects
        if not subjects:
            sent = work.connection.execute(_sent_so_far(self._tables.outbox))
            subjects = {row.subject: row.stream for row in sent}
        subjects = subjects | {subject: place.stream for subject, place in reached.items()}
        if not subjects:
            return subjects, None
        return subjects, work.connection.execute(_next_look(self._tables.looks)).scalar()


def _lags(floor: Floor | None, place: Reached) -> bool:
    """Whether somebody has still to handle what was sent; what nobody takes is not waited for."""
    return floor is not None and floor.born == place.born and floor.seq < place.seq


# Built once: building such a statement costs more than running it on an outbox of one day.


@cache
def unmarking(outbox: Table) -> Update:
    """Forget that the bus stored rows."""
    return update(outbox).values(published_at=None, stream_seq=None, stream_born=None)


@cache
def _losing(tables: ChassisTables, streams: tuple[str, ...]) -> Update:
    """Unmark, of rows newer than `horizon`, what each stream has lost, given its `…_last` sequence
    and when it was `…_born`; `asked_at` is when it was asked for them, `now` this transaction's."""
    outbox = tables.outbox
    at = outbox.c.published_at
    # What was stored while we asked lies above what we were told, and is not lost.
    before = or_(at <= bindparam("asked_at"), at > bindparam("now"))
    lost = [
        and_(
            outbox.c.stream == stream,
            or_(
                and_(outbox.c.stream_seq > bindparam(f"{stream}_last"), before),
                outbox.c.stream_born.is_distinct_from(bindparam(f"{stream}_born")),
            ),
        )
        for stream in streams
    ]
    return unmarking(outbox).where(at > bindparam("horizon"), or_(*lost), ~settled(tables))


@cache
def _latest(outbox: Table) -> Select[Any]:
    """When the bus last stored a row, as far as that is not after `until`."""
    at = outbox.c.published_at
    return select(func.max(at)).where(at <= bindparam("until"))


@cache
def _doubting(tables: ChassisTables) -> Update:
    """Unmark what was stored after `since`."""
    outbox = tables.outbox
    return unmarking(outbox).where(outbox.c.published_at > bindparam("since"), ~settled(tables))


@cache
def _sent_so_far(outbox: Table) -> Select[Any]:
    """Each subject of which the bus had something that somebody takes, with its stream."""
    sent = select(outbox.c.subject, outbox.c.stream)
    return sent.where(outbox.c.stream.in_(TAKEN), outbox.c.look.is_not(None)).distinct()


@cache
def _next_look(looks: Table) -> Any:
    return update(looks).values(number=looks.c.number + 1).returning(looks.c.number)
