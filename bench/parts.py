"""The parts of a run, each by its name: what starts which system, and what is measured on it.

Owns: the order of the parts that share the embedded system.
Must not: compute figures.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.aging import Filled, age_ratios, compare_ages, make_aged, play_template
from bench.alone import latency, profiles
from bench.ceilings import ceilings
from bench.compare import CROWD, compare, ratios, text_of
from bench.figures import carried
from bench.filling import Say
from bench.flame import SECONDS, flames
from bench.hotels import HOTELS, asked_at_hotels
from bench.ours import Ours
from bench.rest import idle, started_warm
from bench.scale import Scale
from bench.sustained import SHARE, sustain
from bench.system import await_settled, running_system
from bench.tables import shares_of_ceilings
from bench.viewers import VIEWERS, watched

EMBEDDED = ("latency", "profiles", "rest", "viewers", "aged", "sustained")
"""Parts on the embedded default, as `make run` starts it."""
PARTS = (*EMBEDDED, "hotels", "compare", "ceilings")
QUICK = tuple(one for one in PARTS if one != "hotels")
"""What three minutes have time for."""
Figures = dict[str, Any]
WRONG = ("not_ready", "wrong")
"""Counts of visits that ended otherwise than they had to; parts add to them."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is chosen of a run. `folder` is empty, and deleted by whoever made it."""

    scale: Scale
    parts: tuple[str, ...]
    folder: Path
    say: Say

    def has(self, part: str) -> bool:
        """Whether a part is among them."""
        return part in self.parts


def measure(run: Run) -> Figures:
    """All chosen parts, one after the other."""
    found: Figures = dict.fromkeys(WRONG, 0)
    if set(EMBEDDED) & set(run.parts):
        _add(found, _embedded(run))
    if run.has("hotels"):
        run.say(f"visits in {HOTELS} hotels, of which one dies and one is slow")
        _add(found, asked_at_hotels(run.folder / "hotels", run.scale, run.say))
    if run.has("compare"):
        run.say("the same visits on every system, in turns")
        lines = compare(run.scale.compare, run.scale.compare_rounds, run.say)
        for line in lines:
            run.say(text_of((line["system"], line["flying"], line["refused"]), line))
        _add(found, {**ratios(lines), "lines": lines})
    if run.has("ceilings"):
        run.say("ceilings")
        limits = found["ceilings"] = ceilings(run.scale.ceiling_s)
        if run.has("compare"):
            shares = shares_of_ceilings(found["lines"], limits, found["store"], CROWD)
            found["share_of_ceilings"] = shares
    return found


def flame(run: Run, folder: Path) -> list[str]:
    """Nothing but the flame graphs of the embedded system under load; the tables."""
    with running_system() as system:
        return asyncio.run(flames(Ours(system), folder, SECONDS, run.say))


def _add(found: Figures, some: Figures) -> None:
    """Figures of one more part; what went wrong is summed."""
    for name in WRONG:
        found[name] += some.pop(name, 0)
    found |= some


def _embedded(run: Run) -> Figures:
    young, aged = run.folder / "young", run.folder / "aged"
    young.mkdir()
    run.say("the embedded system, first start")
    found: Figures = dict.fromkeys(WRONG, 0)
    with running_system(folder=young) as system:
        if run.has("aged"):
            play_template(system)
    if run.has("aged"):
        filled = Filled(run.scale.aged_visits, run.scale.cell_days)
        run.say(f"a store with {filled.visits:,} visits and {filled.cell_days} days of cells")
        found["aged_store"] = make_aged(young, aged, filled, run.say)
    with started_warm(young) as (system, seconds):
        run.say(f"started again: a visit is accepted after {seconds:.1f} s")
        await_settled(system)
        if run.has("rest"):
            found["warm_start_s"] = round(seconds, 2)
        ours = Ours(system)
        if run.has("latency"):
            run.say("one visit at a time")
            _add(found, asyncio.run(latency(ours, run.scale)))
        if run.has("profiles"):
            run.say("visits of 3 and of 24 needs")
            _add(found, asyncio.run(profiles(ours, run.scale, run.say)))
        if run.has("rest"):
            run.say(f"at rest for {run.scale.idle_s:.0f} s")
            found |= idle(system, run.scale.idle_s)
        if run.has("viewers"):
            run.say(f"{VIEWERS} people look at the page Now")
            found |= asyncio.run(watched(ours, run.scale.viewers_s))
        if run.has("aged"):
            _add(found, _ages(run, ours, aged))
        if run.has("sustained") and run.scale.sustained_minutes:
            _add(found, asyncio.run(_steady(run, ours)))
    return found


def _ages(run: Run, young: Ours, folder: Path) -> Figures:
    scale = run.scale
    with running_system(folder=folder) as system:
        pair = compare_ages(
            young, Ours(system), scale.aged_rounds, scale.aged_stretch, CROWD, run.say
        )
        found = asyncio.run(pair)
    shutil.rmtree(folder)
    return {"aged": found, **age_ratios(found), "wrong": found.pop("wrong")}


async def _steady(run: Run, ours: Ours) -> Figures:
    peak = await ours.measure(run.scale.peak_visits, CROWD)
    most = carried(peak, len(os.sched_getaffinity(0)))
    per_s, minutes = SHARE * most, run.scale.sustained_minutes
    run.say(
        f"{per_s:.1f} visits a second for {minutes:g} minutes, once it has settled: 70 % of"
        f" {most:.1f}, letters sent; in a moment {peak['visits_s']}, {peak['cpu_ms']} ms of"
        " processor each"
    )
    found = await sustain(ours, per_s, minutes * 60, run.say)
    wrong = found.pop("wrong") + found["late"] + peak["wrong"]
    return {"sustained": found, "sustained_grew": len(found["grew"]), "wrong": wrong}
