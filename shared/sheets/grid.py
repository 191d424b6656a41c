"""A spreadsheet from outside → cells, within bounds: XLSX, or CSV in the encodings of the field.

A workbook is looked at as an archive before it is unpacked: size, number and ratio of its parts,
no document types. It is read row by row, so that a cell in the last corner costs nothing: a list
that is too long is refused, and a stray cell far below it is not looked at. Merged cells all hold
the value of their first one.

Must not: compute a formula, follow a link, or know a column.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shared.sheets.cells import text_in
from shared.sheets.dates import Raw
from shared.sheets.values import Place, Unreadable

MAX_FILE = 4 * 1024 * 1024
MAX_UNPACKED = 12 * 1024 * 1024
MAX_TAGS = 600_000
"""Of all parts together; a list as long as we take has a fifth of it."""
MAX_PARTS = 300
MAX_RATIO = 200
"""A part that shrank more than this is no table of people; small ones may."""
RATIO_FROM = 256 * 1024
MAX_SHEETS = 20
MAX_ROWS = 5_000
MAX_COLUMNS = 60
MAX_MERGED = 2_000
MAX_MERGED_ROWS = 200
Rows = dict[int, dict[int, Raw]]
"""Cells that hold something, by row and column, both counted from 1."""
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref\s*=\s*[\"']([A-Z0-9:$]{2,40})[\"']")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = (b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii", b"iso-8859-1")
"""In any other one a document type could hide."""
_DOCTYPE = tuple(
    mark.encode(code)
    for mark in ("<!DOCTYPE", "<!ENTITY")
    for code in ("utf-8", "utf-16-le", "utf-16-be")
)


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet. Rows and cells that are empty are not there."""

    sheet: str
    rows: Rows = field(repr=False)
    from_1904: bool = False
    """Whether bare numbers count days from 1904, as some old programs do."""

    def at(self, row: int, column: int = 0) -> Place:
        """The place of a cell, or of a whole row."""
        return Place(self.sheet, row, column)


def read_grids(body: bytes) -> tuple[Grid, ...]:
    """The sheets of a file that hold anything. Raises Unreadable."""
    if len(body) > MAX_FILE:
        raise Unreadable("too_long", f"文件超过 {MAX_FILE} 字节", f"longer than {MAX_FILE} bytes")
    if body.startswith(b"PK"):
        grids = _of_workbook(body)
    elif body.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("old_format", "旧格式或加密的表格；请另存为 .xlsx",
                         "an old or locked file; save it as .xlsx")  # fmt: skip
    else:
        grids = (Grid("", _of_csv(_decoded(body))),)
    found = tuple(one for one in grids if one.rows)
    if not found:
        raise Unreadable("empty", "文件中没有内容", "nothing stands in the file")
    return found


def _of_workbook(body: bytes) -> tuple[Grid, ...]:
    # Imported here: openpyxl takes ten megabytes and a fifth of a second, and few ask for it.
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            _check_parts(archive)
            book = openpyxl.load_workbook(
                io.BytesIO(body), read_only=True, data_only=True, keep_links=False
            )
            if len(book.worksheets) > MAX_SHEETS:
                raise Unreadable("too_many_sheets", f"工作表超过 {MAX_SHEETS} 个",
                                 f"more than {MAX_SHEETS} sheets")  # fmt: skip
            visible = [one for one in book.worksheets if one.sheet_state == "visible"]
            return tuple(_of_sheet(one, archive, book.epoch.year == 1904) for one in visible)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers meet in a broken file
        raise Unreadable("not_a_workbook", "不是有效的 .xlsx 文件", "not a sound .xlsx file"
                         f" ({type(error).__name__})") from None  # fmt: skip


def _check_parts(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(one.file_size for one in parts)
    swollen = any(
        one.file_size > RATIO_FROM and one.file_size > MAX_RATIO * max(one.compress_size, 1)
        for one in parts
    )
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or swollen:
        raise Unreadable("too_big", "文件解压后过大", "too much is packed into the file")
    if len({one.filename for one in parts}) < len(parts):
        raise Unreadable("not_a_workbook", "不是有效的 .xlsx 文件", "a part is there twice")
    tags = 0
    for one in parts:
        if one.filename.lower().endswith((".xml", ".rels", ".vml")):
            # No more is unpacked of a part than it says that it has.
            part = archive.read(one)
            tags += part.count(b"<")
            coded = _ENCODING.search(part[:200])
            strange = coded is not None and coded[1].lower() not in _ENCODINGS
            if strange or any(mark in part for mark in _DOCTYPE):
                raise Unreadable("doctype", "文件含有不允许的内容", "a part has a document type")
    if tags > MAX_TAGS:
        raise Unreadable("too_big", "文件内容过多", "too much stands in the file")


def _of_sheet(sheet: Any, archive: zipfile.ZipFile, from_1904: bool) -> Grid:
    rows: Rows = {}
    for number, cells in enumerate(_values(sheet), 1):
        filled = _filled(_raw(one) for one in cells)
        if not filled:
            continue
        if number > MAX_ROWS or max(filled) > MAX_COLUMNS:
            at = Place(sheet.title, number, max(filled))
            raise Unreadable("too_large", f"超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列",
                             f"more than {MAX_ROWS} rows or {MAX_COLUMNS} columns", at)  # fmt: skip
        rows[number] = filled
    _spread(rows, archive.read(sheet._worksheet_path))
    return Grid(sheet.title, rows, from_1904)


def _filled(cells: Iterable[Raw]) -> dict[int, Raw]:
    return {column: one for column, one in enumerate(cells, 1) if one not in ("", None)}


def _values(sheet: Any) -> Iterator[Any]:
    # What the file says of its own size is not believed.
    sheet.reset_dimensions()
    return iter(sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS + 1, values_only=True))


def _raw(value: Any) -> Raw:
    if value is None or isinstance(value, bool | int | float | datetime | date):
        return value
    return text_in(value if isinstance(value, str) else str(value))


def _spread(rows: Rows, part: bytes) -> None:
    """Give all merged cells the value of their first one, within the bounds."""
    from openpyxl.utils import range_boundaries  # A workbook is being read: it is there.

    for match in list(_MERGED.finditer(part))[:MAX_MERGED]:
        try:
            left, top, right, bottom = range_boundaries(match[1].decode())
        except (ValueError, TypeError):
            continue
        value = rows.get(top or 0, {}).get(left or 0)
        if value is None or None in (left, top, right, bottom):
            continue
        for row in range(top, min(bottom, top + MAX_MERGED_ROWS) + 1):
            for column in range(left, min(right, MAX_COLUMNS) + 1):
                if row in rows:
                    rows[row].setdefault(column, value)


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        codes: tuple[str, ...] = ("utf-16",)
    else:
        codes = ("utf-8-sig", "gb18030")
    for code in codes:
        try:
            text = body.decode(code)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Unreadable("bad_encoding", "无法识别的文件；请用 .xlsx，或 UTF-8 的 CSV",
                     "not a file we know; send .xlsx, or CSV as UTF-8")  # fmt: skip


def _of_csv(text: str) -> Rows:
    rows: Rows = {}
    # The delimiter is what the line with most of them is divided by.
    delimiter = max(
        ",;\t", key=lambda one: max((line.count(one) for line in text.split("\n")[:50]), default=0)
    )
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        for number, cells in enumerate(reader, 1):
            filled = _filled(text_in(cell) for cell in cells)
            if not filled:
                continue
            if number > MAX_ROWS or max(filled) > MAX_COLUMNS:
                raise Unreadable("too_large", f"超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列",
                                 f"more than {MAX_ROWS} rows or {MAX_COLUMNS} columns",
                                 Place("", number, max(filled)))  # fmt: skip
            rows[number] = filled
    except csv.Error:
        at = Place("", len(rows) + 1)
        raise Unreadable("bad_csv", "不是有效的 CSV", "not sound CSV", at) from None
    return rows
