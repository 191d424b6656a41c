"""What comes back: rows in any order and shape, each with a result and a place."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.sheets.grid import read_grids
from shared.sheets.preview import Preview, decisions, preview
from shared.sheets.results import RESULTS, Result, RowResult
from shared.sheets.understand import understand
from shared.sheets.values import Unreadable
from shared.sheets.words import Answer, Column, answer_of, column_of
from shared.sheets.write import as_xlsx
from tests.hotels.sheets.world import (
    IDS,
    NAMES,
    answered,
    line,
    looked_at,
    opened,
    results,
    returned,
    rooming,
    saved,
    saved_as_csv,
    workbook,
)

HEAD = ["编号", "姓名", "入住", "离店", "答复", "房号", "原因"]


def row(number: int, *more: Any) -> list[Any]:
    """A row as the hotel types it: answer, room number, reason."""
    return [IDS[number - 1], NAMES[number - 1], "2026-11-05", "2026-11-08", *more]


def only(found: Preview) -> RowResult:
    [one] = found.rows
    return one


def codes(found: Preview) -> list[tuple[str, str]]:
    return [(one.code, str(one.at)) for result in found.rows for one in result.problems]


def test_our_own_sheet_filled_in() -> None:
    def fill(sheet: Any, rows: dict[str, int], columns: dict[str, int]) -> None:
        sheet.cell(rows[IDS[0]], columns["答复"]).value = "接受 accepted"
        sheet.cell(rows[IDS[0]], columns["房号"]).value = 812
        sheet.cell(rows[IDS[1]], columns["房号"]).value = "８１２"
        sheet.cell(rows[IDS[2]], columns["答复"]).value = "拒绝"
        sheet.cell(rows[IDS[2]], columns["原因"]).value = "满房"
        sheet.cell(rows[IDS[3]], columns["离店日期"]).value = date(2026, 11, 7)

    found = answered(fill)
    assert [one.result for one in found.rows] == [
        Result.ACCEPTED, Result.ACCEPTED, Result.REFUSED, Result.CHANGED,
    ]  # fmt: skip
    assert [one.room_number for one in found.rows] == ["812", "812", None, None]
    assert found.rows[2].reason == "满房"
    [change] = found.rows[3].changes
    assert (change.column, change.sent, change.came) == (
        Column.DEPARTURE, "2026-11-08", "2026-11-07",
    )  # fmt: skip
    assert found.counts == {Result.ACCEPTED: 2, Result.REFUSED: 1, Result.CHANGED: 1}


def test_decisions_follow_from_clear_rows_and_agreed_changes_only() -> None:
    found = returned([
        HEAD,
        row(1, "ok", "812"),
        [IDS[1], NAMES[1], "2026-11-06", "2026-11-08", "接受", "812", ""],
        row(3, "no", "", "full"),
        row(4, "vielleicht"),
    ])  # fmt: skip
    clear = decisions(found)
    assert [(one.guest, one.answer, one.room_number, one.reason) for one in clear] == [
        (IDS[0], Answer.ACCEPTED, "812", ""),
        (IDS[2], Answer.REFUSED, None, "full"),
    ]
    assert {one.guest for one in decisions(found, agreed=[IDS[1], IDS[3]])} == set(IDS[:3])
    assert [one.guest for one in found.open] == [IDS[1], IDS[3]]


def test_columns_may_stand_anywhere_under_english_headings_of_their_own() -> None:
    found = returned([
        ["Crane City Hotel", None, None],
        ["Room No.", "Check-out", "Guest Name", "Status", "Guest ID", "Check-in", "Nights"],
        [812, "8 Nov 2026", NAMES[0], "Confirmed", IDS[0].upper(), "5 Nov 2026", 3],
    ])  # fmt: skip
    assert (only(found).result, only(found).room_number) == (Result.ACCEPTED, "812")
    assert found.missing == tuple(IDS[1:4])


def test_blank_rows_totals_and_repeated_headings_are_passed_over() -> None:
    found = returned([
        HEAD, [], row(1, "接受"), [None, "  "], HEAD, row(2, "接受"), [],
        ["合计12间", "", "", "", "2"], ["", "共 2 人"], ["", "", "", "", "", "", "请尽快"],
    ])  # fmt: skip
    assert results(found) == {IDS[0]: Result.ACCEPTED, IDS[1]: Result.ACCEPTED}


def test_a_guest_called_like_a_sum_is_a_guest() -> None:
    sent = rooming(line(5))
    assert only(returned([HEAD, row(5, "ok")], sent)).result is Result.ACCEPTED


def test_merged_cells_hold_for_all_their_rows() -> None:
    book = workbook([["名单"], HEAD, row(1, "接受", "812"), row(2)])
    book.active.merge_cells("A1:G1")
    book.active.merge_cells("E3:E4")
    book.active.merge_cells("F3:F4")
    found = looked_at(saved(book))
    assert [(one.result, one.room_number) for one in found.rows] == [(Result.ACCEPTED, "812")] * 2


def test_dates_of_a_workbook_that_counts_from_1904() -> None:
    book = workbook([HEAD, [IDS[0], NAMES[0], 46_331 - 1_462, datetime(2026, 11, 8), "ok"]])
    book.epoch = datetime(1904, 1, 1)
    assert only(looked_at(saved(book))).result is Result.ACCEPTED


def test_a_date_with_two_meanings_is_the_one_that_was_sent_or_unclear() -> None:
    same = returned([HEAD, [IDS[0], "", "5/11/2026", "08.11.2026", "ok"]])
    assert only(same).result is Result.ACCEPTED
    other = returned([HEAD, [IDS[0], "", "6/11/2026", "", "ok"]])
    assert (only(other).result, codes(other)) == (Result.UNCLEAR, [("bad_date", "Sheet!C2")])


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (["", "", "somewhen", "", "ok"], ("bad_date", "Sheet!C2")),
        (["", "", "2026-11-09", "2026-11-09", "ok"], ("no_nights", "Sheet!D2")),
        (["", "", "", "", "接受,不含早"], ("unknown_answer", "Sheet!E2")),
        (["", "", "", "", "ok", "812,813"], ("bad_room_number", "Sheet!F2")),
    ],
)
def test_what_is_not_understood_is_named_with_its_place(
    cells: list[Any], problem: tuple[str, str]
) -> None:
    found = returned([HEAD, [IDS[0], *cells[1:]]])
    assert (only(found).result, codes(found)) == (Result.UNCLEAR, [problem])
    assert decisions(found, agreed=IDS) == ()
    assert all(one.text.zh and one.text.en for one in only(found).problems)


def test_people_who_are_not_on_the_list() -> None:
    found = returned([HEAD, ["g-nobody", NAMES[0], "", "", "ok"], ["", "张三", "", "", "ok"]])
    assert [one.result for one in found.rows] == [Result.UNKNOWN] * 2
    assert codes(found) == [("unknown_guest", "Sheet!A2"), ("unknown_guest", "Sheet!B3")]


def test_a_name_alone_will_do_where_only_one_is_so_called() -> None:
    sent = rooming(line(1), line(3, name="Anna  WEBER"), line(4, name="李 华"), line(2))
    found = returned([HEAD, ["", "anna weber", "", "", "ok"], ["", "李华", "", "", "ok"]], sent)
    assert [one.result for one in found.rows] == [Result.ACCEPTED, Result.UNKNOWN]


def test_another_name_beside_our_reference_is_a_change() -> None:
    found = returned([HEAD, [IDS[0], "张三", "", "", "ok"]])
    assert only(found).result is Result.CHANGED
    assert [one.column for one in only(found).changes] == [Column.NAME]


def test_a_room_type_may_come_back_in_one_language() -> None:
    head = ["编号", "房型", "答复"]
    for kind, result in (("标准间", Result.ACCEPTED), ("TWIN", Result.ACCEPTED),
                         ("豪华标准间", Result.CHANGED), ("单人间", Result.CHANGED)):  # fmt: skip
        assert only(returned([head, [IDS[0], kind, "ok"]])).result is result


def test_doubled_rows_count_once_if_they_agree_and_not_at_all_if_not() -> None:
    found = returned([HEAD, row(1, "ok"), row(3, "ok"), row(1, "接受"), row(3, "no")])
    assert [one.result for one in found.rows] == [
        Result.ACCEPTED, Result.DOUBLED, Result.DOUBLED, Result.DOUBLED,
    ]  # fmt: skip
    assert [one.guest for one in decisions(found)] == [IDS[0]]


def test_one_number_is_one_room_and_sharers_have_one_number() -> None:
    twice = returned([HEAD, row(1, "ok", 812), row(2, "ok", 812), row(3, "ok", 812)])
    assert [one.result for one in twice.rows] == [Result.UNCLEAR] * 3
    parted = returned([HEAD, row(1, "ok", 812), row(2, "ok", 813)])
    assert {code for code, _ in codes(parted)} == {"room_number_clash"}
    later = line(3, arrival=date(2026, 11, 8), departure=date(2026, 11, 9))
    after = [IDS[2], NAMES[2], "", "", "ok", 812]
    found = returned([HEAD, row(1, "ok", 812), after], rooming(line(1), later))
    assert [one.result for one in found.rows] == [Result.ACCEPTED] * 2


def test_another_order_or_an_older_version_decides_nothing() -> None:
    for other, code in ((rooming(version=2), "other_version"),
                        (replace(rooming(), order="order-8"), "other_order")):  # fmt: skip
        book = opened(as_xlsx(other))
        book.active.cell(5, 9).value = "接受"
        found = looked_at(saved(book))
        assert [one.code for one in found.problems] == [code]
        assert found.counts[Result.ACCEPTED] == 1
        assert decisions(found) == ()


def test_answers_on_several_sheets_and_hidden_ones_left_alone() -> None:
    book = workbook([["说明"]], 一号楼=[HEAD, row(1, "ok")], 二号楼=[HEAD, row(3, "ok")])
    hidden = book.create_sheet("旧")
    hidden.append(HEAD)
    hidden.append(row(4, "no"))
    hidden.sheet_state = "hidden"
    found = looked_at(saved(book))
    assert [str(one.at) for one in found.rows] == ["一号楼!2", "二号楼!2"]


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_the_encodings_of_the_field(code: str, delimiter: str) -> None:
    text = "\r\n".join(delimiter.join(str(one) for one in cells)
                       for cells in (HEAD, row(1, "接受", "８１２")))  # fmt: skip
    body = text.encode(code)
    assert code != "utf-16" or body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    assert (only(looked_at(body)).result, only(looked_at(body)).room_number) == (
        Result.ACCEPTED, "812",
    )  # fmt: skip


def test_every_result_has_words_in_both_languages() -> None:
    assert set(RESULTS) == set(Result)
    assert all(text.zh and text.en for text in RESULTS.values())


def test_no_name_is_shown_by_a_preview() -> None:
    found = returned([HEAD, row(1, "no", "", "王明不来"), [IDS[1], "张三", "", "", "ok"]])
    grids = read_grids(as_xlsx(rooming()))
    shown = repr(found) + repr(decisions(found, agreed=IDS)) + repr(rooming())
    shown += repr(grids) + repr(understand(grids))
    for name in ("王明", "张三", "李华"):
        assert name not in shown


@pytest.mark.parametrize(
    "heading", ["房号", "Room No.", "房号 Room number", "房间号码", "ROOM NUMBER", "Room #"]
)
def test_headings_of_room_numbers(heading: str) -> None:
    assert column_of(heading) is Column.ROOM_NUMBER


@pytest.mark.parametrize(
    ("heading", "column"),
    [("Check-In Date", Column.ARRIVAL), ("退房", Column.DEPARTURE), ("姓 名", Column.NAME),
     ("入住\n(Check in)", Column.ARRIVAL), ("是否确认", Column.ANSWER), ("价格", None), ("", None)],
)  # fmt: skip
def test_other_headings(heading: str, column: Column | None) -> None:
    assert column_of(heading) is column


@pytest.mark.parametrize(
    ("text", "answer"),
    [("YES!", Answer.ACCEPTED), ("√", Answer.ACCEPTED), ("确认。", Answer.ACCEPTED),
     ("接受 accepted", Answer.ACCEPTED), ("不接受", Answer.REFUSED), ("sold out", Answer.REFUSED),
     ("Ｎｏ", Answer.REFUSED), ("接受 refused", None), ("yes but", None), ("待定", None)],
)  # fmt: skip
def test_answers(text: str, answer: Answer | None) -> None:
    assert answer_of(text) is answer


KNOWN = st.sampled_from([*HEAD, *IDS, *NAMES, "ok", "接受", "no", 812, "合计"])
CELL = st.none() | st.text(max_size=12) | st.integers() | st.floats() | st.dates() | KNOWN


@given(st.lists(st.lists(CELL, max_size=8), max_size=8), st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
def test_any_cells_are_understood_or_refused(cells: list[list[Any]], headed: bool) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEAD, *cells] if headed else cells)
    sent = rooming()
    try:
        found = preview(sent, understand(read_grids(out.getvalue().encode("utf-8", "replace"))))
    except Unreadable:
        return
    named = [one.guest for one in found.rows if one.guest]
    assert set(named) | set(found.missing) == {one.guest for one in sent.lines}
    assert len({one.guest for one in decisions(found)}) == len(decisions(found))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for one in (body, b"PK\x03\x04" + body):
        try:
            understand(read_grids(one))
        except Unreadable as error:
            assert error.problem.text.zh


SOUND = as_xlsx(rooming())


@given(st.integers(0, len(SOUND) - 1), st.binary(min_size=1, max_size=6))
@settings(deadline=None, max_examples=80)
def test_a_damaged_workbook_is_read_or_refused(at: int, piece: bytes) -> None:
    try:
        looked_at(SOUND[:at] + piece + SOUND[at + len(piece) :])
    except Unreadable as error:
        assert error.problem.text.en


def test_our_workbook_is_read_as_well_when_it_was_saved_as_csv() -> None:
    assert results(looked_at(saved_as_csv(SOUND))) == results(looked_at(SOUND))
