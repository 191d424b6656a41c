"""Who listens to what: a topic's present fragments, and what still waits for an open stream.

Owns: what is kept for a listener: per channel at most one event, the newest.
Must not: render, or send; `fragments` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from services.console.topics import Fragments, Key


def encoded(event: str, data: bytes) -> bytes:
    """One event as it goes over the wire. `data` has no line breaks."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), data)


@dataclass(eq=False, slots=True)
class Channel:
    """One topic for one view: what it shows now, and who listens."""

    key: Key
    shown: Fragments | None = None
    at: str = ""
    late: bool = False
    whole: bytes | None = None
    """All of it as one event, made when somebody needs it."""
    dirty: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: set[Listener] = field(default_factory=set)
    task: asyncio.Task[None] | None = None

    def event(self, changed: Fragments, gone: Sequence[str], whole: bool) -> bytes:
        """A patch."""
        told = {"topic": self.key.text, "at": self.at, "set": changed, "gone": list(gone),
                "whole": whole}  # fmt: skip
        return encoded("patch", orjson.dumps(told))

    def state(self) -> bytes | None:
        """All of it; None before the first rendering."""
        if self.shown is None:
            return None
        if self.whole is None:
            self.whole = self.event(self.shown, (), True)
        return self.whole


@dataclass(eq=False, slots=True)
class Listener:
    """One open stream. Of each channel at most one event waits."""

    session: str
    bus: bool | None
    ended: bool = False
    waiting: dict[Channel, bytes | None] = field(default_factory=dict)
    """None stands for the whole state, whatever it is when it is sent."""
    late: dict[Channel, None] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, channel: Channel, patch: bytes | None) -> None:
        """Let a patch wait; where one waits already, the whole state takes its place."""
        self.late.pop(channel, None)
        self.waiting[channel] = None if channel in self.waiting else patch
        self.wake.set()
