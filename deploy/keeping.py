"""The processes of one machine, kept together: what they say is printed, all end with the first.

honcho's own manager forks a process for each that it starts, to read its output: nine of them, of
three megabytes each. Here one process, without a thread, reads them all. It starts them, too, and
has imported for that what they share (ADR 23); then it begins anew as `python -m deploy.keeping`,
with the same process id and the same children: what they have written to since would be 27 MB that
nobody else has. Format, colours and the reading of the Procfile are honcho's.
Owns: who is alive, how they are told to end, and for how long that is waited for.
Must not: know what the processes do or how one is started, or import what is large.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from shared.chassis import limits

ENDING = (signal.SIGINT, signal.SIGTERM)
"""Held back while all are started; whoever is started takes them again."""
END_WITHIN_S = limits.REQUESTS_GRACE_S + limits.STOP_GRACE_S + 1.0
"""What was told to end has so long, a second more than a service gives itself."""
READ_BYTES = 65_536
"""Read of one process at a time, and the longest line that is waited for."""
KEEPER = "system"
"""Under this name it tells what it does itself."""
ASKED = 128
"""Plus the number of a signal: the status of what a signal has ended."""
CLEAN = (0, ASKED + signal.SIGINT, -signal.SIGINT, -signal.SIGTERM)
"""After Ctrl-C a signal is what ended it."""
STATE = "REDCROWN_KEPT"
"""The variable that says to the new beginning what there is."""
ROOT = Path(__file__).resolve().parent.parent


class Running(Protocol):
    """A process as `forking.child` gives it: leader of a session, its output a pipe."""

    pid: int

    @property
    def stdout(self) -> IO[bytes] | None:
        """The pipe's reading end."""


@dataclass(slots=True)
class Kept:
    """One process; `pipe` is where its output is read."""

    name: str
    pid: int
    pipe: int
    said: bytes = field(default=b"", init=False)
    """The beginning of a line."""
    over: bool = field(default=False, init=False)
    """It says nothing more."""


def _tell(printer: Printer, line: bytes, name: str, colour: str | None = None) -> None:
    now = datetime.now().astimezone()
    printer.write(Message("line", line + b"\n", now, name, colour))


class Starter:
    """Start all, then `keep` them. SIGINT and SIGTERM are held back from the beginning until then:
    what has not been started yet could not be told to end."""

    def __init__(self, names: Iterable[str], end_within_s: float = END_WITHIN_S) -> None:
        """`names` are those that will be started."""
        self._width = max(map(len, (KEEPER, *names)))
        self._printer = Printer(sys.stdout, width=self._width)
        self._end_within_s = end_within_s
        self._kept: list[Kept] = []
        self._pipes: list[IO[bytes]] = []
        self._beside: list[int] = []
        self._status: int | None = None
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)

    def start(self, name: str, start: Callable[[], Running]) -> None:
        """Start one. If that cannot be done it is told, and all others end when they are kept."""
        try:
            one = start()
        except Exception as error:
            _tell(self._printer, f"cannot start {name}: {error}".encode(), KEEPER)
            self._status = os.EX_OSERR
            return
        assert one.stdout is not None
        self._pipes.append(one.stdout)
        self._kept.append(Kept(name, one.pid, one.stdout.fileno()))
        _tell(self._printer, f"{name} started (pid={one.pid})".encode(), KEEPER)

    def beside(self, pid: int) -> None:
        """A child that may end, and that is ended when all others have."""
        self._beside.append(pid)

    def leave(self) -> None:
        """In a fork: a pipe that several read would neither be read to its end nor be closed."""
        for pipe in self._pipes:
            pipe.close()

    def keep(self) -> NoReturn:
        """Begin anew as a small process that prints what they say until all have ended."""
        for one in self._kept:
            os.set_inheritable(one.pipe, True)
        state = {
            "kept": [[one.name, one.pid, one.pipe] for one in self._kept], "beside": self._beside,
            "status": self._status, "end_within_s": self._end_within_s, "width": self._width,
        }  # fmt: skip
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        told = {STATE: json.dumps(state), "PYTHONPATH": os.pathsep.join(paths)}
        words = [sys.executable, "-m", "deploy.keeping"]
        os.execve(sys.executable, words, {**os.environ, **told})  # noqa: S606 - no shell is wanted


@dataclass(slots=True)
class Keeper:
    """Those that live, by process id, and why they are to end."""

    printer: Printer
    living: dict[int, Kept]
    beside: set[int]
    end_within_s: float
    status: int | None = None
    """What ended all: the first one's exit status, or 128 and a signal that was sent here."""
    _kill_at: float | None = field(default=None, init=False)
    _colours: dict[str, str] = field(default_factory=dict, init=False)

    def keep(self) -> None:
        """Print what they say until all have ended; tell the others once one has, or a signal."""
        colours = get_colours()
        self._colours = {one.name: next(colours) for one in self.living.values()}
        woken, wake = socket.socketpair()
        with woken, wake, selectors.DefaultSelector() as ready:
            for end in (woken, wake):
                end.setblocking(False)
            signal.set_wakeup_fd(wake.fileno())
            signal.signal(signal.SIGCHLD, lambda *_: None)  # It wakes.
            for number in ENDING:
                signal.signal(number, self._asked)
            ready.register(woken, selectors.EVENT_READ)
            for one in self.living.values():
                os.set_blocking(one.pipe, False)
                ready.register(one.pipe, selectors.EVENT_READ, one)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            while self._bury(ready):
                for key, _ in ready.select(self._patience()):
                    if key.data is None:
                        woken.recv(READ_BYTES)
                        continue
                    self._hear(key.data)
                    if key.data.over:
                        ready.unregister(key.fileobj)
        for pid in self.beside:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _asked(self, number: int, _frame: object) -> None:
        if self.status is None:
            self.status = ASKED + number

    def _bury(self, ready: selectors.BaseSelector) -> bool:
        """Take note of those that have ended, and tell the others; whether there are others."""
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = found[0], os.waitstatus_to_exitcode(found[1])
                self.beside.discard(pid)
                one = self.living.pop(pid, None)
                if one is None:
                    continue
                if not one.over:
                    ready.unregister(one.pipe)
                    while self._hear(one):
                        pass
                os.close(one.pipe)
                self._tell(f"{one.name} stopped (rc={status})")
                self.status = status if self.status is None else self.status
        if self.status is not None:
            self._end()
        return bool(self.living)

    def _hear(self, one: Kept) -> bool:
        """Print the lines that are there. False when there are none."""
        try:
            said = os.read(one.pipe, READ_BYTES)
        except BlockingIOError:
            return False
        one.over = not said
        *lines, one.said = (one.said + said).split(b"\n")
        if one.said and (one.over or len(one.said) > READ_BYTES):
            lines, one.said = [*lines, one.said], b""
        for line in lines:
            _tell(self.printer, line, one.name, self._colours[one.name])
        return not one.over

    def _patience(self) -> float | None:
        return None if self._kill_at is None else max(0.0, self._kill_at - time.monotonic())

    def _end(self) -> None:
        """Tell all that live to end, once; kill them when they have not within their time."""
        now = time.monotonic()
        if self._kill_at is None:
            number = signal.SIGTERM
        elif now >= self._kill_at:
            number = signal.SIGKILL
        else:
            return
        self._kill_at = now + self.end_within_s
        for one in self.living.values():
            self._tell(f"sending {number.name} to {one.name} (pid {one.pid})")
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(one.pid, number)

    def _tell(self, what: str) -> None:
        _tell(self.printer, what.encode(), KEEPER)


def main() -> int:
    """Keep what a `Starter` has started; return the exit status."""
    state: dict[str, Any] = json.loads(os.environ.pop(STATE))
    kept = [Kept(*one) for one in state["kept"]]
    keeper = Keeper(
        Printer(sys.stdout, width=state["width"]), {one.pid: one for one in kept},
        set(state["beside"]), state["end_within_s"], state["status"],
    )  # fmt: skip
    keeper.keep()
    return 0 if keeper.status is None or keeper.status in CLEAN else keeper.status


if __name__ == "__main__":
    sys.exit(main())
