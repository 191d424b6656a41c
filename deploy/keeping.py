"""What dies by itself is started again, so that one dead process does not end the evening.

honcho ends all when one has ended. That is right for what cannot come up, a wrong setting above
all, and wrong for what was up and was killed: its store and the bus have all it needs to go on.
Owns: which end is a death, how often one is started again, and that nothing is once all are told
to end.
Must not: end a process; honcho does, and is told here which one.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from typing import Any

from honcho.manager import Manager
from honcho.printer import Printer
from honcho.process import Process

from deploy import forking

LIVED_S = 5.0
"""What ends sooner has not come up: it would not the next time either."""
REST_S = 0.5
AGAIN, WITHIN_S = 5, 300.0
"""So often in so many seconds; what dies oftener is ill, and all end as before."""
LOOK_S = 2.0
"""How long the starter sleeps at most, which is how late it ends what does not end by itself."""
_ENDING = -1


class Deaths:
    """Those of one process; moments are seconds of a clock that only goes forward."""

    def __init__(self) -> None:
        self._at: deque[float] = deque()

    def begin_again(self, born: float, now: float) -> bool:
        """Whether one that lived from `born` until `now` is to be started again."""
        if now - born < LIVED_S:
            return False
        while self._at and now - self._at[0] > WITHIN_S:
            self._at.popleft()
        self._at.append(now)
        return len(self._at) <= AGAIN


class Kept(Process):
    """honcho's process, which runs in a process of its own in between, with more than one child,
    one after the other."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.now = multiprocessing.Value("i", 0)
        """The child's process id; below zero: all are told to end. Shared with the starter."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """As honcho has it, and again."""
        self._events = events
        with self.now.get_lock():
            self._child = self._child_ctor(self.cmd, env=self.env, cwd=self.cwd)
            self.now.value = self._child.pid
        self._send_message({"pid": self._child.pid}, type="start")
        if ignore_signals:
            for number in forking.ENDING:
                signal.signal(number, signal.SIG_IGN)
        deaths = Deaths()
        while True:
            born = time.monotonic()
            for line in iter(self._child.stdout.readline, b""):
                self._send_message(line)
            self._child.stdout.close()
            status = self._child.wait()
            if not deaths.begin_again(born, time.monotonic()) or not self._begun_again(status):
                break
        self._send_message({"returncode": status}, type="stop")

    def _begun_again(self, status: int) -> bool:
        time.sleep(REST_S)
        with self.now.get_lock():
            if self.now.value == _ENDING:
                return False
            self._child = forking.Spawned(self.cmd, self.env, self.cwd)
            self.now.value = self._child.pid
        self._send_message(
            f"ended (rc={status}) and was started again (pid={self._child.pid})\n".encode()
        )
        return True


class Calm(Manager):
    """honcho's manager for what is kept. It looks ten times a second whether those it has told to
    end did not. It has to wake for that only once it has told them; what happens wakes it anyway.
    """

    def __init__(self, printer: Printer) -> None:
        super().__init__(printer)
        self._process_ctor = Kept
        get = self.events.get
        self.events.get = lambda timeout: get(timeout=timeout if self._terminating else LOOK_S)

    def _killall(self, force: bool = False) -> None:
        """Of each the child that it has now; from here on none gets another."""
        for process in self._processes.values():
            shared = process["obj"].now
            with shared.get_lock():
                if shared.value > 0:
                    process["pid"] = shared.value
                shared.value = _ENDING
        super()._killall(force)
