"""What hotels have is counted rightly: a reservation is there once, or it is lost or doubled."""

from __future__ import annotations

from typing import Any

import pytest

from bench.hotel_figures import Stretch, figures_of, lost_and_doubled
from bench.hotels import NAMES, hotel_visit
from services.visits.specbook import read


def block(name: str, status: str = "definite", rooms: int = 1) -> dict[str, Any]:
    return {"reference": "r", "name": name, "status": status, "rooms": rooms, "first": ""}


@pytest.mark.parametrize(
    ("blocks", "lost", "doubled"),
    [
        ([block("a"), block("b")], 0, 0),
        ([block("a")], 1, 0),
        ([block("a"), block("b", "tentative")], 1, 0),
        ([block("a"), block("b"), block("b", "tentative")], 0, 1),
        ([block("a"), block("b", rooms=3)], 0, 2),
        ([block("a"), block("b"), block("stranger")], 0, 1),
    ],
)
def test_lost_and_doubled(blocks: list[dict[str, Any]], lost: int, doubled: int) -> None:
    assert lost_and_doubled({"h": blocks}, {"h": {"a", "b"}}) == (lost, doubled)


def test_ratios_are_with_faults_to_without() -> None:
    well = Stretch([0.1] * 99 + [0.5], 10.0, 0, 0.1)
    faulty = Stretch([0.2] * 99 + [1.5], 20.0, 1, 7.0)
    found = figures_of({False: [well, well], True: [faulty]}, 25, 300, 2, 3)
    assert (found["ratio_hotel_p50_faulty"], found["ratio_hotel_p99_faulty"]) == (2.0, 3.0)
    assert (found["hotel_reservations_s"], found["hotel_reservations_s_faulty"]) == (10.0, 5.0)
    assert (found["hotel_healed_s"], found["wrong"]) == (7.0, 6)


def test_a_visit_asks_for_one_room_in_one_hotel() -> None:
    spec = hotel_visit(NAMES[3], 7)
    (need,) = read(spec).needs
    assert (spec.visit, need.service) == ("bench-hotel-04-7", "bookings")
