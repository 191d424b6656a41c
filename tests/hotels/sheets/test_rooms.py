"""An order of rooms as a sheet: the same bytes each time, and what comes back of what changed."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.bookings.by_hand.sheet import word_in
from shared.contracts.hotel_desk import MAX_LINES, MAX_SHEET, DeskState, HotelSheetRead, RoomLine
from shared.contracts.values import Text
from shared.sheets import tables
from shared.sheets.rooms import RoomsOrder, workbook_of
from tests.hotels.sheets.world import opened, saved

FIRST = date(2027, 9, 14)
KINDS = {"king": Text(zh="大床房", en="King"), "twin": Text(zh="标准间", en="Twin")}
ANSWER = "答复 Answer"


def line(day: int, kind: str, rooms: int, before: int | None = None) -> RoomLine:
    night = FIRST + timedelta(days=day)
    return RoomLine(night=night, kind=kind, name=KINDS[kind], rooms=rooms, before=before)


ORDER = RoomsOrder(
    Text(zh="鹤城宾馆", en="Crane City Hotel"), "rc7", "east", 2,
    (line(0, "king", 2, 0), line(0, "twin", 0, 4), line(1, "king", 2, 2), line(1, "twin", 4, 6)),
    "Asia/Shanghai", datetime(2027, 8, 10, 1, tzinfo=UTC),
)  # fmt: skip


def rows(body: bytes) -> list[dict[str, Any]]:
    """Lines by heading."""
    sheet = opened(body).active
    heading, *lines = [
        [cell.value for cell in row] for row in sheet.iter_rows(min_row=heading_row(sheet))
    ]
    return [dict(zip(map(str, heading), one, strict=True)) for one in lines]


def heading_row(sheet: Any) -> int:
    return int(next(row[0].row for row in sheet.iter_rows() if row[0].value == "编号 Ref"))


def read(words: list[str | None], order: RoomsOrder = ORDER) -> HotelSheetRead:
    """What our workbook says once the answers are these, from the top."""
    book = opened(workbook_of(order))
    sheet: Any = book.active
    first = heading_row(sheet)
    column = [cell.value for cell in sheet[first]].index(ANSWER) + 1
    for number, word in enumerate(words, first + 1):
        sheet.cell(number, column).value = word
    return word_in(saved(book), order)


def test_it_says_what_differs_from_what_was_agreed_to() -> None:
    body = workbook_of(ORDER)
    assert [
        (one["编号 Ref"], one["姓名 Name"], one["变更 Change"]) for one in rows(body)
    ] == [
        ("2027-09-14/king", "2 间 rooms", "新增 new"),
        ("2027-09-15/king", "2 间 rooms", None),
        ("2027-09-15/twin", "4 间 rooms", "此前同意 6 间 agreed before: 6"),
        ("2027-09-14/twin", "0 间 rooms", "取消 cancelled; 此前同意 4 间 agreed before: 4"),
    ]  # fmt: skip
    assert "请于 2027-08-10 09:00 前答复" in str(opened(body).active["A3"].value)
    new = replace(ORDER, rooms=(line(0, "twin", 4),))
    assert [one["变更 Change"] for one in rows(workbook_of(new))] == [None]


@pytest.mark.parametrize("of_gone", ["accepted", "满房", "perhaps", None])
def test_whatever_is_said_of_a_line_that_is_gone_says_nothing(of_gone: str | None) -> None:
    found = read(["ok", "接受", "accepted", of_gone])
    assert (found.answer, found.problems) == (DeskState.ACCEPTED, ())


def test_a_line_that_is_left_is_still_to_be_answered() -> None:
    assert read(["ok", "ok", None, "ok"]).answer is None
    found = read(["ok", "no", "ok", None])
    assert found.answer is DeskState.REFUSED
    assert [(one.night, one.kind) for one in found.left] == [(date(2027, 9, 15), "king")]


def test_a_definite_order_has_nothing_to_fill_in() -> None:
    body = workbook_of(replace(ORDER, rooms=(line(0, "twin", 4, 4),), asks=False))
    (one,) = rows(body)
    assert list(one) == [
        "编号 Ref", "姓名 Name", "房间组 Room", "房型 Room type", "入住日期 Arrival",
        "离店日期 Departure",
    ]  # fmt: skip
    assert (one["姓名 Name"], one["房型 Room type"]) == ("4 间 rooms", "标准间 Twin")
    assert "答复" not in str(opened(body).active["A3"].value)


def test_the_same_order_is_the_same_bytes_whenever_it_is_written() -> None:
    body = workbook_of(ORDER)
    assert body == workbook_of(ORDER)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    about = opened(body).properties
    assert (about.created, about.modified) == (tables._LONG_AGO, tables._LONG_AGO)


def test_the_largest_order_can_be_taken_back() -> None:
    lines = tuple(line(day, kind, day % 90 + 1, 5) for day in range(1_000) for kind in KINDS)
    assert len(lines) == MAX_LINES
    largest = replace(ORDER, rooms=lines)
    body = workbook_of(largest)
    assert len(body) < MAX_SHEET / 2, "what a hotel writes into it has room, too"
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.read("xl/worksheets/sheet1.xml").count(b"<row ") > MAX_LINES
