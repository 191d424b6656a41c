"""Until when guests of an order by hand are named, and which rooms they take up: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.bookings.by_hand.cutting import (
    NAMES_MISSING,
    Sharers,
    date_of,
    judged,
    named,
    taken_up,
)
from services.bookings.by_hand.deciding import block_of
from services.bookings.by_hand.tables import Sheet
from services.bookings.hotels.model import BlockView, RoomNight
from services.bookings.hotels.terms import Terms
from services.bookings.orders.cutting import Outcome
from services.bookings.orders.tables import Asked
from shared.chassis.limits import HOTEL_SAID
from shared.contracts.holds import HoldState
from shared.contracts.hotel_desk import DeskState
from shared.contracts.hotel_guests import HotelStay, StayRooms
from shared.contracts.values import Text

NIGHT = date(2027, 9, 14)
NOW = datetime(2027, 9, 1, tzinfo=UTC)
TERMS = Terms("Asia/Shanghai", 5, 3)
ROOMS = (RoomNight(NIGHT, "twin", 3),)
ASKED = Sheet("rc1", "garden", "v", NIGHT, rooms=ROOMS, state=DeskState.ASKED)
DAY = timedelta(days=1)


def stay(*rooms: tuple[str, int, bool]) -> HotelStay:
    kinds = tuple(
        StayRooms(kind=kind, name=Text(zh=kind, en=kind), rooms=count, pair=pair)
        for kind, count, pair in rooms
    )
    return HotelStay(order="rc1", visit="v", need="stay/rooms", hotel="garden", alone=True,
                     arrival=NIGHT, departure=NIGHT + DAY, rooms=kinds)  # fmt: skip


@pytest.mark.parametrize(
    ("days", "now", "by"),
    [
        (5, NOW, date(2027, 9, 9)),
        (5, datetime(2027, 9, 9, 18, 59, tzinfo=UTC), date(2027, 9, 9)),
        (5, datetime(2027, 9, 9, 19, 0, tzinfo=UTC), None),
        (0, NOW, None),
    ],
)
def test_the_date_follows_from_nights_and_link(days: int, now: datetime, by: date | None) -> None:
    assert date_of(ASKED, replace(TERMS, days=days), now) == by


@pytest.mark.parametrize("kept", [None, date(2027, 9, 2)])
def test_what_was_agreed_to_keeps_its_date(kept: date | None) -> None:
    agreed = replace(ASKED, agreed=ROOMS, cut_off=kept)
    assert date_of(agreed, TERMS, NOW) == kept
    assert date_of(replace(ASKED, cut_off=kept), TERMS, NOW) == date(2027, 9, 9)
    assert date_of(ASKED, None, NOW) is None, "a hotel that was taken out of the file"


@pytest.mark.parametrize(
    ("alone", "pairs", "taken"),
    [
        (0, 0, {}),
        (1, 1, {"king": 1, "twin": 1}),
        (2, 1, {"king": 1, "twin": 2}),
        (3, 1, {"king": 1, "twin": 2}),
        (0, 3, {"twin": 2}),
    ],
)
def test_guests_take_up_rooms_as_they_share(alone: int, pairs: int, taken: dict[str, int]) -> None:
    rooms = stay(("king", 1, False), ("twin", 2, True))
    assert named(rooms, Sharers(alone, pairs)) == taken


def block(*rooms: RoomNight) -> BlockView:
    found = block_of(replace(ASKED, agreed=rooms, firm=True, state=DeskState.ACCEPTED))
    assert found is not None
    return found


def test_rooms_without_a_guest_are_told_by_night_and_are_a_persons() -> None:
    nights = [NIGHT + DAY * n for n in range(3)]
    rooms = [RoomNight(one, "twin", 3) for one in nights] + [RoomNight(nights[2], "king", 1)]
    asks = [Asked("h", HoldState.CONFIRMED, tuple(rooms))]
    seen = taken_up(block(*rooms), stay(("twin", 3, True), ("king", 1, False)), Sharers(pairs=1))
    came = judged(asks, seen)
    assert (came.outcome, came.kept, came.taken, came.said) == (Outcome.OWNED, 3, 0, NAMES_MISSING)
    assert came.why is not None
    assert "2 on 2027-09-14 – 2027-09-15; 3 on 2027-09-16. The hotel may" in came.why.en
    full = taken_up(block(*rooms), stay(("twin", 3, True), ("king", 1, False)), Sharers(1, 3))
    assert judged(asks, full).outcome is Outcome.KEPT and judged(asks, full).kept == 10


def test_before_the_rooms_are_definite_the_hotel_is_told_of_nobody() -> None:
    assert sum(one.picked for one in taken_up(block(*ROOMS), None, Sharers(3, 3)).nights) == 0


def test_a_long_stay_fits_into_what_is_kept() -> None:
    rooms = [RoomNight(NIGHT + DAY * n, "twin", n % 2 + 1) for n in range(60)]
    came = judged([Asked("h", HoldState.CONFIRMED, tuple(rooms))], block(*rooms))
    assert came.why is not None and "and more" in came.why.en
    assert max(len(came.why.en), len(came.why.zh)) <= HOTEL_SAID


def test_nobody_says_is_not_nobody_is_named() -> None:
    came = judged([Asked("h", HoldState.CONFIRMED, ROOMS)], None)
    assert came.outcome is Outcome.OWNED and came.why is not None and "nobody could" in came.why.en
