"""What a spreadsheet that came back says, row by row: columns found by their headings.

Columns may be anywhere and headings in either language; blank rows, totals and repeated headings
are passed over. What cannot be understood is named with its place, and nothing of it is guessed.

Must not: compare with what was sent; `preview` does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.contracts.hotel_arrivals import ArrivalState
from shared.contracts.values import Text
from shared.sheets.cells import room_number_in, text_in
from shared.sheets.dates import Raw
from shared.sheets.grid import Grid
from shared.sheets.values import Place, Problem, Unreadable
from shared.sheets.words import (
    Answer,
    Column,
    answer_of,
    column_of,
    plain,
    stay_of,
)

HEADING_WITHIN = 40
"""Rows from the top in which the headings are looked for."""
_DAYS_TO_1904 = 1_462
_STAMP = re.compile(r"redcrown:([A-Za-z0-9._/-]{1,100}):v(\d{1,6})")


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """One row as the hotel sent it. None: there is no such column, or nothing stands in it.

    Has no `repr`: anything may stand in any column.
    """

    at: Place
    ref: str = ""
    name: str = ""
    room_type: str | None = None
    arrival: Raw = None
    departure: Raw = None
    answer: Answer | None = None
    room_number: str | None = None
    reason: str = ""
    stay: ArrivalState | None = None
    record: int | None = None
    problems: tuple[Problem, ...] = ()
    columns: Mapping[Column, int] = field(default_factory=dict)

    def place(self, column: Column) -> Place:
        """The cell of a column in this row."""
        return Place(self.at.sheet, self.at.row, self.columns.get(column, 0))


@dataclass(frozen=True, slots=True)
class Returned:
    """All rows, and of which order and version the file says it is."""

    rows: tuple[Row, ...]
    order: str | None
    version: int | None


def understand(grids: Sequence[Grid]) -> Returned:
    """The rows of all sheets that have headings. Raises Unreadable when none has."""
    rows: list[Row] = []
    headed = False
    for grid in grids:
        columns, first = _headings(grid)
        if columns:
            headed = True
            rows += _rows(grid, columns, first)
    if not headed:
        raise Unreadable(
            "no_headings",
            "找不到表头：需要“编号”或“姓名”，以及“答复”、“房号”或“入住情况”",
            "no headings found: Ref or Name, and Answer, Room number or Stay are needed",
            Place(grids[0].sheet) if grids else None,
        )
    order, version = _stamp(grids)
    return Returned(tuple(rows), order, version)


def _headings(grid: Grid) -> tuple[dict[Column, int], int]:
    """The columns by the best row of headings, and the number of that row."""
    best: dict[Column, int] = {}
    at = 0
    for number, cells in grid.rows.items():
        if number > HEADING_WITHIN:
            break
        found = _named(cells)
        if len(found) > len(best):
            best, at = found, number
    usable = best.keys() & {Column.REF, Column.NAME} and len(best) > 1
    return (best, at) if usable else ({}, 0)


def _named(cells: Mapping[int, Raw]) -> dict[Column, int]:
    found: dict[Column, int] = {}
    for number, raw in cells.items():
        column = column_of(raw) if isinstance(raw, str) else None
        if column is not None:
            found.setdefault(column, number)
    return found


def _rows(grid: Grid, columns: Mapping[Column, int], heading: int) -> list[Row]:
    rows = []
    for number, cells in grid.rows.items():
        if number <= heading or len(_named(cells)) >= min(3, len(columns)):
            continue
        told = {column: cells.get(at) for column, at in columns.items()}
        if any(told.get(one) not in (None, "") for one in _TELLING):
            rows.append(_row(grid, number, told, columns))
    return rows


_TELLING = (Column.REF, Column.NAME, Column.ANSWER, Column.ROOM_NUMBER, Column.STAY)
_TOTAL = re.compile(r"(?:合计|总计|共计|小计).*|(?:total|subtotal)\b.*|共\s*\d+.*")


def _row(grid: Grid, number: int, told: Mapping[Column, Raw], columns: Mapping[Column, int]) -> Row:
    problems: list[Problem] = []

    def trouble(code: str, column: Column, zh: str, en: str) -> None:
        at = grid.at(number, columns[column])
        problems.append(Problem(code, at, Text(zh=zh, en=en)))

    said = text_in(told.get(Column.ANSWER))
    answer = answer_of(said) if said else None
    stays = text_in(told.get(Column.STAY))
    stay = stay_of(stays or said)
    if stays and stay is None:
        trouble("unknown_stay", Column.STAY, "看不懂的入住情况；请写“已入住”或“未到店”",
                "not a state of a stay; write in house or no-show")  # fmt: skip
    # Many a hotel has one column for both, headed "status".
    if said and answer is None and (stays or stay is None):
        trouble("unknown_answer", Column.ANSWER, "看不懂的答复；请写“接受”或“拒绝”",
                "not an answer; write accepted or refused")  # fmt: skip
    numbered = text_in(told.get(Column.ROOM_NUMBER))
    room = room_number_in(numbered) if numbered else None
    if numbered and room is None:
        trouble("bad_room_number", Column.ROOM_NUMBER, "不是房号", "not a room number")
    return Row(
        at=grid.at(number),
        ref=plain(text_in(told.get(Column.REF))),
        name=text_in(told.get(Column.NAME)),
        room_type=text_in(told.get(Column.ROOM_TYPE)) or None,
        arrival=_day(told.get(Column.ARRIVAL), grid),
        departure=_day(told.get(Column.DEPARTURE), grid),
        answer=answer,
        room_number=room,
        reason=text_in(told.get(Column.REASON)),
        stay=stay,
        record=_whole(told.get(Column.RECORD)),
        problems=tuple(problems),
        columns=columns,
    )


def _whole(raw: Raw) -> int | None:
    text = text_in(raw)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def is_total(row: Row) -> bool:
    """Whether a row sums up others, and is about nobody."""
    return _TOTAL.fullmatch(plain(row.ref or row.name)) is not None


def _day(raw: Raw, grid: Grid) -> Raw:
    number = isinstance(raw, int | float) and not isinstance(raw, bool)
    if grid.from_1904 and number and isinstance(raw, int | float):
        return raw + _DAYS_TO_1904
    return None if raw == "" else raw


def stamp(order: str, version: int) -> str:
    """The words in a list by which it is known again."""
    return f"redcrown:{order}:v{version}"


def _stamp(grids: Sequence[Grid]) -> tuple[str | None, int | None]:
    for grid in grids:
        for number, cells in grid.rows.items():
            for raw in cells.values() if number <= HEADING_WITHIN else ():
                match = _STAMP.search(raw) if isinstance(raw, str) else None
                if match:
                    return match[1], int(match[2])
    return None, None
