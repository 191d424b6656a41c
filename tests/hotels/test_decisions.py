"""The pure part: states, nights, pacing, merging, drift, mapping."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bookings.documents import Hotel
from services.bookings.hotels import errors
from services.bookings.hotels.drift import Cure, block_findings, stay_findings
from services.bookings.hotels.mapping import CodeMap, unmapped
from services.bookings.hotels.merging import Said, merged
from services.bookings.hotels.model import BlockView, GuestCard, NightCount, Ref, StayView
from services.bookings.hotels.money import decimal_text
from services.bookings.hotels.nights import (
    cut_off_passed,
    local_stay,
    recounted,
    short_nights,
)
from services.bookings.hotels.pacing import (
    Breaker,
    asked,
    drawn,
    emptied,
    full,
    shared,
    told,
    wait_s,
)
from services.bookings.hotels.reading import are_named
from services.bookings.hotels.sharing import Occupant, Steps, steps
from services.bookings.hotels.states import (
    BLOCK_MOVES,
    STAY_MOVES,
    BlockState,
    Settled,
    StayState,
    lost,
    moved,
    settled,
    who_cancelled,
)
from shared.chassis.limits import HOTEL_FAILURES, HOTEL_RATE, HOTEL_REST_S, Pace
from shared.contracts.values import Money, Window
from tests.hotels.windows import SlidingWindow, most_in_a_window

NIGHT = date(2027, 9, 1)
AT = datetime(2027, 8, 1, 10, tzinfo=UTC)


def stay(ours: str = "a", state: StayState = StayState.CONFIRMED, theirs: str = "1") -> StayView:
    return StayView(Ref(ours, theirs, NIGHT), state, "twin", NIGHT, NIGHT + timedelta(days=2))


def block(
    contracted: int = 3, picked: int = 0, state: BlockState = BlockState.DEFINITE
) -> BlockView:
    held = max(0, contracted - picked)
    return BlockView(Ref("k", "9"), state, (NightCount(NIGHT, "twin", contracted, held, picked),))


# States


def test_every_error_of_the_issue_has_its_class() -> None:
    found = {
        one.code for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "code")
    }
    assert found >= {
        "invalid", "mapping_missing", "no_availability", "block_full", "block_not_open",
        "cut_off_passed", "illegal_state", "conflict", "duplicate", "rolled_back", "auth_expired",
        "forbidden", "rate_limited", "unavailable", "outcome_unknown", "contract_violation",
    }  # fmt: skip


MOVES_OF_A_BLOCK = """
draft: requested cancelled
requested: tentative definite refused cancelled
tentative: definite refused released cancelled
definite: washed released cancelled
washed: washed released cancelled
released:
cancelled:
refused:
unknown:
"""
MOVES_OF_A_STAY = """
requested: pending_verification refused cancelled_by_us
pending_verification: confirmed refused cancelled_by_us cancelled_by_hotel
confirmed: in_house cancelled_by_us cancelled_by_hotel no_show walked
in_house: departed walked
departed:
refused:
cancelled_by_us:
cancelled_by_hotel:
no_show: confirmed in_house
walked: confirmed in_house
unknown:
"""
"""From the first to any of those that follow. A hotel may make a block definite at once; a guest
who did not come, or was sent to another house, may come after all."""


def legal_moves(table: str) -> dict[str, tuple[str, ...]]:
    lines = [line.partition(":") for line in table.split("\n") if line]
    return {before: tuple(after.split()) for before, _colon, after in lines}


@pytest.mark.parametrize(
    ("moves", "states", "table"),
    [(BLOCK_MOVES, BlockState, MOVES_OF_A_BLOCK), (STAY_MOVES, StayState, MOVES_OF_A_STAY)],
)
def test_a_block_and_a_reservation_move_only_as_they_may(
    moves: Any, states: Any, table: str
) -> None:
    legal = legal_moves(table)
    assert legal.keys() == {str(one) for one in states}
    for before, after in itertools.product(states, states):
        if str(after) in legal[before]:
            assert moved(moves, before, after) is after
            continue
        with pytest.raises(errors.IllegalState) as illegal:
            moved(moves, before, after)
        assert illegal.value.legal == legal[before]


def test_unknown_is_left_by_no_move_at_all() -> None:
    for after in StayState:
        with pytest.raises(errors.IllegalState):
            moved(STAY_MOVES, StayState.UNKNOWN, after)
    assert all(StayState.UNKNOWN not in legal for legal in STAY_MOVES.values())
    assert lost(STAY_MOVES, StayState.REQUESTED, StayState.UNKNOWN) is StayState.UNKNOWN
    with pytest.raises(errors.IllegalState):
        lost(STAY_MOVES, StayState.DEPARTED, StayState.UNKNOWN)


def test_what_a_read_proves_about_a_lost_write() -> None:
    soon, late = AT + timedelta(seconds=5), AT + timedelta(seconds=60)
    assert settled(AT, soon, True, 60) is Settled.HAPPENED
    assert settled(AT, soon, False, 60) is Settled.TOO_EARLY
    assert settled(AT, late, False, 60) is Settled.NEVER_HAPPENED


def test_only_we_know_that_we_cancelled() -> None:
    by_hotel, by_us = StayState.CANCELLED_BY_HOTEL, StayState.CANCELLED_BY_US
    assert who_cancelled(by_us, by_hotel) is by_us
    assert who_cancelled(StayState.CONFIRMED, by_hotel) is by_hotel


# Nights


def test_nights_are_the_hotels_local_dates() -> None:
    window = Window(starts_at="2027-09-01T17:00:00Z", ends_at="2027-09-03T02:00:00Z")
    assert local_stay(window, "Asia/Shanghai") == (date(2027, 9, 2), date(2027, 9, 3))
    assert local_stay(window, "Europe/Vienna") == (date(2027, 9, 1), date(2027, 9, 3))


def test_pick_up_is_counted_every_night_and_without_what_was_cancelled() -> None:
    view = BlockView(
        Ref("k", "9"),
        BlockState.DEFINITE,
        (
            NightCount(NIGHT, "twin", 2, 0, 3),
            NightCount(NIGHT + timedelta(days=1), "twin", 2, 2, 0),
        ),
    )
    stays = [stay("a"), stay("b", StayState.CANCELLED_BY_HOTEL), stay("c", StayState.UNKNOWN)]
    counts = recounted(view, stays)
    assert [(one.contracted, one.held, one.picked) for one in counts] == [(2, 0, 2), (2, 0, 2)]
    short = short_nights(counts, "twin", NIGHT, NIGHT + timedelta(days=1))
    assert [one.night for one in short] == [NIGHT]


def test_the_cut_off_date_itself_is_still_ours() -> None:
    assert not cut_off_passed(NIGHT, NIGHT)
    assert cut_off_passed(NIGHT, NIGHT + timedelta(days=1))
    assert not cut_off_passed(None, NIGHT)


# Pacing


@given(st.lists(st.floats(0, 0.5), min_size=20, max_size=80), st.integers(1, 20))
def test_no_window_has_more_calls_than_the_pace(gaps: list[float], most: int) -> None:
    pace, now = Pace(most, 1.0), 0.0
    bucket, at = full(pace, now), []
    for gap in gaps:
        now += gap
        while wait := wait_s(bucket, pace, now):
            now += wait
        bucket = drawn(bucket, pace, now)
        at.append(now)
    assert most_in_a_window(at, pace.window_s) <= most


def test_a_hotel_of_ours_puts_off_the_call_that_is_one_too_many() -> None:
    window = SlidingWindow(3, 1.0)
    assert [window.passes(now) for now in (0.0, 0.4, 0.8, 1.0, 1.1, 1.2)] == [
        True, True, True, False, True, False,
    ]  # fmt: skip
    assert window.refused == 2


@pytest.mark.parametrize("processes", [1, 2])
def test_whoever_always_has_a_call_makes_nearly_all_that_may_be_made(processes: int) -> None:
    """Two thousand calls of one process are made within a minute of OHIP's pace."""
    pace = shared(HOTEL_RATE, processes)
    bucket, now = full(pace, 0.0), 0.0
    for _ in range(2_000):
        while wait := wait_s(bucket, pace, now):
            now += wait
        bucket = drawn(bucket, pace, now)
    assert now <= 60 * processes


@pytest.mark.parametrize(("most", "processes", "each"), [(50, 1, 50), (50, 2, 25), (5, 2, 2)])
def test_processes_share_what_a_gateway_allows(most: int, processes: int, each: int) -> None:
    assert shared(Pace(most, 1.0), processes) == Pace(each, 1.0)
    with pytest.raises(ValueError, match=f"REDCROWN_HOTEL_PROCESSES is {most} at most"):
        shared(Pace(most, 1.0), most + 1)


def test_who_is_told_to_wait_waits() -> None:
    bucket = emptied(full(HOTEL_RATE, 0.0), 0.0, 3.0, HOTEL_RATE)
    assert wait_s(bucket, HOTEL_RATE, 0.0) == pytest.approx(3.0)
    # A shorter pause that is asked for later takes nothing back.
    bucket = emptied(bucket, 1.0, 0.5, HOTEL_RATE)
    assert wait_s(bucket, HOTEL_RATE, 1.0) == pytest.approx(2.0)


def test_a_breaker_opens_rests_and_tries_once() -> None:
    breaker = Breaker()
    for _ in range(HOTEL_FAILURES):
        breaker, may = asked(breaker, 0.0)
        assert may
        breaker = told(breaker, True, 0.0)
    assert asked(breaker, HOTEL_REST_S - 1)[1] is False
    breaker, may = asked(breaker, HOTEL_REST_S)
    assert may
    assert asked(breaker, HOTEL_REST_S)[1] is False, "one call tries, no more"
    again = told(breaker, True, HOTEL_REST_S)
    assert asked(again, HOTEL_REST_S + 1)[1] is False
    assert asked(told(breaker, False, HOTEL_REST_S), HOTEL_REST_S + 1)[1] is True


# Older data


def test_an_officers_room_stands_against_an_older_event() -> None:
    officer = Said("812", AT, "officer")
    event = Said("640", AT - timedelta(minutes=20), "hotel")
    assert merged({"room": officer}, {"room": event})["room"] == officer
    newer = Said("640", AT + timedelta(minutes=1), "hotel")
    assert merged({"room": officer}, {"room": newer})["room"] == newer
    same = Said("640", AT, "hotel")
    assert merged({"room": officer}, {"room": same})["room"] == officer


said = st.builds(
    Said,
    st.sampled_from(["812", "640", "101"]),
    st.integers(0, 3).map(lambda n: AT + timedelta(minutes=n)),
    st.sampled_from(["hotel", "officer"]),
)


@given(st.lists(said, min_size=1, max_size=8), st.randoms())
def test_the_order_of_arrival_does_not_matter(values: list[Said], chance) -> None:
    def end(order: list[Said]) -> dict[str, Said]:
        held: dict[str, Said] = {}
        for one in order:
            held = merged(held, {"room": one})
        return held

    shuffled = values * 2
    chance.shuffle(shuffled)
    assert end(values) == end(shuffled)


# Drift


@pytest.mark.parametrize(
    ("mine", "theirs", "kind", "cure"),
    [
        (StayState.CONFIRMED, StayState.CANCELLED_BY_HOTEL, "cancelled_by_hotel", Cure.ACCEPT),
        (StayState.REFUSED, StayState.CONFIRMED, "back", Cure.ACCEPT),
        (StayState.WALKED, StayState.IN_HOUSE, "back", Cure.ACCEPT),
        (StayState.NO_SHOW, StayState.WALKED, "walked", Cure.ACCEPT),
        (StayState.CONFIRMED, StayState.WALKED, "walked", Cure.ACCEPT),
        (StayState.IN_HOUSE, StayState.NO_SHOW, "no_show", Cure.ACCEPT),
    ],
)
def test_each_difference_is_explained(
    mine: StayState, theirs: StayState, kind: str, cure: Cure
) -> None:
    (found,) = stay_findings([stay(state=mine)], [stay(state=theirs)])
    assert (found.kind, found.cure) == (kind, cure)
    assert found.why.zh
    assert found.why.en


def test_no_difference_is_none() -> None:
    assert stay_findings([stay()], [stay()]) == ()
    assert stay_findings([stay(state=StayState.UNKNOWN)], []) == ()
    cancelled = stay(state=StayState.CANCELLED_BY_US)
    assert stay_findings([cancelled], [stay(state=StayState.CANCELLED_BY_HOTEL)]) == ()
    assert stay_findings([stay()], [stay(state=StayState.IN_HOUSE)]) == (), "as it is to be"
    gone = stay(state=StayState.WALKED)
    assert stay_findings([gone], [gone]) == ()
    assert stay_findings([gone], [stay(state=StayState.CANCELLED_BY_HOTEL)]) == ()
    assert block_findings(block(), block()) == ()
    assert block_findings(block(state=BlockState.WASHED), block()) == ()


def test_doubled_missing_and_foreign_reservations_are_owned() -> None:
    twice = stay_findings([stay()], [stay(), stay(theirs="2")])
    assert [(one.kind, one.cure) for one in twice] == [("doubled", Cure.OWN)]
    assert [one.kind for one in stay_findings([stay()], [])] == ["missing"]
    assert [one.kind for one in stay_findings([], [stay("x")])] == ["foreign"]
    assert [one.kind for one in stay_findings([], [stay("")])] == ["foreign"]


def test_other_dates_are_healed() -> None:
    moved_there = replace(stay(), departure=NIGHT + timedelta(days=1))
    (found,) = stay_findings([stay()], [moved_there])
    assert (found.kind, found.cure, found.ours) == ("other_departure", Cure.HEAL, "2027-09-03")


def test_a_block_that_shrinks_at_the_hotel_is_a_fact_and_past_the_contract_is_owned() -> None:
    (found,) = block_findings(block(3), block(2))
    assert (found.kind, found.cure, found.night) == ("other_contract", Cure.ACCEPT, NIGHT)
    kinds = [one.kind for one in block_findings(block(2, 2), block(2, 3))]
    assert kinds == ["other_pick_up", "past_contract"]
    assert [one.kind for one in block_findings(block(), None)] == ["missing"]
    (gone,) = block_findings(
        block(0, state=BlockState.DEFINITE), block(0, state=BlockState.CANCELLED)
    )
    assert (gone.kind, gone.cure) == ("other_state", Cure.ACCEPT)


# Codes and sums

CODES = CodeMap(
    room_types={"twin": "TWN"}, rates={"agreed": "EXPO"}, block_states={"TEN": "tentative"}
)
HOTEL = Hotel.model_validate(
    {
        "id": "grand",
        "name": {"zh": "大酒店", "en": "Grand"},
        "stars": 4,
        "lat": 0,
        "lon": 0,
        "registers_foreign_guests": True,
        "contact": {"post": {"zh": "前台", "en": "Desk"}, "email": "desk@example.org"},
        "room_types": [
            {
                "id": kind,
                "name": {"zh": kind, "en": kind},
                "beds": 2,
                "capacity": 2,
                "rooms": 1,
                "price": 1,
            }
            for kind in ("twin", "suite")
        ],
    }
)


def test_what_is_unmapped_is_listed() -> None:
    assert unmapped(HOTEL, CODES, ["agreed", "rack"], (["TEN", "DEF"], ["Reserved"])) == [
        "room type suite",
        "rate rack",
        "block status DEF of the hotel",
        "stay status Reserved of the hotel",
    ]
    with pytest.raises(errors.MappingMissing, match="suite"):
        CODES.room_type("suite")


def test_a_rate_may_have_a_code_for_each_room_type() -> None:
    codes = CodeMap(
        room_types={"twin": "TWN", "suite": "STE"}, rates={"agreed": {"twin": "EXPO-TWN"}}
    )
    assert (codes.rate("agreed", "twin"), codes.our_rate("EXPO-TWN")) == ("EXPO-TWN", "agreed")
    assert (CODES.rate("agreed", "twin"), CODES.our_rate("EXPO")) == ("EXPO", "agreed")
    with pytest.raises(errors.MappingMissing, match="rate agreed of room type: suite"):
        codes.rate("agreed", "suite")
    assert unmapped(HOTEL, codes, ["agreed"]) == ["rate agreed of room type suite"]


def test_two_room_types_are_never_one_at_the_hotel() -> None:
    with pytest.raises(ValueError, match="TWN"):
        CodeMap(room_types={"twin": "TWN", "king": "TWN"}, rates={})


def test_whoever_shares_a_room_is_named_in_as_few_steps_as_there_can_be() -> None:
    ann, bob, cid = (GuestCard("Wei", name) for name in ("Ann", "Bob", "Cid"))
    shown = [Occupant("1", "WEI", "ANN"), Occupant("2", "Wei", "Bob")]
    assert steps(shown, [bob, ann]) == Steps((), (), ())
    assert steps(shown, [bob]) == Steps(("1",), (), ())
    assert steps(shown, [cid, bob]) == Steps((), (("1", cid),), ())
    assert steps(shown[:1], [cid, bob]) == Steps((), (("1", cid),), (bob,))
    assert steps([Occupant("1", None, "Ann")], [ann]) == Steps((), (("1", ann),), ())
    assert steps(shown * 2, [ann, ann]) == Steps(("2", "2"), (), ()), "one card, one name"


def test_names_are_compared_whole() -> None:
    ann, bob = GuestCard("Wei", "Ann"), GuestCard("Wei", "Bob")
    assert are_named([ann, bob], [("wei", "BOB"), ("Wei", " Ann")])
    assert not are_named([ann], [("Wei", "Ann"), ("Wei", "Ann")])
    assert not are_named([ann, ann], [("Wei", "Ann")]) and not are_named([], [(None, None)])


def test_sums_and_cards() -> None:
    assert decimal_text(Money(amount=79_996, currency="USD")) == "799.96"
    assert decimal_text(Money(amount=800, currency="JPY")) == "800"
    card = GuestCard("Wei", "Li", sharing=(GuestCard("Wei", "Li"),))
    assert "Li" not in f"{card!r}{card}{steps([Occupant('1', 'Wei', 'Li')], card.sharing)}"
