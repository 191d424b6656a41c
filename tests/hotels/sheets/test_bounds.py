"""Files that are too much are refused before they cost anything, with a reason and a place."""

from __future__ import annotations

import io
import secrets
import zipfile
from collections.abc import Callable

import pytest

from shared.sheets.grid import (
    MAX_COLUMNS,
    MAX_FILE,
    MAX_ROWS,
    MAX_SHEETS,
    read_grids,
)
from shared.sheets.understand import understand
from shared.sheets.values import Unreadable
from shared.sheets.write import as_xlsx
from tests.hotels.sheets.world import IDS, rooming, saved, workbook

SHEET = "xl/worksheets/sheet1.xml"


def rewritten(change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """Our workbook with some parts changed and others added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_xlsx(rooming()))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.infolist():
            new.writestr(one.filename, change(one.filename, old.read(one)))
        for name, body in more.items():
            new.writestr(name, body)
    return out.getvalue()


def refusal(body: bytes) -> tuple[str, str]:
    with pytest.raises(Unreadable) as raised:
        understand(read_grids(body))
    problem = raised.value.problem
    assert problem.text.zh
    assert problem.text.en
    return problem.code, str(problem.at)


def in_sheet(old: bytes, new: bytes) -> bytes:
    def change(name: str, body: bytes) -> bytes:
        assert name != SHEET or old in body
        return body.replace(old, new, 1) if name == SHEET else body

    return rewritten(change)


def test_a_bomb_is_not_unpacked() -> None:
    assert refusal(rewritten(lambda _, body: body, bomb=bytes(200 * 1024 * 1024)))[0] == "too_big"
    block = secrets.token_bytes(20_000)
    long = {f"part{number}": block * 200 for number in range(4)}
    assert refusal(rewritten(lambda _, body: body, **long))[0] == "too_big"
    swollen = rewritten(lambda _, body: body, **{"xl/one.xml": b" " * 2_000_000})
    assert refusal(swollen)[0] == "too_big"


def test_too_many_parts_and_tags() -> None:
    parts = {f"part{number}": b"x" for number in range(400)}
    assert refusal(rewritten(lambda _, body: body, **parts))[0] == "too_big"
    cells = b"".join(b"<c r='A%d'/>" % number for number in range(700_000))
    assert refusal(rewritten(lambda _, body: body, **{"xl/one.xml": cells}))[0] == "too_big"


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_however_it_is_written(code: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert (
        refusal(rewritten(lambda _, body: body, **{"xl/one.xml": text.encode(code)}))[0]
        == "doctype"
    )
    hidden = b'<?xml version="1.0" encoding="cp037"?>' + text.encode("cp037")
    assert refusal(rewritten(lambda _, body: body, **{"xl/one.xml": hidden}))[0] == "doctype"


def test_a_part_that_is_there_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        body = rewritten(lambda _, body: body, **{SHEET: b"<a/>"})
    assert refusal(body)[0] == "not_a_workbook"


def test_a_cell_in_the_last_corner_and_merges_over_everything_cost_nothing() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    assert max(read_grids(in_sheet(b"</sheetData>", far))[0].rows) < 20
    merged = in_sheet(
        b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    )
    grids = read_grids(merged)
    assert len(grids[0].rows) < 20
    linked = in_sheet(
        b"</sheetData>",
        b'</sheetData><hyperlinks><hyperlink ref="A1:XFD1048576" display="x"/></hyperlinks>',
    )
    assert understand(read_grids(linked)).order == "order-7"


def test_rows_columns_and_sheets_are_bounded() -> None:
    rows = [["编号", "答复"], *([IDS[0], "ok"] for _ in range(MAX_ROWS))]
    assert refusal(saved(workbook(rows))) == ("too_large", f"Sheet!B{MAX_ROWS + 1}")
    wide = [["编号", "答复"], [IDS[0], *["x"] * MAX_COLUMNS]]
    assert refusal(saved(workbook(wide))) == ("too_large", "Sheet!BI2")
    many = workbook(rows[:2], **{f"s{number}": rows[:2] for number in range(MAX_SHEETS)})
    assert refusal(saved(many))[0] == "too_many_sheets"
    text = "编号,答复\n" + f"{IDS[0]},ok\n" * MAX_ROWS
    assert refusal(text.encode()) == ("too_large", f"B{MAX_ROWS + 1}")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b" " * (MAX_FILE + 1), "too_long"),
        (b"", "empty"),
        (b"PK\x05\x06" + bytes(18), "not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_format"),
        (b"%PDF-1.7\n\x00\xff\xfe", "bad_encoding"),
        (saved(workbook([["a", "b"], ["1", "2"]])), "no_headings"),
        (saved(workbook([])), "empty"),
        ("姓名\n王明".encode(), "no_headings"),
        (b'"' + b"x" * 200_000, "bad_csv"),
    ],
)
def test_what_is_no_list_is_said_to_be_none(body: bytes, code: str) -> None:
    assert refusal(body)[0] == code


def test_formulas_are_not_computed_and_links_not_followed() -> None:
    book = workbook(
        [["编号", "答复"], [IDS[0], "=1+1"], [IDS[1], '=WEBSERVICE("http://127.0.0.1:9")']]
    )
    rows = understand(read_grids(saved(book))).rows
    assert [one.answer for one in rows] == [None, None]
