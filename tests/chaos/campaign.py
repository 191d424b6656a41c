"""Which faults come, in which order, on whom: all of it from one seed. Pure.

Must not: do any of it.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass

SERVICES = (
    "bookings", "venues", "catering", "escorts", "guests", "notifications", "visits", "console",
)  # fmt: skip
BOTH, EMBEDDED, CLUSTER = ("embedded", "cluster"), ("embedded",), ("cluster",)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault. `target`: `service`, `node` (a nats-server) or `` for the whole."""

    name: str
    target: str
    lasts_s: tuple[float, float]
    modes: tuple[str, ...] = BOTH
    weight: int = 1
    """How often it is in the deck."""


KINDS = (
    Kind("kill service", "service", (0, 0), weight=2),
    Kind("kill every replica", "service", (0, 0), CLUSTER),
    Kind("kill all services", "", (0, 0)),
    Kind("stop service", "service", (2, 9)),
    Kind("kill bus", "node", (0, 3)),
    Kind("kill stream leader", "", (0, 3), CLUSTER),
    Kind("stop bus", "node", (2, 9)),
    Kind("stop stream leader", "", (2, 9), CLUSTER),
    Kind("stop whole bus", "", (2, 9), CLUSTER),
    Kind("wipe bus", "", (0, 2)),
    Kind("wipe node", "node", (0, 2), CLUSTER),
    Kind("rewind bus", "", (2, 6)),
    Kind("partition from bus", "service", (3, 16)),
    Kind("partition from store", "service", (3, 12), CLUSTER),
    Kind("partition node", "node", (3, 30), CLUSTER),
    Kind("partition stream leader", "", (3, 16), CLUSTER),
    Kind("partition two nodes", "node", (3, 16), CLUSTER),
    Kind("partition all nodes", "", (3, 16), CLUSTER),
    Kind("lag node", "node", (3, 16), CLUSTER),
    Kind("one way from bus", "service", (3, 16)),
    Kind("one way from store", "service", (3, 12), CLUSTER),
    Kind("one way of node", "node", (3, 16), CLUSTER),
    Kind("slow network", "", (4, 8)),
    Kind("connections reset", "service", (0, 0)),
    Kind("restart store", "", (0, 3), CLUSTER),
    Kind("cut store connections", "", (0, 0), CLUSTER),
    Kind("disk full", "service", (3, 8), EMBEDDED),
    Kind("disk of bus full", "node", (3, 6)),
    Kind("disk of store full", "", (3, 8), CLUSTER),
    Kind("poison", "", (0, 0), weight=2),
    Kind("clock ahead", "service", (3, 8)),
    Kind("clock behind", "service", (3, 8)),
    Kind("mail away", "", (2, 6)),
)
FORGETTING = frozenset({"wipe bus", "wipe node", "rewind bus", "disk of bus full"})
"""After these the bus may have forgotten what no outbox keeps."""
TWO_AT_ONCE = 0.25
"""How often a second fault strikes while the first one lasts."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: what, on whom, how long (seconds); `chance` for whatever else it must choose."""

    number: int
    kind: str
    target: str
    lasts_s: float
    chance: int


def campaign(
    seed: int, faults: int, mode: str, only: Collection[str] = ()
) -> list[tuple[Strike, ...]]:
    """Rounds of one or two faults at once; `only` of these kinds, or of all. Raises ValueError for
    a mode that does not exist, and for a kind that the mode does not have.

    Kinds come off a shuffled deck that holds each of them, so that even a short campaign plays
    many; a longer one plays all before any comes more often than its weight.
    """
    if mode not in BOTH:
        raise ValueError(f"MODE={mode}: write embedded or cluster")
    kinds = [kind for kind in KINDS if mode in kind.modes]
    if unknown := {*only} - {kind.name for kind in kinds}:
        there = ", ".join(kind.name for kind in kinds)
        raise ValueError(f"no such fault in mode {mode}: {', '.join(sorted(unknown))}; of {there}")
    kinds = [kind for kind in kinds if not only or kind.name in only]
    chance = random.Random(f"{seed} {mode}")
    deck: list[Kind] = []
    rounds: list[tuple[Strike, ...]] = []
    dealt = 0
    while dealt < faults:
        two = chance.random() < TWO_AT_ONCE and dealt + 1 < faults
        some: list[Strike] = []
        for _ in range(2 if two else 1):
            if not deck:
                deck = [kind for kind in kinds for _ in range(kind.weight)]
                chance.shuffle(deck)
            dealt += 1
            some.append(_strike(dealt, deck.pop(), mode, chance))
        rounds.append(tuple(some))
    return rounds


def _strike(number: int, kind: Kind, mode: str, chance: random.Random) -> Strike:
    nodes = ("nats-1", "nats-2", "nats-3") if mode == "cluster" else ("nats",)
    among = {"service": SERVICES, "node": nodes, "": ("",)}[kind.target]
    lasts_s = round(chance.uniform(*kind.lasts_s), 1)
    return Strike(number, kind.name, chance.choice(among), lasts_s, chance.randrange(2**32))
