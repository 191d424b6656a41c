"""The rules of venues under random histories: nothing overlaps, and every way out is real."""

from __future__ import annotations

import random
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.venues.inventory import Venues
from shared.contracts.holds import NeedRequest, Refusal
from shared.holds.port import Allotment
from tests.rules.venue_case import (
    PLACE,
    Board,
    assert_fit,
    city,
    decide,
    hall_doc,
    site_doc,
    venues_of,
    wish,
)

HALLS = ["whole", "a", "b", "b1", "b2", "other"]
CITY = venues_of(
    places=[PLACE],
    halls=[
        hall_doc("whole", parts=["a", "b"], capacity={"theatre": 100, "banquet": 60}),
        hall_doc("a", capacity={"theatre": 50, "banquet": 30}, setup_minutes=40),
        hall_doc("b", parts=["b1", "b2"], capacity={"theatre": 50}, teardown_minutes=0),
        hall_doc("b1", capacity={"theatre": 20}),
        hall_doc("b2", capacity={"theatre": 20}),
        hall_doc("other", capacity={"theatre": 40, "banquet": 20}),
    ],
    sites=[site_doc("s", closed_weekdays=["thu"])],
)
minute = st.integers(0, 59)
one_morning = st.builds("2027-08-18T{:02}:{:02}".format, st.integers(7, 12), minute)
any_time = st.builds(
    "2027-08-{:02}T{:02}:{:02}".format, st.integers(17, 20), st.integers(0, 23), minute
)
hall_wishes = st.builds(
    wish,
    st.just("hall"),
    one_morning,
    st.integers(1, 180),
    st.one_of(st.integers(1, 20), st.integers(1, 110)),
    setup=st.sampled_from(["theatre", "theatre", "banquet", "u_shape"]),
    hall=st.sampled_from([None, *HALLS]),
    hall_only=st.booleans(),
)
site_wishes = st.builds(
    wish, st.just("site"), any_time, st.integers(1, 200), st.integers(1, 25), site=st.just("s")
)
Wishes = list[NeedRequest]


def cells(venues: Venues, hall: str) -> set[str]:
    """The indivisible halls of a hall, found without the code under test."""
    below = [cells(venues, part) for part in venues.halls[hall].parts]
    return set().union(*below) if below else {hall}


def minutes_taken(venues: Venues, request: NeedRequest, hall: str) -> tuple[float, float]:
    """The time with set-up and teardown, in minutes, not in slots."""
    unit, window = venues.halls[hall], request.window
    begins = window.starts_at.timestamp() / 60 - unit.setup_minutes
    return begins, window.ends_at.timestamp() / 60 + unit.teardown_minutes


@settings(max_examples=60, deadline=None)
@given(st.lists(hall_wishes, min_size=2, max_size=14))
def test_no_two_parties_in_one_hall_buffers_and_parts_included(wishes: Wishes) -> None:
    board, won = Board(CITY), []
    for request in wishes:
        answer = decide(request, board)
        assert answer == decide(request, board)
        if isinstance(answer, Refusal):
            assert_fit(request, answer, board)
            continue
        board.take(answer.claims)
        unit = answer.allotted["unit"]
        assert CITY.halls[unit].capacity[request.details["setup"]] >= request.party.guests
        won.append((cells(CITY, unit), minutes_taken(CITY, request, unit)))
    for (halls, (begins, ends)), (others, (starts_at, stops_at)) in combinations(won, 2):
        assert not (halls & others and begins < stops_at and starts_at < ends)


@settings(max_examples=60, deadline=None)
@given(st.lists(site_wishes, min_size=2, max_size=14))
def test_a_site_is_never_overrun_nor_visited_while_closed(wishes: Wishes) -> None:
    board, won = Board(CITY), []
    for request in wishes:
        answer = decide(request, board)
        assert answer == decide(request, board)
        if isinstance(answer, Refusal):
            assert_fit(request, answer, board)
            continue
        board.take(answer.claims)
        begins, ends = request.window.local("Asia/Shanghai")
        assert begins.weekday() != 3 and begins.hour >= 9
        assert (ends.hour, ends.minute) <= (17, 0) and begins.date() == ends.date()
        won.append((request.window, request.party.guests))
    for moment in [window.starts_at for window, _ in won]:
        assert sum(n for w, n in won if w.starts_at <= moment < w.ends_at) <= 10


def race() -> Wishes:
    """Scenario S04: 150 and 30 requests for hall A, 20 for the whole, all at once."""
    a: dict[str, Any] = {"setup": "theatre", "hall": "expo-hall-a", "hall_only": True}
    return [
        *(wish("hall", **a) for _ in range(150)),
        *(wish("hall", "2027-08-18T12:15", 60, **a) for _ in range(30)),
        *(wish("hall", "2027-08-18T11:00", 90, **a | {"hall": "expo-hall"}) for _ in range(20)),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_s04_one_wins_and_all_others_get_a_hall_that_is_free(seed: int) -> None:
    requests, board, lost = race(), Board(city()), []
    random.Random(seed).shuffle(requests)
    for request in requests:
        answer = decide(request, board)
        if isinstance(answer, Allotment):
            board.take(answer.claims)
        else:
            assert answer.code == "no_capacity" and answer.alternatives
            lost.append((request, answer))
    assert len(lost) == 199
    for request, answer in lost[::10]:
        assert_fit(request, answer, board)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["nenjiang-hotel", "fulaerji-hotel", "zhalong", "qiqihar-station"]),
    st.integers(0, 80),
    st.integers(1, 400),
    st.sampled_from([None, "expo-hall-b", "fulaerji-hall", "civic-auditorium"]),
    st.booleans(),
)
def test_a_chosen_hall_is_within_the_allowed_way(
    origin: str, limit: int, guests: int, hall: str | None, only: bool
) -> None:
    way: dict[str, Any] = {
        "come_from": origin,
        "transfer_minutes": limit,
        "hall": hall,
        "hall_only": only,
    }
    request = wish("hall", guests=guests, setup="theatre", **way)
    board = Board(city())
    answer = decide(request, board)
    if isinstance(answer, Refusal):
        assert_fit(request, answer, board)
        return
    assert shortest(city(), origin)[answer.allotted["place"]] <= limit


def shortest(venues: Venues, origin: str) -> dict[str, float]:
    """Travel times by relaxing every road again and again (Bellman-Ford), as a second opinion."""
    best = {name: float("inf") for name in venues.places} | {origin: 0.0}
    for _, road in product(venues.places, venues.routes.values()):
        ends = [(road.come_from, road.go_to)]
        ends += [] if road.one_way else [(road.go_to, road.come_from)]
        for here, there in ends:
            best[there] = min(best[there], best[here] + road.minutes)
    return best
