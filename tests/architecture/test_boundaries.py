"""Boundaries hold: nobody reaches across, and each service runs without the others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/__init__.py"))
UNWANTED = shutil.ignore_patterns("__pycache__", "*.pyc")
NOT_AT_A_START = {
    "aiosmtplib", "alembic", "apprise", "authlib", "httpx", "icalendar", "joserfc", "lxml",
    "openpyxl", "opentelemetry.sdk", "psycopg", "rich", "websockets",
}  # fmt: skip
"""Large, and only for what not every system has, or what is asked for later."""
FOR_THE_DOOR = {"fastapi", "sse_starlette", "argon2"}
"""Of the console alone."""
STARTED = """
import gc, sys
from shared.chassis import starting
starting.prepare()
import services.{service}.main as main
print(main.__file__, gc.isenabled(), *(name for name, there in sys.modules.items() if there))
from shared.chassis import probes
probes._leave_what_stays_to_itself()
print(gc.isenabled())
"""


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run python in `folder`, which alone decides what can be imported besides the libraries."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env=kept, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    call = "import sys; from importlinter.cli import lint_imports as l; sys.exit(l(no_cache=True))"
    return python(folder, "-c", call)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code and its contracts, to be spoilt at will."""
    for part in ("shared", "services"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=UNWANTED)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_there_are_services() -> None:
    assert SERVICES, "services/ holds no package yet: there is nothing to prove"


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("where", "line", "broken"),
    [
        ("services/brandnew/rules.py", "import services.visits.main", "never import each other"),
        ("services/brandnew/rules.py", "import asyncio", "Decisions are pure"),
        ("services/brandnew/rules.py", "import sqlalchemy", "Decisions are pure"),
        ("services/visits/reconcile.py", "import time", "Decisions are pure"),
        ("shared/contracts/values.py", "import shared.chassis.store", "Services stand on"),
        ("shared/chassis/store.py", "import shared.holds.ledger", "Services stand on"),
        ("shared/chassis/store.py", "import services.visits.main", "Services stand on"),
    ],
)
def test_a_breach_is_seen(copy: Path, where: str, line: str, broken: str) -> None:
    """Also in a service that nobody entered into the contracts."""
    spoilt = copy / where
    spoilt.parent.mkdir(exist_ok=True)
    (spoilt.parent / "__init__.py").touch()
    with spoilt.open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(copy)
    report = " ".join(done.stdout.split())
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(broken in part for part in report.split(" KEPT") if "BROKEN" in part), report


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_needs_none_of_the_others(tmp_path: Path, service: str) -> None:
    shutil.copytree(ROOT / "shared", tmp_path / "shared", ignore=UNWANTED)
    (tmp_path / "services").mkdir()
    shutil.copy(ROOT / "services" / "__init__.py", tmp_path / "services")
    here = tmp_path / "services" / service
    shutil.copytree(ROOT / "services" / service, here, ignore=UNWANTED)
    done = python(tmp_path, "-c", STARTED.format(service=service))
    assert done.returncode == 0, done.stderr[-3000:]
    first, collects = done.stdout.splitlines()
    place, collected, *imported = first.split()
    assert place == str(here / "main.py")
    # What a start costs, in exact terms: nothing is imported that it has no use for, and the
    # collector comes only when there is something to serve.
    useless = NOT_AT_A_START | (set() if service == "console" else FOR_THE_DOOR)
    assert not useless & set(imported)
    assert (collected, collects) == ("False", "True")
