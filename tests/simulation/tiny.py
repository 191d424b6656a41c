"""Tiny histories: worlds as small as still show most kinds of fault. A night plays millions.

One visit with one need, in one of ten with two, and so one or two owners. It is submitted, and once
or twice more something happens to it, to messages, processes, clocks or stores. Each time some
messages go on first, as far as chance has it. What happens is of the kinds of all other histories
but for their decks: no hotel, guest, parked message, letter or changed unit; and no second visit
that competes.

Their seeds are their own: tiny history 7 is another one than history 7.

Must not: play a step; `steps` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.simulation.histories import History, Step, any_step, draw
from tests.simulation.planners import NEEDS, SHAPES

TWO_NEEDS = 0.1
"""Share of histories whose visit has two needs; its later specs have the same, otherwise."""
TROUBLE = 0.6
"""Of what happens, the share that is sure to be a fault; of the rest many are one, too."""
FAULTS = ("give", "disk full", "fate", "skew", "wipe", "bus down", "ghost", "poison", "again",
          "curse")  # fmt: skip
"""Steps that are one, deaths beside them."""
RESTORED = 0.03
"""Share in which one service goes on with an older copy of its store."""


def draw_tiny(seed: int) -> History:
    """The tiny history of this seed."""
    chance = Random(f"tiny {seed}")
    many = 2 if chance.random() < TWO_NEEDS else 1
    needs = chance.choice([place for place, some in enumerate(NEEDS) if len(some) == many])
    shapes = range(needs, SHAPES, len(NEEDS))
    steps: list[Step] = [("submit", 0, chance.choice(shapes), 0)]
    if chance.random() < RESTORED:
        steps += _brought_back(chance, shapes)
    else:
        for _ in range(chance.choice((1, 2, 2))):
            steps += [("flow", chance.randrange(9)), _event(chance, shapes)]
        steps.append(("flow", chance.randrange(1, 9)))
    return History(seed, small=True, notices=False, steps=tuple(steps), tiny=True)


def _event(chance: Random, shapes: Sequence[int]) -> Step:
    """What happens; `shapes` are those of the visit's specs."""
    trouble = chance.random() < TROUBLE
    while True:
        step = any_step(chance, 1)
        if step[0] == "doom":
            return (*step[:3], step[3] % 2)  # So little happens that later would be never.
        if step[0] in FAULTS and step[-1] != "ok":
            return step
        if trouble or step[0] == "flow":
            continue
        if step[0] in ("submit", "propose"):
            return (step[0], 0, chance.choice(shapes), *step[3:])
        return step


def _brought_back(chance: Random, shapes: Sequence[int]) -> list[Step]:
    process = chance.randrange(4)
    between: Step = ("submit", 0, chance.choice(shapes), 0) if chance.random() < 0.3 else ("mark",)
    return [
        ("flow", chance.randrange(7)), ("backup", process), between, ("flow", chance.randrange(9)),
        ("restore", process),
    ]  # fmt: skip


SIZES: dict[str, Callable[[int], History]] = {"all": draw, "tiny": draw_tiny}
"""How histories can be drawn from their seeds."""
