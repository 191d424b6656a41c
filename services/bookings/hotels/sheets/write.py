"""Rooming lists and other tables as XLSX and CSV, with Chinese and English headings.

Owns: their look, and what changed since the version before, in words.
Must not: write a cell that a program runs, or keep what it wrote.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from services.bookings.hotels.sheets.understand import stamp
from services.bookings.hotels.sheets.values import Line, RoomingList
from services.bookings.hotels.sheets.words import ANSWERS, HEADINGS, Column, both
from shared.chassis.cells import safe
from shared.contracts.values import Text

MAX_LINES = 5_000
Value = str | int | date | None
_WIDTHS = {Column.REF: 32, Column.NAME: 22, Column.ROOM: 10, Column.ROOM_TYPE: 22,
           Column.REMARK: 28, Column.CHANGE: 34, Column.REASON: 28}  # fmt: skip
_HEAD = PatternFill("solid", fgColor="DDE6F0")
_ASKED = PatternFill("solid", fgColor="FFF6D6")
"""Under what the hotel is asked to fill in."""
_COLUMNS = tuple(HEADINGS)
_TO_FILL = (Column.ANSWER, Column.ROOM_NUMBER, Column.REASON)
_FIELDS = {
    Column.NAME: "name",
    Column.ROOM: "room",
    Column.ROOM_TYPE: "room_type",
    Column.ARRIVAL: "arrival",
    Column.DEPARTURE: "departure",
    Column.REMARK: "remark",
}


def as_xlsx(wanted: RoomingList, before: Sequence[Line] = ()) -> bytes:
    """The workbook for a hotel; with `before`, what changed since then is said in each row."""
    book = Workbook()
    sheet = book.active
    sheet.title = "名单 Rooming list"
    head = _head(wanted)
    for number, text in enumerate(head, 1):
        _put(sheet, number, 1, text)
        sheet.cell(number, 1).font = Font(bold=number == 1)
    first = len(head) + 2
    _table(sheet, first, [both(HEADINGS[one]) for one in _COLUMNS], _rows(wanted, before))
    for number, column in enumerate(_COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(column, 14)
    _ask(sheet, first + 1, max(len(wanted.lines), 1))
    return _saved(book)


def as_csv(wanted: RoomingList, before: Sequence[Line] = ()) -> bytes:
    """The same as CSV in UTF-8, with the mark that spreadsheet programs know it by."""
    head = [[safe(text)] for text in _head(wanted)]
    return _csv([*head, [], [both(HEADINGS[one]) for one in _COLUMNS], *_rows(wanted, before)])


def table_xlsx(title: str, headings: Sequence[Text], rows: Iterable[Sequence[Value]]) -> bytes:
    """Any other table as a workbook."""
    book = Workbook()
    book.active.title = title[:31]
    _table(book.active, 1, [both(one) for one in headings], list(rows))
    for number in range(1, len(headings) + 1):
        book.active.column_dimensions[get_column_letter(number)].width = 18
    return _saved(book)


def table_csv(headings: Sequence[Text], rows: Iterable[Sequence[Value]]) -> bytes:
    """Any other table as CSV."""
    return _csv([[both(one) for one in headings], *rows])


def difference(before: Iterable[Line], after: Iterable[Line]) -> dict[str, tuple[Text, ...]]:
    """What changed, by guest, in words; guests with nothing new are left out. Ids, no names.

    A value that may be personal is not repeated: the row has the new one.
    """
    old, new = ({line.guest: line for line in lines} for lines in (before, after))
    found: dict[str, tuple[Text, ...]] = {}
    for guest in (*new, *(one for one in old if one not in new)):
        if guest not in old:
            found[guest] = (Text(zh="新增", en="new"),)
        elif guest not in new:
            found[guest] = (Text(zh="取消", en="cancelled"),)
        elif told := tuple(_differing(old[guest], new[guest])):
            found[guest] = told
    return found


def _differing(old: Line, new: Line) -> Iterable[Text]:
    for column, name in _FIELDS.items():
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        heading = HEADINGS[column]
        if column in (Column.NAME, Column.REMARK):
            yield Text(zh=f"{heading.zh}有变", en=f"{heading.en} changed")
        else:
            yield Text(zh=f"{heading.zh}原为 {was}", en=f"{heading.en} was {was}")


def _head(wanted: RoomingList) -> list[str]:
    by = wanted.answer_by
    answer_by = f"请于 {by:%Y-%m-%d %H:%M} 前答复 please answer by then" if by else ""
    return [
        f"{both(wanted.hotel)} · {both(wanted.title)}",
        f"第 {wanted.version} 版 version {wanted.version} · {stamp(wanted.order, wanted.version)}",
        *([answer_by] if answer_by else []),
    ]


def _rows(wanted: RoomingList, before: Sequence[Line]) -> list[list[Value]]:
    """The lines, and those of `before` that are off. Raises ValueError beyond MAX_LINES."""
    if len(wanted.lines) + len(before) > 2 * MAX_LINES:
        raise ValueError(f"more than {MAX_LINES} lines in one list")
    changed = difference(before, wanted.lines) if before else {}
    now = {line.guest for line in wanted.lines}
    gone = [line for line in before if line.guest not in now]
    return [_cells(line, changed) for line in (*wanted.lines, *gone)]


def _cells(line: Line, changed: Mapping[str, tuple[Text, ...]]) -> list[Value]:
    told = "; ".join(both(text) for text in changed.get(line.guest, ()))
    values: dict[Column, Value] = {
        Column.REF: line.guest,
        Column.CHANGE: told,
        Column.ROOM_NUMBER: line.room_number,
        **{column: getattr(line, name) for column, name in _FIELDS.items()},
    }
    return [values.get(column) for column in _COLUMNS]


def _table(
    sheet: Any, first: int, headings: Sequence[str], rows: Sequence[Sequence[Value]]
) -> None:
    for column, text in enumerate(headings, 1):
        _put(sheet, first, column, text)
        sheet.cell(first, column).font = Font(bold=True)
        sheet.cell(first, column).fill = _HEAD
        sheet.cell(first, column).alignment = Alignment(wrap_text=True, vertical="top")
    for number, row in enumerate(rows, first + 1):
        for column, value in enumerate(row, 1):
            _put(sheet, number, column, value)
    sheet.freeze_panes = sheet.cell(first + 1, 1)
    last = get_column_letter(max(len(headings), 1))
    sheet.auto_filter.ref = f"A{first}:{last}{first + max(len(rows), 1)}"


def _put(sheet: Any, row: int, column: int, value: Value) -> None:
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        # As text whatever it looks like: a formula is a type of cell here, and never ours.
        cell.value = safe(value)
        cell.data_type = "s"
    elif value is not None:
        cell.value = value
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"


def _ask(sheet: Any, first: int, lines: int) -> None:
    answers = ",".join(both(text) for text in ANSWERS.values())
    choice = DataValidation(type="list", formula1=f'"{answers}"', allow_blank=True)
    # A hotel may answer in words of its own; the choice is there to help.
    choice.showErrorMessage = False
    sheet.add_data_validation(choice)
    for column in _TO_FILL:
        number = _COLUMNS.index(column) + 1
        letter = get_column_letter(number)
        if column is Column.ANSWER:
            choice.add(f"{letter}{first}:{letter}{first + lines - 1}")
        for row in range(first, first + lines):
            sheet.cell(row, number).fill = _ASKED


def _csv(rows: Iterable[Sequence[Value]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow(
            [safe(one) if isinstance(one, str) else "" if one is None else one for one in row]
        )
    return out.getvalue().encode("utf-8-sig")


def _saved(book: Workbook) -> bytes:
    book.properties.creator = "Redcrown"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
