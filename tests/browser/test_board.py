"""The board in a browser: it lives, its address is the whole view, it prints, it can be read."""

from __future__ import annotations

import asyncio
import re

import yaml
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import World
from tests.support.browser import (
    DESK,
    LANGUAGES,
    PATIENCE_MS,
    PHONE,
    Scheme,
    Size,
    is_live,
    sweep,
)
from tests.support.specs import DAY, hall, spec

BOARD = f"/board?from={DAY}&to={DAY}"
VIEWS = (
    BOARD, f"{BOARD}&as=table", f"/board/halls?from={DAY}&to={DAY}", f"/board/rooms?from={DAY}",
    "/inventory?service=venues&kind=halls",
)  # fmt: skip
BLOCKED_BARS = "document.querySelectorAll('article.band .bar.blocked').length"
BLOCKED_SUM = "Number(document.querySelector('#board-sums .blocked strong').textContent)"
TAKEN, FREE = "bukui-hall", "exchange-hall"


def document(visit: str, unit: str) -> str:
    made = spec(visit, hall(unit))
    return yaml.safe_dump(made.model_dump(mode="json", exclude_none=True), allow_unicode=True)


async def test_a_visit_that_becomes_ready_changes_without_loading_again(
    world: World, page: Page
) -> None:
    world.submit("board-first", TAKEN)
    world.submit("board-second", TAKEN)
    await page.goto(BOARD)
    await is_live(page)
    band = page.locator("#band-board-second")
    # It tries again by itself, and is `holding` for that moment.
    await expect(band.locator(".pill").first).to_have_text("blocked")
    await expect(band.locator(".bar.blocked")).to_have_count(1)
    await page.evaluate("window.sameDocument = true")
    await page.locator("#band-board-second-link").focus()
    await until_sums_are_of_the_bands(page)

    revision = world.client.visit("board-second")["revision"]
    world.client.edit("board-second", revision, document("board-second", FREE))
    await band.locator(".pill", has_text="ready").wait_for()
    await band.locator(".bar.firm").wait_for()
    await expect(band.locator(".bar.blocked")).to_have_count(0)
    assert await page.evaluate("window.sameDocument")
    await expect(page.locator("#band-board-second-link")).to_be_focused()
    await until_sums_are_of_the_bands(page)

    halls = f"/board/halls?from={DAY}&to={DAY}"
    await page.goto(halls)
    await is_live(page)
    used = page.locator(f"#hall-{FREE} .bar.firm")
    await expect(used).to_have_count(1)
    await expect(page.locator(f"#hall-{FREE}")).to_contain_text("Visit board-second")
    for visit in ("board-first", "board-second"):
        world.cancel(visit)
    await used.wait_for(state="detached")
    await expect(page.locator(f"#hall-{FREE}").get_by_text("free")).to_have_count(1)


async def until_sums_are_of_the_bands(page: Page) -> None:
    """The sum of what is blocked is that of the bands, whoever of them tries again just now."""
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        while await page.evaluate(BLOCKED_BARS) != await page.evaluate(BLOCKED_SUM):
            await asyncio.sleep(0.05)


async def test_a_filter_is_in_the_address_and_stays_in_it(world: World, page: Page) -> None:
    await page.goto(BOARD)
    await page.locator("#line").select_option("event")
    await page.locator("#station").fill("east")
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url("**station=east**")
    assert "line=event" in page.url and f"from={DAY}" in page.url
    await expect(page.locator(".empty")).to_have_count(1)
    await page.get_by_role("link", name="Week", exact=True).click()
    await page.wait_for_url("**to=2027-09-20**")
    assert "station=east" in page.url and "line=event" in page.url
    await page.get_by_role("link", name="Later").click()
    await page.wait_for_url("**from=2027-09-21**")
    assert "station=east" in page.url
    await page.get_by_role("link", name="Table").click()
    await page.wait_for_url("**as=table**")
    assert "station=east" in page.url and "from=2027-09-21" in page.url
    await expect(page.locator("#station")).to_have_value("east")
    shared = page.url
    await page.goto("/board")
    await page.goto(shared)
    await expect(page.locator("#line")).to_have_value("event")
    await page.get_by_role("link", name="Clear filter").click()
    await expect(page).not_to_have_url(re.compile("station"))
    assert "from=2027-09-21" in page.url


async def test_a_bar_leads_to_its_visit_and_the_table_says_the_same(
    world: World, page: Page
) -> None:
    await page.goto(BOARD)
    bars = await page.locator("#band-first-visit .bar").count()
    link = await page.locator("#band-first-visit .line a").first.get_attribute("href")
    assert bars == 1 and link is not None and link.endswith("/visits/first-visit")
    shown = await page.locator("#board-sums").inner_text()
    await page.goto(f"{BOARD}&as=table")
    assert await page.locator("#board-sums").inner_text() == shown
    rows = page.locator('article[aria-labelledby="table-first-visit"] tbody tr')
    assert await rows.count() == 1 and "10:00" in await rows.inner_text()


async def test_print_has_no_navigation(world: World, page: Page) -> None:
    for path in VIEWS:
        await page.goto(path)
        await page.emulate_media(media="print")
        for gone in (".sections", ".who", ".board-top", ".filters"):
            await expect(page.locator(gone).first, f"{path}: {gone}").to_be_hidden()
        await expect(page.locator("h1")).to_be_visible()
        await page.emulate_media(media="screen")
        await expect(page.locator(".sections").first).to_be_visible()


async def test_axe_finds_nothing_in_any_view(world: World, browser: Browser, session: str) -> None:
    ways: tuple[tuple[str, Scheme, Size], ...] = (
        ("en", "light", DESK), ("zh", "dark", DESK), ("en", "dark", PHONE),
    )  # fmt: skip
    assert {way[0] for way in ways} == set(LANGUAGES)
    for language, scheme, size in ways:
        found = await sweep(browser, world.address, session, VIEWS, language, scheme, (size,))
        assert found == []
