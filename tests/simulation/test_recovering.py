"""What a restored store refuses while it recovers is told nobody: no way out is looked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from services.escorts.rules import EscortRules
from tests.simulation.histories import History, Step
from tests.simulation.invariants import violations
from tests.simulation.planners import GUESTS, NEEDS
from tests.simulation.playing import play
from tests.simulation.test_cost import shape_of
from tests.simulation.world import World

TOO_MANY = shape_of("tour") + (len(GUESTS) - 1) * 2 * len(NEEDS)
"""A tour of more guests than the city has seats for."""
STEPS: tuple[Step, ...] = (
    ("submit", 0, TOO_MANY, 0), ("flow", 1), ("backup", "escorts"), ("flow", 40),
    ("time", 6.0), ("restore", "escorts"), ("job", "escorts", 0), ("submit", 1, TOO_MANY, 0),
    ("flow", 9),
)  # fmt: skip


def test_ways_out_are_looked_for_when_a_store_knows_what_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[datetime, bool]] = []
    allocate = EscortRules.allocate

    def noted(self: EscortRules, ask: Any, inventory: Any) -> Any:
        asked.append((ask.now, ask.advise))
        return allocate(self, ask, inventory)

    monkeypatch.setattr(EscortRules, "allocate", noted)
    world = World(History(0, True, False, STEPS))
    assert play(world) + violations(world) == []
    escorts = world.processes["escorts"]
    restored = escorts.writer.life.restored_at
    assert restored is not None
    recovering = [advise for now, advise in asked if restored <= now < escorts.recovers_until]
    assert recovering and not any(recovering)
    others = [advise for now, advise in asked if not restored <= now < escorts.recovers_until]
    assert len(others) >= 3 and all(others), "before, and after for both visits"
