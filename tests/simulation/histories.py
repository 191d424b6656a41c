"""A history: a list of steps, drawn from one seed. Each step carries its own chance as numbers.

So a history can be cut: steps that are left out change nothing about the others' choices.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.simulation.bus_decks import (
    with_a_bus_put_back,
    with_forgetting,
    with_pauses,
    with_refills,
)
from tests.simulation.call_decks import with_calls
from tests.simulation.death_decks import with_deaths_between
from tests.simulation.decks import Kinds, taken_besides, with_changes, with_hotels, with_parked
from tests.simulation.guest_decks import with_guests
from tests.simulation.planners import SHAPES, owners_of
from tests.simulation.reminder_decks import with_reminders
from tests.simulation.restoring_decks import with_a_store_brought_back

Step = tuple[Any, ...]
POINTS = ("before commit", "after commit", "before publish", "before ack")
FATES = ("lost", "doubled", "ack lost", "delay:3", "delay:90", "delay:7200", "delay:180000")
FITTING = tuple(range(5, 50, 10)) + tuple(range(6, 50, 10))
"""Shapes that fit (a talk, or a talk and a stay), on the day for which no consent is needed."""
LOOKED_AT = 0.15
"""Share of histories in which operations have a visit looked at now."""
RESTORED = 0.1
"""Share of histories in which a store is brought back."""
SMALL = (2, 3, 4)
"""Steps of three of five histories, which have one visit, before decks put in theirs: those of
hotels, parked messages, units and the bus add up to a hundred."""
PROCESSES = 7
VISITS = ("alpha", "bravo", "carol")


@dataclass(frozen=True, slots=True)
class History:
    """Who plays, and what happens."""

    seed: int
    small: bool
    notices: bool
    steps: tuple[Step, ...]
    tiny: bool = False
    """Drawn by `tiny`, which says what that is."""

    @property
    def short(self) -> bool:
        """One visit and two to four steps: drawn small, and no deck has put steps into it."""
        return self.small and len(self.steps) <= max(SMALL)

    def owners(self) -> set[str]:
        """The services that its visits need."""
        shapes = [step[2] for step in self.steps if step[0] in ("submit", "propose")]
        return {owner for shape in shapes for owner in owners_of(shape)}

    def linked(self) -> tuple[str, ...]:
        """The hotels that run their own systems."""
        return self._some("hotel ")

    def calling(self) -> tuple[str, ...]:
        """The hotels whose systems call us."""
        return self._some("call ")

    def hosted(self) -> bool:
        """Whether planners keep rosters of guests."""
        return any(step[0].startswith(("guest ", "call ")) for step in self.steps)

    def _some(self, word: str) -> tuple[str, ...]:
        if not any(step[0].startswith(word) for step in self.steps):
            return ()
        return ("big",) if self.seed % 2 else ("big", "small")

    def besides(self) -> Kinds:
        """What services take that they take in no other history."""
        return taken_besides(self.steps)


def lossy(history: History) -> bool:
    """Whether the bus loses something in it."""
    return any(step[0] in ("wipe", "rewind", "refill") for step in history.steps)


def draw(seed: int) -> History:
    """The history of this seed. Three of five are small."""
    chance = Random(seed)
    small = chance.random() < 0.6
    visits = 1 if small else chance.choice((1, 2, 3))
    notices = chance.random() < 0.15
    length = chance.choice(SMALL if small else (5, 8, 12))
    steps: list[Step] = [("submit", 0, chance.randrange(SHAPES), 0), ("flow", chance.randrange(9))]
    while len(steps) < length:
        steps.append(_step_of_notices(chance) if notices else any_step(chance, visits))
    steps = with_reminders(_with_looks(steps, seed, visits), seed, notices)
    steps = _with_restoration(with_forgetting(steps, seed), seed)
    steps = with_refills(with_pauses(with_a_bus_put_back(steps, seed, SHAPES), seed), seed)
    steps = with_hotels(with_changes(with_parked(steps, seed), seed), seed)
    steps = with_deaths_between(with_guests(with_calls(steps, seed), seed), seed)
    steps = with_a_store_brought_back(steps, seed)
    return History(seed, small, notices, tuple(steps))


def _with_looks(steps: list[Step], seed: int, visits: int) -> list[Step]:
    """Now and then somebody of operations has a visit looked at, whatever it waits for."""
    chance = Random(f"looked at {seed}")
    if chance.random() >= LOOKED_AT:
        return steps
    for _ in range(chance.choice((1, 1, 2, 3))):
        place = chance.randrange(1, len(steps) + 1)
        steps = [*steps[:place], ("reconcile", chance.randrange(visits)), *steps[place:]]
    return steps


def _with_restoration(steps: list[Step], seed: int) -> list[Step]:
    """Now and then one service goes on with an older copy of its store."""
    chance = Random(f"restoration {seed}")
    if chance.random() >= RESTORED:
        return steps
    process = chance.randrange(PROCESSES)
    taken = chance.randrange(1, len(steps) + 1)
    back = chance.randrange(taken, len(steps) + 1)
    return [
        *steps[:taken], ("backup", process), *steps[taken:back], ("restore", process),
        *steps[back:],
    ]  # fmt: skip


def any_step(chance: Random, visits: int) -> Step:
    """Of a history without notices, or decks."""
    one, visit = chance.random(), chance.randrange(visits)
    number, process = chance.randrange(1_000), chance.randrange(PROCESSES)
    if one < 0.22:
        stale = 1 if chance.random() < 0.1 else 0
        return ("submit", visit, chance.randrange(SHAPES), stale)
    if one < 0.27:
        return ("propose", visit, chance.randrange(SHAPES))
    if one < 0.37:
        return (chance.choice(("commit", "commit", "drop", "cancel", "consent", "refuse")), visit)
    if one < 0.55:
        return ("flow", chance.randrange(1, 14))
    if one < 0.66:
        return ("give", number, chance.choice(("ok", "twice", "lost", "ack lost")))
    if one < 0.69:
        return ("turn", process, chance.choice((1, 2, 256)))
    if one < 0.78:
        return ("doom", process, chance.choice(POINTS), chance.randrange(4))
    if one < 0.80:
        return ("disk full", process, chance.choice((1, 2, 3, 9)))
    if one < 0.84:
        return ("fate", process, chance.choice(FATES))
    if one < 0.91:
        return ("time", chance.choice((0.3, 2.5, 6.0, 70.0, 2_000.0, 4_000.0, 130_000.0)))
    if one < 0.94:
        return ("job", process, number)
    if one < 0.95:
        return ("skew", process, chance.choice((-60.0, -7.0, 0.0, 13.0, 60.0)))
    if one < 0.97:
        return (chance.choice(("wipe", "bus down", "bus up", "alone")),)
    return (chance.choice(("ghost", "poison", "again", "curse")), number)


def _step_of_notices(chance: Random) -> Step:
    """Edits that fit, one after another, and letters that overtake each other."""
    one, number = chance.random(), chance.randrange(1_000)
    if one < 0.35:
        return ("submit", 0, chance.choice(FITTING), 0)
    if one < 0.70:
        return ("flow", chance.choice((3, 7, 14, 30)))
    if one < 0.77:
        return ("fate", 1, chance.choice(FATES))
    if one < 0.83:
        point = chance.choice(("", "before commit", "after commit"))
        return ("letters", point, chance.randrange(3))
    if one < 0.86:
        return ("give", number, chance.choice(("ok", "twice", "lost")))
    if one < 0.92:
        return ("time", chance.choice((0.3, 1.0, 2.5, 6.0)))
    return any_step(chance, 1)
