"""What is aimed at, and whether what was measured meets it.

Pure. Must not: hold figures that were measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure by its key, and the bound that it should keep; without one it is only told."""

    name: str
    key: str
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def met(self, value: float) -> bool | None:
        """None where nothing is aimed at."""
        if self.least is not None:
            return value >= self.least
        return None if self.most is None else value <= self.most

    @property
    def bound(self) -> str:
        """For people."""
        if self.least is not None:
            return f"≥ {self.least:g}{self.unit}"
        return "told" if self.most is None else f"≤ {self.most:g}{self.unit}"


AIMS: tuple[Aim, ...] = (
    Aim("visits/s at 128 in flight against DBOS", "ratio_visits_s_vs_dbos", least=12, unit="×"),
    Aim("p50 alone against DBOS", "ratio_p50_vs_dbos", most=0.333),
    Aim("processor time a visit at 128 against DBOS", "ratio_cpu_vs_dbos", most=0.125),
    Aim("p99 at 128 against our own p50", "ratio_p99_vs_own_p50", most=3, unit="×"),
    Aim("share of the bare ceiling", "share_of_bare_ceiling", least=0.2),
    Aim("processor time of 24 needs against 3", "ratio_cpu_24_needs_vs_3", most=3, unit="×"),
    Aim("visits/s of a full store against an empty one", "ratio_visits_s_aged_vs_empty",
        least=0.9, unit="×"),
    Aim("p99 of a full store against an empty one", "ratio_p99_aged_vs_empty", most=1.3, unit="×"),
    Aim("visits/s of two replicas against one, PostgreSQL", "ratio_visits_s_two_replicas",
        unit="×"),
    Aim("at rest: processor share of a core", "idle_cpu_percent", most=2, unit=" %"),
    Aim("at rest: resident memory, summed", "idle_rss_mb", most=450, unit=" MB"),
    Aim("at rest: resident memory, shared pages once", "idle_pss_mb", most=450, unit=" MB"),
    Aim("warm start until a visit is accepted", "warm_start_s", most=4, unit=" s"),
    Aim("200 viewers of Now, a visit a second: share of a core", "viewers_cpu_percent",
        unit=" %"),
    Aim("200 viewers of Now: memory of the console for each", "viewers_kb_each",
        unit=" kB"),
    Aim("25 hotels: reservations/s with all of them well", "hotel_reservations_s"),
    Aim("p50 asked to held beside a dead and a slow hotel against none", "ratio_hotel_p50_faulty",
        most=1.3, unit="×"),
    Aim("p99 asked to held beside a dead and a slow hotel against none", "ratio_hotel_p99_faulty",
        most=1.3, unit="×"),
    Aim("reservations lost at a hotel", "hotel_lost", most=0),
    Aim("reservations doubled at a hotel", "hotel_doubled", most=0),
    Aim("values that grew under a steady load", "sustained_grew", most=0),
)  # fmt: skip


def table(figures: Mapping[str, Any], aims: Sequence[Aim] = AIMS) -> list[str]:
    """Lines of a table in Markdown; what was not measured in this run says so."""
    lines = ["| | measured | aim | |", "|---|---|---|---|"]
    for aim in aims:
        value = figures.get(aim.key)
        if value is None:
            lines.append(f"| {aim.name} | – | {aim.bound} | not measured |")
            continue
        verdict = {True: "met", False: "missed", None: ""}[aim.met(value)]
        lines.append(f"| {aim.name} | {value:g}{aim.unit} | {aim.bound} | {verdict} |")
    return lines
