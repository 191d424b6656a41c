"""Play histories: one verdict each; cut a failing one down to the shortest that still fails.

Must not: print; `__main__` does.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count

import structlog

from tests.simulation.asking import firm_needs, reading_of
from tests.simulation.histories import History, Step, draw
from tests.simulation.invariants import violations
from tests.simulation.resting import Stuck, rest
from tests.simulation.steps import do
from tests.simulation.tiny import SIZES
from tests.simulation.unit_acts import taken_back
from tests.simulation.world import World

COLLECT_EVERY = 100
"""Histories after which their garbage is collected; that is a few megabytes."""
_PLAYED = count(1)


@dataclass(slots=True)
class Tally:
    """What some histories came to."""

    histories: int = 0
    small: int = 0
    small_s: float = 0.0
    """Processor seconds of the small ones."""
    short: int = 0
    short_s: float = 0.0
    """The same of those that stayed short."""
    tiny: int = 0
    tiny_s: float = 0.0
    """The same of tiny ones, which are counted as neither."""
    deliveries: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    cover: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)
    """Seeds."""

    def note(self, history: History, took: float) -> None:
        """A history was played, in so many processor seconds."""
        self.histories += 1
        if history.tiny:
            self.tiny += 1
            self.tiny_s += took
            return
        self.small += history.small
        self.small_s += took * history.small
        self.short += history.short
        self.short_s += took * history.short

    def add(self, other: Tally) -> None:
        """Sum up."""
        self.histories += other.histories
        self.small += other.small
        self.small_s += other.small_s
        self.short += other.short
        self.short_s += other.short_s
        self.tiny += other.tiny
        self.tiny_s += other.tiny_s
        self.deliveries += other.deliveries
        self.faults += other.faults
        self.cover += other.cover
        self.failed += other.failed


def get_ready() -> None:
    """Once per process: no logs, and no collector in the middle of a history."""
    silent = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=silent, cache_logger_on_first_use=True)
    judge(draw(0))
    gc.collect()
    gc.freeze()
    gc.disable()


def judge(history: History, tally: Tally | None = None) -> list[str]:
    """Play a history; everything that was wrong, also on the way."""
    _collect_now_and_then()
    world = World(history, tally.cover if tally else None)
    try:
        found = play(world) + violations(world)
    except Exception as error:
        found = [f"the simulation broke: {type(error).__name__}: {error}"]
    if tally is not None:
        tally.deliveries += world.deliveries
        tally.faults += world.faults
    _take_apart(world)
    return found


def _take_apart(world: World) -> None:
    """All in a world knows all else: without its parts' knowledge of each other it is gone at once,
    and the collector finds nothing."""
    for process in world.processes.values():
        vars(process).clear()
    vars(world).clear()


def _collect_now_and_then() -> None:
    """A world leaves some hundred cycles: to look for them while it lives costs a sixth of all.

    What is left between two histories are caches: they are not looked through again."""
    if next(_PLAYED) % COLLECT_EVERY == 0 and not gc.isenabled():
        gc.collect()
        gc.freeze()


def play(world: World) -> list[str]:
    """All steps, then rest; what was wrong on the way. What is wrong at rest, `violations` says."""
    found: list[str] = []
    for step in world.history.steps:
        before, words = firm_needs(world), world.newest_words()
        do(world, step)
        if not world.restored:
            # What stood since a copy was taken is missing until the others have sent it again.
            found += _broken(world, step, before)
            world.watch_words(words)
    rest(world)
    return found


def _broken(world: World, step: Step, before: dict[str, set[str]]) -> list[str]:
    """Make before break: a need that is still wanted never loses its last firm hold."""
    found = []
    after = firm_needs(world) if before else {}
    for visit, needs in before.items():
        lost = needs - after.get(visit, set()) - taken_back(world, visit)
        if not lost:
            continue
        state, phase = world.state_of(visit)
        if not state and "visits" in world.restored:
            continue  # Its submission is about to be sent again.
        if phase in ("cancelling", "cancelled", "closed"):
            continue
        revisions = range(1, state["revision"] + 1)
        readings = [reading_of(world, visit, str(number)) for number in revisions]
        # What an older revision did not want may be on its way out, rightly.
        wanted = set.intersection(*({need.need for need in one.needs} for one in readings))
        if lost & wanted:
            found.append(f"{visit} lost {sorted(lost & wanted)} at {step}")
    return found


def play_seeds(seeds: Sequence[int], size: str = "all") -> Tally:
    """Play the histories of some seeds, drawn as `SIZES` has it."""
    tally = Tally()
    for seed in seeds:
        history = SIZES[size](seed)
        started = time.process_time()
        if judge(history, tally):
            tally.failed.append(seed)
        tally.note(history, time.process_time() - started)
    return tally


def shrink(history: History) -> History:
    """Leave out steps, one at a time, as long as something is still wrong."""
    shorter = True
    while shorter:
        shorter = False
        for index in range(len(history.steps)):
            steps = history.steps[:index] + history.steps[index + 1 :]
            less = replace(history, steps=steps)
            if steps and judge(less):
                history, shorter = less, True
                break
    return history


def timelines(history: History) -> list[str]:
    """The orchestrator's own account of every visit of a history."""
    world = World(history)
    with suppress(Stuck):
        play(world)
    rows = world.processes["visits"].store.ask(
        "SELECT visit, at, kind, sentence FROM visits_timeline ORDER BY visit, seq"
    )
    return [f"{visit} {at[11:19]} {kind}: {sentence}" for visit, at, kind, sentence in rows]


def fingerprint(seed: int) -> str:
    """Of everything in all stores and mailboxes after a history: equal runs, equal bytes."""
    world = World(draw(seed))
    play(world)
    digest = hashlib.sha256()
    for name, process in world.processes.items():
        digest.update(name.encode())
        digest.update("\n".join(process.store.raw.iterdump()).encode())
    digest.update(repr(world.mailbox.letters).encode())
    return digest.hexdigest()
