"""Plain questions to the stores of all services, past the code that wrote them.

The stores may be those of a simulated world, or copies of those of a real deployment.

Must not: change anything, or say what is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from services.visits.specbook import Reading
from shared.contracts.catalog import CATALOG
from shared.contracts.visits import ArrangementChanged
from tests.simulation.reading import arrangement_of, reading


class Store(Protocol):
    """One service's store, in SQLite."""

    def ask(self, sql: str, *values: Any) -> list[Any]:
        """Rows of a query."""
        ...


class Party(Protocol):
    """A service, as far as it has a store."""

    @property
    def store(self) -> Store: ...


class Stores(Protocol):
    """Services by name."""

    @property
    def processes(self) -> Mapping[str, Party]: ...


@dataclass(frozen=True, slots=True)
class OwnerHold:
    """A hold as its owner's store has it."""

    hold: str
    visit: str
    need: str
    state: str
    service: str
    tag: str
    """What it was asked for, as the fingerprint of that."""


def owners(world: Stores) -> list[str]:
    """The resource services that play."""
    return [name for name in _OWNERS if name in world.processes]


_OWNERS = sorted({kind.service for kind in CATALOG.values()})


def owner_holds(world: Stores, service: str) -> list[OwnerHold]:
    """All holds of an owner."""
    rows = world.processes[service].store.ask(
        f"SELECT hold, visit, need, state, body FROM {service}_holds ORDER BY hold"
    )
    return [OwnerHold(*some, service, orjson.loads(body)["tag"]) for *some, body in rows]


def reading_of(world: Stores, visit: str, key: str) -> Reading:
    """The spec of a revision, read."""
    document = world.processes["visits"].store.ask(
        "SELECT document FROM visits_specs WHERE visit = ? AND key = ?", visit, key
    )[0][0]
    return reading(document)


def firm_needs(world: Stores) -> dict[str, set[str]]:
    """Needs with a confirmed hold at their owner, by visit."""
    firm: dict[str, set[str]] = defaultdict(set)
    for service in owners(world):
        for visit, need in world.processes[service].store.ask(
            f"SELECT visit, need FROM {service}_holds WHERE state = 'confirmed'"
        ):
            firm[visit].add(need)
    return firm


def announcements(world: Stores) -> dict[str, dict[int, ArrangementChanged]]:
    """Every firm arrangement that the orchestrator committed to tell, by visit and sequence."""
    found: dict[str, dict[int, ArrangementChanged]] = defaultdict(dict)
    for (body,) in world.processes["visits"].store.ask(
        "SELECT body FROM visits_outbox WHERE subject = ?", ArrangementChanged.subject()
    ):
        event = arrangement_of(body)
        found[event.visit][event.sequence] = event
    return found


def sent_by(world: Stores, service: str) -> list[tuple[str, str, str, str | None]]:
    """All that a service has in its outbox, in the order of the ids: id, subject, body, and when it
    was published. One query for all who ask; of a simulated store, a real one may have too many."""
    return world.processes[service].store.ask(
        f"SELECT id, subject, body, published_at FROM {service}_outbox ORDER BY id"
    )
