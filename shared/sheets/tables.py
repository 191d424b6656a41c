"""Any table as XLSX or CSV, with Chinese and English headings.

Owns: their look, that no cell of ours is ever a formula, and that the same cells are the same
bytes whenever they are written.
Must not: keep what it wrote.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from shared.chassis.cells import safe
from shared.contracts.values import Text
from shared.sheets.words import both

Value = str | int | date | None
_HEAD = "DDE6F0"
_LONG_AGO = datetime(1980, 1, 1)  # noqa: DTZ001 - as the format has it, without a zone
"""When every file of ours was made, as it says: the first moment that an archive can name."""


def table_xlsx(title: str, headings: Sequence[Text], rows: Iterable[Sequence[Value]]) -> bytes:
    """Any other table as a workbook."""
    # Imported here: openpyxl takes ten megabytes and a fifth of a second, and few ask for it.
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.active.title = title[:31]
    table(book.active, 1, [both(one) for one in headings], list(rows))
    for number in range(1, len(headings) + 1):
        book.active.column_dimensions[get_column_letter(number)].width = 18
    return saved(book)


def table_csv(headings: Sequence[Text], rows: Iterable[Sequence[Value]]) -> bytes:
    """Any other table as CSV."""
    return csv_of([[both(one) for one in headings], *rows])


def table(sheet: Any, first: int, headings: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    """Put headings into row `first` of a sheet, and rows under them."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    head = PatternFill("solid", fgColor=_HEAD)
    for column, text in enumerate(headings, 1):
        put(sheet, first, column, text)
        sheet.cell(first, column).font = Font(bold=True)
        sheet.cell(first, column).fill = head
        sheet.cell(first, column).alignment = Alignment(wrap_text=True, vertical="top")
    for number, row in enumerate(rows, first + 1):
        for column, value in enumerate(row, 1):
            put(sheet, number, column, value)
    sheet.freeze_panes = sheet.cell(first + 1, 1)
    last = get_column_letter(max(len(headings), 1))
    sheet.auto_filter.ref = f"A{first}:{last}{first + max(len(rows), 1)}"


def put(sheet: Any, row: int, column: int, value: Value) -> None:
    """Put one value into a cell."""
    cell = sheet.cell(row, column)
    if isinstance(value, str):
        # As text whatever it looks like: a formula is a type of cell here, and never ours.
        cell.value = safe(value)
        cell.data_type = "s"
    elif value is not None:
        cell.value = value
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"


def csv_of(rows: Iterable[Sequence[Value]]) -> bytes:
    """Rows in UTF-8, with the mark that spreadsheet programs know it by."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow(
            [safe(one) if isinstance(one, str) else "" if one is None else one for one in row]
        )
    return out.getvalue().encode("utf-8-sig")


def saved(book: Any) -> bytes:
    """A workbook as a file, the same whenever it is made."""
    from openpyxl.writer.excel import ExcelWriter

    book.properties.creator = "Redcrown"
    book.properties.created = book.properties.modified = _LONG_AGO
    out = io.BytesIO()
    # Not `book.save`: that notes the moment, in the workbook and in the archive around it.
    ExcelWriter(book, _Timeless(out, "w", ZIP_DEFLATED)).save()
    return out.getvalue()


class _Timeless(ZipFile):
    """An archive whose parts do not say when they were written. Names are text here."""

    def writestr(
        self, zinfo_or_arcname: Any, data: Any, compress_type: Any = None, compresslevel: Any = None
    ) -> None:
        part = ZipInfo(zinfo_or_arcname)
        super().writestr(part, data, compress_type or self.compression, compresslevel)

    def write(
        self, filename: Any, arcname: Any = None, compress_type: Any = None,
        compresslevel: Any = None,
    ) -> None:  # fmt: skip
        self.writestr(arcname, Path(filename).read_bytes(), compress_type, compresslevel)
