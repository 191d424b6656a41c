"""The embedded system, started for a measurement and stopped after it.

Must not: measure.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import ROOT, Layout, free_port, lay_out
from deploy.run import await_ready

STOP_WITHIN_S = 30


@dataclass(frozen=True, slots=True)
class Running:
    """A system that is ready."""

    layout: Layout

    @property
    def address(self) -> str:
        """The console."""
        return self.layout.address

    @property
    def headers(self) -> dict[str, str]:
        """What a request to the console needs: the token of the first account."""
        token = (self.layout.folder / "access" / "token").read_text().strip()
        return {"Authorization": f"Bearer {token}"}


@contextmanager
def running_system() -> Iterator[Running]:
    """Start on free ports in a temporary folder. Raises RuntimeError when it does not come up."""
    folder = Path(tempfile.mkdtemp(prefix="redcrown-bench-"))
    layout = lay_out(folder, free_port())
    ports = {f"{name.upper()}_PORT": str(port) for name, port in layout.ports.items()}
    environment = {
        **os.environ, **ports, "REDCROWN_DATA_DIR": str(folder),
        "REDCROWN_CONSOLE_PORT": str(layout.ports["console"]),
    }  # fmt: skip
    with (folder / "log").open("w") as log:
        system = subprocess.Popen(
            [sys.executable, "-m", "deploy.run"],
            cwd=ROOT, stdout=log, stderr=log, env=environment, start_new_session=True,
        )  # fmt: skip
        try:
            late = await_ready(layout)
            if late:
                raise RuntimeError(f"not ready: {', '.join(late)} (log: {folder / 'log'})")
            yield Running(layout)
        finally:
            system.send_signal(signal.SIGINT)
            system.wait(STOP_WITHIN_S)
