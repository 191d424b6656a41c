"""How much of everything a run does: whole, or the same shape in three minutes.

Must not: decide what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.compare import FULL, QUICK, Stretch

AGED_VISITS, QUICK_AGED_VISITS = 1_000_000, 10_000


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers of visits, of rounds, and seconds."""

    alone: int
    rest_s: float
    """Between single visits: the machine is to be idle, the notices of the last one written."""
    warm_up: int
    flying: int
    profiles: int
    """Visits of each profile in a round."""
    profile_rounds: int
    idle_s: float
    viewers_s: float
    hotel_visits: int
    """At each hotel in each stretch."""
    hotel_rounds: int
    """Of two stretches: all hotels well, then one dead and one slow."""
    aged_visits: int
    cell_days: int
    aged_rounds: int
    aged_stretch: int
    compare: tuple[Stretch, ...]
    compare_rounds: int
    ceiling_s: float
    sustained_minutes: float
    peak_visits: int
    """Before a steady load: how much the system carries."""
    quick: bool


WHOLE = Scale(
    alone=60, rest_s=1.5, warm_up=30, flying=16, profiles=120, profile_rounds=3, idle_s=60.0,
    viewers_s=30.0, hotel_visits=20, hotel_rounds=2, aged_visits=AGED_VISITS,
    cell_days=5 * 365, aged_rounds=5, aged_stretch=256, compare=FULL, compare_rounds=3,
    ceiling_s=2.0, sustained_minutes=15.0, peak_visits=600, quick=False,
)  # fmt: skip
SHORT = Scale(
    alone=6, rest_s=0.5, warm_up=16, flying=16, profiles=24, profile_rounds=1, idle_s=5.0,
    viewers_s=4.0, hotel_visits=4, hotel_rounds=1,
    aged_visits=QUICK_AGED_VISITS, cell_days=30, aged_rounds=1, aged_stretch=60, compare=QUICK,
    compare_rounds=1, ceiling_s=0.3, sustained_minutes=0.0, peak_visits=128, quick=True,
)  # fmt: skip
