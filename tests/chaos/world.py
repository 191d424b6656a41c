"""The deployment of a campaign: bus, stores, services and mailboxes, supervised; wires between.

Owns: starting everything, starting again within three seconds whatever has died, stopping all.
Must not: hurt anything; `faults` does.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from itertools import chain
from pathlib import Path

from deploy.bus.keys import seed_file
from services.guests.vault import new_master_key
from tests.chaos.bus import Node, keys, nodes, routes
from tests.chaos.disks import Disk, Disks
from tests.chaos.mail import Mailboxes
from tests.chaos.proxy import Proxy
from tests.chaos.units import Unit, await_all
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.system import ROOT

RESOURCES = ("bookings", "venues", "catering", "escorts")
SERVICES = (*RESOURCES, "guests", "notifications", "visits", "console")
START_WITHIN_S = 300.0
AGAIN_WITHIN_S = 3.0
"""The supervisor starts what has died after at most this long."""
DISK = 256 * 1024**2
"""Bytes of a service's disk. The largest store had 50 MB after 1,600 visits."""


STORE_DISK = 2 * 1024**3
"""Bytes of PostgreSQL's disk, which is full of its log of writes first."""


class World:
    """`embedded`: one nats-server, SQLite, a process for each service. `cluster`: three
    nats-servers, PostgreSQL, two replicas of each service."""

    def __init__(self, folder: Path, mode: str, seed: int, real_disks: bool = False) -> None:
        """`real_disks`: this process has mounts of its own (`disks.own_mounts`)."""
        self.folder, self.mode, self.chance = folder, mode, random.Random(seed)
        folder.mkdir(parents=True, exist_ok=True)
        self.clustered = mode == "cluster"
        self.disks = Disks(folder / "disks", real_disks)
        self.routes = routes(self.clustered, self.chance)
        self.bus: list[Node] = nodes(folder, self.routes, self.disks)
        self._guests_key = new_master_key()
        self.postgres = PostgresServer() if self.clustered else None
        self.store_disk = (
            None if self.postgres is None else Disk(self.postgres.data, STORE_DISK, real_disks)
        )
        self.mail = Mailboxes()
        self.services: list[Unit] = []
        self.to_bus: dict[str, list[Proxy]] = {}
        self.to_store: dict[str, Proxy] = {}
        self.stores: dict[str, str] = {}
        """URL of each service's store, past the proxy."""
        self._supervising: asyncio.Task[None] | None = None

    @property
    def units(self) -> list[Unit]:
        return [*self.bus, *self.services]

    def replicas(self, service: str) -> list[Unit]:
        return [unit for unit in self.services if unit.service == service]

    def clock(self, service: str) -> Path:
        """The file with the offset of a service's clock, in seconds."""
        return self.folder / f"{service}.clock"

    @property
    def consoles(self) -> list[str]:
        return [unit.ready_url.removesuffix("/ready") for unit in self.replicas("console")]

    @property
    def token(self) -> str:
        """The planners' token."""
        return (self.folder / "access" / "token").read_text().strip()

    @property
    def keys(self) -> Path:
        """The folder with the keys of all users of the bus."""
        return keys(self.folder)

    @property
    def bus_url(self) -> list[str]:
        """Straight to the servers, past all proxies."""
        return [f"nats://127.0.0.1:{node.port}" for node in self.bus]

    # ---------------------------------------------------------------- up and down

    async def start(self) -> None:
        """Everything up and ready. Raises TimeoutError."""
        self.mail.start()
        if self.postgres is not None:
            await asyncio.to_thread(self.postgres.start)
        await self.routes.start()
        for service in SERVICES:
            await self._wire(service)
            for number in range(2 if self.clustered else 1):
                self.services.append(self._service(service, number + 1))
        for unit in self.units:
            unit.start()
        self._supervising = asyncio.create_task(self._supervise())
        _, _last, never = await await_all(self.units, START_WITHIN_S)
        if never:
            raise TimeoutError(f"never ready: {never}; see {self.folder}")

    async def _wire(self, service: str) -> None:
        proxies = [Proxy(node.port, self.chance) for node in self.bus]
        self.to_bus[service] = [await one.start() for one in proxies]
        if self.postgres is None:
            store = self.disks.path(_replica(service, 1)) / f"{service}.db"
            self.stores[service] = f"sqlite:///{store}"
        else:
            proxy = Proxy(self.postgres.port, self.chance)
            self.to_store[service] = await proxy.start()
            self.stores[service] = await asyncio.to_thread(self.postgres.create_database, service)

    def _service(self, service: str, number: int) -> Unit:
        port, store = free_port(), self.stores[service]
        if self.postgres is not None:
            store = store.replace(f":{self.postgres.port}/", f":{self.to_store[service].port}/")
        environment = {
            **{name: value for name, value in os.environ.items() if "REDCROWN" not in name},
            "REDCROWN_NATS_URL": ",".join(
                f"nats://127.0.0.1:{proxy.port}" for proxy in self.to_bus[service]
            ),
            "REDCROWN_NATS_SEED_FILE": str(seed_file(self.keys, service)),
            "REDCROWN_STREAM_REPLICAS": str(len(self.bus)),
            "REDCROWN_STORE_URL": store,
            "REDCROWN_DATA_DIR": str(self.folder),
            "REDCROWN_ACCESS_DIR": str(self.folder / "access"),
            "REDCROWN_GUESTS_KEY": self._guests_key,
            "REDCROWN_SEED_DIR": str(ROOT / "deploy" / "seed"),
            "REDCROWN_SMTP_URL": self.mail.url,
            "REDCROWN_NOTICE_GRACE_S": "0.5",
            "REDCROWN_LOG_LEVEL": "INFO",
            "REDCROWN_PORT": str(port),
            "REDCROWN_CHAOS_CLOCK": str(self.clock(service)),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "tests.chaos.service", service]
        address = f"http://127.0.0.1:{port}/ready"
        disk = self.disks.make(_replica(service, number), DISK)
        return Unit(_replica(service, number), service, command, environment, disk, address)

    async def _supervise(self) -> None:
        """What has died is started again, as systemd or compose would."""
        while True:
            for unit in self.units:
                if unit.alive or unit.held:
                    unit.start_at = 0.0
                elif not unit.start_at:
                    if not unit.doomed and unit.process is not None:
                        unit.deaths.append(int(unit.process.returncode))
                    unit.start_at = time.monotonic() + self.chance.uniform(0, AGAIN_WITHIN_S)
                elif time.monotonic() >= unit.start_at:
                    unit.start()
            await asyncio.sleep(0.05)

    async def started(self, units: list[Unit]) -> None:
        """Wait until the supervisor has started these again."""
        for unit in units:
            unit.held = False
        while not all(unit.alive for unit in units):
            await asyncio.sleep(0.05)

    async def stop_services(self) -> list[str]:
        """Tell all services to stop, as a deployment does; names of those that ended badly."""
        for unit in self.services:
            unit.terminate()
        await asyncio.gather(*(asyncio.to_thread(unit.end, 20) for unit in self.services))
        codes = {unit.name: unit.process.returncode for unit in self.services if unit.process}
        return [f"{name}: {code}" for name, code in codes.items() if code not in (0, -15)]

    async def stop(self) -> None:
        if self._supervising is not None:
            self._supervising.cancel()
        for unit in self.units:
            unit.kill(hold=True)
        for proxy in [*self.to_store.values(), *chain.from_iterable(self.to_bus.values())]:
            await proxy.stop()
        await self.routes.stop()
        self.mail.stop()
        await asyncio.to_thread(self.disks.close)
        if self.postgres is not None and self.store_disk is not None:
            await asyncio.to_thread(self.postgres.stop)
            self.store_disk.lose()
            await asyncio.to_thread(self.postgres.remove)


def _replica(service: str, number: int) -> str:
    return f"{service}-{number}"
