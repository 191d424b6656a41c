"""One supervised process: started, killed, stopped and continued, asked whether it is ready.

Must not: choose any of this; `faults` does, and `world` starts again what has died.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.disks import Disk

FULL_BYTES = 4_096
"""Where no disk can be full no file grows beyond this; what lies before can be written again."""


@dataclass(eq=False)
class Unit:
    """A process, through all its lives."""

    name: str
    service: str
    """`nats`, or the service it is a replica of."""
    command: list[str]
    environment: dict[str, str]
    disk: Disk
    """Where its log lies, and its store if that is a file."""
    ready_url: str
    process: subprocess.Popen[bytes] | None = None
    held: bool = False
    """A fault keeps it down: it is not started again yet."""
    doomed: bool = False
    """A fault has killed it; a death without this is one by itself."""
    start_at: float = 0.0
    deaths: list[int] = field(default_factory=list)
    """Exit codes of deaths that no fault asked for."""

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> Path:
        return self.disk.folder / f"{self.name}.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=log
            )
        self.doomed = False

    def kill(self, hold: bool = False) -> None:
        """kill -9; `hold` keeps it down until `held` is taken back."""
        self.doomed, self.held = True, hold
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """Its disk is full; where that cannot be, none of its files may grow."""
        if self.disk.real:
            self.disk.fill()
        else:
            self._limit_files(FULL_BYTES)

    def empty_disk(self) -> None:
        """There is room again."""
        if self.disk.real:
            self.disk.empty()
        else:
            self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, size: int) -> None:
        if self.alive:
            assert self.process is not None
            limits = (size, resource.RLIM_INFINITY)
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, limits)

    def terminate(self) -> None:
        self.held = True
        self._signal(signal.SIGTERM)

    def end(self, within_s: float) -> None:
        """Make sure that it is gone."""
        if self.process is not None:
            self._signal(signal.SIGCONT)
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _signal(self, number: int) -> None:
        if self.alive:
            assert self.process is not None
            self.process.send_signal(number)

    async def is_ready(self) -> bool:
        return self.alive and await asyncio.to_thread(self._answers)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.ready_url, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


async def await_all(units: list[Unit], within_s: float) -> tuple[float, str, list[str]]:
    """Seconds until each was ready once, who was last, and the names of those that never were."""
    started = time.monotonic()
    waiting = list(units)
    last = ""
    while waiting:
        found = await asyncio.gather(*(unit.is_ready() for unit in waiting))
        last = next((unit.name for unit, ready in zip(waiting, found, strict=True) if ready), last)
        waiting = [unit for unit, ready in zip(waiting, found, strict=True) if not ready]
        if waiting and time.monotonic() - started > within_s:
            break
        if waiting:
            await asyncio.sleep(0.1)
    return time.monotonic() - started, last, [unit.name for unit in waiting]
