"""The deployment of `deploy/compose.yaml`, its commands started as processes on loopback.

What a container would have, a process gets: only the files that the Dockerfile copies, only the
environment that the compose file gives. Host names, ports and secret files are moved to here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.ports import free_port
from tests.support.system import ROOT

FILE = ROOT / "deploy" / "compose.yaml"


def document() -> dict[str, Any]:
    """The whole file."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


def services() -> dict[str, dict[str, Any]]:
    """The services that are built from this repository, by name."""
    return {name: one for name, one in document()["services"].items() if "build" in one}


def lay_out(service: str, app: Path) -> None:
    """Copy what the Dockerfile copies for one service, except the lock file."""
    for line in (ROOT / "deploy" / "Dockerfile").read_text().splitlines():
        words = line.replace("${SERVICE}", service).split()
        if not words or words[0] != "COPY" or words[1].endswith(".lock"):
            continue
        source, target = ROOT / words[1], app / words[2]
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


@dataclass
class Deployment:
    """Processes of all services. `moves` maps texts of the compose file to what they are here."""

    folder: Path
    moves: dict[str, str]
    processes: dict[str, list[tuple[subprocess.Popen[bytes], int]]] = field(default_factory=dict)

    def start(self) -> Deployment:
        for name, one in services().items():
            app = self.folder / name
            lay_out(name, app)
            replicas = one["deploy"]["replicas"]
            self.processes[name] = [self._start(name, one, app) for _ in range(replicas)]
        return self

    def _start(self, name: str, one: dict[str, Any], app: Path) -> tuple[Any, int]:
        port = free_port()
        environment = self._environment(one, app)
        environment |= {"REDCROWN_HOST": "127.0.0.1", "REDCROWN_PORT": str(port)}
        command = [sys.executable if word == "python" else word for word in one["command"]]
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            command, cwd=app, env=environment, stdout=log,
            stderr=log,
        )  # fmt: skip
        return process, port

    def _environment(self, one: dict[str, Any], app: Path) -> dict[str, str]:
        given = {key: self._moved(value, app) for key, value in one["environment"].items()}
        return {"PATH": os.environ["PATH"], **given}

    def execute(self, name: str, *words: str) -> str:
        """As `docker compose exec <name> python …`: what it prints."""
        app = self.folder / name
        done = subprocess.run(
            [sys.executable, *words], cwd=app, env=self._environment(services()[name], app),
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _moved(self, value: str, app: Path) -> str:
        for there, here in {**self.moves, "/app": str(app)}.items():
            value = value.replace(there, here)
        assert "${" not in value, f"{value}: not told what this is"
        return value

    def await_healthy(self, within_s: float = 220) -> None:
        """Wait until the health check of every container would say yes."""
        deadline = time.monotonic() + within_s
        while sick := [name for name in self.processes if not self.healthy(name)]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{sick}: {self.log(sick[0])}")
            time.sleep(0.3)

    def healthy(self, name: str) -> bool:
        """Run the very health check of the compose file against every process of a service."""
        test = services()[name]["healthcheck"]["test"]
        assert test[:2] == ["CMD", "python"]
        for process, port in self.processes[name]:
            words = [word.replace(":8000/", f":{port}/") for word in test[2:]]
            assert process.poll() is None, f"{name} has died: {self.log(name)}"
            if subprocess.run([sys.executable, *words], capture_output=True).returncode:
                return False
        return True

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-3_000:]

    def stop(self) -> list[int]:
        """End all; the exit codes."""
        every = [process for some in self.processes.values() for process, _port in some]
        for process in every:
            process.terminate()
        return [process.wait(60) for process in every]
