"""What notices of free rooms add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.freerooms import (
    Closure,
    Counts,
    Notice,
    Period,
    read_notice,
)
from services.bookings.hotels.alpinebits.outcomes import Kind, Wish
from services.bookings.hotels.alpinebits.picture import Gap, Picture, apply, gaps
from services.bookings.hotels.alpinebits.xml import Unacceptable
from tests.hotels.alpinebits.world import FRANGART, NOW, document, sample


def notice(name: str) -> Notice:
    return read_notice(xml.read(sample(f"FreeRooms-OTA_HotelInvCountNotifRQ{name}")))


def night(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def told(inside: str, complete: bool = True) -> Notice:
    head = '<UniqueID Type="16" ID="1" Instance="CompleteSet"/>' if complete else ""
    body = f'{head}<Inventories HotelCode="123">{inside}</Inventories>'
    return read_notice(xml.read(document("OTA_HotelInvCountNotifRQ", body)))


def entry(start: str, end: str, counts: str = "", of: str = 'InvTypeCode="DOUBLE"') -> str:
    inside = f"<InvCounts>{counts}</InvCounts>" if counts else ""
    control = f'<StatusApplicationControl Start="{start}" End="{end}" {of}/>'
    return f"<Inventory>{control}{inside}</Inventory>"


def count(kind: int, number: int) -> str:
    return f'<InvCount CountType="{kind}" Count="{number}"/>'


def test_a_complete_notice_tells_free_and_full_and_leaves_the_rest_unknown() -> None:
    picture, outcome = apply(Picture(), notice(""), FRANGART, NOW)
    assert outcome.kind is Kind.SUCCESS
    assert picture.free("double", night("2020-08-10")) == 3
    assert picture.free("double", night("2020-08-11")) == 0  # no counts: booked out
    assert picture.free("double", night("2020-08-30")) == 1
    assert picture.free("double", night("2020-08-31")) is None
    assert picture.free("single", night("2020-08-10")) is None
    assert picture.free_over("double", night("2020-08-01"), night("2020-08-11")) == 3
    assert picture.free_over("double", night("2020-08-30"), night("2020-09-01")) is None
    assert (picture.complete_at, picture.told_at) == (NOW, NOW)


def test_an_overlay_changes_only_what_it_names() -> None:
    before, _ = apply(Picture(), notice(""), FRANGART, NOW)
    after, outcome = apply(before, notice("-delta"), FRANGART, NOW)
    assert outcome.kind is Kind.SUCCESS
    assert after.free("double", night("2020-08-10")) == 3
    assert after.free("double", night("2020-08-11")) == 1
    assert after.free("double", night("2020-08-21")) == 0


def test_a_complete_notice_forgets_what_it_does_not_name() -> None:
    before, _ = apply(Picture(), notice(""), FRANGART, NOW)
    shorter = Notice(
        "123", True, (Period("DOUBLE", date(2020, 8, 1), date(2020, 8, 1), Counts(2)),)
    )
    after, _ = apply(before, shorter, FRANGART, NOW)
    assert after.cells == {("double", night("2020-08-01")): Counts(2)}


def test_the_empty_notice_forgets_everything() -> None:
    before, _ = apply(Picture(), notice("-closing_seasons"), FRANGART, NOW)
    after, outcome = apply(before, notice("-empty"), FRANGART, NOW)
    assert (after.cells, after.closed, outcome.kind) == ({}, frozenset(), Kind.SUCCESS)


def test_a_closed_hotel_has_no_room_of_any_type() -> None:
    picture, _ = apply(Picture(), notice("-closing_seasons"), FRANGART, NOW)
    assert picture.free("single", night("2020-08-31")) == 0
    assert picture.free("double", night("2020-09-30")) == 0
    opened = Notice("123", False, (Period("EZ", date(2020, 9, 1), date(2020, 9, 1), Counts(4)),))
    after, _ = apply(picture, opened, FRANGART, NOW)
    assert after.free("single", night("2020-09-01")) == 4
    assert after.free("double", night("2020-09-02")) == 0


def test_an_overlay_without_a_complete_notice_asks_for_one_and_counts_all_the_same() -> None:
    picture, outcome = apply(Picture(), notice("-delta"), FRANGART, NOW)
    assert outcome.kind is Kind.ADVISORY
    assert [note.wish for note in outcome.notes] == [Wish.FREE_ROOMS]
    assert picture.free("double", night("2020-08-11")) == 1


def test_a_type_without_a_mapping_is_named_and_left_out() -> None:
    house = replace(FRANGART, types={"EZ": "single"})
    picture, outcome = apply(Picture(), notice(""), house, NOW)
    assert outcome.kind is Kind.WARNING
    assert [note.record for note in outcome.notes] == ["DOUBLE"]
    assert picture.cells == {}


def test_a_notice_of_another_hotel_changes_nothing() -> None:
    before, _ = apply(Picture(), notice(""), FRANGART, NOW)
    after, outcome = apply(before, replace(notice("-empty"), code="124"), FRANGART, NOW)
    assert after == before
    assert (outcome.kind, outcome.notes[0].code) == (Kind.ERROR, 392)


def test_the_three_kinds_of_counts_are_kept_apart() -> None:
    found = told(entry("2027-09-14", "2027-09-14", count(2, 5) + count(6, 1) + count(9, 2)))
    assert found.periods[0].counts == Counts(5, 1, 2)
    assert told(entry("2027-09-14Z", "2027-09-14+08:00")).periods[0].first == date(2027, 9, 14)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        (entry("2027-09-15", "2027-09-14"), "End is before"),
        (entry("2027-09-14", "2037-09-14"), "over 1100"),
        (entry("2027-09-14", "2027-09-16") + entry("2027-09-16", "2027-09-18"), "overlap"),
        (entry("2027-09-14", "2027-09-14", count(2, 1) + count(2, 1)), "told twice"),
        (entry("2027-09-14", "2027-09-14", count(2, 1), 'InvTypeCode="D" InvCode="101"'), "single"),
        (entry("2027-09-14", "2027-09-14", "", ""), "InvTypeCode is missing"),
        (entry("2027-09-14", "2027-09-14", count(2, 1), 'AllInvCode="true"'), "closing season"),
        (
            entry("2027-09-14", "2027-09-16", "", 'AllInvCode="1"')
            + entry("2027-09-16", "2027-09-17", count(2, 1)),
            "free in a closing season",
        ),
        (entry("2027-09-14", "2027-09-16", "", 'AllInvCode="1"') * 2, "seasons overlap"),
        ("<Inventory/><Inventory/>", "says of no room"),
        (entry("2027-09-14", "2027-09-14", count(2, 10_000_000)), "6 digits"),
        (entry("0000-09-14", "2027-09-14"), "calendar|does not fit"),
        (
            "".join(
                entry("2024-01-01", "2026-12-31", "", f'InvTypeCode="{n}"') for n in range(190)
            ),
            "nights are told",
        ),
    ],
)
def test_what_cannot_be_is_refused_as_a_whole(inside: str, reason: str) -> None:
    with pytest.raises(Unacceptable, match=reason):
        told(inside)


def test_booked_out_rooms_may_lie_in_a_closing_season() -> None:
    closed = entry("2027-09-14", "2027-09-16", "", 'AllInvCode="1"')
    assert told(closed + entry("2027-09-16", "2027-09-17")).closures == (
        Closure(date(2027, 9, 14), date(2027, 9, 16)),
    )


def test_an_empty_overlay_says_nothing_and_is_refused() -> None:
    with pytest.raises(Unacceptable, match="says of no room"):
        told("<Inventory/>", complete=False)


def test_gaps_name_nights_that_are_short_or_unknown() -> None:
    picture = Picture({("double", 10): Counts(2), ("double", 11): Counts(5)})
    wanted = {("double", 10): 3, ("double", 11): 5, ("double", 12): 1, ("single", 10): 0}
    assert gaps(picture, wanted) == (Gap("double", 10, 3, 2), Gap("double", 12, 1, None))


PERIODS = st.builds(
    lambda code, start, days, free: Period(code, date.fromordinal(start),
                                           date.fromordinal(start + days), Counts(free)),
    st.sampled_from(["DOUBLE", "EZ", "??"]), st.integers(740_000, 740_012), st.integers(0, 5),
    st.integers(0, 3),
)  # fmt: skip
CLOSURES = st.builds(
    lambda start, days: Closure(date.fromordinal(start), date.fromordinal(start + days)),
    st.integers(740_000, 740_012), st.integers(0, 3),
)  # fmt: skip
NOTICES = st.builds(
    Notice, st.just("123"), st.booleans(), st.lists(PERIODS, max_size=3).map(tuple),
    st.lists(CLOSURES, max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(NOTICES, max_size=6))
def test_a_notice_told_twice_changes_nothing_more_and_the_last_complete_one_decides(
    notices: list[Notice],
) -> None:
    once = twice = Picture()
    for one in notices:
        once, _ = apply(once, one, FRANGART, NOW)
        for _ in range(2):
            twice, _ = apply(twice, one, FRANGART, NOW)
    assert once == twice
    last = max((number for number, one in enumerate(notices) if one.complete), default=0)
    rest = Picture()
    for one in notices[last:]:
        rest, _ = apply(rest, one, FRANGART, NOW)
    if notices and notices[last].complete:
        assert rest == once
