"""What one visit costs, counted where nothing depends on the machine: exact, so that a message, a
commit or a statement more is seen the day it comes.

A figure that grows is a decision: change it here, and say in the commit why it is worth it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.simulation.histories import History
from tests.simulation.planners import DAYS, GUESTS, NEEDS
from tests.simulation.playing import play
from tests.simulation.stores import BEGIN, COMMIT, ROLLBACK
from tests.simulation.world import World

CALM_DAY, FOUR_GUESTS = 1, 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one visit from its submission until everything rests; of all services together."""

    messages: int
    deliveries: int
    commits: int
    statements: int
    body_bytes: int
    """Of all messages."""


def shape_of(*needs: str) -> int:
    """The number of a spec with these needs, four guests, on the day that needs no consent."""
    return (FOUR_GUESTS * len(DAYS) + CALM_DAY) * len(NEEDS) + NEEDS.index(needs)


def cost_of(shape: int, *, notices: bool = False) -> Cost:
    """Play one visit without any trouble, and count."""
    history = History(0, True, notices, (("submit", 0, shape, 0),))
    world = World(history)
    commits = statements = 0

    def count(sql: str) -> None:
        nonlocal commits, statements
        if sql == COMMIT:
            commits += 1
        elif sql not in (BEGIN, ROLLBACK):
            statements += 1

    own = {process.store: process.store.ask for process in world.processes.values()}
    for store, ask in own.items():
        store.raw.set_trace_callback(count)
        store.ask = _unseen(store.raw, ask, count)  # type: ignore[method-assign]
    try:
        assert play(world) == []
    finally:
        for store in own:
            store.raw.set_trace_callback(None)
            del store.ask
    assert world.state_of("alpha")[1] == "ready"
    bodies = [
        row
        for name, process in world.processes.items()
        for row in process.store.ask(f"SELECT length(CAST(body AS BLOB)) FROM {name}_outbox")
    ]
    size = sum(row[0] for row in bodies)
    return Cost(len(bodies), world.deliveries, commits, statements, size)


def _unseen(raw, ask, count):  # type: ignore[no-untyped-def]
    """The simulation's own questions are not the system's."""

    def unseen(sql, *values):  # type: ignore[no-untyped-def]
        raw.set_trace_callback(None)
        try:
            return ask(sql, *values)
        finally:
            raw.set_trace_callback(count)

    return unseen


@pytest.mark.parametrize(
    ("needs", "notices", "expected"),
    [
        (("talk",), False, Cost(9, 6, 10, 69, 4_244)),
        (("talk", "stay"), False, Cost(13, 10, 13, 98, 6_685)),
        (("talk", "stay"), True, Cost(13, 11, 16, 120, 6_685)),
        (("lunch",), False, Cost(9, 6, 10, 58, 4_238)),
        (("stay", "lunch"), False, Cost(13, 10, 13, 87, 6_679)),
        (("tour",), False, Cost(9, 6, 10, 75, 3_885)),
    ],
)
def test_a_visit_costs_this_much(needs: tuple[str, ...], notices: bool, expected: Cost) -> None:
    cost_of(shape_of(*needs), notices=notices)  # The first time SQLAlchemy looks around itself.
    assert cost_of(shape_of(*needs), notices=notices) == expected


def test_what_is_counted_is_what_it_says() -> None:
    assert (NEEDS[shape_of("talk") % len(NEEDS)], GUESTS[FOUR_GUESTS]) == (("talk",), 4)
