"""Calendars by the page: made, subscribed to, ended; a plan's input, taken away, run again."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from deploy.cli.main import run
from tests.browser.conftest import World

TARGETS = {"visit": "first-visit", "hall": "expo-forum", "escort": "liaison-01"}


async def test_a_calendar_is_made_subscribed_to_and_ended(world: World, page: Page) -> None:
    for kind, target in TARGETS.items():
        await page.goto("/feeds")
        form = page.locator('form[action="/feeds"]')
        await form.locator('[name="kind"]').select_option(kind)
        await form.locator('[name="target"]').fill(target)
        await form.get_by_role("button").click()
        address = await page.locator('[name="address"]').input_value()
        assert address.startswith(world.address) and address.endswith(".ics")
        answer = httpx.get(address, timeout=60)
        assert answer.status_code == 200 and answer.text.startswith("BEGIN:VCALENDAR"), kind
        await page.goto("/feeds")
        await expect(page.locator("main")).not_to_contain_text(address.rpartition("/")[2])
        row = page.locator("tbody tr", has_text=target)
        await row.get_by_role("button", name=f"{target}").click()
        await expect(page.locator("tbody tr", has_text=target)).to_contain_text("planner")
        assert httpx.get(address, timeout=60).status_code in (404, 410), "ended at once"
    await page.goto("/inventory?service=venues&kind=halls")
    await (
        page.locator("article", has_text="expo-forum").get_by_role("link", name="Calendar").click()
    )
    await expect(page.locator('[name="target"]')).to_have_value("expo-forum")


async def test_a_plans_input_is_taken_away_and_run_again(
    world: World, page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await page.goto("/visits/first-visit/trace")
    async with page.expect_download() as taken:
        await page.locator("a[download]").click()
    file = tmp_path / "plan.json"
    await (await taken.value).save_as(file)
    assert run(["plan", str(file)]) == 0
    assert "hall" in capsys.readouterr().out
