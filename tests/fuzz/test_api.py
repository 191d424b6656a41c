"""The running system against requests made from its own OpenAPI document.

Not asked: that whatever fits the schema is accepted, or that whatever does not is refused with a
422. The schema leaves out what it cannot say (a date of the calendar, a hall that is there), and a
stale ETag is told before a wrong body. The stream of changes is left out: it does not end.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.client import Client
from tests.support.console import token_in
from tests.support.nats import NatsServer
from tests.support.specs import hall, spec
from tests.support.system import ROOT, System

SECONDS = 60
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "unsupported_method",
    "allow_header_conformance", "ignored_auth",
)  # fmt: skip
SERVICES = ("bookings", "venues", "catering", "escorts", "notifications", "visits", "console")
UNFORESEEN = ("Traceback", "request_failed", "Unhandled", "never retrieved", '"level": "error"')


@pytest.fixture
def system(tmp_path: Path, bus: NatsServer):  # type: ignore[no-untyped-def]
    made = System(
        tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db",
        REDCROWN_ACCESS_DIR=str(tmp_path / "access"),
    )  # fmt: skip
    try:
        made.start(*SERVICES)
        made.await_ready()
        yield made
    finally:
        made.stop()


def test_no_request_breaks_it(tmp_path: Path, system: System) -> None:
    address = f"http://127.0.0.1:{system.replicas[-1].port}"
    token = token_in(tmp_path)
    client = Client(address, token)
    client.submit((ROOT / "deploy" / "seed" / "visits" / "inspection.yaml").read_text())
    for n in (1, 2):
        made = spec(f"fuzzed-{n}", hall("expo-forum"))
        client.submit(made.model_dump_json(exclude_none=True))
    client.close()
    done = subprocess.run(
        [
            Path(sys.executable).parent / "schemathesis",
            "--config-file", ROOT / "tests" / "fuzz" / "schemathesis.toml",
            "run", f"{address}/v1/openapi.json",
            "--header", f"Authorization: Bearer {token}",
            "--checks", ",".join(CHECKS), "--exclude-path", "/v1/events",
            "--max-time", str(SECONDS), "--request-timeout", "20",
            "--continue-on-failure", "--warnings", "off", "--suppress-health-check", "all",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert "Tested: " in done.stdout
    for service in SERVICES:
        log = (tmp_path / f"{service}.log").read_text()
        bad = [line for line in log.splitlines() if any(word in line for word in UNFORESEEN)]
        assert bad == [], f"{service}: {bad[:3]}"
    assert all(one.process and one.process.poll() is None for one in system.replicas)
    system.await_ready()
