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
    """Histories in which it must be noticed."""
