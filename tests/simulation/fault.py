"""A fault that is planted, to see it noticed.

Must not: say where; `planted` and `planted_acts` do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Replace `old` by `new`, which must occur once, in `module`."""

    name: str
    module: str
    old: str
    new: str
    within: int = 4_000
    """Histories, from seed 0 on, in which it must be noticed."""
    deck: str = ""
    """How a step begins without which the fault is out of reach: histories that have none are
    counted, and need not be played."""
