"""Counting what stands in the stores by direct queries, past all code that booked it.

Owns: the figures behind "nothing is oversold": claims against cells and capacities.
Must not: use the kernel; a second way of counting that shares its code proves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, create_engine, text

LIVE = ("pending", "held", "confirmed")


@dataclass(frozen=True, slots=True)
class Count:
    """What one service's store says. `oversold` counts cells that hold more than there is, and
    cells whose count differs from what the claims of live holds add up to."""

    service: str
    confirmed: int
    unconfirmed: int
    oversold: int


def count(service: str, url: str) -> Count:
    """Count one store."""
    engine = create_engine(url)
    try:
        return _count(service, engine)
    finally:
        engine.dispose()


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """One moment of the store, whatever is written meanwhile."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        yield connection


def _count(service: str, engine: Engine) -> Count:
    with _snapshot(engine) as connection:
        states = {
            str(state): int(many)
            for state, many in connection.execute(
                text(f"SELECT state, count(*) FROM {service}_holds GROUP BY state")  # noqa: S608
            )
        }
        claims = connection.execute(
            text(
                "SELECT h.visit, h.need, h.hold, c.unit, c.start, c.stop, c.quantity"  # noqa: S608
                f" FROM {service}_claims c JOIN {service}_holds h ON h.hold = c.hold"
                " WHERE h.state IN ('pending', 'held', 'confirmed')"
            )
        ).all()
        cells = connection.execute(
            text(f"SELECT unit, slot, taken, capacity FROM {service}_cells")  # noqa: S608
        ).all()
    claimed = _claimed([tuple(row) for row in claims])
    kept = {(unit, slot): taken for unit, slot, taken, _capacity in cells}
    wrong = {
        cell for cell in claimed.keys() | kept.keys() if claimed.get(cell, 0) != kept.get(cell, 0)
    }
    over = {(unit, slot) for unit, slot, taken, capacity in cells if not 0 <= taken <= capacity}
    return Count(
        service,
        confirmed=int(states.get("confirmed", 0)),
        unconfirmed=int(states.get("held", 0)) + int(states.get("pending", 0)),
        oversold=len(wrong | over),
    )


def _claimed(rows: list[tuple[str, str, str, str, int, int, int]]) -> dict[tuple[str, int], int]:
    """Per cell: over the needs, the largest of each need's live holds."""
    by_hold: dict[tuple[str, int, str, str, str], int] = defaultdict(int)
    for visit, need, hold, unit, start, stop, quantity in rows:
        for slot in range(start, stop):
            by_hold[unit, slot, visit, need, hold] += quantity
    by_need: dict[tuple[str, int, str, str], int] = defaultdict(int)
    for (unit, slot, visit, need, _hold), quantity in by_hold.items():
        key = (unit, slot, visit, need)
        by_need[key] = max(by_need[key], quantity)
    by_cell: dict[tuple[str, int], int] = defaultdict(int)
    for (unit, slot, _visit, _need), quantity in by_need.items():
        by_cell[unit, slot] += quantity
    return dict(by_cell)
