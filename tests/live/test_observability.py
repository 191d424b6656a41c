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
        await asyncio.sleep(1)
        await planner.close()
        for replica in replicas:
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


def check_probes(service: str, port: int) -> None:
    address = f"http://127.0.0.1:{port}"
    assert httpx.get(f"{address}/live").json() == {"service": service, "live": True}
    assert httpx.get(f"{address}/ready").json() == {"service": service, "ready": True}
    metrics = httpx.get(f"{address}/metrics").text
    assert "redcrown_messages_total{message=" in metrics
    assert 'outcome="done"' in metrics
    assert f'redcrown_outbox_waiting{{service="{service}"}}' in metrics


async def test_not_ready_while_the_bus_is_away(tmp_path: Path, bus: NatsServer) -> None:
    system = System(tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db")
    try:
        [replica] = system.start("venues")
        system.await_ready()
        bus.kill()
        for _ in range(100):
            if not replica.is_ready():
                break
            await asyncio.sleep(0.1)
        address = f"http://127.0.0.1:{replica.port}"
        assert httpx.get(f"{address}/ready").status_code == 503
        assert httpx.get(f"{address}/live").status_code == 200
        bus.start()
        system.await_ready()
    finally:
        system.stop()
