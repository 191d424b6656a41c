"""What a real browser makes of hostile texts, and of pages of another site."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.support.browser import PATIENCE_MS, is_live, logged_in
from tests.support.hostile import MARK
from tests.support.nats import NatsServer
from tests.support.siege import Siege, besieged

OTHER = "http://evil.localhost/"
NOTHING = "chrome-error://chromewebdata/"
"""Where a frame is that may not show what it was to show."""
WATCH = """window.hits = 0; window.hit = () => { window.hits += 1; };
addEventListener('securitypolicyviolation', () => { window.hits += 1; });"""


@pytest.fixture
async def siege(bus: NatsServer, tmp_path: Path) -> AsyncIterator[Siege]:
    async with besieged(bus.url, tmp_path) as made:
        yield made


@pytest.fixture
async def context(siege: Siege, browser: Browser) -> AsyncIterator[BrowserContext]:
    """The victim's browser, logged in."""
    async with logged_in(browser, siege.address, siege.session) as (made, _watch):
        yield made


async def visit_other(context: BrowserContext, html: str) -> Page:
    """The victim looks at a page of another site."""

    async def serve(route: Route) -> None:
        await route.fulfill(content_type="text/html", body=html)

    page = await context.new_page()
    await page.route(OTHER, serve)
    return page


async def test_nothing_comes_alive(siege: Siege, context: BrowserContext) -> None:
    """Neither as it is loaded, nor as its live parts are put in again."""
    await context.add_init_script(WATCH)
    page = await context.new_page()
    lively = 0
    for address in siege.pages():
        if address.startswith(("/feeds/", "/login")):
            continue
        await page.goto(address)
        if await page.locator("#stream").count():
            await is_live(page)
            lively += 1
        await expect(page.locator(f"{MARK}, [on{MARK}], img[src=x]")).to_have_count(0)
        assert await page.evaluate("window.hits") == 0, address
    assert lively >= 10


async def test_no_page_shows_in_a_frame(siege: Siege, context: BrowserContext) -> None:
    for address in ("/", "/login", "/no-such-page", f"/alarms/{siege.alarm}"):
        html = f"<title>evil</title><iframe src='{siege.address}{address}'></iframe>"
        page = await visit_other(context, html)
        await page.goto(OTHER)
        frame = await (await page.wait_for_selector("iframe")).content_frame()
        assert frame is not None
        await frame.wait_for_url(NOTHING)
        await expect(frame.locator("main, form")).to_have_count(0)
        await page.close()


async def test_another_site_sends_a_form_in_vain(siege: Siege, context: BrowserContext) -> None:
    """Also from a browser that sends the session along, as older ones do."""
    html = f"""<form method=post action='{siege.address}/visits/v-1/cancel'>
        <input name=reason value=evil><button>win a prize</button></form>"""
    page = await visit_other(context, html)
    await page.goto(OTHER)
    await page.get_by_role("button").click()
    await expect(page.get_by_text("must come from this very site")).to_be_visible(
        timeout=PATIENCE_MS
    )
    assert [name for name, _ in siege.attacker.commands if name == "cancel_visit"] == []


async def test_another_site_cannot_reach_its_opener(siege: Siege, context: BrowserContext) -> None:
    """A page of the console that another site opened has no way back, nor that site into it."""
    html = f"<a href='{siege.address}/login' target=_blank rel=opener>prize</a>"
    page = await visit_other(context, html)
    await page.goto(OTHER)
    async with context.expect_page() as opened:
        await page.get_by_role("link").click()
    other = await opened.value
    await expect(other).to_have_url(f"{siege.address}/login", timeout=PATIENCE_MS)
    assert await other.evaluate("window.opener") is None
