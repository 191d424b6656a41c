"""Dying at a chosen moment: a process passes points, and at one of them it may be over.

Must not: choose the moment; steps do.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.simulation.stores import Killed


class Mortal:
    """What can be told to die at a point that it passes."""

    def __init__(self) -> None:
        self.doom: list[Any] | None = None
        """[point, how often it is still passed alive]."""
        self.dead = False
        self.deaths: Counter[str] = Counter()

    def pass_point(self, point: str) -> None:
        """Die here if it is time. Raises `Killed`."""
        if self.dead:
            raise Killed(point)
        if self.doom is not None and self.doom[0] == point:
            if self.doom[1] > 0:
                self.doom[1] -= 1
                return
            self.dead = True
            self.deaths[point] += 1
            raise Killed(point)
