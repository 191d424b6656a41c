"""A process says how it is: what it counts itself, what it last saw of the bus and of its store.

The bus is asked nothing for it: `saw` is told what `link` and `outbox` read there anyway.

Owns: the beat, and the look at the store.
Must not: judge; whoever hears the beat does. Must not: cost more than next to nothing.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from nats.js.api import ConsumerInfo, StreamInfo
from sqlalchemy.exc import SQLAlchemyError

from shared.chassis import bus, limits
from shared.chassis.code_version import code_version
from shared.chassis.exposition import BeatCollector
from shared.chassis.lifecycle import repeat, to_next, woken
from shared.chassis.pulse import Tally, behind_s
from shared.chassis.store_look import Figures, Undecided, figures_of
from shared.contracts.vitals import Beat, BusBeat, ConsumerBeat, PeerBeat, StoreBeat, StreamBeat

if TYPE_CHECKING:
    from shared.chassis.service import Service

log = structlog.get_logger(__name__)


class Vitals:
    """What one process knows of itself."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._instance = service.new_id()
        self._started_at = service.clock.now()
        self._code = "unknown"
        self._round_trip_ms: float | None = None
        self._consumers: dict[str, ConsumerBeat] = {}
        self._streams: dict[str, StreamBeat] = {}
        self._waiting_since: dict[str, float] = {}
        self._figures = Figures()
        self.undecided: Undecided | None = None
        """Said by a service whose own work may wait for a person."""
        self._sized_at = float("-inf")
        self._quiet = service.quiet()
        self._hurried = asyncio.Event()
        self._moves = 0
        service.metrics.registry.register(BeatCollector(self.beat))

    # ---------------------------------------------------------------- what was seen

    def saw(self, info: ConsumerInfo | StreamInfo, took_s: float | None = None) -> None:
        """The bus has answered about a consumer of ours, or about a stream."""
        if took_s is not None:
            self._round_trip_ms = round(1000 * took_s, 2)
        now = self._service.clock.now()
        if isinstance(info, StreamInfo):
            self._streams[str(info.config.name)] = stream_beat(info, now)
            return
        waits = (info.num_pending or 0) + (info.num_ack_pending or 0)
        moment = time.monotonic()
        if waits:
            since = self._waiting_since.setdefault(info.name, moment)
        else:
            since = self._waiting_since.pop(info.name, moment)
        tally = self._service.metrics.pulse.tallies.get(info.name)
        behind = behind_s(moment, now, waits, since, tally)
        self._consumers[info.name] = consumer_beat(info, now, behind)

    def stirred(self) -> bool:
        """Whether this process has sent or handled something since it was last asked, or something
        waits before its consumers or is held back, as far as is known."""
        moves = self._service.metrics.pulse.moves
        moved, self._moves = moves != self._moves, moves
        seen = self._consumers.values()
        return moved or any(one.waiting or one.in_flight or one.paused_until for one in seen)

    def paused(self) -> dict[str, datetime | None]:
        """By consumer, until when the bus holds it; only those that were looked at."""
        return {name: one.paused_until for name, one in self._consumers.items()}

    async def _look(self) -> None:
        """Count what waits in the store, if anything was written since."""
        service, moment = self._service, time.monotonic()
        sized = moment - self._sized_at >= limits.STORE_SIZE_S
        if self._quiet.goes_on() and not sized:
            self._figures = self._figures.at(service.clock.now())
            return
        try:
            self._figures = await service.read(
                lambda session: figures_of(session, service.tables, service.clock.now(),
                                           None if sized else self._figures, self.undecided)
            )  # fmt: skip
            self._sized_at = moment if sized else self._sized_at
            if not self._figures.outbox_waiting:
                self._quiet.begin(None)
        except (SQLAlchemyError, OSError) as error:
            log.debug("store_unread", error=repr(error)[:300])
            self._figures = self._figures.gone()

    # ---------------------------------------------------------------- the beat

    def beat(self, leaving: bool = False) -> Beat:
        """How this process is now."""
        service = self._service
        return Beat(
            cause="beat",
            actor=service.name,
            service=service.name,
            instance=self._instance,
            sent_at=service.clock.now(),
            started_at=self._started_at,
            code=self._code,
            rhythm_s=limits.BEAT_S,
            ready=service.ready,
            leaving=leaving,
            drained_until=service.intake.drained_until,
            store=self._store_beat(),
            bus=self._bus_beat(),
            consumers=tuple(self._consumer(one) for one in service.use.takes),
            streams=tuple(self._streams.values()),
        )

    def _consumer(self, consumer: bus.Consumer) -> ConsumerBeat:
        name = consumer.durable
        seen = self._consumers.get(name) or ConsumerBeat(name=name, stream=consumer.stream)
        tally = self._service.metrics.pulse.tallies.get(name) or Tally()
        counts = {"handled": tally.handled, "retried": tally.retried, "parked": tally.parked}
        return seen.model_copy(update={**counts, "pause": self._service.intake.pauses.get(name)})

    def _store_beat(self) -> StoreBeat:
        figures, commits = self._figures, self._service.metrics.pulse.commit_ms()
        median, high = commits or (None, None)
        return StoreBeat(
            kind=self._service.engine.dialect.name,
            looked_at=figures.looked_at,
            away=figures.away,
            bytes=figures.bytes,
            free_bytes=figures.free_bytes,
            outbox_waiting=figures.outbox_waiting,
            outbox_oldest_s=figures.outbox_oldest_s,
            parked=figures.parked,
            undecided=figures.undecided,
            commit_p50_ms=median,
            commit_p99_ms=high,
        )

    def _bus_beat(self) -> BusBeat:
        client: Any = self._service.broker._connection
        server = client._server_info if client is not None else {}
        return BusBeat(
            server=str(server.get("server_name") or server.get("server_id") or ""),
            cluster=server.get("cluster"),
            round_trip_ms=self._round_trip_ms,
            publish_failures=int(self._service.metrics.publish_failures._value.get()),
            untaken=self._service.relay.untaken.beats(),
        )

    def hurry(self) -> None:
        """Something has changed that somebody waits to see."""
        self._hurried.set()

    async def run(self) -> None:
        """Beat until the process ends, and say so at the end."""
        self._code = await asyncio.to_thread(code_version, self._service.name)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(repeat(limits.STORE_LOOK_S, self._look, "look_at_store"))
                group.create_task(repeat(0, self._beat, "beat"))
        finally:
            with suppress(Exception):
                await self._say(self.beat(leaving=True))

    async def _beat(self) -> None:
        # Through a connection that is away nothing is said: kept back, it would be old news.
        if self._service.ready:
            await self._say(self.beat())
        await woken(self._hurried, to_next(limits.BEAT_S))
        self._hurried.clear()

    async def _say(self, beat: Beat) -> None:
        client = await self._service.broker.connect()
        subject = beat.subject(self._service.name)
        # What is as it is anyway is left out: at rest that is half of it, for all who hear it.
        body = beat.model_dump_json(exclude_defaults=True)
        await client.publish(subject, body.encode(), headers=_JSON)


_JSON = {"content-type": "application/json"}


def consumer_beat(info: ConsumerInfo, now: datetime, behind: float) -> ConsumerBeat:
    """What the bus says of a consumer."""
    until = info.config.pause_until if info.paused else None
    return ConsumerBeat(
        name=info.name,
        stream=info.stream_name,
        looked_at=now,
        waiting=info.num_pending or 0,
        in_flight=info.num_ack_pending or 0,
        redelivered=info.num_redelivered or 0,
        behind_s=round(behind, 1),
        paused_until=datetime.fromisoformat(until) if until else None,
    )


def stream_beat(info: StreamInfo, now: datetime) -> StreamBeat:
    """What the bus says of a stream."""
    cluster = info.cluster
    peers = (cluster.replicas if cluster else None) or []
    return StreamBeat(
        name=str(info.config.name),
        looked_at=now,
        messages=info.state.messages,
        bytes=info.state.bytes,
        max_bytes=-1 if info.config.max_bytes is None else info.config.max_bytes,
        leader=cluster.leader if cluster else None,
        peers=tuple(
            PeerBeat(name=peer.name or "", current=bool(peer.current), offline=bool(peer.offline),
                     lag=peer.lag or 0)
            for peer in peers
        ),
    )  # fmt: skip


def take_part(service: Service) -> None:
    """Let a service say how it is."""
    service.signals(Beat)
    service.background(service.vitals.run)
