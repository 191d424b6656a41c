"""Alarms about hotels: rooms that would be lost, guests who did not come; each ends by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.console.alarm_hotels import MOST, about, hotel_of, looks
from services.console.alarm_life import Timers, step
from services.console.alarm_look import Look, Looks
from services.console.alarm_rules import BY_NAME
from services.console.alarm_rules import looks as all_looks
from services.console.cut_calendar import cut_calendar
from services.console.hand_guests import GuestStay
from services.console.templating import module
from services.console.visit_view import troubles_by_need
from shared.contracts.hotel_pickup import HotelCut, HotelCuts
from shared.contracts.hotel_troubles import GuestsMissing, HotelTroubles, RoomsAtRisk
from shared.contracts.values import Text
from tests.rules.vitals_case import Desk, at

NOW = datetime(2027, 8, 6, 12, tzinfo=UTC)
NAME = Text(zh="湖滨酒店", en="Lakeside Hotel")
DAY = timedelta(days=1)


def risk(visit: str = "v", left: timedelta = DAY, **told: Any) -> RoomsAtRisk:
    base: dict[str, Any] = {
        "hotel": "lakeside", "name": NAME, "visit": visit, "need": f"{visit}/rooms",
        "cut_off": date(2027, 8, 7), "passes_at": NOW + left, "contracted": 20, "picked": 8,
        "at_risk": 12,
    }  # fmt: skip
    return RoomsAtRisk(**{**base, **told})


def missing(visit: str = "v", guests: int = 2, **told: Any) -> GuestsMissing:
    base: dict[str, Any] = {"hotel": "lakeside", "name": NAME, "visit": visit,
                            "need": f"{visit}/rooms", "guests": guests}  # fmt: skip
    return GuestsMissing(**{**base, **told})


def seen(*risks: RoomsAtRisk, gone: tuple[GuestsMissing, ...] = ()) -> list[Look]:
    return list(looks(HotelTroubles(at_risk=risks, missing=gone), NOW))


def test_three_days_before_a_cut_off_it_is_an_alarm_and_says_what_is_lost() -> None:
    (one,) = seen(risk())
    assert (one.key, one.over, one.visit) == ("rooms_lost/v/lakeside", True, "v")
    for part in ("Lakeside Hotel", "12 room nights", "2027-08-07", "in 24 h", "20", "8"):
        assert part in one.sentence.en, part
    for part in ("湖滨酒店", "12", "2027-08-07", "24"):
        assert part in one.sentence.zh, part
    (far,) = seen(risk(left=3 * DAY + timedelta(seconds=1)))
    assert not far.over, "nothing is raised before"
    assert seen(risk(left=4 * DAY)) == [], "nor does one stand"
    (late,) = seen(risk(left=-timedelta(minutes=4)))
    assert late.over and "in 0 h" in late.sentence.en, "until the cut-off counts"


def test_what_is_taken_up_is_not_known_where_nobody_tells() -> None:
    (one,) = seen(risk(picked=None), risk(need="v/more"))
    assert "24 room nights" in one.sentence.en and "not known in a guest's name" in one.sentence.en
    assert "已登记住客 未知" in one.sentence.zh


@pytest.mark.parametrize(
    ("language", "near", "unknown"),
    [("en", "told when it is near", "not known"), ("zh", "临近时显示", "未知")],
)
def test_a_cut_off_by_hand_says_what_is_not_known(language: str, near: str, unknown: str) -> None:
    cut = HotelCut(
        order="rc1", visit="v", need="stay/rooms", first_night=date(2027, 8, 18), wanted=8,
        cut_off=date(2027, 8, 8), contracted=8, picked=None, changed_at=NOW,
    )  # fmt: skip
    looked = cut.model_copy(update={"looked_at": NOW})
    known = looked.model_copy(update={"picked": 6, "at_risk": 2})
    coming = module("hotels/cuts.html", language).coming
    for one, told in ((cut, near), (looked, unknown), (known, "6")):
        page = str(coming(HotelCuts(cuts=(one,)), NOW, "garden", False, True))
        assert page.count(told) >= 1 and (near in page, unknown in page) == (
            told == near, told == unknown,
        )  # fmt: skip
    for one, told in ((looked, unknown), (known, "6")):
        calendar = cut_calendar("garden", [one], language).decode()
        assert (told in calendar) and ("8" in calendar)


def test_orders_of_one_visit_at_one_hotel_are_one_alarm_about_the_next_cut_off() -> None:
    later = risk(left=2 * DAY, cut_off=date(2027, 8, 8), need="v/late", at_risk=5)
    (one,) = seen(later, risk(), risk(need="v/more", at_risk=3))
    assert "15 room nights" in one.sentence.en and "2027-08-07" in one.sentence.en
    two = seen(risk(), risk("w"), risk(hotel="garden"))
    assert [look.about for look in two] == ["v/lakeside", "w/lakeside", "v/garden"]


def test_guests_who_did_not_come() -> None:
    (one,) = seen(gone=(missing(), missing(need="v/more", guests=1)))
    assert (one.key, one.value, one.over) == ("guests_missing/v/lakeside", 3, True)
    assert "3 guests" in one.sentence.en and "3 位" in one.sentence.zh


def test_what_one_rule_raises_is_bounded() -> None:
    many = [risk(f"v-{n}", left=DAY + timedelta(minutes=n)) for n in range(MOST + 5)]
    found = seen(*many, gone=tuple(missing(f"v-{n}") for n in range(MOST + 5)))
    assert len(found) == 2 * MOST
    assert found[0].visit == "v-0", "the most pressing ones"


def test_an_alarm_knows_its_hotel() -> None:
    assert hotel_of("rooms_lost", about("v", "lakeside")) == "lakeside"
    assert hotel_of("visit_late", "v") is None


def test_it_ends_by_itself_and_not_while_bookings_is_silent() -> None:
    desk = Desk("venues")
    desk.run(60)
    timers, standing = Timers(), {"rooms_lost/v/lakeside"}
    told = HotelTroubles(at_risk=(risk(),))

    def after(seconds: float, troubles: HotelTroubles | None) -> tuple[str, ...]:
        nonlocal timers
        now = NOW + timedelta(seconds=seconds)
        found = all_looks(desk.board.picture(at(60)), (), now, troubles)
        mine = tuple(one for one in found.found if one.rule.name == "rooms_lost")
        timers, moves = step(timers, Looks(found.asked, mine), standing, BY_NAME, now)
        return moves.cleared

    assert after(0, told) == () and after(600, told) == (), "it stands"
    assert after(700, None) == () and after(1_400, None) == (), "nobody could say"
    assert after(1_500, HotelTroubles()) == (), "calm is waited for"
    assert after(1_561, HotelTroubles()) == ("rooms_lost/v/lakeside",), "the roster is there now"


def test_a_visits_page_says_it_in_words() -> None:
    for language, rooms, guests in (("en", "12 room nights", "did not come: 2"),
                                    ("zh", "12 间夜", "2 位住客未到店")):  # fmt: skip
        made = module("visit/parts.html", language)
        assert rooms in str(made.trouble(risk())) and guests in str(made.trouble(missing()))


def test_a_visits_page_says_it_beside_the_need_and_once() -> None:
    told = HotelTroubles(at_risk=(risk(),), missing=(missing(), missing(hotel="garden")))
    by_hand = GuestStay.model_construct(stay=missing())
    assert troubles_by_need(told, {}) == {"v/rooms": [*told.at_risk, *told.missing]}
    found = troubles_by_need(told, {"v/rooms": (by_hand,)})
    assert found == {"v/rooms": [told.at_risk[0], told.missing[1]]}, "a table says it there"
