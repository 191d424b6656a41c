"""The city has room for every visit that a long run submits: none may be blocked by accident."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.aging import RULES
from bench.load import (
    DAYS,
    MOST_VISITS,
    STEADY_DAYS,
    THREE,
    bench_visit,
    real_visit,
    steady_number,
)
from bench.system import process_file, roomy_seed
from services.notifications.documents import read_contacts
from services.visits.expand import problems_of
from services.visits.specbook import read
from shared.contracts.spec import VisitSpec
from shared.holds.port import Allotment, Ask
from shared.holds.stock import read_seed

NOW = datetime(2026, 12, 1, tzinfo=UTC)
"""Planning is allowed for three years from now on; the days of the benchmark lie within."""


class City:
    """Inventories of all owners, and what visits have taken of them."""

    def __init__(self, folder: Path) -> None:
        seed = roomy_seed(folder)
        self.inventories = {
            name: rules.inventory(read_seed(seed / f"{name}.yaml", rules.documents))
            for name, rules in RULES.items()
        }
        self.used: Counter[tuple[str, int]] = Counter()

    def place(self, spec: VisitSpec) -> str:
        """Take what a visit needs; why not, or nothing."""
        assert problems_of(spec, None, NOW) == []
        for need in read(spec).needs:
            inventory = self.inventories[need.service]
            ask = Ask(need.request, _Free(self, inventory), NOW, 1_800)
            answer = RULES[need.service].allocate(ask, inventory)
            if not isinstance(answer, Allotment):
                return f"{need.need}: {answer.code}"
            assert answer.consent is None, need.need
            for claim in answer.claims:
                for slot in range(claim.start, claim.stop):
                    self.used[claim.unit, slot] += claim.quantity
        return ""


class _Free:
    def __init__(self, city: City, inventory: Any) -> None:
        self._city, self._inventory = city, inventory

    def free(self, unit: str, slot: int) -> int:
        room = self._inventory.capacity(unit, slot, NOW)
        return max(room - self._city.used[unit, slot], 0)

    def least(self, unit: str, start: int, stop: int) -> int:
        return min((self.free(unit, slot) for slot in range(start, stop)), default=0)

    def idle(self, unit: str, start: int, stop: int) -> bool:
        return not any(self.taken(unit, slot) for slot in range(start, stop))

    def taken(self, unit: str, slot: int) -> int:
        return self._city.used[unit, slot]


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


@pytest.mark.parametrize("day", [0, DAYS - 1])
def test_a_day_takes_all_visits_of_three_needs(city: City, day: int) -> None:
    for number in range(day, MOST_VISITS, DAYS):
        assert city.place(bench_visit(number, THREE)) == "", number


def test_visits_of_24_needs_stand_beside_each_other(city: City) -> None:
    for number in (0, 1, 2, 233, 234, 467):
        spec = real_visit(number)
        assert len(read(spec).needs) == 24
        assert city.place(spec) == "", number


def test_one_that_is_to_be_refused_is_refused_by_venues(city: City) -> None:
    assert city.place(bench_visit(5, THREE, refused=True)).startswith("talks/")


@pytest.mark.parametrize(("one_notice", "told"), [(True, 1), (False, 2)])
def test_of_a_comparison_one_contact_is_told_of_every_visit(
    tmp_path: Path, one_notice: bool, told: int
) -> None:
    contacts = read_contacts(roomy_seed(tmp_path, one_notice) / "notifications.yaml")
    assert sum(one.sees_all for one in contacts) == told
    assert one_notice == (len(contacts) == 1)
    assert all(len(one.ways) == 1 for one in contacts)


def test_a_process_file_has_replicas_with_ports_of_their_own() -> None:
    lines = process_file({"visits": "postgresql://x/visits"}, 2).splitlines()
    named = {line.partition(":")[0]: line for line in lines}
    assert "REDCROWN_STORE_URL=postgresql://x/visits" in named["visits_2"]
    assert "$VISITS_2_PORT" in named["visits_2"] and "$VISITS_PORT" in named["visits"]
    assert "REDCROWN_STORE_URL" not in named["venues"]
    assert {"nats", "console"} <= set(named) and not {"nats_2", "console_2"} & set(named)


def test_a_steady_load_fills_some_days_at_a_time_with_visits_that_none_had() -> None:
    had = DAYS + 3
    room = MOST_VISITS - 2 * DAYS
    numbers = [steady_number(order, had) for order in range(room)]
    assert sorted(numbers) == list(range(2 * DAYS, MOST_VISITS))
    a_block = STEADY_DAYS * (MOST_VISITS // DAYS - 2)
    for block in range(2):
        days = {number % DAYS for number in numbers[block * a_block : (block + 1) * a_block]}
        assert days == set(range(block * STEADY_DAYS, (block + 1) * STEADY_DAYS))
    with pytest.raises(ValueError, match=f"no halls for {room + 1} visits after {had}"):
        steady_number(room, had)
