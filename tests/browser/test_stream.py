"""One stream for a browser: shared by its tabs, its loss shown, its return healed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import World
from tests.support.browser import PATIENCE_MS, is_live, logged_in, session_of
from tests.support.console import CONSOLES, SUMMARY, FakeOwner, running_console, running_owner
from tests.support.nats import NatsServer

TABS = 10


async def test_the_stream_is_lost_and_comes_back(world: World, page: Page) -> None:
    await page.goto("/")
    await is_live(page)
    world.console.kill()
    lost = page.locator('#stream[data-state="lost"]')
    await expect(lost).to_contain_text("showing state as of")
    await world.restart_console()
    await is_live(page)
    world.submit("after-loss")
    await page.locator('[data-newer="visits"] a').wait_for()


async def test_a_lost_bus_is_shown_and_healed(world: World, page: Page) -> None:
    world.submit("bus-visit")
    await page.goto("/")
    await is_live(page)
    await page.evaluate("window.sameDocument = true")
    world.bus.kill()
    away = page.locator('#stream[data-state="away"]')
    await expect(away).to_contain_text("Message bus away")
    await expect(page.locator("#visit-bus-visit")).to_have_count(1)
    world.bus.start()
    await is_live(page)
    world.cancel("bus-visit")
    await page.locator("#visit-bus-visit .pill", has_text="cancelled").wait_for()
    assert await page.evaluate("window.sameDocument")


def stand(owner: FakeOwner, visit: str, phase: str) -> None:
    owner.visits[visit] = {
        "visit": visit, "revision": 1, "sequence": len(owner.queries) + 2, **SUMMARY, "phase": phase
    }  # fmt: skip


async def test_ten_tabs_share_one_stream(
    browser: Browser, tmp_path: Path, nats_server: NatsServer
) -> None:
    bus = nats_server.url
    async with running_console(bus, tmp_path) as address, running_owner(bus) as owner:
        stand(owner, "v-1", "holding")
        password = (tmp_path / "access" / "password").read_text().strip()
        session = await session_of(address, "planner", password)
        async with logged_in(browser, address, session) as (context, watch):
            tabs = [await context.new_page() for _ in range(TABS)]
            for number, tab in enumerate(tabs):
                # Half of them another topic: the stream carries the union.
                await tab.goto("/" if number % 2 else "/?line=event")
                await is_live(tab)
            stand(owner, "v-1", "ready")
            await owner.change("v-1", 9)
            for tab in tabs:
                await tab.locator("#visit-v-1 .pill", has_text="ready").wait_for()
            # The stream of the first topic alone ends when that of both is open.
            desk = CONSOLES[address].desk
            async with asyncio.timeout(PATIENCE_MS / 1_000):
                while (len(desk._listeners), len(desk._channels)) != (1, 2):
                    await asyncio.sleep(0.02)
            for tab in tabs[1:]:
                await tab.close()
            stand(owner, "v-1", "blocked")
            await owner.change("v-1", 10)
            await tabs[0].locator("#visit-v-1 .pill", has_text="blocked").wait_for()
            assert watch.errors == [] and watch.outside == []


async def test_without_shared_workers_a_seen_tab_lives(
    browser: Browser, tmp_path: Path, nats_server: NatsServer
) -> None:
    bus = nats_server.url
    async with running_console(bus, tmp_path) as address, running_owner(bus) as owner:
        stand(owner, "v-1", "holding")
        password = (tmp_path / "access" / "password").read_text().strip()
        session = await session_of(address, "planner", password)
        async with logged_in(browser, address, session) as (context, watch):
            await context.add_init_script("delete globalThis.SharedWorker")
            page = await context.new_page()
            await page.goto("/")
            await is_live(page)
            stand(owner, "v-1", "ready")
            await owner.change("v-1", 9)
            await page.locator("#visit-v-1 .pill", has_text="ready").wait_for()
            assert watch.errors == []


async def test_a_session_that_has_ended_leads_to_the_form(
    browser: Browser, tmp_path: Path, nats_server: NatsServer
) -> None:
    async with (
        running_console(nats_server.url, tmp_path) as address,
        running_owner(nats_server.url),
    ):
        password = (tmp_path / "access" / "password").read_text().strip()
        session = await session_of(address, "planner", password)
        async with logged_in(browser, address, session) as (context, _watch):
            page, other = await context.new_page(), await context.new_page()
            await page.goto("/")
            await is_live(page)
            await other.goto("/")
            await other.get_by_role("button", name="Log out").click()
            await other.wait_for_url("**/login")
            await page.wait_for_url("**/login")
