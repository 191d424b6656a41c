"""What a hotel is sent: both languages, no formula, and what changed since the version before."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from services.bookings.hotels.sheets.pickup import Night, pickup_calendar, pickup_csv, pickup_xlsx
from shared.chassis.cells import safe
from shared.contracts.values import Text
from shared.sheets.cells import text_in, unquoted
from shared.sheets.results import Result
from shared.sheets.write import as_xlsx, difference
from tests.hotels.sheets.world import (
    IDS,
    NAMES,
    line,
    looked_at,
    opened,
    results,
    rooming,
    saved_as_csv,
)

EVIL = [
    "=1+1",
    "+86 139",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "　＝1",
    "＋1",
    "=cmd|'/C x'!A0",
]


def test_headings_are_in_both_languages_and_dates_are_dates() -> None:
    sheet = opened(as_xlsx(rooming())).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(number for number, row in enumerate(rows) if row[0] == "编号 Ref")
    assert rows[at] == [
        "编号 Ref", "姓名 Name", "房间组 Room", "房型 Room type", "入住日期 Arrival",
        "离店日期 Departure", "备注 Remark", "变更 Change", "答复 Answer", "房号 Room number",
        "原因 Reason",
    ]  # fmt: skip
    assert rows[at + 1][:6] == [
        IDS[0], NAMES[0], "1", "标准间 Twin", datetime(2026, 11, 5), datetime(2026, 11, 8),
    ]  # fmt: skip
    assert "redcrown:order-7:v3" in str(rows[1][0])


@pytest.mark.parametrize("text", EVIL)
def test_no_cell_of_ours_is_a_formula(text: str) -> None:
    sent = rooming(line(1, name=text, remark=text))
    for cells in opened(as_xlsx(sent)).active.iter_rows():
        for cell in cells:
            assert cell.data_type != "f"
            assert (
                not str(cell.value or "").lstrip(" 　").startswith(("=", "+", "-", "@", "＝", "＋"))
            )


@given(st.one_of(st.text(max_size=40), st.sampled_from(EVIL)))
def test_what_is_quoted_comes_back_and_is_quoted_once(text: str) -> None:
    quoted = safe(text)
    assert safe(quoted) == quoted
    if quoted != text and quoted.startswith("'"):
        assert safe(unquoted(quoted)) == quoted


def test_a_name_like_a_formula_comes_back_as_the_same_name() -> None:
    sent = rooming(line(1, name="=1+1 王"))
    assert results(looked_at(as_xlsx(sent), sent)) == {IDS[0]: Result.UNANSWERED}
    assert results(looked_at(saved_as_csv(as_xlsx(sent)), sent)) == {IDS[0]: Result.UNANSWERED}


def test_what_no_workbook_can_carry_is_left_out() -> None:
    sent = rooming(line(1, name="王\x00\x0b\ud800\ufffe明"))
    assert opened(as_xlsx(sent)).active["B5"].value == "王明"


def test_what_we_send_is_read_back_as_unanswered() -> None:
    for body in (as_xlsx(rooming()), saved_as_csv(as_xlsx(rooming()))):
        found = looked_at(body)
        assert set(results(found).values()) == {Result.UNANSWERED}
        assert (found.missing, found.problems, found.open) == ((), (), ())


def test_a_new_version_says_what_changed_and_who_is_off() -> None:
    before = [line(1), line(2), line(3)]
    after = [replace(before[0], departure=date(2026, 11, 9), name="王大明"), before[1], line(4)]
    told = difference(before, after)
    assert [one.en for one in told[IDS[0]]] == ["Name changed", "Departure was 2026-11-08"]
    assert {guest: [one.zh for one in told[guest]] for guest in (IDS[2], IDS[3])} == {
        IDS[2]: ["取消"], IDS[3]: ["新增"],
    }  # fmt: skip
    assert IDS[1] not in told
    sheet = opened(as_xlsx(rooming(*after, version=4), before)).active
    changes = {row[0].value: row[7].value for row in sheet.iter_rows() if row[0].value in IDS}
    assert changes[IDS[2]] == "取消 cancelled"
    assert not changes[IDS[1]]
    assert "王" not in str(told)


def test_too_long_a_list_is_refused() -> None:
    with pytest.raises(ValueError, match="more than"):
        as_xlsx(rooming(*[line(1)] * 10_001))


NIGHTS = [
    Night("crane", "expo", Text(zh="标准间", en="Twin"), date(2026, 11, day), 20, 18, picked)
    for day, picked in ((5, 12), (6, 20))
]


def test_pick_up_is_told_per_night_in_three_forms() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    body = pickup_calendar(NIGHTS, 2, at)
    assert body == pickup_calendar(NIGHTS, 2, at)
    events = Calendar.from_ical(body).walk("VEVENT")
    assert [event["uid"] for event in events] == [
        "crane/expo/2026-11-05@redcrown", "crane/expo/2026-11-06@redcrown",
    ]  # fmt: skip
    assert events[0].decoded("dtstart") == date(2026, 11, 5)
    assert events[0].decoded("dtend") == date(2026, 11, 6)
    assert str(events[0]["summary"]) == "crane 标准间/Twin: 12/20"
    types = [replace(NIGHTS[0], kind=kind, picked=None) for kind in ("twin", "king")]
    events = Calendar.from_ical(pickup_calendar(types, 2, at)).walk("VEVENT")
    assert [event["uid"] for event in events] == [
        "crane/expo/twin/2026-11-05@redcrown", "crane/expo/king/2026-11-05@redcrown",
    ]  # fmt: skip
    assert str(events[0]["summary"]).endswith(": ?/20"), "nobody tells"
    rows = list(csv.reader(io.StringIO(pickup_csv(NIGHTS).decode("utf-8-sig"))))
    assert rows[0][5] == "已用 Picked up"
    assert rows[1] == ["crane", "标准间 Twin", "2026-11-05", "20", "18", "12", "8", ""]
    assert opened(pickup_xlsx(NIGHTS)).active["F3"].value == 20
    with pytest.raises(ValueError, match="more than"):
        pickup_csv(NIGHTS * 2_501)


def test_nothing_in_a_pick_up_is_a_formula_and_what_is_not_known_is_empty() -> None:
    bad = replace(NIGHTS[0], hotel="=1+1", room_type=Text(zh="＝1", en="x"), picked=None,
                  visit="@sum")  # fmt: skip
    rows = list(csv.reader(io.StringIO(pickup_csv([bad]).decode("utf-8-sig"))))
    assert rows[1] == ["'=1+1", "'＝1 x", "2026-11-05", "20", "18", "", "", "'@sum"]
    sheet = opened(pickup_xlsx([bad])).active
    assert [sheet[cell].value for cell in ("A2", "F2", "H2")] == ["'=1+1", None, "'@sum"]
    assert sheet["A2"].data_type == "s"


def test_a_negative_number_stays_a_number() -> None:
    more = [replace(NIGHTS[0], picked=25)]
    assert list(csv.reader(io.StringIO(pickup_csv(more).decode("utf-8-sig"))))[1][6] == "-5"


def test_whole_numbers_have_no_fraction() -> None:
    assert (text_in(812.0), text_in(True), text_in(None), text_in(1e300)) == (
        "812", "true", "", "1e+300",
    )  # fmt: skip
