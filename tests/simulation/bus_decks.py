"""Decks of steps about the bus: it is looked at, put back, wiped, and filled again.

Each is drawn with a chance of its own, so a seed that draws none of them plays as it did before.

Must not: play a step; `steps` does.
"""

from __future__ import annotations

from random import Random

from tests.simulation.decks import Steps

FORGETTING = 0.15
"""Share of histories in which a bus is put back or wiped, after looks at what was handled."""
PAUSED = 0.05
"""Share of histories in which services are told to take nothing for a while."""
REFILLED = 0.04
"""Share of histories in which operations have the bus filled again."""
PAUSES = ("pause", "pause", "pause all", "resume", "resume", "resume all", "again")
PUT_BACK = 0.03
"""Share of histories in which a bus that is put back gives places anew that were handled before,
and then loses everything."""


def with_forgetting(steps: Steps, seed: int) -> Steps:
    """Now and then services look up to where everything was handled, and the bus forgets things."""
    chance = Random(f"forgetting {seed}")
    if chance.random() >= FORGETTING:
        return steps
    for _ in range(chance.choice((2, 3, 5, 8, 13))):
        place = chance.randrange(2, len(steps) + 1)
        steps = [*steps[:place], *_forgetting(chance), *steps[place:]]
    return steps


def _forgetting(chance: Random) -> Steps:
    one = chance.random()
    if one < 0.35:
        return [("look", chance.random() < 0.5)]
    if one < 0.70:
        return [chance.choice((("keep",), ("rewind", chance.random() < 0.5), ("mark",)))]
    if one < 0.85:
        return [("wipe", chance.random() < 0.5)]
    return [("flow", chance.choice((1, 3, 9)))]


def with_a_bus_put_back(steps: Steps, seed: int, shapes: int) -> Steps:
    """Now and then all of this, in this order: something is handled, and noted to be; the bus is
    put back to before it, and gives its place to something new; that is noted, and lost."""
    chance = Random(f"put back {seed}")
    if chance.random() >= PUT_BACK:
        return steps
    place = chance.randrange(2, len(steps) + 1)
    noted: Steps = [("mark",), ("look", True)]
    first, second = (("submit", 0, chance.randrange(shapes), 0) for _ in range(2))
    some = [
        ("flow", chance.choice((0, 5, 14))), ("keep",), first, ("flow", chance.choice((3, 14))),
        *noted, ("rewind", chance.random() < 0.5), second, ("flow", chance.choice((0, 0, 1))),
        *noted, ("wipe", chance.random() < 0.5),
    ]  # fmt: skip
    return [*steps[:place], *some, *steps[place:]]


def with_pauses(steps: Steps, seed: int) -> Steps:
    """Now and then operations stop what services take in, and begin it again."""
    chance = Random(f"pauses {seed}")
    if chance.random() >= PAUSED:
        return steps
    for _ in range(chance.choice((1, 2, 3))):
        place = chance.randrange(1, len(steps) + 1)
        steps = [*steps[:place], *_pauses(chance), *steps[place:]]
    return steps


def _pauses(chance: Random) -> Steps:
    process, some = chance.randrange(7), Steps()
    if chance.random() < 0.4:
        # Two acts on all of a service that wait for it together.
        for what in ("pause all", chance.choice(("pause all", "resume all"))):
            some.append(("intake", process + 7 * chance.randrange(140), what))
        return [*some, ("flow", 9), ("look", True)]
    for _ in range(chance.choice((1, 1, 2, 3))):
        # Often of one service: what was said last of it counts.
        number = process + 7 * chance.randrange(140) if chance.random() < 0.7 else None
        number = chance.randrange(1_000) if number is None else number
        some.append(("intake", number, chance.choice(PAUSES)))
        some.append(("flow", chance.choice((0, 0, 2, 9))))
    if chance.random() < 0.5:
        some.append(("look", True))
    if chance.random() < 0.2:
        some += [("wipe", chance.random() < 0.5), ("look", True)]
    some.append(("time", chance.choice((0.0, 0.3, 6.0, 70.0))))
    return some


def with_refills(steps: Steps, seed: int) -> Steps:
    """Now and then operations have the bus filled again, for nothing or because it lost something
    that no service could see."""
    chance = Random(f"refills {seed}")
    if chance.random() >= REFILLED:
        return steps
    for _ in range(chance.choice((1, 1, 2))):
        place = chance.randrange(1, len(steps) + 1)
        some: Steps = [("refill", chance.randrange(1_000), chance.random() < 0.6)]
        if chance.random() < 0.3:
            # The console forgets what it has sent to itself, and did.
            some += [("backup", 0), ("flow", 14), ("restore", 0)]
        some.append(("flow", chance.choice((0, 3, 9))))
        steps = [*steps[:place], *some, *steps[place:]]
    return steps
