"""`make run` as a user has it: one command, an address, Ctrl-C; with and without a live bus."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import nats
import psutil
import pytest

from deploy.again import LIVED_S
from deploy.client import Client
from deploy.local import service_names
from tests.support.console import key, spec, token_in
from tests.support.ports import free_port
from tests.support.system import ROOT

READY_WITHIN_S = 180
STOPPED_WITHIN_S = 60


class Run:
    """One `python -m deploy.run` in a session of its own, as a terminal would give it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        environment = {
            **os.environ,
            "REDCROWN_DATA_DIR": str(folder / "data"),
            "REDCROWN_CONSOLE_PORT": str(self.port),
            "REDCROWN_TRACES": f"file:{folder / 'traces.jsonl'}",
        }
        self.log = folder / "log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.run"],
            cwd=ROOT, env=environment, stdout=self.log.open("wb"), stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def await_address(self) -> str:
        """Wait for the printed address."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            for line in self.log.read_text().splitlines():
                if "Redcrown is ready: " in line:
                    return line.rpartition(" ")[2].strip()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise TimeoutError(self.log.read_text())

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    for child in made.children() if made.process.poll() is None else []:
        child.kill()
    made.process.kill()
    made.process.wait()


def stop_and_check(run: Run, children: list[psutil.Process]) -> None:
    """Ctrl-C; soon nothing is left, and the end is a clean one."""
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(STOPPED_WITHIN_S) == 0, run.log.read_text()
    gone, alive = psutil.wait_procs(children, timeout=STOPPED_WITHIN_S)
    assert not alive
    assert len(gone) == len(children)


@pytest.mark.parametrize("moment", ["a first child", "nats started", "guests started"])
def test_ctrl_c_while_it_starts(run: Run, moment: str) -> None:
    """The terminal tells all of them, in whatever they are."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not (run.children() if moment == "a first child" else moment in run.log.read_text()):
        assert time.monotonic() < deadline and run.process.poll() is None, run.log.read_text()
        time.sleep(0.005)
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.process.wait(STOPPED_WITHIN_S) == 0, run.log.read_text()
    told = run.log.read_text()
    pids = [int(one) for one in re.findall(r"started \(pid=(\d+)\)", told)]
    assert len(pids) == len(service_names()) + 1
    assert not [one for one in pids if psutil.pid_exists(one)]
    assert "Traceback" not in told


async def test_everything_comes_up_and_goes_down(tmp_path: Path, run: Run) -> None:
    address = run.await_address()
    assert address == f"http://127.0.0.1:{run.port}"
    assert httpx.get(f"{address}/v1/visits", timeout=60).status_code == 401
    access = tmp_path / "data" / "access"
    client = Client(address, token_in(tmp_path / "data"), timeout_s=60)
    assert client.pages("/visits", "visits") == []
    client.close()
    assert {path.stat().st_mode & 0o777 for path in access.iterdir()} == {0o600}
    assert str(access) in run.log.read_text()
    with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as browser:
        assert 'action="/login"' in browser.get("/").text
        secret = (access / "password").read_text().strip()
        page = browser.post("/login", data={"name": "planner", "password": secret})
        assert page.status_code == 200 and 'id="visits"' in page.text
    children = run.children()
    names = " ".join(" ".join(child.cmdline()) for child in children)
    for service in ("nats-server", "services.visits", "services.console"):
        assert service in names
    await nobody_comes_in_without_a_key(children)
    stop_and_check(run, children)


async def nobody_comes_in_without_a_key(children: list[psutil.Process]) -> None:
    """The embedded bus has accounts; in `test_forking` each process has its own key only."""
    [words] = [child.cmdline() for child in children if child.name() == "nats-server"]
    address = f"nats://127.0.0.1:{words[words.index('-p') + 1]}"

    async def ignore(_error: Exception) -> None:
        """It is raised as well."""

    with pytest.raises(nats.errors.Error, match=r"[Aa]uthorization"):
        await nats.connect(address, allow_reconnect=False, connect_timeout=60, error_cb=ignore)


def test_it_stops_without_a_live_bus(run: Run) -> None:
    """A frozen nats-server answers nobody, and must not hold anybody either."""
    run.await_address()
    children = run.children()
    [bus] = [child for child in children if child.name() == "nats-server"]
    bus.suspend()
    stop_and_check(run, children)


def test_what_is_killed_comes_back_and_goes_on(tmp_path: Path, run: Run) -> None:
    """A service, the console and the bus; a visit afterwards, and an end without anybody left."""
    address = run.await_address()
    victims = ("-m services.visits", "-m services.console", "nats-server")
    before = {name: one_called(run, name) for name in victims}
    youngest = max(child.create_time() for child in before.values())
    while time.time() - youngest < LIVED_S:  # What ends sooner counts as unable to come up.
        time.sleep(0.1)
    for child in before.values():
        child.kill()
    deadline = time.monotonic() + READY_WITHIN_S
    while run.log.read_text().count("was started again") < len(victims):
        assert time.monotonic() < deadline and run.process.poll() is None, run.log.read_text()
        time.sleep(0.05)
    for name, child in before.items():
        assert one_called(run, name).pid != child.pid
    with httpx.Client(
        base_url=address, timeout=60,
        headers={"Authorization": f"Bearer {token_in(tmp_path / 'data')}"},
    ) as planner:  # fmt: skip
        while submitted(planner) != 201:
            assert time.monotonic() < deadline and run.process.poll() is None, run.log.read_text()
            time.sleep(0.1)
    stop_and_check(run, run.children())


def one_called(run: Run, name: str) -> psutil.Process:
    """The process with these words in its line; of forks, the one that took the name."""
    [found] = [child for child in run.children() if name in " ".join(child.cmdline())]
    return found


def submitted(planner: httpx.Client) -> int:
    """The status of a visit's submission; 0 where nobody answers."""
    try:
        answer = planner.post("/v1/visits", content=spec("after"), headers=key("after"))
    except httpx.TransportError:
        return 0
    return answer.status_code


def test_a_taken_port_is_told(tmp_path: Path, run: Run) -> None:
    run.await_address()
    environment = {**os.environ, "REDCROWN_CONSOLE_PORT": str(run.port),
                   "REDCROWN_DATA_DIR": str(tmp_path / "other")}  # fmt: skip
    second = subprocess.run(
        [sys.executable, "-m", "deploy.run"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert second.returncode == 2
    assert "REDCROWN_CONSOLE_PORT" in second.stderr
