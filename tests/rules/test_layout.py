"""Where things lie on a timeline: instants to places, bars to rows, slots to stretches."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.layout import LEAST, Scale, Span, merged, scale_of, stack, ticks
from services.console.spans import address, lengths, moves, read_days

ZONE = "Asia/Shanghai"
START = datetime(2027, 9, 13, 16, tzinfo=UTC)
DAY = Scale(START, START + timedelta(days=1))


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def test_instants_become_percent_and_what_is_outside_is_at_the_edge() -> None:
    assert [DAY.at(hours(one)) for one in (-5, 0, 6, 12, 24, 30)] == [0, 0, 25, 50, 100, 100]


def test_a_window_is_cut_at_the_edges_and_says_so() -> None:
    assert DAY.span(hours(6), hours(12)) == Span(25, 25)
    assert DAY.span(hours(-6), hours(12)) == Span(0, 50, before=True)
    assert DAY.span(hours(18), hours(30)) == Span(75, 25, after=True)
    assert DAY.span(hours(-2), hours(0)) is None and DAY.span(hours(24), hours(25)) is None


def test_the_shortest_bar_can_be_seen_and_stays_inside() -> None:
    first = DAY.span(hours(3), hours(3) + timedelta(seconds=1))
    last = DAY.span(hours(24) - timedelta(seconds=1), hours(24))
    assert first is not None and last is not None
    assert first.width == last.width == LEAST and last.end <= 100


bars = st.lists(
    st.tuples(st.integers(0, 90), st.integers(1, 40)).map(lambda one: Span(one[0], one[1])),
    max_size=40,
)


@given(bars)
def test_no_two_bars_of_a_row_overlap_and_no_row_is_too_many(some: list[Span]) -> None:
    rows = stack(some)
    for index, one in enumerate(some):
        for other, row in zip(some[:index], rows[:index], strict=True):
            if row == rows[index]:
                assert one.end <= other.x or other.end <= one.x
    deepest = max((sum(one.x <= at < one.end for one in some) for at in range(130)), default=0)
    assert len(set(rows)) == deepest


def test_bars_that_touch_share_a_row_and_the_first_is_on_top() -> None:
    assert stack([Span(50, 10), Span(0, 50), Span(20, 40)]) == [0, 0, 1]
    assert stack([]) == []


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=30))
def test_merged_ranges_cover_the_same_slots_and_never_touch(some: list[tuple[int, int]]) -> None:
    ranges = [(start, start + length) for start, length in some]
    found = merged(ranges)
    slots = {slot for one in ranges for slot in range(*one)}
    assert slots == {slot for one in found for slot in range(*one)}
    assert all(one[1] < after[0] for one, after in pairwise(found))


def test_a_day_has_a_tick_every_two_hours_and_a_month_one_a_day() -> None:
    one = ticks(date(2027, 9, 14), date(2027, 9, 14), ZONE)
    assert [tick.label for tick in one] == ["", *(f"{hour:02d}" for hour in range(2, 24, 2))]
    month = ticks(date(2027, 9, 1), date(2027, 9, 30), ZONE)
    assert len(month) == 30 and all(tick.day for tick in month)
    assert sum(tick.width for tick in month) == pytest.approx(100, abs=0.1)


def test_a_day_that_the_clocks_shorten_is_narrower() -> None:
    days = ticks(date(2027, 3, 27), date(2027, 3, 29), "Europe/Berlin")
    widths = [tick.width for tick in days if tick.day]
    assert widths[1] < widths[0] == pytest.approx(widths[2], abs=0.01)
    assert scale_of(date(2027, 3, 28), date(2027, 3, 28), "Europe/Berlin").at(
        datetime(2027, 3, 28, 12, 30, tzinfo=UTC)
    ) == pytest.approx(13.5 / 23 * 100, abs=0.01)


NOW = datetime(2027, 9, 13, 17, tzinfo=UTC)
"""Already the 14th at the site."""


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2027-09-14", "2027-09-16"),
        ({"from": "2027-09-20"}, "2027-09-20", "2027-09-22"),
        ({"from": "2027-09-20", "to": "2027-09-20"}, "2027-09-20", "2027-09-20"),
        ({"from": "2027-09-20", "to": "2027-09-01"}, "2027-09-20", "2027-09-22"),
        ({"from": "2027-09-20", "to": "2099-09-01"}, "2027-09-20", "2027-10-03"),
        ({"from": "soon", "to": "0001-01-01"}, "2027-09-14", "2027-09-16"),
        ({"from": "9989-12-31", "to": "9989-12-31"}, "9989-12-31", "9989-12-31"),
        ({"from": "9999-12-31"}, "2027-09-14", "2027-09-16"),
    ],
)
def test_the_days_of_an_address(query: dict[str, str], first: str, last: str) -> None:
    days = read_days(query, NOW, ZONE, usual=3, most=14)
    assert (days.first.isoformat(), days.last.isoformat()) == (first, last)
    assert days.scale.ends_at > days.scale.starts_at and days.ticks


def test_every_address_keeps_the_filter() -> None:
    days = read_days({"from": "2027-09-20", "to": "2027-09-22"}, NOW, ZONE, 3, 14)
    kept = {"line": "event", "phase": ""}
    assert moves("/board", days, kept, NOW) == {
        "earlier": "/board?line=event&from=2027-09-17&to=2027-09-19",
        "later": "/board?line=event&from=2027-09-23&to=2027-09-25",
        "today": "/board?line=event&from=2027-09-14&to=2027-09-16",
    }
    assert lengths("/board", days, kept, {1: "a", 3: "b"}) == [
        ("/board?line=event&from=2027-09-20&to=2027-09-20", "a", False),
        ("/board?line=event&from=2027-09-20&to=2027-09-22", "b", True),
    ]
    assert address("/board", {"line": ""}) == "/board"
