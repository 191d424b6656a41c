"""Visits at risk, on the page Now and on their own: seen as they come, gone when mended."""

from __future__ import annotations

import yaml
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import World
from tests.support.browser import (
    LANGUAGES,
    is_live,
    sweep,
)
from tests.support.specs import hall, spec

CROWD = 5_000
"""No hall takes so many."""


async def test_a_blocked_visit_stands_on_now_until_it_is_cancelled(
    world: World, page: Page, browser: Browser, session: str
) -> None:
    await page.goto("/now")
    await is_live(page)
    risks = page.locator("#now-risks")
    made = spec("crowded-visit", hall("expo-forum", attendance=CROWD), guests=CROWD)
    world.client.submit(yaml.safe_dump(made.model_dump(mode="json", exclude_none=True)))
    world.client.wait_for("crowded-visit", lambda view: view["phase"] == "blocked")
    link = risks.locator('a[href="/visits/crowded-visit"]')
    await expect(link).to_contain_text("5000")
    await expect(risks).to_contain_text("To be mended before")
    for language in LANGUAGES:
        assert await sweep(browser, world.address, session, ["/risks"], language) == []
    # The lever: refused again, and the trace says who wanted it and why.
    await page.goto("/visits/crowded-visit/trace")
    await page.get_by_label("Reason").fill("the hall was measured anew")
    await page.get_by_role("button", name="Look at it now").click()
    await page.locator(".toast").wait_for()
    await expect(page.locator("#trace")).to_contain_text("the hall was measured anew")
    world.client.wait_for("crowded-visit", lambda view: view["phase"] == "blocked")
    await page.goto("/now")
    await link.wait_for()
    world.cancel("crowded-visit")
    await expect(link).to_have_count(0)
