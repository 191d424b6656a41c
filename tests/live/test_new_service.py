"""A new resource service: four small files and one catalog line, booked on first run.

Copies the project to a scratch folder, adds `parking` there as the README says, and lets a real
orchestrator book it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.nats import NatsServer
from tests.support.system import ROOT

FILES = {
    "services/parking/__init__.py": '"""PARKING: owns parking lots and their spaces."""\n',
    "services/parking/__main__.py": '"""`python -m services.parking`."""\n'
    'from shared.chassis.starting import start\n\nstart("services.parking.main")\n',
    "services/parking/main.py": '''"""The whole wiring of the parking service."""
from services.parking.rules import ParkingRules
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.holds.service import resource_service


def build(settings: Settings) -> Service:
    """Build the service; nothing runs yet."""
    return resource_service("parking", ParkingRules(), settings)


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
''',
    "services/parking/rules.py": '''"""Spaces of a parking lot. Must not: do I/O."""
from shared.contracts.holds import Refusal
from shared.contracts.needs import PlainNeed
from shared.contracts.values import Money, Text
from shared.holds.port import Allotment, Claim, Reach, Unit, quarter_starts, quarters


class Lot(Unit):
    """A parking lot."""

    spaces: int


class Lots:
    """All lots."""

    def __init__(self, lots):
        self.lots = {lot.id: lot for lot in lots}

    def capacity(self, unit, slot, now):
        return self.lots[unit].spaces if unit in self.lots else 0

    def label(self, unit, slot):
        return f"{quarter_starts(slot):%F %H:%M}"

    def parts(self, unit_id):
        return [unit_id]


class ParkingRules:
    """The smallest lot that fits, the wished one first."""

    documents = {"lots": Lot}

    def inventory(self, units):
        return Lots(units["lots"])

    def reach(self, request, inventory):
        return Reach(tuple((lot, *quarters(request.window)) for lot in inventory.lots))

    def allocate(self, ask, inventory):
        need = PlainNeed.model_validate(ask.request.details)
        start, stop = quarters(ask.request.window)
        free = {lot: ask.free.least(lot, start, stop) for lot in inventory.lots}
        wanted = need.quantity
        fitting = sorted((lot != need.unit, n, lot) for lot, n in free.items() if n >= wanted)
        if not fitting:
            said = Text(zh="没有车位", en=f"no lot has {need.quantity} spaces left")
            return Refusal(code="no_capacity", sentence=said)
        lot = fitting[0][2]
        return Allotment((Claim(lot, start, stop, need.quantity),),
                         Text(zh="停车", en=f"{need.quantity} spaces at {lot}"),
                         {"unit": lot}, Money(amount=0))
''',
    "deploy/seed/parking.yaml": "lots:\n  - {id: north, name: {zh: 北, en: North}, spaces: 10}\n",
}

SUBMIT = """
import asyncio, sys
from tests.support.specs import spec
from tests.support.system import Planner

async def main():
    planner = await Planner.connect(sys.argv[1])
    parking = {"id": "cars", "kind": "parking", "quantity": 6}
    hall = {"id": "hall", "kind": "hall", "setup": "theatre"}
    await planner.submit(spec("first", parking, hall))
    print(await planner.settled(["first"]))
    await planner.submit(spec("second", parking, hall))
    print(await planner.settled(["second"]))
    view = await planner.until("second", lambda view: view["phase"] == "blocked")
    print([reason["en"] for reason in view["reasons"]])

asyncio.run(main())
"""


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of the project with the new service in it."""
    copy = tmp_path / "copy"
    for folder in ("shared", "services", "deploy", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in FILES.items():
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    catalog = copy / "shared/contracts/catalog.py"
    line = '    "parking": Kind("parking", Text(zh="停车位", en="parking")),\n'
    head, opening, table = catalog.read_text().partition("CATALOG: dict[str, Kind] = {\n")
    assert opening
    catalog.write_text(head + opening + line + table)
    return copy


async def test_it_is_booked_on_first_run(scratch: Path, bus: NatsServer) -> None:
    environment = {
        **os.environ,
        "REDCROWN_NATS_URL": bus.url,
        "REDCROWN_DATA_DIR": str(scratch / "var"),
        "REDCROWN_SEED_DIR": str(scratch / "deploy/seed"),
    }
    log = (scratch / "log").open("w")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", f"services.{name}"],
            cwd=scratch, env=environment, stdout=log, stderr=log,
        )
        for name in ("visits", "venues", "parking")
    ]  # fmt: skip
    try:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", SUBMIT, bus.url],
            cwd=scratch, env=environment, capture_output=True, text=True, timeout=280,
        )  # fmt: skip
        told = done.stdout.splitlines()
        assert told[:2] == ["{'first': 'ready'}", "{'second': 'blocked'}"], done.stderr[-2000:]
        assert "no lot has 6 spaces left" in told[2]
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)
