"""Visits a second and p99 of a store that holds years of visits, against a young one.

Both systems run side by side and are loaded in turns. Must not: compare figures of different runs.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench.filling import TEMPLATE, Age, Say, fill, fill_cells
from bench.load import DAYS, FIRST_DAY, bench_document
from bench.ours import Ours
from bench.system import Running
from deploy.local import service_names
from services.bookings.rules import BookingRules
from services.catering.rules import CateringRules
from services.escorts.rules import EscortRules
from services.venues.rules import VenueRules
from shared.chassis.store import open_store
from shared.holds.port import Inventory
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

RULES: dict[str, Any] = {
    "bookings": BookingRules(), "catering": CateringRules(), "escorts": EscortRules(),
    "venues": VenueRules(),
}  # fmt: skip
BY_DAY = ("bookings", "catering")
"""Services that count in days; the others in quarter hours, duty apart."""
YEARS = 5
DUTY = "/duty"
QUARTERS = range(4, 36)
"""Of a day in UTC: from nine to five where the sample city is."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
LEFT_WITHIN_S, STEP_S = 60.0, 0.2
WARM_UP, WARM_UP_FLYING = 40, 16


def play_template(system: Running) -> None:
    """Let a planner submit the visit that is copied later, and wait until its notices are out.

    Its traces must be the first in the store. Raises TimeoutError.
    """
    document = bench_document(0) | {"visit": TEMPLATE}
    headers = {**system.headers, "Idempotency-Key": TEMPLATE}
    until = time.monotonic() + LEFT_WITHIN_S
    with httpx.Client(base_url=system.address, headers=headers, trust_env=False) as client:
        client.post("/v1/visits", json=document).raise_for_status()
        while True:
            notices = client.get("/v1/notices", params={"visit": TEMPLATE}).json()["notices"]
            if notices and all(one["state"] == "sent" for one in notices):
                break
            if time.monotonic() > until:
                raise TimeoutError(f"notices of {TEMPLATE}: {notices}")
            time.sleep(STEP_S)
    time.sleep(1.0)  # marks of what was published


@dataclass(frozen=True, slots=True)
class Filled:
    """How old a store is made: so many visits over five years, and cells of so many days."""

    visits: int
    cell_days: int


def make_aged(young: Path, aged: Path, filled: Filled, say: Say) -> dict[str, Any]:
    """Copy the stopped system in `young` to `aged`, and fill its stores; how large they are."""
    shutil.copytree(young, aged)
    age = Age(filled.visits, YEARS * 365, datetime.now(UTC))
    rows = 0
    for service in service_names():
        path = aged / f"{service}.db"
        rows += fill(path, age, say)
        if service in RULES:
            cells = fill_cells(path, service, cells_of(service, path, filled.cell_days))
            say(f"  {service}_cells: {cells:,} rows")
            rows += cells
    size = sum((aged / f"{service}.db").stat().st_size for service in service_names())
    return {
        "visits": filled.visits, "years": YEARS, "cell_days": filled.cell_days, "rows": rows,
        "mb": round(size / 2**20),
    }  # fmt: skip


def cells_of(service: str, path: Path, days: int) -> Iterator[tuple[str, int, int, int]]:
    """Cells of all units of a service on so many days, as (unit, slot, taken, capacity).

    What there is many of is taken to three tenths. Of what there is one of, every other unit was
    given back; the rest is taken.
    """
    tables = hold_tables(service)
    engine = open_store(f"sqlite:///{path}")
    with engine.connect() as connection:
        inventory = Stock(service, RULES[service], tables).inventory_on(connection)
        ids = [row.id for row in connection.execute(tables.units.select())]
    engine.dispose()  # before the first cell: who writes them has the store alone
    units = sorted({part for one in ids for part in inventory.parts(one)})
    return _cells(units, inventory, service in BY_DAY, days)


def _cells(
    units: list[str], inventory: Inventory, by_day: bool, days: int
) -> Iterator[tuple[str, int, int, int]]:
    last = FIRST_DAY.toordinal() + min(DAYS, days)  # among them the days that are measured
    for place, unit in enumerate(units):
        for day in range(last - days, last):
            slots = [day]
            if not by_day and not unit.endswith(DUTY):
                slots = [(day - EPOCH) * 96 + quarter for quarter in QUARTERS]
            room = max(inventory.capacity(unit, slots[0], datetime.now(UTC)), 0)
            taken = room * 3 // 10 if room > 1 else place % 2 * room
            yield from ((unit, slot, taken, room) for slot in slots)


async def compare_ages(
    young: Ours, aged: Ours, rounds: int, visits: int, flying: int, say: Say
) -> dict[str, Any]:
    """Medians of stretches in turns; the one who begins changes from round to round."""
    both = {"empty": young, "aged": aged}
    seen: dict[str, list[dict[str, Any]]] = {name: [] for name in both}
    for ours in both.values():
        await ours.measure(WARM_UP, WARM_UP_FLYING)
    for number in range(rounds):
        for name in list(both)[:: 1 if number % 2 else -1]:
            line = await both[name].measure(visits, flying)
            seen[name].append(line)
            say(f"  {name:<6} {line['visits_s']:>7} visits/s  p99 {line['p99_ms']:>8} ms"
                f"  {line['cpu_ms']} ms of processor each")  # fmt: skip
    keys = ("visits_s", "p50_ms", "p99_ms", "cpu_ms", "written_kb")
    found = {
        name: {key: median(line[key] for line in lines) for key in keys}
        for name, lines in seen.items()
    }
    wrong = sum(line["wrong"] for lines in seen.values() for line in lines)
    return {**found, "rounds": rounds, "in_flight": flying, "wrong": wrong}


def age_ratios(found: dict[str, Any]) -> dict[str, float]:
    """The aged store against the young one."""
    aged, empty = found["aged"], found["empty"]
    return {
        "ratio_visits_s_aged_vs_empty": round(aged["visits_s"] / empty["visits_s"], 2),
        "ratio_p99_aged_vs_empty": round(aged["p99_ms"] / empty["p99_ms"], 2),
    }
