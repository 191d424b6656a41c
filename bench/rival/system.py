"""The comparison's processes, started for a measurement and stopped after it.

Owns: one PostgreSQL with five databases, four services, one orchestrator, a temporary folder.
Must not: measure.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from bench.rival.store import prepare
from bench.rival.work import SERVICES
from deploy.local import ROOT, free_port
from deploy.servers.postgres import PostgresServer

ORCHESTRATOR, POSTGRES = "orchestrator", "postgres"
SYSTEM_DATABASE = "orchestrator"
SERVICE_CONNECTIONS = 8
"""Of each service to its database."""
READY_WITHIN_S, STOP_WITHIN_S = 180.0, 30.0


@dataclass(frozen=True, slots=True)
class Rival:
    """A comparison that is ready: where to submit, where its stores are, its process ids.

    `pids` has the services, the orchestrator and `postgres` (the server all databases live in).
    """

    address: str
    dsns: Mapping[str, str]
    pids: Mapping[str, int]

    def pause(self) -> None:
        """Stand still, so that something else can be measured: even a quiet DBOS polls."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> None:
        for name, pid in self.pids.items():
            if name != POSTGRES:
                os.kill(pid, what)


def dsn(server: PostgresServer, database: str) -> str:
    """How libpq names a database of the server."""
    return f"host=127.0.0.1 port={server.port} user=postgres dbname={database}"


@contextmanager
def running_rival() -> Iterator[Rival]:
    """Start everything on free loopback ports. Raises RuntimeError when it does not come up."""
    with ExitStack() as stack:
        server = PostgresServer()
        stack.callback(server.remove)
        server.start()
        stack.callback(server.kill)  # its data are thrown away: no last checkpoint
        for database in (*SERVICES, SYSTEM_DATABASE):
            server.create_database(database)
        dsns = {name: dsn(server, name) for name in (*SERVICES, SYSTEM_DATABASE)}
        for service in SERVICES:
            prepare(dsns[service], service)
        ports = {name: free_port() for name in (*SERVICES, ORCHESTRATOR)}
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        pids = {POSTGRES: server.pid}
        log = stack.enter_context((server.folder / "services.log").open("w+"))
        for name, port in ports.items():
            own = _environment(name, port, dsns, urls, server.url(SYSTEM_DATABASE))
            process = _start(name, own, log)
            stack.callback(_stop, process)
            pids[name] = process.pid
        _await_ready(urls, Path(log.name))
        yield Rival(urls[ORCHESTRATOR], dsns, pids)


def _environment(
    name: str, port: int, dsns: Mapping[str, str], urls: Mapping[str, str], system_url: str
) -> dict[str, str]:
    own = {**os.environ, "RIVAL_PORT": str(port)}
    if name == ORCHESTRATOR:
        own |= {f"RIVAL_{service.upper()}": urls[service] for service in SERVICES}
        own |= {"RIVAL_SYSTEM_URL": system_url}
    else:
        own |= {"RIVAL_DSN": dsns[name], "RIVAL_CONNECTIONS": str(SERVICE_CONNECTIONS)}
    return own


def _start(name: str, environment: Mapping[str, str], log: IO[str]) -> subprocess.Popen[bytes]:
    module = "bench.rival.orchestrator" if name == ORCHESTRATOR else "bench.rival.service"
    return subprocess.Popen(
        [sys.executable, "-m", module, name],
        cwd=ROOT, stdout=log, stderr=log, env=environment, start_new_session=True,
    )  # fmt: skip


def _await_ready(urls: Mapping[str, str], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    waiting = dict(urls)
    with httpx.Client(trust_env=False, timeout=5.0) as client:
        while waiting and time.monotonic() < deadline:
            for name, url in list(waiting.items()):
                try:
                    client.get(f"{url}/ready").raise_for_status()
                    del waiting[name]
                except httpx.HTTPError:
                    time.sleep(0.1)
    if waiting:
        raise RuntimeError(f"not ready: {', '.join(waiting)}\n{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGCONT)  # one that stands still hears nothing else
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
