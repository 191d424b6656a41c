"""A rooming list, and spreadsheets as hotels send them back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import openpyxl

from shared.contracts.values import Text
from shared.sheets.grid import read_grids
from shared.sheets.preview import Preview, preview
from shared.sheets.results import Result
from shared.sheets.understand import understand
from shared.sheets.values import Line, RoomingList
from shared.sheets.write import as_xlsx

IDS = [f"g-{number:026d}" for number in range(1, 7)]
NAMES = ["王明", "李华", "Anna Weber", "赵敏·阿依古丽", "Sum Yee", "陈静"]
ARRIVAL, DEPARTURE = date(2026, 11, 5), date(2026, 11, 8)


def line(number: int, **fields: Any) -> Line:
    """The guests 1 and 2 share a room."""
    room = {1: "1", 2: "1"}.get(number, str(number))
    told: dict[str, Any] = {"guest": IDS[number - 1], "name": NAMES[number - 1], "room": room,
                            "room_type": "标准间 Twin", "arrival": ARRIVAL,
                            "departure": DEPARTURE}  # fmt: skip
    return Line(**(told | fields))


def rooming(*lines: Line, version: int = 3) -> RoomingList:
    return RoomingList(
        Text(zh="鹤城宾馆", en="Crane City Hotel"), "order-7", version,
        lines or tuple(line(number) for number in range(1, 5)),
        Text(zh="东区代表团", en="Delegation East"),
    )  # fmt: skip


def workbook(rows: Sequence[Sequence[Any]], **sheets: Sequence[Sequence[Any]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(list(row))
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(body: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(body))


def saved_as_csv(body: bytes) -> bytes:
    """A workbook of ours as a spreadsheet program saves it as CSV."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(opened(body).active.iter_rows(values_only=True))
    return out.getvalue().encode("utf-8-sig")


def looked_at(body: bytes, sent: RoomingList | None = None) -> Preview:
    return preview(sent or rooming(), understand(read_grids(body)))


def returned(rows: Sequence[Sequence[Any]], sent: RoomingList | None = None) -> Preview:
    """What comes of rows that a hotel typed into a sheet of its own."""
    return looked_at(saved(workbook(rows)), sent)


def answered(fill: Callable[[Any, dict[str, int], dict[str, int]], None],
             sent: RoomingList | None = None) -> Preview:  # fmt: skip
    """Our own workbook, filled in: `fill` gets the sheet, rows by guest, and columns by heading."""
    book = opened(as_xlsx(sent or rooming()))
    sheet = book.active
    heading = next(row for row in sheet.iter_rows() if row[0].value == "编号 Ref")
    columns = {str(cell.value).split()[0]: cell.column for cell in heading}
    rows = {str(row[0].value): row[0].row for row in sheet.iter_rows(min_row=heading[0].row + 1)}
    fill(sheet, rows, columns)
    return looked_at(saved(book), sent)


def results(found: Preview) -> dict[str | None, Result]:
    return {one.guest: one.result for one in found.rows}
