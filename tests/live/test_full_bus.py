"""A nats-server whose disk was full: who keeps it starts it again, and what waited is sent.

On a real full disk, in a mount namespace of its own; skipped where no mounts are allowed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.starving import FULL
from tests.support.ports import free_port
from tests.support.system import ROOT

KEEPER = """
import os, sys
from functools import partial
from deploy import forking
from deploy.again import Line
from deploy.starter import Starter
line, disk = sys.argv[1:]
starter = Starter(["nats"])
start = partial(forking.child, line, dict(os.environ), "/", starter.leave)
starter.start("nats", start, Line(line, {}, "/", disk))
starter.keep()
"""
PLAY = """
import asyncio, json, signal, subprocess, sys
from pathlib import Path
from types import SimpleNamespace
from tests.chaos.disks import Disk, own_mounts
from tests.support.nats import EXECUTABLE
from tests.support.system import ROOT

if why_not := own_mounts():
    sys.exit(f"not allowed: {why_not}")
folder, port = Path(sys.argv[1]), sys.argv[2]
disk = Disk(folder / "jetstream", 64 * 1024**2, real=True)
conf = folder / "nats.conf"
conf.write_text(f'jetstream {{ store_dir: "{disk.folder}", max_file_store: 8GB }}')
line = f"exec {EXECUTABLE} -c {conf} -a 127.0.0.1 -p {port}"
log = folder / "log"
with log.open("wb") as out:
    keeper = subprocess.Popen(
        [sys.executable, "-c", sys.argv[3], line, str(disk.folder)], stdout=out, cwd=ROOT
    )

from shared.chassis import limits
from tests.flows.test_relay import running, send, stored

limits.PUBLISH_TIMEOUT_S = 1.0
limits.SWEEP_S = limits.SWEEP_AGE_S = 0.5

async def until(right):
    while not right():
        assert keeper.poll() is None, log.read_text()
        await asyncio.sleep(0.05)

async def play():
    bus = SimpleNamespace(url=f"nats://127.0.0.1:{port}")
    told = {"sent": []}
    async with asyncio.timeout(200), running(bus, f"sqlite:///{folder / 'store.db'}") as service:
        untaken = service.relay.untaken.beats
        while not untaken():
            disk.fill()
            told["sent"] += [await send(service, f"v{len(told['sent'])}") for _ in range(10)]
            await asyncio.sleep(0.1)
        told["untaken"] = [one.stream for one in service.vitals.beat().bus.untaken]
        told["ready"] = service.ready
        await until(lambda: "the disk of nats is full" in log.read_text())
        told["full"] = log.read_text()
        disk.empty()
        await until(lambda: "was started again" in log.read_text())
        await until(lambda: not untaken() and service.ready)
        found = set()
        while found != set(told["sent"]):
            await asyncio.sleep(0.1)
            found = {one.partition("~")[0] for one in await stored(bus)}
    keeper.send_signal(signal.SIGINT)
    return {**told, "rc": keeper.wait(60), "log": log.read_text()}

try:
    print(json.dumps(asyncio.run(play())))
finally:
    keeper.send_signal(signal.SIGINT)
    keeper.wait(60)
"""


def played(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PLAY, str(folder), str(free_port()), KEEPER],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if "not allowed" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_it_is_started_again_once_there_is_room_and_what_was_accepted_is_sent(
    tmp_path: Path,
) -> None:
    """`nats-server` says in its output why it stores nothing; that is what this hangs on."""
    found = played(tmp_path)
    assert found["untaken"] == ["EVENTS"] and found["ready"], "it answers, and stores nothing"
    assert FULL.decode() in found["full"] and "MB free, and nats is started again" in found["full"]
    assert "sending SIGTERM" not in found["full"], "not for nothing"
    log = found["log"]
    [told] = [line for line in log.splitlines() if "until it begins again nats" in line]
    assert "MB are free on" in told
    assert log.index(told) < log.index("sending SIGTERM to nats") < log.index("and begins again")
    assert log.count("nats was started again") == 1 and found["rc"] == 0
