"""What lives on pages: rendered once per tick for all who see the same, sent when it changed.

Owns: the channels (one per topic and view), their last fragments, the open streams and their caps.
Must not: know what is rendered, or wait for a listener: one that reads slowly gets the newest
state whole instead of all the steps to it.

On a stream: `bus` (live, away), `patch` (`topic, at, set, gone, whole`), `late` (`topic`), `beat`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress

import orjson
import structlog
from sse_starlette import EventSourceResponse

from services.console.channels import Channel, Listener, encoded
from services.console.problems import ProblemError
from services.console.templating import iso
from services.console.topics import Fragments, Key
from shared.chassis import limits
from shared.chassis.clock import Clock
from shared.chassis.lifecycle import told_to_end, woken
from shared.chassis.store import STORE_AWAY

RETRY_MS = 2_000
_TICKING = re.compile(r"(<time data-(?:age|until)[^>]*>)[^<]*")
log = structlog.get_logger(__name__)


def _still(html: str) -> str:
    """HTML without the ages and countdowns in it, which go on in the browser by themselves."""
    return _TICKING.sub(r"\1", html)


class Desk:
    """Takes marks, has what is marked rendered, and hands it to open streams. One per process."""

    def __init__(self, render: Callable[[Key], Awaitable[Fragments]], clock: Clock) -> None:
        self._render, self._clock = render, clock
        self._channels: dict[Key, Channel] = {}
        self._listeners: set[Listener] = set()
        self._renders = asyncio.Semaphore(limits.FRAGMENT_RENDERS)
        self._live = False

    # ------------------------------------------------------------------ told by others

    def mark(self, name: str, about: str | None = None) -> None:
        """What a topic shows may have changed: all of that name, or only `about` one thing."""
        for channel in self._channels.values():
            key = channel.key
            if key.topic.name == name and about in (None, key.about):
                channel.dirty.set()

    def visit_changed(self, visit: str) -> None:
        """A visit has changed: whatever shows visits, or this one, may have."""
        for channel in self._channels.values():
            on = channel.key.topic.on
            if on == "visits" or (on == "visit" and channel.key.about == visit):
                channel.dirty.set()

    def lost_some(self) -> None:
        """Anything may have changed unheard."""
        for channel in self._channels.values():
            channel.dirty.set()

    def set_live(self, live: bool) -> None:
        """Tell everyone whether announcements arrive at all right now."""
        if live != self._live:
            self._live = live
            for listener in self._listeners:
                listener.bus = live
                listener.wake.set()

    def cut(self, session: str) -> None:
        """End the streams of a session that has ended."""
        for listener in self._listeners:
            if listener.session == session:
                listener.ended = True
                listener.wake.set()

    # ------------------------------------------------------------------ streams

    def stream(self, keys: Sequence[Key], session: str) -> EventSourceResponse:
        """The answer that stays open for a while. `session` is whose cap it counts against.

        Raises ProblemError (503, 429) when there are too many.
        """
        self._check_caps(session)
        return EventSourceResponse(
            self._events(Listener(session, self._live), keys),
            ping=limits.FRAGMENT_BEAT_S, send_timeout=limits.FRAGMENT_BEAT_S,
        )  # fmt: skip

    def _check_caps(self, session: str) -> None:
        again = {"Retry-After": "10"}
        if len(self._listeners) >= limits.FRAGMENT_STREAMS:
            detail = f"at most {limits.FRAGMENT_STREAMS} may be open"
            raise ProblemError("too-many-streams", detail, headers=again)
        own = sum(one.session == session for one in self._listeners)
        if own >= limits.FRAGMENT_STREAMS_OF_SESSION:
            detail = f"a session may have {limits.FRAGMENT_STREAMS_OF_SESSION} streams open"
            raise ProblemError("too-many-requests", detail, headers=again)

    async def _events(self, listener: Listener, keys: Sequence[Key]) -> AsyncIterator[bytes]:
        until = time.monotonic() + limits.STREAM_S
        with suppress(ProblemError):  # Asked again: many may have come at the same moment.
            self._check_caps(listener.session)
            self._listeners.add(listener)
        if listener not in self._listeners:
            return
        try:
            for key in keys:
                self._join(key, listener)
            yield b"retry: %d\n\n" % RETRY_MS
            while (left_s := until - time.monotonic()) > 0 and not listener.ended:
                listener.wake.clear()
                for event in self._ready_for(listener):
                    yield event
                if not await woken(listener.wake, min(left_s, limits.FRAGMENT_BEAT_S)):
                    yield encoded("beat", iso(self._clock.now()).encode())
        finally:
            self._leave(listener)

    def _ready_for(self, listener: Listener) -> Iterator[bytes]:
        if listener.bus is not None:
            live, listener.bus = listener.bus, None
            yield encoded("bus", b"live" if live else b"away")
        while listener.waiting:
            channel = next(iter(listener.waiting))
            event = listener.waiting.pop(channel) or channel.state()
            if event is not None:
                yield event
        while listener.late:
            channel = next(iter(listener.late))
            del listener.late[channel]
            yield encoded("late", orjson.dumps({"topic": channel.key.text, "at": channel.at}))

    def _join(self, key: Key, listener: Listener) -> None:
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(key)
        channel.listeners.add(listener)
        listener.offer(channel, None)
        if channel.late:
            listener.late[channel] = None
        if channel.task is None:
            channel.task = asyncio.create_task(self._keep(channel))

    def _leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        for channel in list(self._channels.values()):
            channel.listeners.discard(listener)
            if not channel.listeners and channel.task is not None:
                channel.task.cancel()
                del self._channels[channel.key]

    # ------------------------------------------------------------------ rendering

    async def _keep(self, channel: Channel) -> None:
        """Render a channel when it is marked, at most once per tick, while somebody listens."""
        every_s = channel.key.topic.every_s
        while not told_to_end():
            channel.dirty.clear()  # Before rendering: a mark meanwhile means one rendering more.
            await self._once(channel)
            wait_s = limits.FRAGMENT_AGAIN_S if channel.late else every_s
            await asyncio.sleep(limits.FRAGMENT_TICK_S)
            await woken(channel.dirty, wait_s)

    async def _once(self, channel: Channel) -> None:
        try:
            async with self._renders:
                at = iso(self._clock.now())
                fresh = await self._render(channel.key)
        except (ProblemError, *STORE_AWAY) as error:
            self._tell_late(channel, str(error))
        except Exception as error:
            log.error("fragments_failed", topic=channel.key.topic.name, exc_info=error)
            self._tell_late(channel, "")
        else:
            self._show(channel, fresh, at)

    def _tell_late(self, channel: Channel, why: str) -> None:
        if not channel.late:
            log.warning("fragments_late", topic=channel.key.topic.name, why=why[:300])
        channel.late = True
        for listener in channel.listeners:
            listener.late[channel] = None
            listener.wake.set()

    def _show(self, channel: Channel, fresh: Fragments, at: str) -> None:
        old, was_late = channel.shown, channel.late
        channel.shown, channel.at, channel.late, channel.whole = fresh, at, False, None
        if old is None:
            for listener in channel.listeners:
                listener.offer(channel, None)
            return
        changed = {
            id_: html for id_, html in fresh.items() if _still(old.get(id_, "")) != _still(html)
        }
        gone = [id_ for id_ in old if id_ not in fresh]
        if changed or gone or was_late:
            patch = channel.event(changed, gone, False)
            for listener in channel.listeners:
                listener.offer(channel, patch)
