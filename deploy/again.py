"""What dies by itself and how it begins again, so that one dead process does not end the evening.

What was up and was killed has all that it needs to go on in its store and on the bus. What cannot
come up, a wrong setting above all, ends all others, and its reason is the last thing said.
Owns: which end is a death, and how often one begins again.
Must not: start anything by itself, or import what is large.
"""

from __future__ import annotations

import os
import shlex
import signal
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

LIVED_S = 5.0
"""What ends sooner has not come up: it would not the next time either."""
REST_S = 0.5
"""How long nothing is done after a death."""
AGAIN, WITHIN_S = 5, 300.0
"""So often in so many seconds; what dies oftener is ill, and all end."""
ENDING = (signal.SIGINT, signal.SIGTERM)
"""Held back while all are started; whoever is started takes them again."""


@dataclass(slots=True)
class Deaths:
    """Those of one process; moments are seconds of a clock that only goes forward."""

    lived_s: float = LIVED_S
    at: deque[float] = field(default_factory=deque)

    def begin_again(self, born: float, now: float, asked: bool = False) -> bool:
        """Whether one that lived from `born` until `now` is to begin again; `asked`: it was told
        to end for that, however young it was."""
        if now - born < self.lived_s and not asked:
            return False
        self.may_be_asked(now)
        self.at.append(now)
        return asked or len(self.at) <= AGAIN

    def may_be_asked(self, now: float) -> bool:
        """Whether one that lives may be told to end for a new beginning: not as often that all
        would end for it."""
        while self.at and now - self.at[0] > WITHIN_S:
            self.at.popleft()
        return len(self.at) < AGAIN


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a Procfile, what its environment has beside that of its starter, and where it
    runs."""

    text: str
    environment: Mapping[str, str]
    folder: str
    disk: str = ""
    """A folder on the disk without which it does nothing (`starving`); empty: it has none."""


class Spawned:
    """A line whose process has died: from now on a process that shares nothing with its starter."""

    def __init__(self, line: Line) -> None:
        """Raises OSError."""
        read, write = os.pipe()
        self.pid = os.posix_spawn(
            "/bin/sh", ["sh", "-c", f"cd {shlex.quote(line.folder)} && {line.text}"],
            {**os.environ, **line.environment},
            file_actions=[(os.POSIX_SPAWN_DUP2, write, stream) for stream in (1, 2)],
            setsid=True, setsigmask=[], setsigdef=[*ENDING, signal.SIGCHLD],
        )  # fmt: skip
        os.close(write)
        self.stdout: IO[bytes] = os.fdopen(read, "rb")
