"""A real nats-server with JetStream, alone or as a cluster of three.

Must not: know what is sent over it.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from deploy.local import free_port

EXECUTABLE = Path(sys.executable).parent / "nats-server"


class NatsServer:
    """One server with its data in `folder`; survives being killed, wiped and started again."""

    def __init__(
        self, folder: Path, name: str = "n1", cluster: str = "", sync: str = "always"
    ) -> None:
        self.folder, self.name, self._sync = folder, name, sync
        self.port, self.monitor = free_port(), free_port()
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> NatsServer:
        """Start, and wait until it answers. Raises RuntimeError with its log."""
        config = self.folder / "nats.conf"
        config.write_text(self._config())
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen(
            [EXECUTABLE, "-c", str(config)], stdout=log, stderr=log, cwd=self.folder
        )
        self._wait(30)
        return self

    def _config(self) -> str:
        return f"""
            server_name: {self.name}
            listen: "127.0.0.1:{self.port}"
            http: "127.0.0.1:{self.monitor}"
            jetstream {{ store_dir: "{self.folder / "jetstream"}", sync_interval: {self._sync},
                         max_file_store: 8GB }}
            max_payload: 1MB
            {self._cluster}
            """

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        # A member of a cluster is only healthy once the others are there: ask whether it lives.
        address = f"http://127.0.0.1:{self.monitor}/varz"
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(address, timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                if self._process is None or self._process.poll() is not None:
                    break  # it has died: waiting on does not help
                time.sleep(0.02)
        raise RuntimeError(
            f"nats-server did not start: {(self.folder / 'log').read_text()[-2000:]}"
        )

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def reload(self) -> None:
        """Read the configuration again, as `nats-server --signal reload` asks it to."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)

    def wipe(self) -> None:
        """Delete everything JetStream had; the server must be down."""
        shutil.rmtree(self.folder / "jetstream", ignore_errors=True)


class NatsCluster:
    """Three servers that replicate their streams."""

    def __init__(self, folder: Path) -> None:
        routes = [free_port() for _ in range(3)]
        listed = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
        self.servers = [
            NatsServer(
                folder / f"n{index}",
                f"n{index}",
                f'cluster {{ name: rc, listen: "127.0.0.1:{port}", routes: [{listed}] }}',
            )
            for index, port in enumerate(routes, 1)
        ]

    @property
    def url(self) -> str:
        """All three addresses, by commas."""
        return ",".join(server.url for server in self.servers)

    def start(self) -> NatsCluster:
        """Start all three."""
        for server in self.servers:
            server.start()
        return self

    def stop(self) -> None:
        """End all three."""
        for server in self.servers:
            server.stop()
