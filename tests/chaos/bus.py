"""The nats-servers of a campaign: one, or a cluster of three; what was on their disks.

Must not: start them; `world` supervises.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from deploy.bus.accounts import uses, write_accounts
from deploy.bus.current import ACCOUNTS
from tests.chaos.disks import Disk, Disks
from tests.chaos.routes import Routes
from tests.chaos.units import Unit
from tests.support.nats import EXECUTABLE
from tests.support.ports import free_port

CLUSTER = 3
DISK = 512 * 1024**2
"""Bytes of a server's disk. A campaign of two hours needed 10 MB, and rubbish is kept for a day."""


class Node(Unit):
    """One nats-server."""

    port: int
    store: Path

    def wipe(self) -> None:
        """Its disk is gone. It must be down."""
        shutil.rmtree(self.store, ignore_errors=True)

    @property
    def older(self) -> Path:
        """Its disk as `copy_disks` found it last."""
        return self.disk.folder.with_name(f"{self.name}.older")

    def rewind(self) -> None:
        """Its disk is the older one. It must be down."""
        self.wipe()
        if self.older.exists():
            shutil.copytree(self.older, self.store)


def copy_disks(servers: Sequence[Node]) -> None:
    """Keep the disks of all servers as a crash of all of them at one moment would leave them.

    All stand still until the last disk is copied. Copied one after another they would be of
    different moments, which no fault of ours leaves behind: streams and their consumers elect their
    leaders apart, and a consumer that has come further than its stream passes over what is stored
    next (nats-server 2.15 mends that only where nothing is replicated).
    """
    for node in servers:
        node.pause()
    try:
        for node in servers:
            shutil.rmtree(node.older, ignore_errors=True)
            if node.store.exists():
                shutil.copytree(node.store, node.older)
    finally:
        for node in servers:
            node.resume()


def keys(folder: Path) -> Path:
    """Where the keys of all users of the bus lie."""
    return folder / "keys"


def routes(clustered: bool, chance: random.Random) -> Routes:
    """The wires of a cluster; of one server there are none."""
    names = [f"nats-{number}" for number in range(1, CLUSTER + 1)]
    return Routes({name: free_port() for name in names} if clustered else {}, chance)


def nodes(folder: Path, wires: Routes, disks: Disks) -> list[Node]:
    """Servers with the settings of `deploy/nats`, one where there are no wires; `keys(folder)` has
    the accounts beside it."""
    write_accounts(keys(folder), uses())
    if not wires.names:
        return [_node(folder, disks.make("nats", DISK), "")]
    return [_node(folder, disks.make(name, DISK), wires.config(name)) for name in wires.names]


def _node(folder: Path, disk: Disk, cluster: str) -> Node:
    name, store = disk.folder.name, disk.folder / "jetstream"
    port, monitor = free_port(), free_port()
    config = folder / f"{name}.conf"
    config.write_text(
        f"""
        server_name: {name}
        listen: "127.0.0.1:{port}"
        http: "127.0.0.1:{monitor}"
        max_payload: 1MB
        include "{keys(folder).name}/{ACCOUNTS}"
        jetstream {{ store_dir: "{store}", sync_interval: 2s, max_file_store: 8GB }}
        {cluster}
        """
    )
    address = f"http://127.0.0.1:{monitor}/healthz"
    command = [str(EXECUTABLE), "-c", str(config)]
    node = Node(name, "nats", command, dict(os.environ), disk, address)
    node.port, node.store = port, store
    return node
