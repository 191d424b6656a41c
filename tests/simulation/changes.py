"""Changes of units in a simulated process: the real transaction that saves them, the real sweep.

Must not: choose a change (`unit_acts`) or judge what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.chassis.work import GroupHandler
from shared.contracts.changes import ChangeUnit
from shared.holds.changing import Changes
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

if TYPE_CHECKING:
    from tests.simulation.cast import Part
    from tests.simulation.process import Process

STATES = ("confirmed", "held", "pending", "none")


def take_part(name: str, part: Part) -> GroupHandler:
    """Let one life of a resource service take changes; what handles them."""
    assert part.kernel is not None
    kernel = part.kernel
    rules, tables = kernel._rules, hold_tables(name)
    # The city does change here: this life reads its documents for itself.
    kernel._stock = Stock(name, rules, tables)
    some = Changes(name, rules, tables, Stock(name, rules, tables), kernel.hear)
    part.jobs["settle"] = some.settle
    part.job_queries["settle"] = f"SELECT min(look_at) FROM {name}_changes"
    return some.save


def state_of(process: Process, unit: str) -> str:
    """The furthest state of a hold that takes something of a unit; `none` where nobody does."""
    name = process.name
    found = process.store.ask(
        f"SELECT DISTINCT h.state FROM {name}_claims c JOIN {name}_holds h ON h.hold = c.hold"
        " WHERE c.unit LIKE ? || '%'",
        unit,
    )
    states = {row[0] for row in found}
    return next((one for one in STATES if one in states), "none")


def pairs() -> Iterator[tuple[str, str]]:
    """Every (state, message) there could be of a change."""
    yield from ((state, ChangeUnit.subject_name()) for state in STATES)
