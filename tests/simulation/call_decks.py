"""The deck of hotels whose systems call us; only some histories have steps of it.

Must not: play a step; `steps` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.simulation.decks import MORE_GUESTS, Steps, with_a_stay

CALLED = 0.01
"""Share of histories in which hotels' systems call us; none of them has other hotels."""
FETCHES = ("ok", "ok", "ok", "lost", "twice")
REPORTS = ("ok", "ok", "ok", "lost", "twice", "refuses")
SAYS = ("all", "all", "all", "one", "lost", "again", "otherwise", "otherwise",
        "calls off")  # fmt: skip

ROSTERS = ("comes", "comes", "comes", "goes", "replaced", "renamed", "away")


def with_calls(steps: Steps, seed: int) -> Steps:
    """Now and then hotels' systems fetch late, twice or never, and report and say things late."""
    chance = Random(f"calls {seed}")
    if chance.random() >= CALLED or any(step[0].startswith("hotel ") for step in steps):
        return steps
    steps = [with_a_stay(step) for step in steps if step[0] not in ("backup", "restore")]
    steps.insert(0, ("call fetch", 0, "ok"))
    named = chance.random() < 0.6
    for _ in range(chance.choice((3, 5, 8))):
        place = chance.randrange(1, len(steps) + 1)
        # Who is to have names has first to agree to rooms.
        said = SAYS[:6] if named else SAYS
        steps = [*steps[:place], *_calls(chance, said), *steps[place:]]
    return [*steps, *_named(chance)] if named else steps


def _named(chance: Random) -> Steps:
    """Rooms are booked and taken, and then it changes who has them."""
    some: Steps = []
    for number in (0, 1):
        some += [("call roster", chance.randrange(1_000), "comes"), ("flow", 14),
                 ("call fetch", number, "ok"), ("call report", number, "ok"),
                 ("call says", number, "all"), ("flow", 14), ("time", 6.0),
                 ("flow", 14)]  # fmt: skip
    for _ in range(chance.choice((2, 4, 8))):
        number = chance.randrange(1_000)
        how = chance.choice((*ROSTERS, "renamed", "renamed"))
        some.append(("call roster", chance.randrange(1_000), how))
        if chance.random() < 0.2:
            some.append(("call doom", "after commit", chance.randrange(3)))
        some += [("flow", chance.choice((0, 5, 14))),
                 ("call fetch", number, chance.choice(FETCHES))]  # fmt: skip
        if chance.random() < 0.7:
            some.append(("call report", number, chance.choice((*REPORTS, "refuses", "refuses"))))
        if chance.random() < 0.2:
            some.append(("submit", 0, chance.choice((1, 3, 6)), 0))
    if chance.random() < 0.5:
        # Nothing that comes later tells the hotel.
        how = chance.choice(("erased", "erased", "moved"))
        some += [("flow", 14), ("call roster", chance.randrange(1_000), how), ("flow", 14)]
    return some


def _calls(chance: Random, said: Sequence[str]) -> Steps:
    """A part of a round of one system: what it leaves out it does late, or never."""
    number = chance.randrange(1_000)
    some: Steps = []
    if chance.random() < 0.3:
        few = chance.choice((1, 3, 6, 8))
        some.append(("submit", 0, few + chance.choice((0, MORE_GUESTS)), 0))
    some.append(("flow", chance.choice((0, 5, 14))))
    if chance.random() < 0.2:
        point = chance.choice(("before commit", "after commit"))
        some.append(("call doom", point, chance.randrange(5)))
    if chance.random() < 0.8:
        some.append(("call fetch", number, chance.choice(FETCHES)))
    if chance.random() < 0.1:
        some.append(("cancel", 0))
    some.append(("flow", chance.choice((0, 0, 14))))
    if chance.random() < 0.7:
        some.append(("call report", number, chance.choice(REPORTS)))
    if chance.random() < 0.7:
        some.append(("call says", number, chance.choice(said)))
    if chance.random() < 0.2:
        some.append(("time", chance.choice((6.0, 70.0, 400.0, 2_000.0))))
    if chance.random() < 0.6:
        some.append(("call roster", chance.randrange(1_000), chance.choice(ROSTERS)))
    return some
