"""Dates in every way that hotels write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sheets.cells import room_number_in
from shared.sheets.dates import readings

DAY = date(2026, 11, 5)


@pytest.mark.parametrize(
    "raw",
    [
        DAY, datetime(2026, 11, 5, 14), 46_331, 46_331.58, "46331", 20_261_105, "20261105",
        "2026年11月5日", "2026年11月05日", "2026年11月5号", "26年11月5日", "11月5日",
        "11月5日(周四)",
        "２０２６年１１月５日", "2026 年 11 月 5 日", "二〇二六年十一月五日", "十一月五日",
        "2026-11-05", "2026/11/5", "2026.11.5", "２０２６－１１－５", "2026-11-05 14:00",
        "2026-11-05T14:00:00", "2026/11/5 14:00:00", "5 Nov 2026", "5th November 2026",
        "05-Nov-2026",
        "Nov 5, 2026", "Thursday, November 5, 2026", " 2026-11-05　",
    ],
)  # fmt: skip
def test_one_meaning(raw: Any) -> None:
    assert readings(raw, date(2026, 11, 4)) == (DAY,)


@pytest.mark.parametrize("raw", ["05.11.2026", "5/11/2026", "11/5/2026", "5/11", "11-5", "5.11.26"])
def test_two_meanings(raw: str) -> None:
    assert set(readings(raw, DAY)) == {DAY, date(2026, 5, 11)}


def test_one_of_two_meanings_is_not_of_the_calendar() -> None:
    assert readings("13/11/2026", DAY) == readings("11/13/2026", DAY) == (date(2026, 11, 13),)


@pytest.mark.parametrize(("near", "year"), [(date(2026, 12, 30), 2027), (date(2027, 1, 2), 2027)])
def test_a_year_left_out_is_the_nearest_one(near: date, year: int) -> None:
    assert readings("1月1日", near) == (date(year, 1, 1),)


@pytest.mark.parametrize("text", ["十月十日", "十月二十日", "十二月三十一日", "十月三十日"])
def test_chinese_numerals(text: str) -> None:
    meant = {
        "十月十日": (10, 10),
        "十月二十日": (10, 20),
        "十二月三十一日": (12, 31),
        "十月三十日": (10, 30),
    }
    assert readings(text, DAY) == (date(2026, *meant[text]),)


@pytest.mark.parametrize(
    "raw",
    ["", "tbd", "明天", "2026-02-30", "2月30日", "2026-13-01", "99", 0, -1, 1e308, float("nan"),
     float("inf"), True, None, "2026-11", "1999-11-05", "2100-01-01", "11月", "年月日"],
)  # fmt: skip
def test_no_meaning(raw: Any) -> None:
    assert readings(raw, DAY) == ()


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_serials_and_iso_name_the_same_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    written = f"{day.year}年{day.month}月{day.day}日"
    for raw in (
        serial,
        float(serial),
        day.isoformat(),
        written,
        f"{day:%Y/%m/%d}",
        f"{day:%Y%m%d}",
    ):
        assert readings(raw, day) == (day,)


RUBBISH = st.text(max_size=30) | st.floats() | st.integers() | st.text("0123456789年月日十〇二-/. ")


@given(RUBBISH, st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_rubbish_raises_nothing(raw: Any, near: date) -> None:
    for day in readings(raw, near):
        assert date(2000, 1, 1) <= day < date(2100, 1, 1) + timedelta(days=1)


@pytest.mark.parametrize(
    ("raw", "number"),
    [(812, "812"), (812.0, "812"), ("８１２", "812"), ("812房", "812"), ("812号房", "812"),
     ("Room 812", "812"), ("a-12", "A-12"), ("812室", "812"), ("No. 5", "5"), ("tbd!", None),
     ("812, 813", None), ("", None), ("8" * 30, None), ("待定", None)],
)  # fmt: skip
def test_room_numbers(raw: Any, number: str | None) -> None:
    assert room_number_in(raw) == number
