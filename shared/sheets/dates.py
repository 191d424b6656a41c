"""Dates as people and spreadsheet programs write them.

A date that can be read in two ways is read in both; only what was sent can tell which is meant.

Must not: take today's date from anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta

Raw = str | int | float | bool | date | datetime | None
"""What a cell holds."""
FIRST_SERIAL, LAST_SERIAL = 36_526, 73_050
"""2000-01-01 and 2100-01-01 as days since 1899-12-30, as spreadsheet programs count."""
_EPOCH = date(1899, 12, 30)
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_CHINESE = re.compile(r"(?:(\d{2,4})年)?(\d{1,2})月(\d{1,2})(?:日|号)?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})")
_NO_YEAR = re.compile(r"(\d{1,2})[-/.](\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_NAME = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?[ -](\d{4})")
_NAME_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_TIME = re.compile(r"[ t]+\d{1,2}[:点时].*$|t\d{2}:.*$")
_ASIDE = re.compile(
    r"\(.*?\)|(?:星期|周)[一二三四五六日天]|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? "
)
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_TENS = re.compile(r"([1-9]?)十([1-9]?)")


def readings(raw: Raw, near: date) -> tuple[date, ...]:
    """The dates that a cell may mean; none when it is no date.

    `near` gives the year where none is written: the one that brings the date closest to it.
    """
    if isinstance(raw, bool) or raw is None:
        return ()
    if isinstance(raw, datetime):
        return (raw.date(),)
    if isinstance(raw, date):
        return (raw,)
    if isinstance(raw, int | float):
        return _of_number(raw)
    return tuple(dict.fromkeys(_of_text(raw, near)))


def _of_number(raw: int | float) -> tuple[date, ...]:
    """A day counted by a spreadsheet program, or 20261105."""
    if FIRST_SERIAL <= raw <= LAST_SERIAL:
        return (_EPOCH + timedelta(days=int(raw)),)
    if 20_000_101 <= raw <= 20_991_231 and raw == int(raw):
        return tuple(_of_text(str(int(raw)), _EPOCH))
    return ()


def _of_text(raw: str, near: date) -> Iterator[date]:
    text = unicodedata.normalize("NFKC", raw[:60]).strip().casefold()
    text = _TIME.sub("", " ".join(_ASIDE.sub(" ", text).split())).strip()
    if "年" in text or "月" in text:
        text = _numerals(text).replace(" ", "")
    for pattern, order in _SHAPES:
        if match := pattern.fullmatch(text):
            for year, month, day in order(match.groups(), near):
                yield from _real(year, month, day)
            return
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        yield from _of_number(float(text))


Parts = tuple[str | None, ...]


def _year_first(parts: Parts, near: date) -> Iterator[tuple[int, int, int]]:
    year, month, day = (int(part or 0) for part in parts)
    yield year, month, day


def _chinese(parts: Parts, near: date) -> Iterator[tuple[int, int, int]]:
    year, month, day = parts
    if year is None:
        yield from _closest(int(month or 0), int(day or 0), near)
    else:
        yield _century(year), int(month or 0), int(day or 0)


def _year_last(parts: Parts, near: date) -> Iterator[tuple[int, int, int]]:
    """`5/11/2026` is November in Europe and May in America."""
    one, other, year = parts
    yield _century(year or ""), int(one or 0), int(other or 0)
    yield _century(year or ""), int(other or 0), int(one or 0)


def _no_year(parts: Parts, near: date) -> Iterator[tuple[int, int, int]]:
    one, other = (int(part or 0) for part in parts)
    yield from _closest(one, other, near)
    yield from _closest(other, one, near)


def _day_name(parts: Parts, near: date) -> Iterator[tuple[int, int, int]]:
    day, name, year = parts
    yield int(year or 0), _MONTHS.get((name or "")[:3], 0), int(day or 0)


def _name_day(parts: Parts, near: date) -> Iterator[tuple[int, int, int]]:
    name, day, year = parts
    yield from _day_name((day, name, year), near)


_SHAPES = (
    (_CHINESE, _chinese),
    (_YEAR_FIRST, _year_first),
    (_COMPACT, _year_first),
    (_YEAR_LAST, _year_last),
    (_NO_YEAR, _no_year),
    (_DAY_NAME, _day_name),
    (_NAME_DAY, _name_day),
)


def _closest(month: int, day: int, near: date) -> Iterator[tuple[int, int, int]]:
    found = [
        one for year in (near.year - 1, near.year, near.year + 1) for one in _real(year, month, day)
    ]
    if found:
        best = min(found, key=lambda one: (abs((one - near).days), one))
        yield best.year, best.month, best.day


def _real(year: int, month: int, day: int) -> Iterator[date]:
    if 2000 <= year < 2100:
        try:
            yield date(year, month, day)
        except ValueError:
            return


def _century(year: str) -> int:
    return int(year) + 2000 if len(year) == 2 else int(year or 0)


def _numerals(text: str) -> str:
    """`二〇二六年十一月五日` with digits; `十` stands for itself, and before and after digits."""
    digits = text.translate(_DIGITS)
    return _TENS.sub(lambda found: f"{found[1] or 1}{found[2] or 0}", digits)
