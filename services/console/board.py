"""Beats, put together: services, consumers and streams as they are, and as they were in the hour.

Owns: what is remembered of what was heard, bounded, and making a picture of it.
Must not: judge, nor do I/O; times are given.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from services.console import merging
from services.console.flow_book import FlowBook, Rates
from services.console.merging import Heard
from services.console.picture import Conservation, Picture, ServiceLine, StreamLine
from services.console.rings import STEP_S, Rings
from shared.chassis import limits
from shared.contracts.message import COMMANDS
from shared.contracts.vitals import Beat, StreamBeat

SILENT_BEATS = 3
"""So many beats missed are silence."""
LOST_S = 600.0
"""How long a process that went silent is remembered."""
LEFT_S = 60.0
MOST_PROCESSES = 200
SPAN_S = limits.BUS_REST_S + limits.BUS_WATCH_S
"""Figures of all consumers were taken within this time."""


class Board:
    """Everything that one console has heard."""

    def __init__(self, services: Iterable[str], now: datetime) -> None:
        """`services` are those that should be there."""
        self._services = tuple(services)
        self._heard: dict[tuple[str, str], Heard] = {}
        self._flows = FlowBook()
        self._streams: dict[str, StreamBeat] = {}
        self._in_commands: deque[tuple[datetime, int]] = deque(maxlen=1_000)
        self._over_since: datetime | None = None
        self._rings, self._stepped_at = Rings(), now
        self._began, self._live, self._live_since = now, False, now
        self._ticked_at, self._as_of = now, now

    # ---------------------------------------------------------------- taking in

    def hear(self, beat: Beat, now: datetime) -> None:
        """Take in a beat."""
        key = (beat.service, beat.instance)
        known = self._heard.get(key)
        if known is None and len(self._heard) >= MOST_PROCESSES:
            return
        before = known.beat if known else None
        self._flows.hear(beat, before, now)
        self._saw_streams(beat, before, now)
        offset_s = (now - beat.sent_at).total_seconds()
        self._heard[key] = merging.taken(known, beat, offset_s, now)
        self._as_of = max(self._as_of, now)

    def _saw_streams(self, beat: Beat, before: Beat | None, now: datetime) -> None:
        old = {one.name: one.looked_at for one in before.streams} if before else {}
        for stream in beat.streams:
            if old.get(stream.name) == stream.looked_at:
                continue  # No new look.
            self._streams[stream.name] = stream
            if stream.name == COMMANDS:
                self._in_commands.append((now, stream.messages))

    def tick(self, now: datetime, live: bool) -> None:
        """Time has passed; `live` says whether beats can arrive at all. Every couple of seconds."""
        # After a gap nobody has had the time to be heard yet: this process itself stood still.
        slept = (now - self._ticked_at).total_seconds() > SILENT_BEATS * limits.BEAT_S
        if live and (slept or not self._live):
            self._live_since = now
        self._live, self._ticked_at = live, now
        self._forget(now)
        if not live:
            return
        self._flows.tick(now)
        self._count_commands(now)
        if (now - self._stepped_at).total_seconds() >= STEP_S:
            self._stepped_at = now
            self._rings.step(self._figures(now))

    def _forget(self, now: datetime) -> None:
        for key, heard in list(self._heard.items()):
            keep_s = LEFT_S if heard.beat.leaving else LOST_S
            if (now - heard.at).total_seconds() > keep_s:
                del self._heard[key]
        self._flows.forget(now - timedelta(seconds=LOST_S))

    # ---------------------------------------------------------------- the commands' law

    def _count_commands(self, now: datetime) -> None:
        over = self.commands(now).over
        self._over_since = (self._over_since or now) if over > 0 else None

    def commands(self, now: datetime) -> Conservation:
        """Messages in the stream against those before its consumers.

        The figures are not of one moment. Whatever the load does, grow or shrink, the smallest
        number of messages within their span is not above what the consumers add up to, unless
        there are messages that are nobody's.
        """
        since = now - timedelta(seconds=SPAN_S)
        seen = [many for at, many in self._in_commands if at >= since]
        whole = self._all_heard(now) and bool(seen)
        counted = self._flows.depth_of(COMMANDS)
        known = self._streams.get(COMMANDS)
        return Conservation(
            in_stream=known.messages if known else 0,
            counted=counted,
            over=max(0, min(seen) - counted) if whole else 0,
            since=self._over_since if whole else None,
            whole=whole,
        )

    def _all_heard(self, now: datetime) -> bool:
        alive = {heard.beat.service for heard in self._heard.values() if not self._mute(heard, now)}
        fresh = (now - self._live_since).total_seconds() >= SPAN_S
        return fresh and alive >= set(self._services)

    def _mute(self, heard: Heard, now: datetime) -> bool:
        return heard.beat.leaving or self._silent(heard, now)

    def _silent(self, heard: Heard, now: datetime) -> bool:
        since = max(heard.at, self._live_since)
        return (now - since).total_seconds() > SILENT_BEATS * heard.beat.rhythm_s

    # ---------------------------------------------------------------- the picture

    def picture(self, now: datetime) -> Picture:
        """How everything is."""
        rates = self._flows.rates()
        return Picture(
            as_of=now if self._live else self._as_of,
            listening_since=self._began,
            live=self._live,
            settled=self._live and self._settled(now),
            services=self._service_lines(now, rates),
            flows=self._flows.flows(now, rates, self._beats(), self._rings),
            streams=self._stream_lines(),
            commands=self.commands(now),
            untaken=merging.untaken(
                [one for one in self._heard.values() if not self._mute(one, now)], self._streams
            ),
            **merging.line_to_bus(self._heard.values()),
        )

    def _figures(self, now: datetime) -> dict[str, float]:
        """What of it is kept for trends, without a line for each consumer: those cost most."""
        rates = self._flows.rates()
        lines = self._service_lines(now, rates)
        return merging.figures(lines, self._stream_lines()) | self._flows.figures(rates)

    def _settled(self, now: datetime) -> bool:
        return now - self._live_since > timedelta(seconds=SILENT_BEATS * limits.BEAT_S)

    def _service_lines(self, now: datetime, rates: Mapping[str, Rates]) -> tuple[ServiceLine, ...]:
        by_service: dict[str, list[Heard]] = {name: [] for name in self._services}
        for heard in self._heard.values():
            by_service.setdefault(heard.beat.service, []).append(heard)
        out, settled = self._flows.rates_of_services(rates), self._settled(now)
        return tuple(
            merging.service_line(name, some, lambda one: self._silent(one, now), settled,
                                 out.get(name, 0.0), self._rings)
            for name, some in sorted(by_service.items())
        )  # fmt: skip

    def _beats(self) -> list[Beat]:
        return [heard.beat for heard in self._heard.values() if not heard.beat.leaving]

    def _stream_lines(self) -> tuple[StreamLine, ...]:
        return tuple(self._stream(one) for _, one in sorted(self._streams.items()))

    def _stream(self, stream: StreamBeat) -> StreamLine:
        return StreamLine(
            stream=stream.name,
            looked_at=stream.looked_at,
            messages=stream.messages,
            bytes=stream.bytes,
            max_bytes=stream.max_bytes,
            leader=stream.leader,
            peers=stream.peers,
            messages_trend=self._rings.trend(f"stream {stream.name}"),
        )
