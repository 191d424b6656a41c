"""The running system against requests made from its own OpenAPI document.

Not asked: that whatever fits the schema is accepted, or that whatever does not is refused with a
422. The schema leaves out what it cannot say (a date of the calendar, a hall that is there), and a
stale ETag is told before a wrong body. The stream of changes is left out: it does not end.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from deploy.client import Client
from deploy.master_key import master_key
from tests.rules.guest_case import row
from tests.support.console import bearer, token_in
from tests.support.nats import NatsServer
from tests.support.specs import hall, spec
from tests.support.system import ROOT, System

SECONDS, ROUNDS = 60, 3
Operation = tuple[str, str]
"""Method and path."""
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_headers_conformance", "response_schema_conformance", "unsupported_method",
    "allow_header_conformance", "ignored_auth",
)  # fmt: skip
SERVICES = ("bookings", "venues", "catering", "escorts", "notifications", "visits", "guests",
            "console")  # fmt: skip
ENDLESS = "/v1/events"
WITH_ROSTER = "inspection-2027-08"
UNFORESEEN = ("Traceback", "request_failed", "Unhandled", "never retrieved", '"level": "error"')


@pytest.fixture
def system(tmp_path: Path, bus: NatsServer):  # type: ignore[no-untyped-def]
    made = System(
        tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db",
        REDCROWN_ACCESS_DIR=str(tmp_path / "access"),
        REDCROWN_GUESTS_KEY_FILE=str(master_key(tmp_path)),
    )  # fmt: skip
    try:
        made.start(*SERVICES)
        made.await_ready()
        yield made
    finally:
        made.stop()


def _prepare(address: str, token: str) -> None:
    """Visits that are there, one of them with a roster."""
    client = Client(address, token)
    client.submit((ROOT / "deploy" / "seed" / "visits" / "inspection.yaml").read_text())
    for n in (1, 2):
        made = spec(f"fuzzed-{n}", hall("expo-forum"))
        client.submit(made.model_dump_json(exclude_none=True))
    client.close()
    rows = {"guests": [row(n) for n in range(3)]}
    put = httpx.put(f"{address}/v1/visits/{WITH_ROSTER}/roster", json=rows, headers=bearer(token))
    assert put.status_code == 200, put.text


def _fuzz(address: str, token: str, report: Path, *only: str) -> None:
    """Requests for `SECONDS`, to all operations or to some paths alone, and a report of them."""
    chosen = [word for path in only for word in ("--include-path", path)]
    done = subprocess.run(
        [
            Path(sys.executable).parent / "schemathesis",
            "--config-file", ROOT / "tests" / "fuzz" / "schemathesis.toml",
            "run", f"{address}/v1/openapi.json",
            "--header", f"Authorization: Bearer {token}",
            "--checks", ",".join(CHECKS), *(chosen or ("--exclude-path", ENDLESS)),
            "--max-time", str(SECONDS), "--request-timeout", "20",
            "--report-har-path", report, "--continue-on-failure",
            "--warnings", "off", "--suppress-health-check", "all",
        ],
        cwd=report.parent, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]


def _count(report: Path, many: dict[Operation, list[int]]) -> None:
    """Add to each operation how often it was asked, and how often what is behind it answered: not
    only a door that was closed."""
    shapes = {path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)) for _, path in many}
    for one in json.loads(report.read_text())["log"]["entries"]:
        at, method = urlsplit(one["request"]["url"]).path, one["request"]["method"]
        for path, shape in shapes.items():
            if (method, path) in many and shape.fullmatch(at):
                many[method, path][0] += 1
                many[method, path][1] += one["response"]["status"] not in (401, 429, 503)


def _unanswered(many: dict[Operation, list[int]]) -> list[Operation]:
    return sorted(one for one, (_, answered) in many.items() if not answered)


def test_no_request_breaks_it(tmp_path: Path, system: System) -> None:
    address = f"http://127.0.0.1:{system.replicas[-1].port}"
    token = token_in(tmp_path)
    _prepare(address, token)
    described = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    many = {(method.upper(), path): [0, 0] for path, some in described.items() for method in some}
    del many["GET", ENDLESS]
    for n in range(ROUNDS):
        # On a slow machine the time is over before each had its turn: the rest gets another.
        _fuzz(address, token, tmp_path / f"sent-{n}.json", *{path for _, path in _unanswered(many)}
              if n else ())  # fmt: skip
        _count(tmp_path / f"sent-{n}.json", many)
        if not _unanswered(many):
            break
    print("sent, answered, operation")
    for (method, path), (sent, answered) in sorted(many.items(), key=lambda one: one[1]):
        print(f"{sent:>6} {answered:>6}  {method} {path}")
    assert _unanswered(many) == []
    for service in SERVICES:
        log = (tmp_path / f"{service}.log").read_text()
        bad = [line for line in log.splitlines() if any(word in line for word in UNFORESEEN)]
        assert bad == [], f"{service}: {bad[:3]}"
    assert all(one.process and one.process.poll() is None for one in system.replicas)
    system.await_ready()
