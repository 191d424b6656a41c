"""The deck of reminders; only some histories with letters have steps of it.

Drawn with a chance of its own, so a seed that does not draw it plays as it did before.

Must not: play a step; `steps` does.
"""

from __future__ import annotations

from random import Random

from tests.simulation.decks import Steps
from tests.simulation.planners import DAYS, NEEDS

REMINDED = 0.1
"""Share of histories with letters in which a kitchen's deadline comes near."""
LUNCH, LATER, FITS = 2, 1, 5
"""A lunch alone, on the day whose deadline is to come, for fewer guests than there are covers."""
DUE_S = 72_000.0
"""Two hours before that deadline: the desk is reminded."""
WHEN_S = (-60.0, -5.0, 0.1, 0.1, 60.0, 3_000.0, 7_300.0)
"""When the job is looked at, from then; the last is behind the deadline."""


def with_reminders(steps: Steps, seed: int, notices: bool) -> Steps:
    """Now and then a final count is due, is changed or called off before and after that, and
    whoever reminds of it dies."""
    chance = Random(f"reminders {seed}")
    if not notices or chance.random() >= REMINDED:
        return steps
    first = _lunch(chance)
    some: Steps = [*steps[:2], first, ("flow", 40), ("letters", "", 0)]
    if chance.random() < 0.4:
        # It is changed, and is again as it was.
        some += [_lunch(chance), ("flow", 40), first, ("flow", 40)]
    for _ in range(chance.choice((1, 1, 2, 3))):
        if chance.random() < 0.4:
            some += [_lunch(chance), ("flow", chance.choice((0, 3, 40)))]
        if chance.random() < 0.15:
            some += [("cancel", 0), ("flow", chance.choice((3, 40)))]
        point = chance.choice(("", "", "before commit", "after commit"))
        some.append(("remind", DUE_S + chance.choice(WHEN_S), point))
        if chance.random() < 0.6:
            some.append(("letters", chance.choice(("", "after commit")), chance.randrange(2)))
    return [*some, *steps[2:]]


def _lunch(chance: Random) -> tuple[object, ...]:
    shape = LUNCH + len(NEEDS) * (LATER + len(DAYS) * chance.randrange(FITS))
    return ("submit", 0, shape, 0)
