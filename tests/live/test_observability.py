"""One visit can be followed through all services: one trace, logs, metrics, probes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx

from tests.support.nats import NatsServer
from tests.support.specs import hall, spec
from tests.support.system import Planner, System

SERVICES = ("visits", "venues", "notifications")
SOON_S = 60.0


async def test_one_trace_through_all_services(tmp_path: Path, bus: NatsServer) -> None:
    traces = tmp_path / "traces.jsonl"
    system = System(
        tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db",
        REDCROWN_TRACES=f"file:{traces}",
    )  # fmt: skip
    try:
        replicas = system.start(*SERVICES)
        system.await_ready()
        planner = await Planner.connect(bus.url)
        await planner.submit(spec("traced", hall("expo-forum")))
        assert await planner.settled(["traced"]) == {"traced": "ready"}
        await planner.close()
        for replica in replicas:
            await until_it_has_handled_something(replica.port)
            check_probes(replica.service, replica.port)
    finally:
        system.stop()
    spans = [json.loads(line) for line in traces.read_text().splitlines()]
    by_trace: dict[str, set[str]] = {}
    for span in spans:
        by_trace.setdefault(span["context"]["trace_id"], set()).add(span["name"].split()[0])
    assert set(SERVICES) in by_trace.values()
    names = {span["name"] for span in spans}
    assert "venues cmd.venues.place_holds.v1" in names
    assert "notifications evt.visits.arrangement_changed.v1" in names


async def until_it_has_handled_something(port: int) -> None:
    """Notices are made of a visit that is ready already."""
    async with asyncio.timeout(SOON_S):
        while 'outcome="done"' not in said(port, "/metrics").text:
            await asyncio.sleep(0.1)


def said(port: int, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=SOON_S)


def check_probes(service: str, port: int) -> None:
    assert said(port, "/live").json() == {"service": service, "live": True}
    assert said(port, "/ready").json() == {"service": service, "ready": True}
    metrics = said(port, "/metrics").text
    assert "redcrown_messages_total{message=" in metrics
    assert 'outcome="done"' in metrics
    assert f'redcrown_outbox_waiting{{service="{service}"}}' in metrics


async def test_not_ready_while_the_bus_is_away(tmp_path: Path, bus: NatsServer) -> None:
    system = System(tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db")
    try:
        [replica] = system.start("venues")
        system.await_ready()
        bus.kill()
        async with asyncio.timeout(SOON_S):
            while said(replica.port, "/ready").status_code != 503:
                await asyncio.sleep(0.1)
        assert said(replica.port, "/live").status_code == 200
        bus.start()
        system.await_ready()
    finally:
        system.stop()
