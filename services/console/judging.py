"""What is wrong in a picture, worked out: the rules of the page Now, and their order.

Owns: every threshold of services and of the bus, and what is told first.
Must not: do I/O, or remember; what took time, the picture says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from services.console.finding import found, harm_of, say
from services.console.judging_flows import flow_findings, stream_findings
from services.console.picture import Finding, Level, Picture, ServiceLine, State
from shared.contracts.catalog import resource_services

OUTBOX_WARN_S, OUTBOX_ALARM_S = 15.0, 60.0
FULL, VERY_FULL = 0.7, 0.9
SMALL_BYTES = 64 * 1024**2
"""A store that is smaller does not fill a disk; the disk may be full of other things."""
NO_ROOM_BYTES = 1024**3
CLOCK_S = 2.0
SLOW_COMMIT_MS = 500.0
SLOW_BUS_MS = 1_000.0
UNTAKEN_S = 15.0
"""An election among the servers of a cluster is over sooner."""
_LEVELS = {Level.ALARM: 0, Level.WARN: 1, Level.NOTE: 2}
_FIRST = ("", "visits", *resource_services(), "guests", "notifications", "console")
"""Whose trouble hurts most, the bus' and everybody's first."""


def judge(picture: Picture, now: datetime) -> tuple[Finding, ...]:
    """All findings, what hurts most first."""
    if not picture.live:
        # All else is old news, and says nothing about now.
        return (found("bus_away", Level.ALARM, say("harm.bus"), since=picture.as_of),)
    away = {line.service for line in picture.services
            if line.state in (State.SILENT, State.LEFT, State.UNHEARD)}  # fmt: skip
    findings = [one for line in picture.services for one in _service(line)]
    for flow in picture.flows:
        if flow.service not in away:
            findings += flow_findings(flow, now)
    findings += stream_findings(picture, now)
    findings += _bus(picture)
    return tuple(sorted(findings, key=_order))


def needing(findings: Sequence[Finding]) -> int:
    """How many want somebody: all that are not mere notes."""
    return sum(one.level is not Level.NOTE for one in findings)


def verdict(findings: Sequence[Finding]) -> str:
    """The key of the one sentence on top of it all."""
    if any(one.code == "bus_away" for one in findings):
        return "now.verdict_away"
    many = needing(findings)
    return "now.verdict_well" if many == 0 else f"now.verdict_{'one' if many == 1 else 'many'}"


def _order(one: Finding) -> tuple[int, int, str, str, str]:
    rank = _FIRST.index(one.service) if one.service in _FIRST else len(_FIRST)
    return _LEVELS[one.level], rank, one.service, one.consumer or "", one.code


def _service(line: ServiceLine) -> Iterator[Finding]:
    service, harm = line.service, harm_of(line.service)
    if line.state in (State.SILENT, State.LEFT):
        yield found(line.state.value, Level.ALARM, harm, service=service, since=line.heard_at)
        return
    if line.state is State.DRAINED:
        yield found("drained", Level.NOTE, harm, service=service, until=line.drained_until)
    yield from _processes(line)
    yield from _store(line)
    if line.parked:
        yield found("parked", Level.WARN, say("harm.parked"), service=service, count=line.parked)
    if line.undecided:
        yield found("undecided", Level.WARN, say("harm.undecided"), service=service,
                    count=line.undecided)  # fmt: skip


def _processes(line: ServiceLine) -> Iterator[Finding]:
    living = [one for one in line.processes if one.state in (State.ALIVE, State.DRAINED)]
    newest = max((one.started_at for one in living), default=None)
    # One that was started after the silence began has taken its place.
    lost = [one for one in line.processes if one.state is State.SILENT
            and (newest is None or newest < one.heard_at)]  # fmt: skip
    if lost:
        yield found("replica_lost", Level.WARN, say("harm.replica"), service=line.service,
                    since=min(one.heard_at for one in lost), lost=len(lost),
                    living=len(living))  # fmt: skip
    if len(line.codes) > 1:
        yield found("mixed", Level.NOTE, say("harm.mixed"), service=line.service,
                    count=len(line.codes))  # fmt: skip
    off = max((one.offset_s for one in living), key=abs, default=0.0)
    if abs(off) >= CLOCK_S:
        code = "clock_behind" if off > 0 else "clock_ahead"
        yield found(code, Level.WARN, say("harm.clock"), service=line.service,
                    seconds=f"{abs(off):.0f}")  # fmt: skip


def _store(line: ServiceLine) -> Iterator[Finding]:
    service = line.service
    if line.store_away:
        yield found("store_away", Level.ALARM, harm_of(service), service=service)
    if line.outbox_oldest_s >= OUTBOX_WARN_S:
        level = Level.ALARM if line.outbox_oldest_s >= OUTBOX_ALARM_S else Level.WARN
        yield found("outbox", level, say("harm.outbox", service=service), service=service,
                    count=line.outbox_waiting)  # fmt: skip
    share = used_of_room(line)
    if share is not None:
        level = Level.ALARM if share >= VERY_FULL else Level.WARN
        yield found("store_full", level, say("harm.store_full", service=service), service=service,
                    percent=f"{100 * share:.0f}")  # fmt: skip
    if (line.commit_p50_ms or 0) >= SLOW_COMMIT_MS:
        yield found("store_slow", Level.WARN, harm_of(service), service=service,
                    ms=f"{line.commit_p50_ms:.0f}")  # fmt: skip


def used_of_room(line: ServiceLine) -> float | None:
    """How much of the room that its store could have is used, when that is too much."""
    size, free = line.store_bytes, line.free_bytes
    if size is None or free is None:
        return None
    share = size / max(1, size + free)
    near = share >= FULL and size >= SMALL_BYTES
    return max(share, FULL) if near or free < NO_ROOM_BYTES else None


def untaken(picture: Picture) -> tuple[float, dict[str, Any]]:
    """For how many seconds the bus has stored nothing of what some stream is sent, 0 while it does;
    and what a sentence about that tells."""
    some = picture.untaken
    servers = {server for one in some for server in one.servers} or {picture.server}
    told = {"streams": ", ".join(one.stream for one in some), "servers": ", ".join(sorted(servers))}
    return max((one.for_s for one in some), default=0.0), told


def _bus(picture: Picture) -> Iterator[Finding]:
    for_s, told = untaken(picture)
    if for_s > UNTAKEN_S:
        yield found("bus_stores_nothing", Level.ALARM, say("harm.bus_stores_nothing"), **told)
    if (picture.round_trip_ms or 0) >= SLOW_BUS_MS:
        yield found("bus_slow", Level.WARN, say("harm.bus_slow"),
                    ms=f"{picture.round_trip_ms:.0f}")  # fmt: skip
