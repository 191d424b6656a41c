"""Starts the processes of one machine, and becomes who keeps them (`keeping`).

Owns: that no signal is heard before all are started, and what the keeper is told.
Must not: know what the processes do or how one is started.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from honcho.printer import Printer

from deploy.again import ENDING, LIVED_S, Line
from deploy.keeping import END_WITHIN_S, KEEPER, STATE, tell

ROOT = Path(__file__).resolve().parent.parent


class Running(Protocol):
    """A process as `forking.child` gives it: leader of a session, its output a pipe."""

    pid: int

    @property
    def stdout(self) -> IO[bytes] | None:
        """The pipe's reading end."""


class Starter:
    """Start all, then `keep` them. SIGINT and SIGTERM are held back from the beginning until then:
    what has not been started yet could not be told to end."""

    def __init__(
        self, names: Iterable[str], end_within_s: float = END_WITHIN_S, lived_s: float = LIVED_S
    ) -> None:
        """`names` are those that will be started."""
        self._lived_s = lived_s
        self._width = max(map(len, (KEEPER, *names)))
        self._printer = Printer(sys.stdout, width=self._width)
        self._end_within_s = end_within_s
        self._kept: list[dict[str, Any]] = []
        self._pipes: list[IO[bytes]] = []
        self._running: list[Running] = []
        """Not let go of: one that has ended already would be buried here, and the keeper would wait
        for it for ever."""
        self._beside: list[int] = []
        self._status: int | None = None
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)

    def start(self, name: str, start: Callable[[], Running], line: Line) -> None:
        """Start one; `line` is how it begins again. If it cannot be started that is told, and all
        others end when they are kept."""
        try:
            one = start()
        except Exception as error:
            tell(self._printer, f"cannot start {name}: {error}".encode(), KEEPER)
            self._status = os.EX_OSERR
            return
        assert one.stdout is not None
        self._running.append(one)
        self._pipes.append(one.stdout)
        pipe = one.stdout.fileno()
        self._kept.append({"name": name, "pid": one.pid, "pipe": pipe, "line": asdict(line)})
        tell(self._printer, f"{name} started (pid={one.pid})".encode(), KEEPER)

    def beside(self, pid: int) -> None:
        """A child that may end, and that is ended when all others have."""
        self._beside.append(pid)

    def leave(self) -> None:
        """In a fork: a pipe that several read would neither be read to its end nor be closed."""
        for pipe in self._pipes:
            pipe.close()

    def keep(self) -> NoReturn:
        """Begin anew as a small process that prints what they say until all have ended."""
        for pipe in self._pipes:
            os.set_inheritable(pipe.fileno(), True)
        state = {
            "kept": self._kept, "beside": self._beside, "status": self._status,
            "end_within_s": self._end_within_s, "lived_s": self._lived_s, "width": self._width,
        }  # fmt: skip
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        told = {STATE: json.dumps(state), "PYTHONPATH": os.pathsep.join(paths)}
        words = [sys.executable, "-m", "deploy.keeping"]
        os.execve(sys.executable, words, {**os.environ, **told})  # noqa: S606 - no shell is wanted
