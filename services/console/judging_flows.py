"""What is wrong with consumers, streams, and the commands' law, worked out from a picture.

Owns: their thresholds. Pure. Must not: order findings; `judging` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from services.console.finding import found, harm_of, say
from services.console.picture import Finding, Flow, Level, Picture, StreamLine

STUCK_S = 30.0
HANGING_S = 120.0
BEHIND_S = 30.0
GROWING = 1.2
"""Arrivals over departures from here on are growth, and no noise."""
GROWING_FROM = 200
STORM_PER_S = 2.0
STORM_REDELIVERED = 50
FULL, VERY_FULL = 0.7, 0.9
ZOMBIE_S = 30.0


def flow_findings(flow: Flow, now: datetime) -> Iterator[Finding]:
    """What is wrong with one consumer of a living service."""
    harm = harm_of(flow.service)
    told = partial(found, service=flow.service, consumer=flow.consumer)
    if flow.paused_until is not None:
        if not flow.drained:  # Of a drained service is told once.
            yield told("paused", Level.NOTE, harm, until=flow.paused_until,
                        who=flow.paused_by or "?", count=flow.waiting)  # fmt: skip
        return
    still_s = (now - flow.moved_at).total_seconds()
    storm = _storms(flow)
    if storm:
        yield told("storm", Level.WARN, harm, count=flow.redelivered or flow.in_flight)
    if flow.waiting and still_s >= STUCK_S:
        yield told("stuck", Level.ALARM, harm, since=flow.moved_at, count=flow.waiting)
    elif flow.in_flight and still_s >= HANGING_S and not storm:
        yield told("hanging", Level.WARN, harm, since=flow.moved_at, count=flow.in_flight)
    elif _grows(flow):
        yield told("growing", Level.WARN, harm, count=flow.waiting + flow.in_flight,
                    arriving=f"{flow.in_per_s:.0f}", leaving=f"{flow.out_per_s:.0f}")  # fmt: skip
    elif flow.behind_s >= BEHIND_S and flow.waiting:
        yield told("behind", Level.WARN, harm, until=flow.empty_at,
                    count=flow.waiting + flow.in_flight)  # fmt: skip


def _storms(flow: Flow) -> bool:
    """Messages come again and again, and more of them than are handled."""
    failing = flow.retried_per_s >= STORM_PER_S and flow.retried_per_s >= flow.out_per_s
    return failing or (flow.redelivered >= STORM_REDELIVERED)


def _grows(flow: Flow) -> bool:
    deep = flow.waiting + flow.in_flight >= GROWING_FROM
    return deep and flow.in_per_s > GROWING * flow.out_per_s


def stream_findings(picture: Picture, now: datetime) -> Iterator[Finding]:
    """What is wrong with streams, and whether each command is somebody's."""
    for stream in picture.streams:
        yield from _stream(stream)
    law = picture.commands
    if law.whole and law.over and law.since and (now - law.since).total_seconds() >= ZOMBIE_S:
        yield found("zombies", Level.ALARM, say("harm.zombies"), since=law.since,
                    stream="COMMANDS", count=law.over)  # fmt: skip


def _stream(stream: StreamLine) -> Iterator[Finding]:
    share = stream.bytes / stream.max_bytes if stream.max_bytes > 0 else 0.0
    if share >= FULL:
        level = Level.ALARM if share >= VERY_FULL else Level.WARN
        yield found("stream_full", level, say("harm.stream_full"), stream=stream.stream,
                    percent=f"{100 * share:.0f}")  # fmt: skip
    if not stream.leader:
        yield found("leaderless", Level.ALARM, say("harm.bus"), stream=stream.stream)
    late = [one.name for one in stream.peers if one.offline or not one.current]
    if late:
        yield found("copies", Level.WARN, say("harm.copies"), stream=stream.stream,
                    peers=", ".join(late))  # fmt: skip
