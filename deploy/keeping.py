"""The processes of one machine, kept together: what they say is printed; what dies begins again;
all end when one cannot, or when they are told to.

honcho's own manager forks a process for each that it starts, to read its output: nine of them, of
three megabytes each. Here one process, without a thread, reads them all. Who has started them has
imported for that what they share (ADR 23), and has begun anew as `python -m deploy.keeping`, with
the same process id and the same children (`starter`): what they have written to since would be
27 MB that nobody else has. Format, colours and the reading of the Procfile are honcho's.
Owns: who is alive, how they are told to end, and for how long that is waited for.
Must not: know what the processes do, or import what is large.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from deploy import again
from deploy.again import ENDING, Deaths, Line, Spawned
from deploy.kept import READ_BYTES, Kept
from deploy.starving import LOOK_S
from shared.chassis import limits

END_WITHIN_S = limits.REQUESTS_GRACE_S + limits.STOP_GRACE_S + 1.0
"""What was told to end has so long, a second more than a service gives itself."""
KEEPER = "system"
"""Under this name it tells what it does itself."""
ASKED = 128
"""Plus the number of a signal: the status of what a signal has ended."""
CLEAN = (0, ASKED + signal.SIGINT, -signal.SIGINT, -signal.SIGTERM)
"""After Ctrl-C a signal is what ended it."""
STATE = "REDCROWN_KEPT"
"""The variable that says to the new beginning what there is."""


def tell(printer: Printer, line: bytes, name: str, colour: str | None = None) -> None:
    """Print a line of a process. One that cannot be written, on a full disk or because nobody reads
    it any more, is lost: without the keeper nobody would end the others."""
    now = datetime.now().astimezone()
    with suppress(OSError):
        printer.write(Message("line", line + b"\n", now, name, colour))


@dataclass(slots=True)
class Keeper:
    """Those that live, by process id, and why they are to end."""

    printer: Printer
    living: dict[int, Kept]
    beside: set[int]
    end_within_s: float
    status: int | None = None
    """What ended all: the first one's exit status, or 128 and a signal that was sent here."""
    _ready: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector, init=False)
    _dead: dict[str, tuple[float, Kept]] = field(default_factory=dict, init=False)
    """Who begins again, and when."""
    _kill_at: float | None = field(default=None, init=False)
    _colours: dict[str, str] = field(default_factory=dict, init=False)
    _pipes: dict[int, IO[bytes]] = field(default_factory=dict, init=False)
    """Those of processes that this one has started."""

    def keep(self) -> None:
        """Print what they say until all have ended; tell the others once one has, or a signal."""
        colours = get_colours()
        self._colours = {one.name: next(colours) for one in self.living.values()}
        with self._waking() as woken:
            for one in self.living.values():
                self._listen(one)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            while self._bury():
                for key, _ in self._ready.select(self._patience()):
                    if key.data is None:
                        woken.recv(READ_BYTES)
                        continue
                    self._hear(key.data)
                    if key.data.over:
                        self._ready.unregister(key.fileobj)
                self._feed()
                self._revive()
        for pid in self.beside:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    @contextmanager
    def _waking(self) -> Iterator[socket.socket]:
        """Signals wake: what ends a child, and what asks for the end of all."""
        woken, wake = socket.socketpair()
        with woken, wake, self._ready:
            for end in (woken, wake):
                end.setblocking(False)
            signal.set_wakeup_fd(wake.fileno())
            signal.signal(signal.SIGCHLD, lambda *_: None)
            for number in ENDING:
                signal.signal(number, self._asked)
            self._ready.register(woken, selectors.EVENT_READ)
            try:
                yield woken
            finally:
                signal.set_wakeup_fd(-1)  # Those beside may end later.

    def _listen(self, one: Kept) -> None:
        os.set_blocking(one.pipe, False)
        self._ready.register(one.pipe, selectors.EVENT_READ, one)

    def _asked(self, number: int, _frame: object) -> None:
        if self.status is None:
            self.status = ASKED + number

    def _bury(self) -> bool:
        """Take note of those that have ended, and tell the others; whether there are others."""
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                self.beside.discard(found[0])
                if one := self.living.pop(found[0], None):
                    self._ended(one, os.waitstatus_to_exitcode(found[1]))
        if self.status is not None:
            self._dead.clear()
            self._end()
        return bool(self.living or self._dead)

    def _ended(self, one: Kept, status: int) -> None:
        if not one.over:
            self._ready.unregister(one.pipe)
            while self._hear(one):
                pass
        pipe = self._pipes.pop(one.pipe, None)
        pipe.close() if pipe else os.close(one.pipe)
        now = time.monotonic()
        if self.status is None and one.deaths.begin_again(one.born, now, one.asked):
            self._tell(f"{one.name} ended (rc={status}) and begins again")
            self._dead[one.name] = (now + again.REST_S, one)
            return
        self._tell(f"{one.name} stopped (rc={status})")
        self.status = status if self.status is None else self.status

    def _feed(self) -> None:
        """Let those begin again that have found their disk full, once there is room on it."""
        for one in self.living.values() if self.status is None else ():
            said, number = one.feed(time.monotonic())
            if said:
                self._tell(said)
            if number:
                self._send(number, one)

    def _revive(self) -> None:
        """Start those again whose rest is over."""
        now = time.monotonic()
        for name, (at, one) in list(self._dead.items()):
            if self.status is None and at <= now:
                if (lacking := one.lacks_room(now)) is not None:
                    self._dead[name] = (now + LOOK_S, one)
                    if lacking:
                        self._tell(lacking)
                    continue
                del self._dead[name]
                made = Spawned(one.line)
                pipe = made.stdout.fileno()
                self._pipes[pipe] = made.stdout
                self.living[made.pid] = new = Kept(name, made.pid, pipe, one.line, one.deaths)
                self._listen(new)
                self._tell(f"{name} was started again (pid={made.pid})")

    def _hear(self, one: Kept) -> bool:
        """Print the lines that are there. False when there are none."""
        try:
            lines = one.read()
        except BlockingIOError:
            return False
        for line in lines:
            tell(self.printer, line, one.name, self._colours[one.name])
        return not one.over

    def _patience(self) -> float | None:
        moments = [at for at, _ in self._dead.values()]
        if self.status is None:
            moments += [one.hunger.look_at for one in self.living.values() if one.hunger]
        moments += [] if self._kill_at is None else [self._kill_at]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

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
            self._send(number, one)

    def _send(self, number: signal.Signals, one: Kept) -> None:
        self._tell(f"sending {number.name} to {one.name} (pid {one.pid})")
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(one.pid, number)

    def _tell(self, what: str) -> None:
        tell(self.printer, what.encode(), KEEPER)


def main() -> int:
    """Keep what a `Starter` has started; return the exit status."""
    state: dict[str, Any] = json.loads(os.environ.pop(STATE))
    kept = [
        Kept(one["name"], one["pid"], one["pipe"], Line(**one["line"]), Deaths(state["lived_s"]))
        for one in state["kept"]
    ]
    keeper = Keeper(
        Printer(sys.stdout, width=state["width"]), {one.pid: one for one in kept},
        set(state["beside"]), state["end_within_s"], state["status"],
    )  # fmt: skip
    keeper.keep()
    return 0 if keeper.status is None or keeper.status in CLEAN else keeper.status


if __name__ == "__main__":
    sys.exit(main())
