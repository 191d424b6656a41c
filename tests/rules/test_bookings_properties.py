"""The rules of bookings under random histories, and the arithmetic of rooms against brute force."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.bookings.rooming import Demand, Offer, pick, pool
from shared.contracts.holds import NeedRequest, Refusal
from shared.holds.port import Allotment
from tests.rules.booking_case import (
    AFTER_CUT_OFF,
    BEFORE_CUT_OFF,
    Board,
    assert_fit,
    block_doc,
    decide,
    hotel_doc,
    kind_doc,
    lodgings_of,
    rooms_in,
    stands,
    uses,
    wish,
)

CITY = lodgings_of(
    hotels=[
        hotel_doc("a", kind_doc("twin", 6, accessible=1), kind_doc("king", 3, beds=1, capacity=2)),
        hotel_doc("b", kind_doc("twin", 5), kind_doc("suite", 2, beds=1, price=300), lat=47.02),
        hotel_doc("c", stars=5, lat=47.05, registers_foreign_guests=False),
        hotel_doc("d", kind_doc("triple", 4, beds=3, accessible=2), stars=3, lat=47.01),
    ],
    blocks=[block_doc("a", 4), block_doc("b", 2, last_night="2027-08-18")],
)

wishes = st.builds(
    wish,
    singles=st.integers(0, 6),
    pairs=st.integers(0, 5),
    arrive=st.sampled_from(["2027-08-17T14:00", "2027-08-18T14:00", "2027-08-19T01:00"]),
    leave=st.sampled_from(["2027-08-19T12:00", "2027-08-20T12:00", "2027-08-21T12:00"]),
    event=st.sampled_from([None, "expo"]),
    foreign=st.sampled_from([0, 0, 1]),
    accessible=st.integers(0, 2),
    hotel=st.sampled_from([None, "a", "b", "c", "d"]),
    hotel_only=st.booleans(),
    min_class=st.sampled_from([3, 4, 5]),
    near=st.just("a"),
    within_km=st.sampled_from([None, 1.5, 3.0]),
    split=st.booleans(),
)
Need = tuple[NeedRequest, Allotment]


def check_answer(request: NeedRequest, answer: Allotment) -> None:
    """What is allotted is what was wished, and says the same as the claims."""
    details, lines = request.details, uses(answer)
    twins = {("a", "twin"), ("b", "twin"), ("c", "twin"), ("d", "triple")}
    pairs = {key: rooms for key, rooms in lines.items() if key[2] == "pair"}
    assert sum(pairs.values()) == details.get("sharing_pairs", 0)
    assert all(key[:2] in twins for key in pairs)
    assert sum(lines.values()) - sum(pairs.values()) == details.get("singles", 0)
    assert answer.allotted["rooms"] == sum(lines.values())
    hotels = rooms_in(answer)
    assert len(hotels) == 1 or details["split"]
    for name in hotels:
        hotel = CITY.hotels[name]
        assert hotel.stars >= details["min_class"]
        assert hotel.registers_foreign_guests or not request.party.foreign
        assert details["hotel"] in (None, name) or not details["hotel_only"]
        assert abs(hotel.lat - 47) * 111.2 <= (details["within_km"] or 999)
    nights, fen = answer.allotted["nights"], 0
    kept = accessible = admitted = 0
    for claim in answer.claims:
        assert claim.quantity > 0
        room_nights = claim.quantity * (claim.stop - claim.start)
        if claim.unit.endswith("/accessible"):
            accessible += room_nights
        elif claim.unit.endswith("/house") or claim.unit.startswith("block:"):
            admitted += room_nights
        else:
            kept += room_nights
            fen += room_nights * (300 if "suite" in claim.unit else 100)
    assert kept == admitted == nights * answer.allotted["rooms"]
    assert accessible == nights * details.get("accessible", 0)
    assert answer.cost.amount == fen


def still_free(board: Board, answer: Allotment, before: Allotment | None) -> bool:
    """Nothing new is taken beyond what is free; what stands may be kept."""
    for claim in answer.claims:
        for slot in range(claim.start, claim.stop):
            has = sum(
                one.quantity
                for one in (before.claims if before else ())
                if one.unit == claim.unit and one.start <= slot < one.stop
            )
            if claim.quantity > max(board.free(claim.unit, slot), has):
                return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.lists(wishes, min_size=1, max_size=8), st.integers(0, 8), st.data())
def test_random_histories(requests: list[NeedRequest], cut_at: int, data: st.DataObject) -> None:
    board = Board(CITY, BEFORE_CUT_OFF)
    stood: list[Need] = []
    for number, request in enumerate(requests):
        board.now = AFTER_CUT_OFF if number >= cut_at else BEFORE_CUT_OFF
        changed = bool(stood) and data.draw(st.booleans(), "changed")
        again = stood.pop() if changed else None
        before = again[1] if again else None
        if before is not None:
            board.take(before.claims, -1)
        standing = stands(before) if before else None
        answer = decide(request, board, standing)
        assert answer == decide(request, board, standing), "alike requests are answered alike"
        if isinstance(answer, Refusal):
            assert_fit(request, answer, board, standing)
            stood += [again] if again else []
            board.take(before.claims) if before else None
            continue
        check_answer(request, answer)
        assert still_free(board, answer, before)
        board.take(answer.claims)
        stood.append((request, answer))
        for unit, slot in board.cells:
            if "/" in unit and not unit.endswith("/house"):
                assert board.cells[unit, slot] <= CITY.capacity(unit, slot, board.now)


@settings(max_examples=120, deadline=None)
@given(st.lists(wishes, max_size=3), wishes, st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_who_grows_stays_where_it_can(
    others: list[NeedRequest], request: NeedRequest, singles: int, pairs: int, late: bool
) -> None:
    board = Board(CITY, BEFORE_CUT_OFF)
    for other in others:
        answer = decide(other, board)
        board.take(answer.claims) if isinstance(answer, Allotment) else None
    before = decide(request, board)
    if not isinstance(before, Allotment):
        return
    board.now += timedelta(days=1) if late else timedelta()
    assert decide(request, board, stands(before)) == before, "the same again changes nothing"
    more: dict[str, Any] = {
        "singles": request.details.get("singles", 0) + singles,
        "sharing_pairs": request.details.get("sharing_pairs", 0) + pairs,
        "split": True,
        "hotel_only": False,
    }
    grown = request.model_copy(update={"details": request.details | more})
    after = decide(grown, board, stands(before))
    if isinstance(after, Allotment):
        kept = uses(after)
        for kind, rooms in rooms_of_types(before).items():
            assert rooms_of_types(after).get(kind, 0) >= rooms
        for key, rooms in uses(before).items():
            assert kept.get(key, 0) >= rooms or key[2] == "single"


def rooms_of_types(answer: Allotment) -> dict[tuple[str, str], int]:
    rooms: dict[tuple[str, str], int] = {}
    for (hotel, kind, _use), count in uses(answer).items():
        rooms[hotel, kind] = rooms.get((hotel, kind), 0) + count
    return rooms


offers = st.builds(
    lambda hotel, kind, twin, free, accessible, block, kept: Offer(
        hotel, kind, twin, 100, free, min(accessible, free), min(block, free), *kept
    ),
    st.sampled_from("ab"), st.sampled_from("xyz"), st.booleans(), st.integers(0, 3),
    st.integers(0, 2), st.integers(0, 3), st.tuples(st.integers(0, 2), st.integers(0, 2)),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.lists(offers, min_size=1, max_size=3),
    st.integers(1, 7), st.integers(0, 4), st.integers(0, 3),
)  # fmt: skip
@example([Offer("a", "x", True, 100, 1), Offer("a", "y", False, 100, 1, 1)], 1, 1, 1)
@example([Offer("a", "x", True, 100, 2, 1), Offer("b", "y", False, 100, 2, 2)], 2, 2, 2)
def test_rooms_are_found_exactly_when_there_are_any(
    some: list[Offer], rooms: int, pairs: int, accessible: int
) -> None:
    some.sort(key=lambda one: one.hotel)
    demand = Demand(rooms, min(pairs, rooms), min(accessible, rooms))
    choices = product(
        *(product(range(o.free - o.accessible + 1), range(o.accessible + 1)) for o in some)
    )
    possible = any(
        sum(plain + special for plain, special in choice) == demand.rooms
        and sum(p + s for (p, s), o in zip(choice, some, strict=True) if o.twin) >= demand.pairs
        and sum(special for _plain, special in choice) >= demand.accessible
        for choice in choices
    )
    assert pool(some).serves(demand) == possible
    if possible:
        picks = pick(some, demand)
        assert sum(one.rooms for one in picks) == demand.rooms
        assert sum(one.pairs for one in picks) == demand.pairs
        assert sum(one.accessible for one in picks) == demand.accessible
        for one in picks:
            assert 0 <= one.pairs <= (one.rooms if one.offer.twin else 0)
            assert one.accessible <= min(one.rooms, one.offer.accessible)
            assert one.rooms <= one.offer.free
