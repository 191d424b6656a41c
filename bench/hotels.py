"""Visits in hotels that run their own systems: how fast rooms are held there, and whether one that
is dead and one that is slow make the others slower. Nothing may be lost or doubled at any of them.

Hotels of ours on loopback, half of them behind HAIP and half behind OHIP, in two processes.
Stretches take turns: all hotels well, then one dead and one slow; figures are of the hotels that
are well in both. After a stretch the two are healed, and what waited for them must be held, too.

Must not: measure any real hotel's system; ours answers in a millisecond or so.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import yaml

from bench.figures import percentile
from bench.filling import Say
from bench.hotel_figures import Stretch, figures_of, lost_and_doubled
from bench.load import FIRST_DAY
from bench.ours import Ours
from bench.scale import Scale
from bench.stopwatch import Stopwatch
from bench.system import roomy_seed, running_system
from deploy.hotels import Hotel, hotels_running, join_links
from shared.contracts.holds import HoldsChanged
from shared.contracts.spec import VisitSpec

HOTELS = 25
DIALECTS = ("haip", "ohip")
ROOMS = 1_000
DAYS = 200
AT_ONCE = 2
"""Visits in flight at each hotel that is well."""
DEAD, SLOW = "bench-hotel-01", "bench-hotel-02"
SLOW_S = 0.5
"""How long each answer of the slow one takes; a reservation takes some ten of them."""
FOR_EVER = 10**9
HEALED_WITHIN_S, COUNTED_WITHIN_S = 300.0, 60.0
NAMES = tuple(f"bench-hotel-{number:02d}" for number in range(1, HOTELS + 1))
WELL = tuple(name for name in NAMES if name not in (DEAD, SLOW))


@dataclass(slots=True)
class Ear:
    """When holds at bookings were first heard of, and when they were first held, by visit."""

    asked: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)

    async def heard(self, message: Any) -> None:
        """An event of bookings."""
        now = time.perf_counter()
        for hold in orjson.loads(message.data)["holds"]:
            if hold["state"] == "pending":
                self.asked.setdefault(hold["visit"], now)
            elif hold["state"] in ("held", "confirmed"):
                self.held.setdefault(hold["visit"], now)

    def took(self, visits: Sequence[str]) -> list[float]:
        """Seconds from asked to held, of those that were held."""
        return [self.held[one] - self.asked[one] for one in visits if one in self.held]


def asked_at_hotels(folder: Path, scale: Scale, say: Say) -> dict[str, Any]:
    """All figures. `folder` is made; bookings knows 25 hotels more than the sample city has."""
    folder.mkdir()
    seed = _seed(folder)
    with ExitStack() as stack:
        hotels: dict[str, Hotel] = {}
        files = []
        for place, dialect in enumerate(DIALECTS):
            names = NAMES[place :: len(DIALECTS)]
            running = hotels_running(folder / dialect, dialect, names, ROOMS)
            found, links = stack.enter_context(running)
            hotels |= found
            files.append(links)
        for hotel in hotels.values():
            hotel.await_ready()
        told = {
            "REDCROWN_HOTELS": str(join_links(folder / "links.yaml", files)),
            "REDCROWN_SEED_DIR": str(seed),
        }
        data = folder / "data"
        data.mkdir()
        system = stack.enter_context(running_system(folder=data, told=told))
        return asyncio.run(_measured(Ours(system), hotels, scale, say))


def _seed(folder: Path) -> Path:
    """The sample city with the hotels of the benchmark beside its own."""
    seed = roomy_seed(folder)
    path = seed / "bookings.yaml"
    city = yaml.safe_load(path.read_text("utf-8"))
    for name in NAMES:
        twin = {"id": "twin", "name": {"zh": "双床间", "en": "Twin"}, "beds": 2, "capacity": 2,
                "rooms": ROOMS, "price": 30000}  # fmt: skip
        city["hotels"].append({**city["hotels"][0], "id": name, "room_types": [twin]})
    path.write_text(yaml.safe_dump(city, allow_unicode=True), "utf-8")
    return seed


def hotel_visit(hotel: str, number: int) -> VisitSpec:
    """One twin room for a night in one hotel; its name says which."""
    day = FIRST_DAY + timedelta(days=number % DAYS)
    need = {"id": "room", "kind": "room", "sharing_pairs": 1, "hotel": hotel, "hotel_only": True}
    stay = {
        "id": "stay",
        "title": {"zh": "宿", "en": "stay"},
        "starts_at": (day + timedelta(hours=14)).isoformat(),
        "ends_at": (day + timedelta(days=1, hours=12)).isoformat(),
        "needs": [need],
    }
    return VisitSpec.model_validate(
        {
            "visit": f"{hotel}-{number}",
            "line": "event",
            "title": {"zh": "测", "en": "bench"},
            "host": "bench",
            "purpose": "bench",
            "party": [{"category": "staff", "count": 2}],
            "programme": [stay],
        }
    )


async def _measured(
    ours: Ours, hotels: Mapping[str, Hotel], scale: Scale, say: Say
) -> dict[str, Any]:
    ear = Ear()
    stretches: dict[bool, list[Stretch]] = defaultdict(list)
    async with ours.client() as client:
        watch = Stopwatch(client)
        await watch.listen()
        await client.subscribe(HoldsChanged.subject("bookings"), cb=ear.heard)
        await watch.many([hotel_visit(name, 0) for name in NAMES], HOTELS)
        done = 1
        for _round in range(scale.hotel_rounds):
            for faulty in (False, True):
                specs = {
                    name: [hotel_visit(name, done + one) for one in range(scale.hotel_visits)]
                    for name in NAMES
                }
                done += scale.hotel_visits
                found = await _stretch(watch, ear, hotels, specs, faulty)
                stretches[faulty].append(found)
                say(f"{'one dead, one slow' if faulty else 'all well'}: {_line(found)}")
    wanted = {name: {f"{name}-{number}" for number in range(done)} for name in NAMES}
    lost, doubled = await asyncio.to_thread(_counted, hotels, wanted)
    return figures_of(stretches, HOTELS, done * HOTELS, lost, doubled)


async def _stretch(
    watch: Stopwatch,
    ear: Ear,
    hotels: Mapping[str, Hotel],
    specs: Mapping[str, list[VisitSpec]],
    faulty: bool,
) -> Stretch:
    """The same visits at every hotel; the dead and the slow one get theirs all at once."""
    if faulty:
        hotels[DEAD].act("faults", down=FOR_EVER)
        hotels[SLOW].act("slow", seconds=SLOW_S)
    began = time.perf_counter()
    others = [
        asyncio.create_task(watch.one(spec, HEALED_WITHIN_S))
        for name in (DEAD, SLOW)
        for spec in specs[name]
    ]
    well = await asyncio.gather(*(watch.many(specs[name], AT_ONCE) for name in WELL))
    wall_s = time.perf_counter() - began
    hotels[DEAD].act("faults")
    hotels[SLOW].act("slow", seconds=0)
    rest = await asyncio.gather(*others)
    healed_s = time.perf_counter() - began - wall_s
    ends = [phase for some in (*well, rest) for _took, phase in some]
    took = ear.took([spec.visit for name in WELL for spec in specs[name]])
    missing = sum(len(specs[name]) for name in WELL) - len(took)
    return Stretch(took, wall_s, sum(one != "ready" for one in ends) + missing, healed_s)


def _counted(hotels: Mapping[str, Hotel], wanted: Mapping[str, set[str]]) -> tuple[int, int]:
    """Reservations that a hotel does not have definite in the end, and those that it has twice.
    A block is made definite some time after its visit is ready."""
    deadline = time.monotonic() + COUNTED_WITHIN_S
    while True:
        found = {name: hotel.blocks() for name, hotel in hotels.items()}
        lost, doubled = lost_and_doubled(found, wanted)
        if not lost or time.monotonic() > deadline:
            return lost, doubled
        time.sleep(0.5)


def _line(one: Stretch) -> str:
    p50, p99 = (percentile(one.took, share) * 1000 for share in (0.5, 0.99))
    rate = len(one.took) / one.wall_s
    return f"{rate:.1f} reservations/s where all is well, p50 {p50:.0f} ms, p99 {p99:.0f} ms"
