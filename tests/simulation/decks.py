"""Decks of steps that only some histories have, each drawn with a chance of its own.

So a seed that draws none of them plays as it did before there were any.

Must not: play a step; `steps` does.
"""

from __future__ import annotations

from random import Random
from typing import Any

from shared.contracts.changes import ChangeUnit
from shared.contracts.hotels import ActOnHotel
from shared.contracts.lodged import LodgingChanged
from shared.contracts.message import Command, Event
from shared.contracts.parking import ActOnParked
from shared.contracts.refilling import RefillBus
from shared.contracts.rosters import RosterChanged
from shared.contracts.visits import VisitChanged
from shared.contracts.vitals import SetIntake

Steps = list[tuple[Any, ...]]
Kinds = frozenset[type[Command] | type[Event]]

PARKED = 0.1
"""Share of histories in which operations act on parked messages."""
LINKED = 0.15
"""Share of histories in which hotels run their own systems."""
LIES = ("lost answer", "lost request", "late", "ignores", "cancels at once", "twice", "slow",
        "half", "stale")  # fmt: skip
MORE_GUESTS = 40
"""Added to the shape of a few guests' stay, this is a shape of more of them on the same day."""
OPERATED = 0.4
"""Share of those with hotels in which operations act on them."""
HOTEL_ACTS = ("pause", "pause", "resume", "ask_again", "ask_again", "again", "by_hand", "by_hand",
              "by_link")  # fmt: skip
SAID = ("accepted", "accepted", "accepted", "refused", "withdrawn")
"""By a person at a hotel who is written to."""
LAGGING = 0.4
"""Share of those with hotels in which one shows a block as it was, late in a history."""
CUT_OFF = 0.3
"""Share of those with hotels in which blocks are cut off."""
LATER_STAYS = (6, 8, 16, 18, 26)
"""Shapes of stays from the second day, which are cut off before they begin."""
CHANGED = 0.1
"""Share of histories in which units are changed."""
PARKED_ACTS = ("replay", "replay", "replay all", "replay twice", "discard", "restore", "edit",
               "edit", "stop", "pace", "again")  # fmt: skip
MORE: dict[str, Kinds] = {
    "parked": frozenset({ActOnParked}),
    "unit": frozenset({ChangeUnit}),
    "hotel": frozenset({ActOnHotel}),
    "intake": frozenset({SetIntake}),
    "refill": frozenset({RefillBus}),
    # With rosters guests plays, and is heard; what it takes itself is no more than that.
    "call": frozenset({LodgingChanged, RosterChanged, VisitChanged}),
    "guest": frozenset({RosterChanged, VisitChanged}),
}
"""What services take besides where a step's name begins with this word."""


def taken_besides(steps: tuple[tuple[Any, ...], ...]) -> Kinds:
    """The messages that services take in a history with these steps, and in no other."""
    words = {str(step[0]).partition(" ")[0] for step in steps}
    return frozenset(kind for word, kinds in MORE.items() if word in words for kind in kinds)


def with_hotels(steps: Steps, seed: int) -> Steps:
    """Now and then hotels must agree themselves; they lie, are late, or do things on their own."""
    chance = Random(f"hotels {seed}")
    if chance.random() >= LINKED:
        return steps
    steps = [with_a_stay(step) for step in steps if step[0] not in ("backup", "restore")]
    steps.insert(0, ("hotel work", 0))
    for _ in range(chance.choice((3, 5, 8, 13))):
        place = chance.randrange(1, len(steps) + 1)
        steps = [*steps[:place], *_hotel(chance), *steps[place:]]
    steps = _with_operations(steps, Random(f"operations at hotels {seed}"))
    steps = _with_a_cut_off(steps, Random(f"cut-offs at hotels {seed}"))
    return _with_a_lag(steps, Random(f"lagging hotels {seed}"))


def _with_a_lag(steps: Steps, chance: Random) -> Steps:
    """What stands is compared with what a hotel showed before."""
    if chance.random() >= LAGGING:
        return steps
    place = chance.randrange(len(steps) // 2, len(steps) + 1)
    night: Steps = [("flow", 14), ("hotel work", 9), ("hotel lag", chance.randrange(1_000))]
    return [*steps[:place], *night, *steps[place:]]


def _with_a_cut_off(steps: Steps, chance: Random) -> Steps:
    """Late in a history the night comes in which blocks are cut off; bookings may die in it."""
    if chance.random() >= CUT_OFF:
        return steps
    place = chance.randrange(len(steps) // 2, len(steps) + 1)
    night: Steps = [("submit", 0, chance.choice(LATER_STAYS), 0), ("flow", 14), ("hotel work", 9),
                    ("flow", 14), ("hotel work", 9)]  # fmt: skip
    if chance.random() < 0.4:
        point = chance.choice(("before commit", "after commit"))
        night.append(("hotel doom", point, chance.randrange(5)))
    if chance.random() < 0.8:
        # The day is not over: nothing may be cut off yet.
        night.append(("hotel sweep",))
    night += [("hotel cut-off", chance.randrange(1_000)), ("flow", 5), ("hotel work", 9)]
    return [*steps[:place], *night, *steps[place:]]


def _with_operations(steps: Steps, chance: Random) -> Steps:
    """Operations pause links, end pauses, and have orders looked at again."""
    if chance.random() >= OPERATED:
        return steps
    for _ in range(chance.choice((1, 2, 3, 5))):
        place = chance.randrange(2, len(steps) + 1)
        act = ("hotel act", chance.randrange(1_000), chance.choice(HOTEL_ACTS))
        then: Steps = [("flow", chance.choice((0, 1, 5))), ("hotel work", chance.choice((1, 9)))]
        steps = [*steps[:place], act, *then[: chance.choice((0, 1, 2))], *steps[place:]]
    if chance.random() < 0.5:
        steps += _by_letter(chance)
    if chance.random() < 0.3:
        # Fewer rooms are wanted, and the hotel says yes and keeps them all.
        fewer = chance.choice((1, 3, 6, 8))
        steps += [("submit", 0, fewer + MORE_GUESTS, 0), ("flow", 14), ("hotel work", 9),
                  ("flow", 14), ("submit", 0, fewer, 0), ("hotel lie", 1, "ignores"),
                  ("flow", 14), ("hotel work", 9)]  # fmt: skip
    return steps


def _by_letter(chance: Random) -> Steps:
    """Links are set aside, and orders go by letter, some of them for a while only."""
    some: Steps = []
    if chance.random() < 0.5:
        # Something may be on its way over a link as that is set aside.
        lies = [
            ("hotel lie", one, chance.choice(("lost answer", "late", "slow"))) for one in (1, 3)
        ]
        some = [*lies, ("submit", 0, chance.choice((1, 3, 6, 8)), 0), ("flow", 14),
                ("hotel work", 9)]  # fmt: skip
    some += [("hotel act", one, "by_hand") for one in (1, 3)]
    some += [("flow", 5), ("hotel work", chance.choice((0, 9)))]
    for _ in range(chance.choice((1, 2, 3))):
        few = chance.choice((1, 3, 6, 8))
        some.append(("submit", 0, few + chance.choice((0, MORE_GUESTS)), 0))
        some += [("flow", 14), ("hotel work", 9), ("flow", chance.choice((0, 14)))]
        for _ in range(chance.choice((0, 1, 1, 2))):
            if chance.random() < 0.15:
                some.append(("hotel doom", "after commit", chance.randrange(3)))
            some.append(("hotel letter", chance.randrange(1_000), chance.choice(SAID)))
        some += [("hotel work", 9), ("flow", chance.choice((3, 14)))]
        if chance.random() < 0.4:
            act = chance.choice(("by_hand", "by_link", "pause"))
            some += [("hotel act", one, act) for one in (1, 3)]
        if chance.random() < 0.2:
            some.append(("time", chance.choice((70.0, 400.0, 1_500.0))))
    return some


def with_a_stay(step: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same step, its shape one with a stay."""
    if step[0] not in ("submit", "propose"):
        return step
    verb, visit, shape, *rest = step
    return (verb, visit, shape - shape % 5 + (1 if shape % 2 else 3), *rest)


def _hotel(chance: Random) -> Steps:
    one, number = chance.random(), chance.randrange(1_000)
    if one < 0.45:
        lies = [chance.choice((*LIES, "")) for _ in range(chance.choice((1, 1, 2, 3)))]
        told: Steps = [("hotel lie", number, lie) for lie in lies]
        return [*told, ("flow", 5), ("hotel work", 9)]
    if one < 0.55:
        return [("hotel down", number, chance.choice((1, 2, 5)))]
    if one < 0.75:
        act = chance.choice(("cancels", "cuts", "loses", "sells"))
        return [("hotel does", number, act), ("hotel sweep",)][: chance.choice((1, 2))]
    if one < 0.95:
        point = chance.choice(("before commit", "after commit", "after commit"))
        return [("hotel doom", point, chance.randrange(7)), ("flow", 5), ("hotel work", 9)]
    return [("time", chance.choice((0.3, 6.0, 70.0, 400.0))), ("hotel work", 3)]


def with_changes(steps: Steps, seed: int) -> Steps:
    """Now and then a unit is closed, opened again, or has more or less of something."""
    chance = Random(f"changes {seed}")
    if chance.random() >= CHANGED:
        return steps
    for _ in range(chance.choice((1, 1, 2, 3))):
        place = chance.randrange(1, len(steps) + 1)
        steps = [*steps[:place], *_changes(chance), *steps[place:]]
    return steps


def _changes(chance: Random) -> Steps:
    what = chance.choice(("close", "close", "count", "count", "lift"))
    some: Steps = [("unit change", chance.randrange(1_000), chance.randrange(1_000), what)]
    if chance.random() < 0.2:
        point = chance.choice(("before commit", "after commit", "before publish"))
        some.append(("doom", chance.randrange(7), point, chance.randrange(3)))
    some.append(("flow", chance.choice((0, 1, 3, 9))))
    if chance.random() < 0.7:
        some.append(("unit settle",))
        some.append(("flow", chance.choice((0, 2, 9))))
    if chance.random() < 0.3:
        some.append(("time", chance.choice((0.3, 6.0, 70.0))))
    return some


def with_parked(steps: Steps, seed: int) -> Steps:
    """Now and then messages fail until they are parked, and somebody acts on them."""
    chance = Random(f"parked {seed}")
    if chance.random() >= PARKED:
        return steps
    for _ in range(chance.choice((1, 1, 2, 3))):
        place = chance.randrange(1, len(steps) + 1)
        some = _stopped(chance) if chance.random() < 0.3 else _parked(chance)
        steps = [*steps[:place], *some, *steps[place:]]
    return steps


def _stopped(chance: Random) -> Steps:
    """Several messages fail, and a replay of all of them is stopped while most of them wait."""
    number, some = chance.randrange(1_000), Steps()
    for _ in range(3):
        some += [("flow", 1), ("parked fail", chance.randrange(1_000), True)]
    some += [("parked act", number, "replay slowly"), ("flow", chance.choice((1, 2, 3)))]
    return [*some, ("parked act", number, "stop"), ("flow", chance.choice((0, 2, 5)))]


def _parked(chance: Random) -> Steps:
    some: Steps = [("parked fail", chance.randrange(1_000), chance.random() < 0.8)]
    if chance.random() < 0.3:
        some.append(("poison", chance.randrange(1_000)))
        some.append(("flow", chance.choice((3, 9))))
    for _ in range(chance.choice((1, 2, 3, 5))):
        some.append(("parked act", chance.randrange(1_000), chance.choice(PARKED_ACTS)))
        if chance.random() < 0.2:
            some.append(("doom", chance.randrange(7), "after commit", chance.randrange(3)))
        some.append(("flow", chance.choice((0, 1, 2, 5))))
        some.append(("time", chance.choice((0.0, 0.1, 1.0, 20.0))))
    return some
