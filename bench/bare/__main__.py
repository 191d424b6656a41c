"""`python -m bench.bare --visits N --flying M`: measure the bare ceiling; JSON last.

Must not: be compared with anything that was measured in another run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nats
import orjson
import uvloop
from nats.aio.client import Client

from bench.bare.steps import NOTICES, OWNERS, SUBJECT
from bench.figures import Watch, figures_of
from bench.load import DAYS
from deploy.servers.nats import NatsServer

ANSWER_S = 30.0
START_S = 60.0


async def play(client: Client, number: int) -> bool:
    """Hold at three, confirm at three, one notice; True when all said yes."""
    body = orjson.dumps({"visit": f"bare-{number}", "day": number % DAYS, "amount": 10})

    async def ask(service: str, step: str) -> bool:
        subject = SUBJECT.format(service=service, step=step)
        return (await client.request(subject, body, ANSWER_S)).data == b"1"

    for step in ("hold", "confirm"):
        if not all(await asyncio.gather(*(ask(service, step) for service in OWNERS))):
            return False
    return await ask(NOTICES, "notice")


async def measure(url: str, visits: int, flying: int, watch: Watch) -> dict[str, Any]:
    """Figures of so many visits with so many in flight."""
    client = await nats.connect(url)
    slots = asyncio.Semaphore(flying)
    await _await_services(client)

    async def one(number: int) -> float:
        async with slots:
            began = time.perf_counter()
            if not await play(client, number):
                raise RuntimeError(f"visit {number} was refused")
            return time.perf_counter() - began

    for number in range(visits // 10):  # warm-up
        await one(-1 - number)
    watch.start()
    took = await asyncio.gather(*(one(number) for number in range(visits)))
    found = figures_of(took, watch.stop())
    await client.close()
    return found


async def _await_services(client: Client) -> None:
    until = time.monotonic() + START_S
    for service in (*OWNERS, NOTICES):
        subject = SUBJECT.format(service=service, step="confirm")
        while True:
            try:
                await client.request(subject, b'{"visit": "nobody"}', 1.0)
                break
            except nats.errors.Error:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.05)


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """A bus and four services; their address, and process ids by name."""
    server = NatsServer(folder / "nats").start()
    made = {
        name: subprocess.Popen(
            [sys.executable, "-m", "bench.bare.service", name, server.url,
             str(folder / f"{name}.db")]
        )
        for name in (*OWNERS, NOTICES)
    }  # fmt: skip
    try:
        yield server.url, {"nats": server.pid, **{name: one.pid for name, one in made.items()}}
    finally:
        for one in made.values():
            one.terminate()
            one.wait()
        server.stop()


def main() -> int:
    """Start, measure, stop."""
    parser = argparse.ArgumentParser(prog="bare")
    parser.add_argument("--visits", type=int, default=2_000)
    parser.add_argument("--flying", type=int, default=128)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="redcrown-bare-") as folder,
        running(Path(folder)) as (url, pids),
    ):
        figures = uvloop.run(measure(url, chosen.visits, chosen.flying, Watch(pids)))
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
