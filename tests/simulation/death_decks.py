"""A deck of deaths between a publication and its mark: the bus has a message, and the store of its
sender does not say so.

Drawn with a chance of its own, so a seed that does not draw it plays as it did before.

Must not: play a step; `steps` does.
"""

from __future__ import annotations

from random import Random

from tests.simulation.decks import Steps

BETWEEN = 0.02
"""Share of histories in which somebody dies there on purpose."""
POINTS = ("after publish", "before mark")
"""The bus has just stored it; its answer has come, and is about to be written down."""


def with_deaths_between(steps: Steps, seed: int) -> Steps:
    """Now and then a process dies when something has left it and nothing says so."""
    chance = Random(f"between {seed}")
    if chance.random() >= BETWEEN:
        return steps
    for _ in range(chance.choice((1, 1, 2))):
        place = chance.randrange(1, len(steps) + 1)
        point = chance.choice(POINTS)
        doomed = ("doom", chance.randrange(7), point, chance.randrange(3 if point < "b" else 1))
        some: Steps = [doomed, ("flow", chance.choice((1, 2, 5))), ("mark",),
                       ("flow", chance.choice((0, 2)))]  # fmt: skip
        steps = [*steps[:place], *some, *steps[place:]]
    return steps
