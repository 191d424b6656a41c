"""One process that is kept: its lines, how it begins again, and whether it waits for its disk.

Must not: start or end a process; `keeping` does. Must not: import what is large.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field

from deploy.again import Deaths, Line
from deploy.starving import FULL, ROOM_BYTES, Hunger, room_on

READ_BYTES = 65_536
"""Read of one process at a time, and the longest line that is waited for."""


@dataclass(slots=True)
class Kept:
    """One process; `pipe` is where its output is read, and `line` how it begins again."""

    name: str
    pid: int
    pipe: int
    line: Line
    deaths: Deaths
    born: float = field(default_factory=time.monotonic)
    over: bool = field(default=False, init=False)
    """It says nothing more."""
    hunger: Hunger | None = field(default=None, init=False)
    """It has found its disk full."""
    _said: bytes = field(default=b"", init=False)
    """The beginning of a line."""

    @property
    def asked(self) -> bool:
        """It was told to end so that it begins again."""
        return self.hunger is not None and self.hunger.asked

    def read(self) -> list[bytes]:
        """The lines that are there. Raises BlockingIOError when there are none."""
        said = os.read(self.pipe, READ_BYTES)
        self.over = not said
        *lines, self._said = (self._said + said).split(b"\n")
        if self._said and (self.over or len(self._said) > READ_BYTES):
            lines, self._said = [*lines, self._said], b""
        if self.line.disk and any(FULL in line for line in lines):
            self._hungers()
        return lines

    def feed(self, now: float) -> tuple[str, signal.Signals | None]:
        """Of one whose disk was full: what to say, and what to send it. Nothing before its time."""
        if self.hunger is None or self.hunger.look_at > now:
            return "", None
        may = self.deaths.may_be_asked(now)
        return self.hunger.look(now, room_on(self.line.disk), may)

    def lacks_room(self, now: float) -> str | None:
        """Of one that has died: what to say when it would not find room to begin again, which may
        be nothing; None when it would."""
        if not self.line.disk or (room := room_on(self.line.disk)) >= ROOM_BYTES:
            return None
        return self._hungers().lacks(now, room)

    def _hungers(self) -> Hunger:
        self.hunger = self.hunger or Hunger(self.name, self.line.disk)
        return self.hunger
