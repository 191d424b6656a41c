"""When a block is cut off, and what that means for an order: pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.bookings.cut_terms import with_cut_offs
from services.bookings.hotels.errors import CutOffPassed, HotelError, NoAvailability
from services.bookings.hotels.model import BlockView, NightCount, Ref, RoomNight
from services.bookings.hotels.states import BlockState
from services.bookings.hotels.terms import Terms
from services.bookings.orders.carrying import Result
from services.bookings.orders.cutting import Outcome, at_risk, cut, in_lead
from services.bookings.orders.deciding import Step, next_step
from services.bookings.orders.finishing import needs_person
from services.bookings.orders.tables import Asked, Order
from shared.contracts.holds import HoldState
from shared.contracts.values import Money, Text
from shared.holds.port import Allotment

NIGHT = date(2027, 9, 5)
NOW = datetime(2027, 8, 1, tzinfo=UTC)
SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"


def asked(rooms: int, hold: str = "h", state: HoldState = HoldState.CONFIRMED) -> Asked:
    return Asked(hold, state, (RoomNight(NIGHT, "twin", rooms),))


def block(contracted: int, picked: int = 0, state: BlockState = BlockState.DEFINITE) -> BlockView:
    night = NightCount(NIGHT, "twin", contracted, contracted - picked, picked)
    return BlockView(Ref("ours", "theirs"), state, (night,))


@pytest.mark.parametrize(
    ("zone", "turns_at", "utc", "today"),
    [
        (SHANGHAI, 0, (2, 15, 59), 2),
        (SHANGHAI, 0, (2, 16, 0), 3),
        (SHANGHAI, 4, (2, 19, 59), 2),
        (SHANGHAI, 4, (2, 20, 0), 3),
        (NEW_YORK, 0, (2, 3, 59), 1),
        (NEW_YORK, 0, (2, 4, 0), 2),
    ],
)
def test_the_business_date_is_the_hotels(
    zone: str, turns_at: int, utc: tuple[int, int, int], today: int
) -> None:
    day, hour, minute = utc
    now = datetime(2027, 9, day, hour, minute, tzinfo=UTC)
    assert Terms(zone, 3, turns_at).today(now) == date(2027, 9, today)


@pytest.mark.parametrize("turns_at", [0, 4])
@pytest.mark.parametrize("cut_off", [NIGHT, date(2027, 3, 14), date(2027, 11, 6)])
def test_a_cut_off_passes_when_the_business_date_after_it_begins(
    turns_at: int, cut_off: date
) -> None:
    terms = Terms(NEW_YORK, 3, turns_at)
    at = terms.passes_at(cut_off)
    assert terms.today(at - timedelta(seconds=1)) == cut_off
    assert terms.today(at) == cut_off + timedelta(days=1)


def test_a_cut_off_is_days_before_the_first_night_unless_that_is_over() -> None:
    terms = Terms(SHANGHAI, 3)
    agreed = NIGHT - timedelta(days=3)
    assert terms.cut_off(NIGHT, agreed) == agreed
    assert terms.cut_off(NIGHT, agreed + timedelta(days=1)) == NIGHT
    assert Terms(SHANGHAI).cut_off(NIGHT, date(2027, 1, 1)) == NIGHT


@pytest.mark.parametrize(
    ("wanted", "seen", "outcome", "kept", "taken", "spare"),
    [
        (4, block(4), Outcome.KEPT, 4, 0, 0),
        (4, block(1, picked=1), Outcome.TAKEN, 1, 3, 0),
        (4, block(6), Outcome.SPARE, 4, 0, 2),
        (4, block(4, picked=0, state=BlockState.RELEASED), Outcome.TAKEN, 0, 4, 0),
        (4, block(4, picked=4, state=BlockState.RELEASED), Outcome.KEPT, 4, 0, 0),
        (4, block(4, picked=3, state=BlockState.RELEASED), Outcome.OWNED, 3, 1, 0),
        (4, block(4, state=BlockState.CANCELLED), Outcome.TAKEN, 0, 4, 0),
        (4, None, Outcome.OWNED, 0, 0, 0),
    ],
)
def test_what_a_cut_off_comes_to(
    wanted: int, seen: BlockView | None, outcome: Outcome, kept: int, taken: int, spare: int
) -> None:
    found = cut([asked(wanted)], seen)
    assert (found.outcome, found.kept, found.taken, found.spare) == (outcome, kept, taken, spare)
    assert (found.why is None) == (outcome is Outcome.KEPT)


def test_holds_of_one_need_overlap_at_a_cut_off() -> None:
    found = cut([asked(4, "old"), asked(6, "new", HoldState.PENDING)], block(5))
    assert (found.kept, found.taken) == (5, 1)


def test_what_would_be_lost_is_what_nobody_has_taken_up() -> None:
    assert at_risk([asked(4)], block(4, picked=1), cuts_off=True) == 3
    assert at_risk([asked(4)], block(6, picked=4), cuts_off=True) == 0
    assert at_risk([asked(4)], block(2), cuts_off=True) == 2, "what it never had is no loss now"
    assert at_risk([asked(4)], block(4), cuts_off=False) == 0
    assert at_risk([asked(4)], None, cuts_off=True) == 0


def test_a_lead_ends_with_the_cut_off_itself() -> None:
    days = [in_lead(NIGHT, NIGHT + timedelta(days=n), 7) for n in (-8, -7, 0, 1)]
    assert days == [False, True, True, False]


def test_a_released_block_keeps_what_is_taken_up() -> None:
    released = BlockState.RELEASED
    assert next_step([asked(4)], block(4, picked=4, state=released)) is Step.REST
    assert next_step([asked(4)], block(4, picked=3, state=released)) is Step.LOST
    assert next_step([], block(4, picked=4, state=released)) is Step.END


def test_planners_are_told_of_a_cut_off_before_the_first_night_only() -> None:
    allotted = {"check_in": NIGHT.isoformat(), "hotels": [{"hotel": "a"}, {"hotel": "b"}]}
    before = Allotment((), Text(zh="房", en="room"), allotted, Money(amount=0))
    terms = {"a": Terms(SHANGHAI, 3, 4), "b": Terms(SHANGHAI)}
    some = with_cut_offs(before, terms, datetime(2027, 8, 1, tzinfo=UTC)).allotted["hotels"]
    # The business date after 2 September begins there on 3 September at four in the morning.
    assert some == [{"hotel": "a", "cut_off": "2027-09-02T20:00:00+00:00"}, {"hotel": "b"}]
    late = with_cut_offs(before, terms, datetime(2027, 9, 4, tzinfo=UTC))
    assert late.allotted == allotted and with_cut_offs(before, {}, NOW).allotted == allotted


@pytest.mark.parametrize(
    ("error", "persons"),
    [(CutOffPassed("over"), False), (NoAvailability("full"), True)],
    ids=["cut off", "no rooms"],
)
def test_what_a_cut_off_has_taken_is_told_to_the_visit_and_is_no_persons(
    error: HotelError, persons: bool
) -> None:
    order = Order("ours", "h", "v", NIGHT, 1, 0, NOW, (), block(0), "", False, (asked(4),))
    assert needs_person(order, Result(block(0), Step.RESIZE, error), 0) is persons
