"""The nats-servers of a campaign: one, or a cluster of three; what was on their disks.

Must not: start them; `world` supervises.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.chaos.units import Unit
from tests.support.nats import EXECUTABLE
from tests.support.ports import free_port

CLUSTER = 3


class Node(Unit):
    """One nats-server."""

    port: int
    store: Path

    def wipe(self) -> None:
        """Its disk is gone. It must be down."""
        shutil.rmtree(self.store, ignore_errors=True)

    def copy(self, to: Path) -> None:
        """Its disk as a crash at this moment would leave it."""
        self.pause()
        try:
            shutil.rmtree(to, ignore_errors=True)
            if self.store.exists():
                shutil.copytree(self.store, to)
        finally:
            self.resume()

    def rewind(self, copy: Path) -> None:
        """Its disk is an older one. It must be down."""
        self.wipe()
        if copy.exists():
            shutil.copytree(copy, self.store)


def nodes(folder: Path, clustered: bool) -> list[Node]:
    """Servers with the settings of `deploy/nats`, without accounts."""
    names = [f"nats-{number}" for number in range(1, CLUSTER + 1)] if clustered else ["nats"]
    routes = [free_port() for _ in names]
    listed = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
    made = []
    for name, route in zip(names, routes, strict=True):
        # Not advertised: clients would go past the proxies otherwise.
        cluster = (
            f'cluster {{ name: chaos, listen: "127.0.0.1:{route}", routes: [{listed}],'
            " no_advertise: true }"
        )
        made.append(_node(folder, name, cluster if clustered else ""))
    return made


def _node(folder: Path, name: str, cluster: str) -> Node:
    port, monitor, store = free_port(), free_port(), folder / name
    config = folder / f"{name}.conf"
    config.write_text(
        f"""
        server_name: {name}
        listen: "127.0.0.1:{port}"
        http: "127.0.0.1:{monitor}"
        max_payload: 1MB
        jetstream {{ store_dir: "{store}", sync_interval: 2s, max_file_store: 8GB }}
        {cluster}
        """
    )
    address = f"http://127.0.0.1:{monitor}/healthz"
    command = [str(EXECUTABLE), "-c", str(config)]
    node = Node(name, "nats", command, dict(os.environ), folder, address)
    node.port, node.store = port, store
    return node
