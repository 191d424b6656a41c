"""The processes of one machine, kept together: what they say is printed, all end with the first.

honcho's own manager forks a process for each that it starts, to read its output: nine of them, of
three megabytes each. Here one process, without a thread, reads them all. Format, colours and the
reading of the Procfile are honcho's.
Owns: who is alive, how they are told to end, and for how long that is waited for.
Must not: know what the processes do or how one is started.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from deploy.forking import ENDING
from shared.chassis import limits

END_WITHIN_S = limits.REQUESTS_GRACE_S + limits.STOP_GRACE_S + 1.0
"""What was told to end has so long, a second more than a service gives itself."""
READ_BYTES = 65_536
"""Read of one process at a time, and the longest line that is waited for."""
KEEPER = "system"
"""Under this name it tells what it does itself."""
ASKED = 128
"""Plus the number of a signal: the status of what a signal has ended."""


class Running(Protocol):
    """A process as `forking.child` gives it: leader of a session, its output a pipe."""

    pid: int

    @property
    def stdout(self) -> IO[bytes] | None:
        """The pipe's reading end."""

    def poll(self) -> int | None:
        """The exit status, once it has ended; negative: the signal that ended it."""


@dataclass(slots=True)
class _Kept:
    name: str
    process: Running
    colour: str
    said: bytes = b""
    """The beginning of a line."""
    over: bool = False
    """It says nothing more."""

    @property
    def pipe(self) -> int:
        """What it writes arrives here."""
        assert self.process.stdout is not None
        return self.process.stdout.fileno()


class Keeper:
    """Start all, then `keep` them. SIGINT and SIGTERM are held back from the beginning until then:
    what has not been started yet could not be told to end."""

    def __init__(self, names: Iterable[str], ended: Callable[[], object] = lambda: None) -> None:
        """`names` are those that will be started; `ended` is called when a child of this process
        may have ended that is none of them."""
        self.returncode: int | None = None
        """What ended all: the first one's exit status, or 128 and a signal that was sent here."""
        self._printer = Printer(sys.stdout, width=max(map(len, (KEEPER, *names))))
        self._colours = get_colours()
        self._living: dict[int, _Kept] = {}
        self._ended = ended
        self._kill_at: float | None = None
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)

    def start(self, name: str, start: Callable[[], Running]) -> None:
        """Start one. If that cannot be done it is told, and all others end when they are kept."""
        try:
            one = _Kept(name, start(), next(self._colours))
        except (OSError, subprocess.SubprocessError) as error:
            self._tell(f"cannot start {name}: {error}")
            self.returncode = os.EX_OSERR
            return
        os.set_blocking(one.pipe, False)
        self._living[one.process.pid] = one
        self._tell(f"{name} started (pid={one.process.pid})")

    def leave(self) -> None:
        """In a fork: a pipe that several read would neither be read to its end nor be closed."""
        for one in self._living.values():
            if one.process.stdout is not None:
                one.process.stdout.close()

    def keep(self) -> None:
        """Print what they say until all have ended; tell the others once one has, or a signal."""
        woken, wake = socket.socketpair()
        with woken, wake, selectors.DefaultSelector() as ready:
            for end in (woken, wake):
                end.setblocking(False)
            signal.set_wakeup_fd(wake.fileno())
            signal.signal(signal.SIGCHLD, lambda *_: None)  # It wakes.
            for number in ENDING:
                signal.signal(number, self._asked)
            ready.register(woken, selectors.EVENT_READ)
            for one in self._living.values():
                ready.register(one.pipe, selectors.EVENT_READ, one)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            while self._living:
                self._bury(ready)
                if self.returncode is not None:
                    self._end()
                for key, _ in ready.select(self._patience()) if self._living else ():
                    if key.data is None:
                        woken.recv(READ_BYTES)
                        continue
                    self._hear(key.data)
                    if key.data.over:
                        ready.unregister(key.fileobj)
            signal.set_wakeup_fd(-1)

    def _asked(self, number: int, _frame: object) -> None:
        if self.returncode is None:
            self.returncode = ASKED + number

    def _bury(self, ready: selectors.BaseSelector) -> None:
        """Those that have ended, with the last that they said."""
        for pid, one in list(self._living.items()):
            status = one.process.poll()
            if status is None:
                continue
            if not one.over:
                ready.unregister(one.pipe)
                while self._hear(one):
                    pass
            assert one.process.stdout is not None
            one.process.stdout.close()
            del self._living[pid]
            self._tell(f"{one.name} stopped (rc={status})")
            if self.returncode is None:
                self.returncode = status
        self._ended()

    def _hear(self, one: _Kept) -> bool:
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
            self._print(line, one.name, one.colour)
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
        self._kill_at = now + END_WITHIN_S
        for one in self._living.values():
            self._tell(f"sending {number.name} to {one.name} (pid {one.process.pid})")
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(one.process.pid, number)

    def _tell(self, what: str) -> None:
        self._print(what.encode(), KEEPER, None)

    def _print(self, line: bytes, name: str, colour: str | None) -> None:
        now = datetime.now().astimezone()
        self._printer.write(Message("line", line + b"\n", now, name, colour))
