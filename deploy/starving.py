"""What a full disk has stopped, and only a new beginning mends.

nats-server stores nothing more in a stream whose file it could not write, also when there is room
again, until it is started anew. To whoever publishes it says nothing; in its output it gives the
reason, each time that somebody tries. So nobody asks it, and where all is well this costs nothing.
Owns: when such a process is told to end, and what is said meanwhile.
Must not: end or start anything by itself, or import what is large.
"""

from __future__ import annotations

import math
import os
import signal
from dataclasses import dataclass

from deploy.again import AGAIN, WITHIN_S

FULL = b"no space left on device"
"""What the system calls ENOSPC, in the words of every program that tells it."""
ROOM_BYTES = 16 * 1024**2
"""Less is a full disk: it would be full again in a moment."""
LOOK_S = 1.0
"""How often it is looked for room while somebody waits for it."""
TOLD_EVERY_S = 60.0
KILL_S = 10.0
"""What was told to end, and has not within this time, is killed."""
MB = 1024**2


def room_on(folder: str) -> int:
    """Bytes that are left on its disk; 0 where no file can be made, or that cannot be told."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    inodes = found.f_favail or not found.f_files  # Some file systems do not count them.
    return found.f_bavail * found.f_frsize if inodes else 0


@dataclass(slots=True)
class Hunger:
    """One process that found its disk full, or that has died and cannot begin again on it.
    Moments are seconds of a clock that only goes forward."""

    name: str
    disk: str
    look_at: float = -math.inf
    kill_at: float = math.inf
    _tell_at: float = -math.inf

    @property
    def asked(self) -> bool:
        """It was told to end."""
        return self.kill_at < math.inf

    def look(self, now: float, room: int, may: bool) -> tuple[str, signal.Signals | None]:
        """What to say, if anything, and what to send it. `may`: it may begin again now."""
        self.look_at = now + LOOK_S
        if self.asked:
            return "", signal.SIGKILL if now >= self.kill_at else None
        if room < ROOM_BYTES:
            return self.lacks(now, room), None
        if not may:
            why = f"began again {AGAIN} times within {WITHIN_S / 60:.0f} min: it waits"
            return self._now_and_then(now, f"{self.name} stores nothing, and {why}"), None
        self.kill_at = now + KILL_S
        why = f"its disk was full, and until it begins again {self.name} stores nothing"
        return f"{why}; {room // MB} MB are free on {self.disk}", signal.SIGTERM

    def lacks(self, now: float, room: int) -> str:
        """Word of a full disk, unless it was told lately."""
        said = f"the disk of {self.name} is full: {room // MB} MB are left on {self.disk}"
        needed = f"make {ROOM_BYTES // MB} MB free, and {self.name} is started again"
        return self._now_and_then(now, f"{said}; {needed}")

    def _now_and_then(self, now: float, said: str) -> str:
        if now < self._tell_at:
            return ""
        self._tell_at = now + TOLD_EVERY_S
        return said
