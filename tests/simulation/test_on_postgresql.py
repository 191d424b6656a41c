"""Histories on a real PostgreSQL: the short way to it changes nothing, and all ends well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.chassis.prepared import Prepared
from tests.simulation import world as worlds
from tests.simulation.histories import History, draw
from tests.simulation.invariants import violations
from tests.simulation.on_postgresql import House
from tests.simulation.playing import play
from tests.support.postgres import PostgresServer

NOT_HERE = ("backup", "restore", "intake")
"""Steps that need an image of a store, or SQLite's own order of rows (`taking.pause_of`)."""
SEEDS = range(40, 52)


@pytest.fixture
def house(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    house = House(postgres.create_database)
    monkeypatch.setattr(worlds, "fresh_store", house.fresh_store)
    yield house
    house.close()


def history_of(seed: int) -> History:
    drawn = draw(seed)
    return replace(drawn, steps=tuple(step for step in drawn.steps if step[0] not in NOT_HERE))


def played(seed: int) -> tuple[list[str], list[Any]]:
    """What was wrong, and everything in all stores and mailboxes."""
    world = worlds.World(history_of(seed))
    wrong = play(world) + violations(world)
    stores: list[Any] = [process.store for process in world.processes.values()]
    return wrong, [*(store.dump() for store in stores), world.mailbox.letters]


def test_the_short_way_to_postgresql_changes_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [played(seed) for seed in SEEDS]
    assert [wrong for wrong, _stores in quick] == [[] for _ in SEEDS]
    monkeypatch.setattr(
        Prepared, "execute", lambda self, say, sets=None: self._real.execute(say, sets)
    )
    assert [played(seed) for seed in SEEDS] == quick
