"""No statement on a visit's way reads a whole table that visits fill, however old the store is.

Without statistics SQLite plans by the statement and the indexes alone, so an almost empty store
tells what a full one would do.
"""

from __future__ import annotations

import re
import sqlite3

import pytest

from tests.simulation.histories import History
from tests.simulation.playing import play
from tests.simulation.stores import blank
from tests.simulation.test_cost import shape_of
from tests.simulation.world import World

SCAN = re.compile(r"^SCAN (\w+)(?: USING(?: COVERING)? INDEX (\w+))?")
SMALL = re.compile(r"_(units|contacts|keys|lives|looks|accounts|tokens)$")
"""Tables that visits do not fill."""
SHORT_INDEXES = frozenset({"ix_notifications_notices_open", "ix_console_acts_open"})
"""Indexes of what is open only."""
ENDS = frozenset({"console_audit", "guests_audit"})
"""Chains whose last link is read: one row from the end."""


def scans(plan: list[str]) -> list[str]:
    """Steps of a plan that read all of a table that grows."""
    found = []
    for step in plan:
        match = SCAN.match(step)
        if match is None or not re.match(r"[a-z]+_[a-z_]+$", match[1]):
            continue  # a search, or something that is no table of a service
        if not SMALL.search(match[1]) and match[2] not in SHORT_INDEXES:
            found.append(step)
    return found


def played() -> dict[str, tuple[World, set[str]]]:
    """What each service asked of its store while visits were submitted, changed and cancelled."""
    acts = (
        ("submit", 0, shape_of("talk", "stay"), 0),
        ("submit", 1, shape_of("talk"), 0),
        ("cancel", 1),
    )
    world = World(History(0, True, True, acts))
    said: dict[str, tuple[World, set[str]]] = {}
    own = {process.store: process.store.ask for process in world.processes.values()}
    for name, process in world.processes.items():
        said[name] = (world, set())
        process.store.raw.set_trace_callback(said[name][1].add)
        process.store.ask = _unseen(process.store, said[name][1].add)  # type: ignore[method-assign]
    try:
        assert play(world) == []
        for process in world.processes.values():
            for job in ("mark", "sweep", *process.jobs()):
                world.run_job(process, job)
                process.turn(1_000)
    finally:
        for store in own:
            store.raw.set_trace_callback(None)
            del store.ask
    return said


def _unseen(store, seen):  # type: ignore[no-untyped-def]
    """The simulation's own questions are not the system's."""
    ask = store.ask

    def unseen(sql, *values):  # type: ignore[no-untyped-def]
        store.raw.set_trace_callback(None)
        try:
            return ask(sql, *values)
        finally:
            store.raw.set_trace_callback(seen)

    return unseen


def test_no_statement_on_the_way_reads_a_whole_table() -> None:
    found = {}
    asked = 0
    for name, (world, statements) in played().items():
        # A store of its own: what was traced is not asked again on the connection that was traced.
        raw = sqlite3.connect(":memory:")
        raw.deserialize(blank(name, world.processes[name].role.layers))
        for sql in statements:
            if sql.split()[0] not in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                continue
            asked += 1
            plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {sql}")]
            whole = [step for step in scans(plan) if step.split()[1] not in ENDS]
            if whole:
                found[name, sql[:200]] = whole
        raw.close()
    assert found == {}
    assert asked > 100, "nothing was looked at"


@pytest.mark.parametrize(
    ("step", "is_one"),
    [
        ("SCAN visits_visits", True),
        ("SCAN visits_visits USING INDEX ix_visits_visits_wake_at", True),
        ("SCAN notifications_notices USING INDEX ix_notifications_notices_open", False),
        ("SEARCH visits_visits USING INDEX ix_visits_visits_phase (phase=?)", False),
        ("SCAN bookings_units", False),
        ("SCAN 2 CONSTANT ROWS", False),
        ("SCAN r VIRTUAL TABLE INDEX 1:", False),
    ],
)
def test_what_counts_as_reading_a_whole_table(step: str, is_one: bool) -> None:
    assert bool(scans([step])) is is_one
