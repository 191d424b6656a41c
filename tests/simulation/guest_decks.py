"""The deck of rosters; only some histories have steps of it.

Drawn with a chance of its own, so a seed that does not draw it plays as it did before.

Must not: play a step; `steps` does.
"""

from __future__ import annotations

from random import Random

from tests.simulation.decks import Steps

GUESTED = 0.012
"""Share of histories in which planners keep rosters, beside those in which hotels' systems call."""
BROUGHT_BACK = 0.4
"""Share of these in which the guests service is brought back from a copy."""
OTHERS = ("hotel ", "call ", "backup", "restore")
"""Words of steps beside which there are none of this deck."""
CHANGES = ("comes", "comes", "comes", "goes", "replaced", "replaced", "renamed", "moved", "turned",
           "erased", "erased", "away")  # fmt: skip
POINTS = ("before commit", "after commit", "before publish", "before mark", "before answer",
          "before ack")  # fmt: skip


def with_guests(steps: Steps, seed: int) -> Steps:
    """Now and then visits have rosters, which change while the guests service dies and returns."""
    chance = Random(f"guests {seed}")
    if chance.random() >= GUESTED or any(step[0].startswith(OTHERS) for step in steps):
        return steps
    steps = [*steps, ("guest roster", 0, "comes")]
    for _ in range(chance.choice((3, 5, 8))):
        place = chance.randrange(1, len(steps) + 1)
        steps = [*steps[:place], *_guests(chance), *steps[place:]]
    if chance.random() < 0.3:
        steps += [("cancel", 0), ("flow", 40), ("guest end",), ("guest look", 0)]
    return _with_a_store_brought_back(steps, seed)


def _with_a_store_brought_back(steps: Steps, seed: int) -> Steps:
    """Often the guests service goes on with an older copy of its store."""
    chance = Random(f"guests brought back {seed}")
    if chance.random() >= BROUGHT_BACK:
        return steps
    rosters = [at for at, step in enumerate(steps, 1) if step[0] == "guest roster"]
    taken = chance.choice(rosters)
    back = chance.randrange(taken, len(steps) + 1)
    looks: Steps = [("guest check",)] * chance.choice((0, 1, 2))
    since: Steps = []
    if chance.random() < 0.5:
        since = [("guest roster", steps[taken - 1][1], chance.choice(("erased", "replaced")))]
    return [
        *steps[:taken], ("backup", "guests"), *since, *steps[taken:back], ("restore", "guests"),
        *looks, *steps[back:],
    ]  # fmt: skip


def _guests(chance: Random) -> Steps:
    some: Steps = []
    if chance.random() < 0.3:
        some.append(("guest doom", chance.choice(POINTS), chance.randrange(3)))
    if chance.random() < 0.1:
        some.append(("guest lose", chance.choice((1, 2))))
    for _ in range(chance.choice((1, 2, 3))):
        some.append(("guest roster", chance.randrange(1_000), chance.choice(CHANGES)))
        if chance.random() < 0.4:
            some.append(("guest look", chance.randrange(1_000)))
        if chance.random() < 0.1:
            some.append(("guest stale", chance.randrange(1_000)))
    some.append(("flow", chance.choice((0, 1, 5))))
    return some
