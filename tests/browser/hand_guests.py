"""What a hotel by hand says of its guests, in a browser: a spreadsheet, and our own pages after."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import openpyxl
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.support.browser import PHONE, logged_in, session_of, swept

SENTENCES = {"en": "reports guests who did not come: 1", "zh": "1 位住客未到店"}


async def said(page: Page, words: str) -> None:
    """Wait until the page says it."""
    await expect(page.locator("main")).to_contain_text(words)


async def with_a_sheet(page: Page) -> None:
    """One guest did not come: said in the workbook, looked at, confirmed."""
    async with page.expect_download() as saved:
        await page.get_by_role("link", name="Download the guests").click()
    name, content = (await saved.value).suggested_filename, await (await saved.value).path()
    assert name.endswith("-guests.xlsx")
    book: Any = openpyxl.load_workbook(io.BytesIO(content.read_bytes()))
    (row,) = [one for one in book.active.iter_rows() if one[1].value == "Quill Ann"]
    assert [cell.value for cell in row[6:]] == ["812", "待入住 expected", 1]
    row[7].value = "未到店"
    out = io.BytesIO()
    book.save(out)
    file: FilePayload = {"name": "back.xlsx", "mimeType": "", "buffer": out.getvalue()}
    await page.get_by_label("The sheet, filled in").set_input_files(file)
    await page.get_by_role("button", name="Read it").click()
    await said(page, "Rows that would be saved: 1")
    await expect(page.get_by_role("row", name="Quill Ann")).to_contain_text("no-show, 812")
    await page.set_viewport_size(PHONE)
    assert await swept(page, "the sheet") == []
    await page.get_by_role("button", name="Confirm and save").click()
    await said(page, "Saved.")


async def seen_by_our_own(address: str, folder: Path, hotel: str, browser: Browser) -> None:
    """Counts on the pages of the visit and of the hotel; names and numbers in the rooming list."""
    password = (folder / "access" / "password").read_text().strip()
    session = await session_of(address, "planner", password)
    for language, sentence in (
        ("en", "reports guests who did not come: 1"),
        ("zh", "1 位住客未到店"),
    ):
        async with logged_in(browser, address, session, language) as (context, _watch):
            page = await context.new_page()
            await page.goto("/visits/lodged")
            await expect(page.locator("#visit-days .note")).to_contain_text(sentence)
            if language == "zh":
                assert await swept(page, "/visits/lodged") == []
            await page.goto(f"/hotels/{hotel}")
            await expect(page.locator("#hand tbody tr").first).to_be_visible()
            if language == "zh":
                assert await swept(page, "/hotels") == []
    with httpx.Client(base_url=address, timeout=60, cookies={"redcrown": session}) as http:
        nights = http.get("/v1/visits/lodged/arrivals").json()["stays"][0]["nights"]
        assert {(one["in_house"], one["no_show"]) for one in nights} >= {(1, 1), (None, None)}
        got = http.get("/v1/visits/lodged/rooming-list", params={"format": "csv"})
        lines = got.content.decode("utf-8-sig").splitlines()
        assert [line.split(",")[2] for line in lines] == ["姓名 Name", "王小明", "Quill Ann"]
        assert all(",812," in line for line in lines[1:]) and "未到店 no-show" in lines[2]
        book = http.get("/v1/visits/lodged/rooming-list").content
        assert openpyxl.load_workbook(io.BytesIO(book)).active.max_row == 3
