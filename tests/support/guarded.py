"""A nats-server with one user per service, and connections that note what it refuses them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from deploy.bus.accounts import uses, write_accounts, write_routes
from deploy.bus.keys import ADMIN, seed_file
from shared.chassis import bus
from shared.chassis.bus_use import BusUse
from shared.chassis.credentials import client_options
from shared.chassis.settings import Settings
from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.system import ROOT

SOON_S = 60.0
CLUSTER = ROOT / "deploy" / "nats" / "cluster.conf"


@cache
def declared() -> dict[str, BusUse]:
    """What each service of this code declares, by its name."""
    return {use.service: use for use in uses()}


class GuardedServer(NatsServer):
    """Its accounts and keys are beside its data."""

    def __init__(self, folder: Path, tls: Path | None = None) -> None:
        super().__init__(folder, "guarded", 'include "accounts.conf"')
        write_accounts(folder, declared().values(), tls)

    def seed(self, user: str) -> Path:
        return seed_file(self.folder, user)

    def settings(self, user: str, **more: Any) -> Settings:
        seed = self.seed(user)
        return Settings(_env_file=None, nats_url=self.url, nats_seed_file=seed, **more)  # type: ignore[call-arg]

    @asynccontextmanager
    async def user(self, name: str, **more: Any) -> AsyncIterator[User]:
        """A connection as one of its users, with more settings if need be."""
        user = User(name)
        options = client_options(name, self.settings(name, **more))
        user.client = await nats.connect(**options, error_cb=user.note)
        try:
            yield user
        finally:
            await user.client.close()

    async def provision(self) -> None:
        """All streams and consumers, made by the admin."""
        async with self.user(ADMIN) as admin:
            some = tuple(consumer for use in declared().values() for consumer in use.takes)
            await bus.provision(admin.js, 1, some)


class User:
    """One connection. `refused` holds what the server said, in lower case as the client does."""

    client: Client

    def __init__(self, name: str) -> None:
        self.name = name
        self.refused: list[str] = []

    @property
    def js(self) -> JetStreamContext:
        return self.client.jetstream(timeout=30)

    async def note(self, error: Exception) -> None:
        self.refused.append(str(error).lower())

    async def publish(self, subject: str, body: bytes = b"", reply: str = "") -> bool:
        """Whether the server took a plain publish."""
        self.refused.clear()
        await self.client.publish(subject, body, reply)
        await self._told()
        return not self._said("publish", subject)

    async def subscribe(self, subject: str, queue: str = "") -> bool:
        """Whether the server took a subscription."""
        self.refused.clear()
        made = await self.client.subscribe(subject, queue)
        await self._told()
        allowed = not self._said("subscription", subject)
        await made.unsubscribe()
        return allowed

    async def _told(self) -> None:
        """Wait for what the server has to say. The client's ping overtakes what waits to be sent,
        so that only the answer to a second one comes after all that the server says."""
        await self.client.flush()
        await self.client.flush()

    def _said(self, what: str, subject: str) -> bool:
        start = f'nats: permissions violation for {what} to "{subject.lower()}"'
        return any(one.startswith(start) for one in self.refused)


class DeployedServer(NatsServer):
    """One server with the configuration of `deploy/nats/cluster.conf`, moved to loopback."""

    def __init__(self, folder: Path, number: int, accounts: Path) -> None:
        super().__init__(folder, f"nats-{number}")
        self.route = free_port()
        self._accounts = accounts

    def _config(self) -> str:
        moves = {
            "$NATS_NAME": self.name,
            "0.0.0.0:4222": f'"127.0.0.1:{self.port}"',
            "127.0.0.1:8222": f'"127.0.0.1:{self.monitor}"',
            "0.0.0.0:6222": f'"127.0.0.1:{self.route}"',
            "/data": str(self.folder / "jetstream"),
        }
        text = CLUSTER.read_text()
        for there, here in moves.items():
            assert text.count(there) == 1, there
            text = text.replace(there, here)
        for name in ("accounts.conf", "routes.conf"):
            shutil.copy(self._accounts / name, self.folder)
        return text


class DeployedCluster:
    """The three servers of the deployment; their accounts and routes are among its secrets."""

    def __init__(self, folder: Path, secrets: Path, tls: Path | None = None) -> None:
        write_accounts(secrets, declared().values(), tls)
        self.servers = [DeployedServer(folder / f"n{n}", n, secrets) for n in (1, 2, 3)]
        write_routes(secrets, [f"127.0.0.1:{server.route}" for server in self.servers], tls)

    @property
    def url(self) -> str:
        return ",".join(server.url for server in self.servers)

    def start(self) -> DeployedCluster:
        for server in self.servers:
            server.start()
        return self

    def stop(self) -> None:
        for server in self.servers:
            server.stop()


async def told(capsys: pytest.CaptureFixture[str], what: str) -> str:
    """Wait for the log to say it."""
    said = ""
    async with asyncio.timeout(SOON_S):
        while what not in said:
            await asyncio.sleep(0.05)
            said += capsys.readouterr().out
    return said
