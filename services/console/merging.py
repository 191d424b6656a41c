"""Beats of several processes, made into one line for their service.

Pure: no clock of its own. Must not: judge.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.console.picture import Process, ServiceLine, State, StreamLine, Untaken
from services.console.rings import Rings
from shared.contracts.vitals import Beat, StreamBeat

OFFSETS = 5


@dataclass(slots=True)
class Heard:
    """The last beat of one process."""

    beat: Beat
    at: datetime
    offsets: deque[float] = field(default_factory=lambda: deque(maxlen=OFFSETS))

    @property
    def offset_s(self) -> float:
        """Time on the way only adds: of several differences the smallest is the clocks'."""
        return round(min(self.offsets, default=0.0), 3)


def taken(known: Heard | None, beat: Beat, offset_s: float, now: datetime) -> Heard:
    """What is remembered of a process after one more beat."""
    found = known or Heard(beat, now)
    found.beat, found.at = beat, now
    found.offsets.append(offset_s)
    return found


def service_line(
    name: str, some: Sequence[Heard], silent: Callable[[Heard], bool], settled: bool,
    handled_per_s: float, rings: Rings,
) -> ServiceLine:  # fmt: skip
    """One service. `settled`: whoever lives has had the time to be heard."""
    processes = tuple(
        _process(one, silent(one)) for one in sorted(some, key=lambda one: one.beat.started_at)
    )
    alive = [one for one in some if not one.beat.leaving and not silent(one)]
    newest = max(alive or some, key=lambda one: one.at, default=None)
    trends = {
        f"{what}_trend": rings.trend(f"{what} {name}") for what in ("handled", "outbox", "commit")
    }
    state = _state_of(processes, settled)
    if newest is None:
        return ServiceLine(service=name, state=state, **trends)
    beat, store = newest.beat, newest.beat.store
    return ServiceLine(
        service=name,
        state=state,
        heard_at=newest.at,
        drained_until=beat.drained_until if state is State.DRAINED else None,
        processes=processes,
        codes=tuple(sorted({one.beat.code for one in alive})),
        store=store.kind,
        store_away=store.away,
        store_bytes=store.bytes,
        free_bytes=store.free_bytes,
        outbox_waiting=store.outbox_waiting,
        outbox_oldest_s=store.outbox_oldest_s,
        parked=store.parked,
        undecided=store.undecided,
        commit_p50_ms=_worst(alive, lambda one: one.beat.store.commit_p50_ms),
        commit_p99_ms=_worst(alive, lambda one: one.beat.store.commit_p99_ms),
        handled_per_s=round(handled_per_s, 2),
        **trends,
    )


def _process(one: Heard, silent: bool) -> Process:
    beat = one.beat
    return Process(
        instance=beat.instance,
        state=_state(beat, silent),
        started_at=beat.started_at,
        heard_at=one.at,
        code=beat.code,
        offset_s=one.offset_s,
        round_trip_ms=beat.bus.round_trip_ms,
        server=beat.bus.server,
    )


def _state(beat: Beat, silent: bool) -> State:
    if beat.leaving:
        return State.LEFT
    if silent:
        return State.SILENT
    return State.DRAINED if beat.drained_until is not None else State.ALIVE


def _state_of(processes: Sequence[Process], settled: bool) -> State:
    states = {one.state for one in processes}
    for best in (State.ALIVE, State.DRAINED):
        if best in states:
            return best
    if not settled:
        return State.UNHEARD
    return State.LEFT if states == {State.LEFT} else State.SILENT


def _worst(alive: Iterable[Heard], of: Callable[[Heard], float | None]) -> float | None:
    found = [value for one in alive if (value := of(one)) is not None]
    return round(max(found), 1) if found else None


def line_to_bus(heard: Iterable[Heard]) -> dict[str, Any]:
    """The bus as its clients see it: names of the servers, and the slowest answer."""
    beats = [one.beat for one in heard if not one.beat.leaving]
    trips = [one.bus.round_trip_ms for one in beats if one.bus.round_trip_ms is not None]
    return {
        "server": ", ".join(sorted({one.bus.server for one in beats if one.bus.server})),
        "cluster": next((one.bus.cluster for one in beats if one.bus.cluster), None),
        "round_trip_ms": round(max(trips), 1) if trips else None,
    }


def untaken(alive: Iterable[Heard], streams: Mapping[str, StreamBeat]) -> tuple[Untaken, ...]:
    """What the bus does not store, as those say who are `alive`. `streams` as they were heard of
    last: while nothing is stored perhaps nobody can say more of them."""
    senders: dict[str, dict[str, float]] = {}
    for one in alive:
        for told in one.beat.bus.untaken:
            of = senders.setdefault(told.stream, {})
            of[one.beat.service] = max(told.for_s, of.get(one.beat.service, 0.0))
    return tuple(
        Untaken(stream=name, for_s=max(of.values()), services=tuple(sorted(of)),
                servers=_suspects(streams.get(name)))
        for name, of in sorted(senders.items())
    )  # fmt: skip


def _suspects(stream: StreamBeat | None) -> tuple[str, ...]:
    if stream is None:
        return ()
    late = tuple(peer.name for peer in stream.peers if peer.offline or not peer.current)
    return late or ((stream.leader,) if stream.leader else ())


def figures(services: Iterable[ServiceLine], streams: Iterable[StreamLine]) -> dict[str, float]:
    """What is kept of services and streams for trends, by name."""
    found: dict[str, float] = {}
    for line in services:
        found[f"handled {line.service}"] = line.handled_per_s
        found[f"outbox {line.service}"] = float(line.outbox_waiting)
        found[f"commit {line.service}"] = line.commit_p99_ms or 0.0
    for stream in streams:
        found[f"stream {stream.stream}"] = float(stream.messages)
    return found
