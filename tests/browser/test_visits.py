"""The list of visits in a real browser: it lives, it keeps still, it is used by keyboard alone."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import World
from tests.support.browser import is_live


def row(page: Page, visit: str):  # type: ignore[no-untyped-def]
    return page.locator(f"#visit-{visit}")


async def test_a_change_is_shown_without_loading_again(world: World, page: Page) -> None:
    world.submit("going-visit")
    await page.goto("/")
    await is_live(page)
    await page.evaluate("window.sameDocument = true")
    await page.locator("#visit-going-visit-link").focus()
    await expect(row(page, "going-visit").locator(".pill").first).not_to_have_text("cancelled")
    world.cancel("going-visit")
    await row(page, "going-visit").locator(".pill", has_text="cancelled").wait_for()
    assert await page.evaluate("window.sameDocument")
    await expect(page.locator("#visit-going-visit-link")).to_be_focused()


async def test_new_rows_are_offered_and_never_push_others(world: World, page: Page) -> None:
    await page.goto("/")
    await is_live(page)
    before = await page.locator("#visits > tr").evaluate_all("all => all.map(one => one.id)")
    world.submit("new-visit")
    offer = page.locator('[data-newer="visits"] a')
    await expect(offer).to_have_text("1 new, show")
    after = await page.locator("#visits > tr").evaluate_all("all => all.map(one => one.id)")
    assert after == before
    await page.evaluate("window.sameDocument = true")
    await offer.click()
    await row(page, "new-visit").wait_for()
    await expect(offer).to_be_hidden()
    assert await page.evaluate("window.sameDocument")
    await is_live(page)
    world.cancel("new-visit")
    await row(page, "new-visit").locator(".pill", has_text="cancelled").wait_for()


async def test_what_no_longer_matches_leaves_when_the_pointer_has(world: World, page: Page) -> None:
    # In a hall of its own: a blocked one tries again, and would leave by itself meanwhile.
    world.submit("leaving-visit", "tiefeng-hall")
    await page.goto("/?phase=ready")
    await is_live(page)
    gone = row(page, "leaving-visit")
    await gone.hover()
    world.cancel("leaving-visit")
    await page.locator("#visit-leaving-visit[data-gone-since]").wait_for()
    await page.locator("h1").hover()
    await gone.wait_for(state="detached")


async def test_the_keyboard_is_enough(world: World, page: Page) -> None:
    await page.goto("/")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    # A browser moves the focus to where a link leads with its next frame.
    await expect(page.locator("#main")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.locator("#phase")).to_be_focused()
    await page.goto("/")
    current = page.locator('nav.sections [aria-current="page"]')
    await expect(current).to_have_text("Visits")
    for _ in range(4):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.ariaCurrent") == "page":
            break
    else:
        raise AssertionError("the navigation cannot be reached")


async def test_the_language_stays_as_chosen(world: World, page: Page) -> None:
    await page.goto("/")
    await page.locator("a.other").click()
    await page.locator('html[lang="zh-CN"]').wait_for()
    await page.goto("/")
    await expect(page.locator("h1")).to_have_text("来访一览")
