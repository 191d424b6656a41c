"""The rules and the dashboard in `deploy`, loaded by a real Prometheus that reads real services."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.programs import program
from tests.support.specs import hall, spec
from tests.support.system import ROOT, Planner, System

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus"
DASHBOARD = json.loads((DEPLOY / "grafana" / "redcrown.json").read_text())
SERVICES = ("visits", "venues", "notifications")
SOON_S = 60.0
_NAME = re.compile(r"\bredcrown_\w+")
ALERTS = 14


def tool(name: str) -> str:
    """A program of Debian's package."""
    return program("prometheus", name)


def said(*command: str) -> str:
    ended = subprocess.run(
        [tool(command[0]), *command[1:]], cwd=RULES, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def expressions() -> list[str]:
    """What the dashboard asks, with its variables filled in."""
    asked = [one["expr"] for panel in DASHBOARD["panels"] for one in panel["targets"]]
    return [one.replace("$service", ".*").replace("$__rate_interval", "1m") for one in asked]


def test_the_rules_are_sound_and_do_what_they_say() -> None:
    assert f"{ALERTS} rules found" in said("promtool", "check", "config", "prometheus.yml")
    assert "SUCCESS" in said("promtool", "test", "rules", "alerts.test.yml")


def test_every_rule_is_tried_both_ways() -> None:
    rules = re.findall(r"alert: (\w+)", (RULES / "alerts.yml").read_text())
    tried = re.findall(r"alertname: (\w+)", (RULES / "alerts.test.yml").read_text())
    assert len(rules) == ALERTS
    assert sorted(tried) == sorted(2 * rules)


@asynccontextmanager
async def running_prometheus(folder: Path, targets: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    """One that reads these addresses each second, with the rules as they are shipped."""
    shutil.copy(RULES / "alerts.yml", folder / "alerts.yml")
    shipped = (RULES / "prometheus.yml").read_text()
    head, _, _ = shipped.partition("scrape_configs:")
    config = head.replace("15s", "1s") + (
        "scrape_configs:\n  - job_name: redcrown\n    static_configs:\n"
        f"      - targets: {json.dumps(targets)}\n"
    )
    (folder / "prometheus.yml").write_text(config)
    port = free_port()
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            tool("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}",
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}/api/v1", timeout=SOON_S
            ) as client:
                await until_it_answers(client)
                yield client
        finally:
            process.terminate()
            await process.wait()


async def until_it_answers(api: httpx.AsyncClient) -> None:
    """It listens before its storage is open, and says 503 meanwhile."""
    ready = api.base_url.join("/-/ready")
    async with asyncio.timeout(SOON_S):
        while True:
            try:
                if (await api.get(ready)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)


async def asked(api: httpx.AsyncClient, expression: str) -> list[Any]:
    """What an expression gives now."""
    answer = await api.get("/query", params={"query": expression})
    assert answer.status_code == 200, f"{expression}: {answer.text}"
    return list(answer.json()["data"]["result"])


async def until_all_are_read(api: httpx.AsyncClient) -> None:
    async with asyncio.timeout(SOON_S):
        while len(await asked(api, 'up{job="redcrown"} == 1')) < len(SERVICES):
            await asyncio.sleep(0.2)


async def test_what_rules_and_dashboard_ask_for_is_there(tmp_path: Path, bus: NatsServer) -> None:
    system = System(tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db")
    try:
        replicas = system.start(*SERVICES)
        system.await_ready()
        planner = await Planner.connect(bus.url)
        await planner.submit(spec("seen", hall("expo-forum")))
        assert await planner.settled(["seen"]) == {"seen": "ready"}
        await planner.close()
        targets = [f"127.0.0.1:{one.port}" for one in replicas]
        async with running_prometheus(tmp_path, targets) as api:
            await until_all_are_read(api)
            rules = (await api.get("/rules")).json()["data"]["groups"][0]["rules"]
            assert len(rules) == ALERTS
            names = set(_NAME.findall((RULES / "alerts.yml").read_text()))
            for expression in expressions():
                names |= set(_NAME.findall(expression))
            async with asyncio.timeout(SOON_S):
                for name in sorted(names):
                    while not await asked(api, name):
                        await asyncio.sleep(0.2)
            for expression in expressions():
                await asked(api, expression)
            ready = await asked(api, "sum by (service) (redcrown_ready)")
            assert {one["metric"]["service"] for one in ready} == set(SERVICES)
    finally:
        system.stop()
