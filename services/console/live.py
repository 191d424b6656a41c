"""The stream of changes: what the bus announces, to every open page, newest state only.

Owns: the clients of the stream, their bounded memory, and telling them when to reload.
Must not: slow down anything: a client that does not read loses events, not the server memory.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.console.problems import ProblemError
from shared.chassis import limits
from shared.chassis.lifecycle import to_next, told_to_end, woken
from shared.chassis.service import Service
from shared.contracts.visits import VisitChanged

HEARTBEAT_S = 15
MAX_STREAMS = 200
MAX_WAITING = 500
"""Changed visits that wait for one client; beyond that it is told to reload."""
MEMORY = 2_000
"""Changes kept for clients that come back with Last-Event-ID."""
RETRY_MS = 2_000
WATCH_S = 1.0

Sees = Callable[[str | None], bool]
"""Whether a visit of a station is there for a reader."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """One change as it is sent: its number here, the visit, and the list line as JSON."""

    number: int
    visit: str
    station: str | None
    data: str


@dataclass(eq=False, slots=True)
class _Client:
    """What waits for one open stream; per visit only the newest, of what its reader may see."""

    sees: Sees
    waiting: OrderedDict[str, Change] = field(default_factory=OrderedDict)
    reload: bool = False
    live: bool | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, change: Change) -> None:
        if not self.sees(change.station):
            return
        self.waiting.pop(change.visit, None)
        self.waiting[change.visit] = change
        if len(self.waiting) > MAX_WAITING:
            self.must_reload()
        self.wake.set()

    def must_reload(self) -> None:
        self.waiting.clear()
        self.reload = True
        self.wake.set()


class Hub:
    """Takes changes from the bus and hands them to open streams."""

    def __init__(self, epoch: str, max_streams: int = MAX_STREAMS) -> None:
        """`epoch` names this run of the process; numbers of another run mean nothing here."""
        self._epoch, self._max = epoch, max_streams
        self._clients: set[_Client] = set()
        self._memory: deque[Change] = deque(maxlen=MEMORY)
        self._number = 0
        self._live = False

    def changed(self, event: VisitChanged) -> None:
        """Hand a change to everyone."""
        self._number += 1
        state = event.state
        change = Change(self._number, state.visit, state.station, state.model_dump_json())
        self._memory.append(change)
        for client in self._clients:
            client.offer(change)

    def lost_some(self) -> None:
        """Changes may have been missed: nobody can resume, everybody reloads."""
        self._number += 1
        self._memory.clear()
        for client in self._clients:
            client.must_reload()

    def set_live(self, live: bool) -> None:
        """Tell everyone whether changes arrive at all right now."""
        if live != self._live:
            self._live = live
            for client in self._clients:
                client.live = live
                client.wake.set()

    @property
    def last_id(self) -> str:
        """The id of the newest change: a stream that goes on from here misses nothing."""
        return f"{self._epoch}-{self._number}"

    def stream(self, last_id: str | None, sees: Sees) -> EventSourceResponse:
        """The answer that stays open for a while. `sees` tells of which stations its reader hears.
        Raises ProblemError when there are too many."""
        if len(self._clients) >= self._max:
            detail = f"at most {self._max} may be open; read the list instead"
            raise ProblemError("too-many-streams", detail, headers={"Retry-After": "10"})
        return EventSourceResponse(
            self._events(last_id, sees), ping=HEARTBEAT_S, send_timeout=HEARTBEAT_S
        )

    async def _events(self, last_id: str | None, sees: Sees) -> AsyncIterator[ServerSentEvent]:
        client = _Client(sees, live=self._live)
        until = time.monotonic() + limits.STREAM_S
        self._clients.add(client)  # Before it is told where it goes on from: nothing in between.
        try:
            if last_id is None:
                yield ServerSentEvent(event="hello", data="{}", id=self.last_id, retry=RETRY_MS)
            else:
                self._resume(client, last_id)
            while (left_s := until - time.monotonic()) > 0:
                client.wake.clear()
                for event in self._ready_for(client):
                    yield event
                await woken(client.wake, left_s)
        finally:
            self._clients.discard(client)

    def _resume(self, client: _Client, last_id: str) -> None:
        epoch, _, told = last_id.partition("-")
        known = int(told) if told.isascii() and told.isdigit() and len(told) < 16 else -1
        oldest = self._memory[0].number if self._memory else self._number + 1
        if epoch != self._epoch or not oldest - 1 <= known <= self._number:
            client.must_reload()
            return
        for change in self._memory:
            if change.number > known:
                client.offer(change)

    def _ready_for(self, client: _Client) -> Iterator[ServerSentEvent]:
        if client.live is not None:
            state, client.live = client.live, None
            yield ServerSentEvent(event="bus", data="live" if state else "away")
        if client.reload:
            client.reload = False
            yield ServerSentEvent(event="reload", data="{}", id=self.last_id)
        while client.waiting and not client.reload:
            _, change = client.waiting.popitem(last=False)
            yield ServerSentEvent(
                event="visit_changed", data=change.data, id=f"{self._epoch}-{change.number}"
            )


class Told(Protocol):
    """Whoever passes on what is announced."""

    def set_live(self, live: bool) -> None:
        """Whether announcements arrive right now."""

    def lost_some(self) -> None:
        """Some did not."""


async def watch(service: Service, *told: Told) -> None:
    """Notice that the bus was away: what was announced meanwhile did not reach us."""
    seen: int | None = None
    while not told_to_end():
        for one in told:
            one.set_live(service.ready)
        if service.ready:
            client = await service.broker.connect()
            reconnects = int(client.stats["reconnects"])
            if seen is not None and reconnects != seen:
                for one in told:
                    one.lost_some()
            seen = reconnects
        await asyncio.sleep(to_next(WATCH_S))
