"""The system itself on one of its two stores, started for a comparison and loaded.

Owns: the processes of one measurement: the bus as it is shipped, every service, each with its own
store. Must not: know what it is compared with.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats

from bench.figures import Watch, figures_of
from bench.load import THREE, bench_visit
from bench.stopwatch import Stopwatch
from deploy.local import service_names
from deploy.master_key import master_key
from deploy.servers.nats import NatsServer
from deploy.servers.postgres import PostgresServer
from tests.support.system import System

SYNC = "2s"
"""As in `deploy/nats`."""
REFUSE_EVERY = {0.0: 0, 0.2: 5}
"""Of how many visits one is refused, by their share."""


@dataclass(slots=True)
class Ours:
    """A system that is ready. Visits are numbered on from stretch to stretch."""

    bus: str
    pids: dict[str, int]
    next: int = 0

    async def measure(self, visits: int, flying: int, refused: float) -> dict[str, Any]:
        """Figures of so many visits, so many at once, of which a share (0 or 0.2) is refused."""
        client = await nats.connect(self.bus)
        watch = Stopwatch(client)
        await watch.listen()
        every = REFUSE_EVERY[refused]
        numbers = range(self.next, self.next + visits)
        self.next += visits
        refusing = [every > 0 and number % every == 0 for number in numbers]
        specs = [
            bench_visit(number, THREE, refused=no)
            for number, no in zip(numbers, refusing, strict=True)
        ]
        spent = Watch(self.pids)
        spent.start()
        ended = await watch.many(specs, flying)
        found = figures_of([took for took, _ in ended], spent.stop())
        await client.close()
        blocked = [phase == "blocked" for _, phase in ended]
        wrong = sum(was != no for was, no in zip(blocked, refusing, strict=True))
        return {**found, "blocked": sum(blocked), "wrong": wrong}


@contextmanager
def running_ours(store: str) -> Iterator[Ours]:
    """Start on `sqlite` or `postgresql`, on free loopback ports. Raises TimeoutError."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="redcrown-bench-")))
        bus = NatsServer(folder / "nats", sync=SYNC).start()
        stack.callback(bus.stop)
        pids = {"nats": bus.pid}
        stores = {name: f"sqlite:///{folder / name}.db" for name in service_names()}
        if store == "postgresql":
            server = PostgresServer()
            stack.callback(server.remove)
            server.start()
            pids["postgres"] = server.pid
            stores = {name: server.create_database(name) for name in stores}
        key = str(master_key(folder))
        system = System(folder, bus.url, stores.__getitem__, REDCROWN_GUESTS_KEY_FILE=key)
        stack.callback(system.stop)
        for name in stores:
            (replica,) = system.start(name)
            assert replica.process is not None
            pids[name] = replica.process.pid
        system.await_ready()
        time.sleep(1.0)  # seeds and inventories have been told
        yield Ours(bus.url, pids)
