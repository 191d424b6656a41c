"""A deck about stores that are brought back: whole histories, with nothing else in them.

Their visits want all there is of something, so what a service has forgotten matters to others.
Drawn with a chance of its own, so a seed that does not draw it plays as it did before.

Must not: play a step; `steps` does.
"""

from __future__ import annotations

from random import Random

from tests.simulation.decks import Steps
from tests.simulation.planners import DAYS, GUESTS, NEEDS, owners_of

BROUGHT_BACK = 0.04
"""Share of histories that are about nothing else."""
MANY = GUESTS.index(38)
"""So many guests take the whole hall, all rooms, all covers but two, or the only coach."""
LATER = 1
"""The day that is far enough away for the kitchen."""
MARK, SWEEP = 0, 1
"""Jobs of every process."""
FORGOTTEN = "delay:7200"
"""Longer than a restored service waits for what others send again."""


def with_a_store_brought_back(steps: Steps, seed: int) -> Steps:
    """Now and then an owner forgets a visit that was ready. Either another visit wants the same
    before the first is known again, or one of the messages that tell of it comes far too late."""
    chance = Random(f"brought back {seed}")
    if chance.random() >= BROUGHT_BACK:
        return steps
    if chance.random() < 0.4:
        return _forgotten_edit(chance)
    shape = chance.randrange(len(NEEDS)) + len(NEEDS) * (LATER + len(DAYS) * MANY)
    owner = chance.choice(sorted(owners_of(shape)))
    some: Steps = [
        ("submit", 0, shape, 0), ("flow", chance.choice((0, 0, 1, 2))), ("backup", owner),
        ("flow", 40), ("job", "visits", MARK), ("stands",), ("restore", owner),
        ("job", owner, MARK),
    ]  # fmt: skip
    if chance.random() < 0.5:
        return [*some, ("submit", 1, shape, 0), ("flow", 9)]
    late: Steps = [("fate", "visits", FORGOTTEN)] * chance.choice((1, 1, 2))
    return [*some, ("flow", 3), ("time", 6.0), *late, ("job", "visits", SWEEP), ("flow", 9)]


def _forgotten_edit(chance: Random) -> Steps:
    """The orchestrator forgets that a visit was changed, and hears of that far too late: meanwhile
    it wants what the visit was before, and owners have holds of which it knows nothing."""
    first, second = (
        chance.randrange(len(NEEDS)) + len(NEEDS) * (LATER + len(DAYS) * chance.randrange(MANY))
        for _ in range(2)
    )
    owners = sorted(owners_of(first) | owners_of(second))
    return [
        ("submit", 0, first, 0), ("flow", 40), ("backup", "visits"), ("submit", 0, second, 0),
        ("flow", 40), ("job", "console", MARK), ("restore", "visits"), ("job", "visits", MARK),
        ("flow", 3), ("time", 6.0), *[("fate", "console", FORGOTTEN)] * chance.choice((2, 3)),
        ("job", "console", SWEEP), *[("job", owner, SWEEP) for owner in owners], ("flow", 40),
        ("agreed",),
    ]  # fmt: skip
