"""The tool as an operator types it, against the whole system: each command in a process of its own,
for people and for scripts, and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.cli.http import NO_ANSWER, REFUSED, USAGE
from services.guests.vault import new_master_key
from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.system import ROOT, System

OWNERS = ("bookings", "venues", "catering", "escorts")
SERVICES = (*OWNERS, "notifications", "guests", "visits", "console")
SAMPLE = ROOT / "deploy" / "seed" / "visits" / "inspection.yaml"
VISIT = "inspection-2027-08"
FLOWING = {"visits", *OWNERS}
SOON_S = 90.0
COMMAND = (sys.executable, "-m", "deploy.cli")


class Tool:
    """Types commands into a shell of `environment`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = {**os.environ, "COLUMNS": "200", **environment}

    def __call__(self, *words: str, ends_with: int = 0) -> str:
        """What is on standard output; on standard error where it was to fail."""
        done = subprocess.run(
            [*COMMAND, *words], cwd=ROOT, env=self.environment, check=False,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == ends_with, f"{words}: {done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout if ends_with == 0 else done.stdout + done.stderr

    def document(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("system")
    bus = NatsServer(folder / "bus").start()
    made = System(
        folder, bus.url, lambda name: f"sqlite:///{folder / name}.db",
        REDCROWN_ACCESS_DIR=str(folder / "access"), REDCROWN_GUESTS_KEY=new_master_key(),
    )  # fmt: skip
    try:
        made.start(*SERVICES)
        made.await_ready()
        yield made
    finally:
        made.stop()
        bus.stop()


@pytest.fixture
def tool(system: System) -> Tool:
    address = f"http://127.0.0.1:{system.replicas[-1].port}"
    token = str(system.folder / "access" / "token")
    return Tool({"REDCROWN_URL": address, "REDCROWN_TOKEN_FILE": token})


def test_a_visit_from_the_command_line(tool: Tool) -> None:
    told = tool("visit", "submit", str(SAMPLE), "--wait", "60")
    assert f"{VISIT} is ready." in told
    assert "revision 1" in tool("visit", "submit", str(SAMPLE), ends_with=REFUSED), "it is there"
    assert [one["visit"] for one in tool.document("visits")] == [VISIT]
    assert VISIT in tool("visits", "--phase", "ready")
    assert "No such visits." in tool("visits", "--phase", "blocked")
    whole = tool.document("visit", "show", VISIT)
    assert whole["phase"] == "ready"
    shown = tool("visit", "show", VISIT)
    assert all(need["need"] in shown for need in whole["needs"])
    steps = tool.document("visit", "trace", VISIT)
    assert {"visits", *OWNERS} <= {one["source"] for one in steps}
    assert "confirm_holds" in tool("visit", "trace", VISIT)
    assert f"{VISIT} is cancelled." in tool(
        "visit", "cancel", VISIT, "--reason", "flood", "--wait", "60"
    )
    assert [one["phase"] for one in tool.document("visits")] == ["cancelled"]


def test_what_waits_and_what_is_wrong(tool: Tool, system: System) -> None:
    # Of a service nothing is known before its first beat.
    known = until(
        lambda: flows_of(tool), lambda flows: {one["service"] for one in flows} >= FLOWING
    )
    assert any("place_holds" in one["consumer"] for one in known)
    assert "place_holds" in tool("queues", "--all")
    assert all(one["live"] for one in two_looks(tool))
    checks = until(lambda: checks_of(tool), lambda found: all(one["well"] for one in found))
    assert {f"service {name}" for name in SERVICES} <= {one["check"] for one in checks}
    assert "ok" in tool("doctor")
    catering = next(one for one in system.replicas if one.service == "catering")
    catering.kill()
    try:
        # That somebody is silent is seen at once where he is asked, and a little later at beats.
        until(lambda: checks_of(tool), lambda found: "no answer from catering" in str(found))
        tool("doctor", ends_with=REFUSED)
    finally:
        catering.start()
        system.await_ready([catering])


def two_looks(tool: Tool) -> list[Any]:
    """`queues --watch` goes on until Ctrl-C, and ends at once then."""
    watching = subprocess.Popen(
        [*COMMAND, "queues", "--watch", "--every", "0.5", "--json"], cwd=ROOT,
        env={**tool.environment, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    try:
        looks, text = [], ""
        for line in watching.stdout:
            text += line
            if line == "}\n":
                looks.append(json.loads(text))
                text = ""
            if len(looks) == 2:
                break
        watching.send_signal(signal.SIGINT)
        # Read on, as a terminal does: a third look may be on its way, longer than a pipe holds.
        watching.communicate(timeout=60)
        assert len(looks) == 2
        return looks
    finally:
        watching.kill()


def until(look: Callable[[], list[Any]], right: Callable[[list[Any]], bool]) -> list[Any]:
    """What is seen as soon as it is right."""
    deadline = time.monotonic() + SOON_S
    while not right(found := look()):
        assert time.monotonic() < deadline, found
    return found


def flows_of(tool: Tool) -> list[Any]:
    return list(tool.document("queues")["consumers"])


def checks_of(tool: Tool) -> list[Any]:
    """What the doctor finds, whether all is well or not."""
    done = subprocess.run([*COMMAND, "doctor", "--json"], cwd=ROOT, env=tool.environment,
                          check=False, capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode in (0, REFUSED), done.stderr
    return list(json.loads(done.stdout))


def test_a_shell_completes_words() -> None:
    shell = Tool({"_REDCROWN_COMPLETE": "complete_bash", "COMP_WORDS": "redcrown visit ca",
                  "COMP_CWORD": "2"})  # fmt: skip
    assert shell().split() == ["cancel"]


def test_what_cannot_be_done_is_said(tool: Tool, tmp_path: Path) -> None:
    assert "nowhere" in tool("visit", "show", "nowhere", ends_with=REFUSED)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SAMPLE.read_text().replace("guests:", "gusts:"))
    assert "gusts" in tool("visit", "submit", str(wrong), ends_with=REFUSED)
    assert "cannot be read" in tool("visit", "submit", "not-there.yaml", ends_with=USAGE)
    assert "--revision" in tool("visit", "submit", str(SAMPLE), "--visit", "v", ends_with=USAGE)
    assert "no-such-word" in tool("visit", "no-such-word", ends_with=USAGE)
    away = Tool({"REDCROWN_URL": f"http://127.0.0.1:{free_port()}"})
    assert "127.0.0.1" in away("doctor", ends_with=NO_ANSWER)
    stranger = Tool({"REDCROWN_URL": tool.environment["REDCROWN_URL"]})
    stranger.environment.pop("REDCROWN_TOKEN_FILE", None)
    assert json.loads(stranger("queues", "--json", ends_with=REFUSED))["status"] == 401
