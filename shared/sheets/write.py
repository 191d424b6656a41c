"""Rooming lists as XLSX, with Chinese and English headings.

Owns: what stands in them, and what changed since the version before, in words.
Must not: write a cell that a program runs, or keep what it wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from shared.contracts.values import Text
from shared.sheets.tables import Value, put, saved, table
from shared.sheets.understand import stamp
from shared.sheets.values import Line, RoomingList
from shared.sheets.words import ANSWERS, HEADINGS, STAYS, Column, both

Changes = Mapping[str, tuple[Text, ...]]
"""What is said in the row of a line, by its reference."""
MAX_LINES = 5_000
_WIDTHS = {Column.REF: 32, Column.NAME: 22, Column.ROOM: 10, Column.ROOM_TYPE: 22,
           Column.REMARK: 28, Column.CHANGE: 34, Column.REASON: 28}  # fmt: skip
_ASKED = PatternFill("solid", fgColor="FFF6D6")
"""Under what the hotel is asked to fill in."""
ASKING = tuple(one for one in HEADINGS if one not in (Column.STAY, Column.RECORD))
"""Columns of a list that asks for a yes or no."""
SETTLED = (Column.REF, Column.NAME, Column.ROOM, Column.ROOM_TYPE, Column.ARRIVAL, Column.DEPARTURE)
"""Columns of a list that asks for nothing."""
LODGING = (Column.REF, Column.NAME, Column.ROOM, Column.ROOM_TYPE, Column.ARRIVAL,
           Column.DEPARTURE, Column.ROOM_NUMBER, Column.STAY, Column.RECORD)  # fmt: skip
"""Columns of a list that asks who has come."""
_TO_FILL = (Column.ANSWER, Column.ROOM_NUMBER, Column.REASON, Column.STAY)
_CHOICES: Mapping[Column, Sequence[Text]] = {
    Column.ANSWER: tuple(ANSWERS.values()), Column.STAY: tuple(STAYS.values()),
}  # fmt: skip
_FIELDS = {
    Column.NAME: "name",
    Column.ROOM: "room",
    Column.ROOM_TYPE: "room_type",
    Column.ARRIVAL: "arrival",
    Column.DEPARTURE: "departure",
    Column.REMARK: "remark",
}
_SAID = {Column.ROOM_NUMBER: "room_number", Column.STAY: "stay", Column.RECORD: "record"}


def as_xlsx(
    wanted: RoomingList,
    before: Sequence[Line] = (),
    columns: Sequence[Column] = ASKING,
    changed: Changes | None = None,
) -> bytes:
    """The workbook for a hotel; with `before`, what changed since then is said in each row, in the
    words of `changed` or else of `difference`. The same lists are the same bytes."""
    book = Workbook()
    sheet = book.active
    sheet.title = "名单 Rooming list"
    head = _head(wanted)
    for number, text in enumerate(head, 1):
        put(sheet, number, 1, text)
        sheet.cell(number, 1).font = Font(bold=number == 1)
    first = len(head) + 2
    if changed is None:
        changed = difference(before, wanted.lines) if before else {}
    rows = _rows(wanted, before, columns, changed)
    table(sheet, first, [both(HEADINGS[one]) for one in columns], rows)
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(column, 14)
    _ask(sheet, first + 1, max(len(wanted.lines), 1), columns)
    return saved(book)


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


def _rows(
    wanted: RoomingList, before: Sequence[Line], columns: Sequence[Column], changed: Changes
) -> list[list[Value]]:
    """The lines, and those of `before` that are off. Raises ValueError beyond MAX_LINES."""
    if len(wanted.lines) + len(before) > 2 * MAX_LINES:
        raise ValueError(f"more than {MAX_LINES} lines in one list")
    now = {line.guest for line in wanted.lines}
    gone = [line for line in before if line.guest not in now]
    return [_cells(line, changed, columns) for line in (*wanted.lines, *gone)]


def _cells(line: Line, changed: Changes, columns: Sequence[Column]) -> list[Value]:
    told = "; ".join(both(text) for text in changed.get(line.guest, ()))
    values: dict[Column, Value] = {
        Column.REF: line.guest,
        Column.CHANGE: told,
        **{column: getattr(line, name) for column, name in (*_FIELDS.items(), *_SAID.items())},
    }
    return [values.get(column) for column in columns]


def _ask(sheet: Any, first: int, lines: int, columns: Sequence[Column]) -> None:
    for column in (one for one in columns if one in _TO_FILL):
        letter = get_column_letter(columns.index(column) + 1)
        if column in _CHOICES:
            options = ",".join(both(text) for text in _CHOICES[column])
            choice = DataValidation(type="list", formula1=f'"{options}"', allow_blank=True)
            # A hotel may answer in words of its own; the choice is there to help.
            choice.showErrorMessage = False
            sheet.add_data_validation(choice)
            choice.add(f"{letter}{first}:{letter}{first + lines - 1}")
        for row in range(first, first + lines):
            sheet.cell(row, columns.index(column) + 1).fill = _ASKED
