"""Real processes of real services on loopback, and a planner who talks to them over the bus."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import nats
import orjson
from nats.aio.client import Client as NATS

from shared.contracts.message import COMMANDS, Command, CommandAnswered, Query
from shared.contracts.reading import ListVisits, ReadTimeline, ReadVisit
from shared.contracts.spec import VisitSpec
from shared.contracts.visits import CancelVisit, SubmitVisit
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN_S = 180


class Replica:
    """One process of one service."""

    def __init__(
        self, service: str, environment: dict[str, str], log: Path, port: int | None = None
    ) -> None:
        self.service, self.port = service, port or free_port()
        self._environment = {**environment, "REDCROWN_PORT": str(self.port)}
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Replica:
        log = self._log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"services.{self.service}"],
            cwd=ROOT, stdout=log, stderr=log, env=self._environment,
        )  # fmt: skip
        return self

    def is_ready(self) -> bool:
        try:
            address = f"http://127.0.0.1:{self.port}/ready"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, within_s: float = 60) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        return int(self.process.returncode)


class System:
    """Replicas of services on one bus. `store_of(service)` gives each its own store's URL, and
    `seed_of(service)` its key where the bus asks for one."""

    def __init__(
        self,
        folder: Path,
        bus_url: str,
        store_of: Callable[[str], str],
        seed_of: Callable[[str], Path] | None = None,
        **env: str,
    ) -> None:
        self.seed_of = seed_of
        self.folder, self.bus_url, self.store_of = folder, bus_url, store_of
        self.extra = env
        self.replicas: list[Replica] = []
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, *services: str, replicas: int = 1) -> list[Replica]:
        made = [
            Replica(service, self._environment(service), self.folder / f"{service}.log").start()
            for service in services
            for _ in range(replicas)
        ]
        self.replicas += made
        return made

    def _environment(self, service: str) -> dict[str, str]:
        return {
            **os.environ,
            "REDCROWN_NATS_URL": self.bus_url,
            "REDCROWN_STORE_URL": self.store_of(service),
            "REDCROWN_DATA_DIR": str(self.folder),
            "REDCROWN_SEED_DIR": str(ROOT / "deploy" / "seed"),
            "REDCROWN_LOG_LEVEL": "INFO",
            **({"REDCROWN_NATS_SEED_FILE": str(self.seed_of(service))} if self.seed_of else {}),
            **self.extra,
        }

    def await_ready(self, some: Iterable[Replica] | None = None) -> None:
        waiting = list(some or self.replicas)
        deadline = time.monotonic() + READY_WITHIN_S
        while waiting:
            waiting = [replica for replica in waiting if not replica.is_ready()]
            if time.monotonic() > deadline:
                names = [replica.service for replica in waiting]
                raise TimeoutError(f"not ready: {names}\n{self.logs(names)}")
            time.sleep(0.05)

    def logs(self, services: Iterable[str]) -> str:
        return "\n".join(
            (self.folder / f"{service}.log").read_text()[-2_000:] for service in set(services)
        )

    def stop(self) -> None:
        for replica in self.replicas:
            if replica.process is not None and replica.process.poll() is None:
                replica.process.terminate()
        for replica in self.replicas:
            replica.stop()


class Planner:
    """Sends commands and asks questions straight over the bus, as the console does."""

    def __init__(self, client: NATS) -> None:
        self._client, self._js = client, client.jetstream()

    @classmethod
    async def connect(cls, url: str) -> Planner:
        """Connect, and wait until some service has made the streams."""
        client = await nats.connect(url.split(","), max_reconnect_attempts=-1)
        async with asyncio.timeout(READY_WITHIN_S):
            while True:
                try:
                    await client.jetstream().stream_info(COMMANDS)
                    break
                except nats.errors.Error:
                    await asyncio.sleep(0.1)
        return cls(client)

    async def close(self) -> None:
        await self._client.close()

    async def send(self, command: Command, owner: str | None = None) -> None:
        await self._js.publish(
            command.subject(owner),
            command.model_dump_json().encode(),
            stream=command.stream,
            headers={"Nats-Msg-Id": uuid.uuid4().hex, "content-type": "application/json"},
            timeout=60,
        )

    async def raw(self, subject: str, body: bytes) -> None:
        await self._js.publish(subject, body, timeout=60)

    async def ask(
        self, query: Query, owner: str | None = None, within_s: float = 30
    ) -> dict[str, Any]:
        """The answer. Raises NoRespondersError at once where nobody is there to give one."""
        body = query.model_dump_json().encode()
        headers = {"content-type": "application/json"}
        answer = await self._client.request(
            query.subject(owner), body, timeout=within_s, headers=headers
        )
        return dict(orjson.loads(answer.data))

    async def submit(self, spec: VisitSpec, revision: int = 0) -> None:
        await self.send(
            SubmitVisit(**act(), visit=spec.visit, expected_revision=revision, spec=spec)
        )

    async def cancel(self, visit: str, revision: int) -> None:
        await self.send(CancelVisit(**act(), visit=visit, expected_revision=revision, reason=""))

    async def listen_to_answers(self) -> asyncio.Queue[dict[str, Any]]:
        """What the orchestrator answers to commands, from now on."""
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def hear(message: Any) -> None:
            heard.put_nowait(orjson.loads(message.data))

        await self._client.subscribe(CommandAnswered.subject("visits"), cb=hear)
        await self._client.flush()
        return heard

    async def visit(self, visit: str) -> dict[str, Any] | None:
        answer = await self.ask(ReadVisit(cause="read", actor="test", visit=visit))
        found: dict[str, Any] | None = answer["visit"]
        return found

    async def until(
        self, visit: str, right: Callable[[dict[str, Any]], Any], within_s: float = 120
    ) -> dict[str, Any]:
        """The visit, as soon as something is true of it."""
        deadline = time.monotonic() + within_s
        while (view := await self.visit(visit)) is None or not right(view):
            if time.monotonic() > deadline:
                seen = view and (view["phase"], view["reasons"], view["proposed"])
                raise TimeoutError(f"{visit} is still {seen}")
            await asyncio.sleep(0.05)
        return view

    async def timeline(self, visit: str) -> list[dict[str, Any]]:
        query = ReadTimeline(cause="read", actor="test", visit=visit, limit=1_000)
        return list((await self.ask(query))["entries"])

    async def phases(self, within_s: float = 30) -> dict[str, str]:
        found: dict[str, str] = {}
        after = None
        while True:
            query = ListVisits(cause="read", actor="test", limit=200, after=after)
            page = await self.ask(query, within_s=within_s)
            found |= {line["visit"]: line["phase"] for line in page["visits"]}
            after = page["next"]
            if after is None:
                return found

    async def settled(
        self,
        visits: Iterable[str],
        phases: tuple[str, ...] = ("ready", "blocked"),
        within_s: float = 180,
    ) -> dict[str, str]:
        """Wait until all these visits are in one of the phases. What is blocked does not stay so:
        it tries again by itself, and is `holding` meanwhile."""
        wanted = set(visits)
        deadline = time.monotonic() + within_s
        while True:
            try:
                now = await self.phases(within_s=5)  # Who was asked may have died of it.
            except (TimeoutError, nats.errors.Error):
                now = {}
            if all(now.get(visit) in phases for visit in wanted):
                return {visit: now[visit] for visit in wanted}
            if time.monotonic() > deadline:
                raise TimeoutError({v: now.get(v) for v in wanted if now.get(v) not in phases})
            await asyncio.sleep(0.1)


def act() -> dict[str, str]:
    """Ids of one act of a planner."""
    return {"cause": uuid.uuid4().hex, "actor": "test", "command": uuid.uuid4().hex}
