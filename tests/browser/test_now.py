"""Now and Flows in a real browser: they live, a dead service is seen, levers work by the page."""

from __future__ import annotations

import os
import re
import signal

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import World
from tests.support.browser import (
    LANGUAGES,
    SCHEMES,
    Scheme,
    is_live,
    sweep,
)
from tests.support.console import bearer, token_in

HOLDS = "venues-place_holds-v1"
FLOW = f"/flows/venues/{HOLDS}"
SILENT_MS = 90_000


def codes(world: World) -> list[tuple[str, str]]:
    headers = bearer(token_in(world.folder))
    found = httpx.get(f"{world.address}/v1/now", headers=headers, timeout=60).json()["findings"]
    return [(one["code"], one["service"]) for one in found]


def pid_of(service: str, world: World) -> int:
    """The process that the test's system started for it."""
    process = next(one for one in world.replicas if one.service == service).process
    assert process is not None
    return process.pid


async def pull(page: Page, button: str, reason: str) -> None:
    await page.get_by_label("Reason").fill(reason)
    await page.get_by_role("button", name=button, exact=True).click()
    await page.locator(".toast").wait_for()


async def test_a_service_that_does_not_move_is_seen_and_leaves_again(
    world: World, page: Page
) -> None:
    await page.goto("/now")
    await is_live(page)
    row = page.locator("#service-escorts")
    await page.locator('#service-escorts[data-state="alive"]').wait_for()
    await page.evaluate("window.sameDocument = true")
    os.kill(pid_of("escorts", world), signal.SIGSTOP)
    try:
        await page.locator('#service-escorts[data-state="silent"]').wait_for(timeout=SILENT_MS)
        finding = page.locator("#finding-silent-escorts")
        await expect(finding).to_contain_text("vehicles")
        await expect(page.locator("#now-verdict")).to_contain_text(" you")
    finally:
        os.kill(pid_of("escorts", world), signal.SIGCONT)
    await page.locator('#service-escorts[data-state="alive"]').wait_for(timeout=SILENT_MS)
    await finding.wait_for(state="detached")
    await expect(row).to_be_visible()
    assert await page.evaluate("window.sameDocument")


async def test_a_consumer_is_paused_and_resumed_by_the_page(world: World, page: Page) -> None:
    await page.goto("/flows?service=venues")
    await is_live(page)
    await page.locator(f'[id="flow-{HOLDS}-link"]').click()
    will = page.locator("#lever-will")
    await expect(will).to_contain_text("None is lost")
    await page.get_by_label("For how long").select_option("60")
    await pull(page, "Pause", "a new floor plan")
    await page.locator("#flow-whole .pill", has_text="paused").wait_for()
    await expect(page.locator("#flow-whole")).to_contain_text("a new floor plan")
    world.submit("waiting-visit", wait=False)
    waiting = page.locator("#flow-whole .figures > div").first
    # More than one after a while: the orchestrator asks again.
    await waiting.locator(".figure", has_text=re.compile(r"^[1-9]")).wait_for()
    assert ("paused", "venues") in codes(world)
    await page.goto(FLOW)
    await pull(page, "Resume", "it is there")
    world.client.wait_for("waiting-visit", lambda view: view["phase"] in ("ready", "blocked"))
    await page.locator("#flow-whole .pill", has_text="paused").wait_for(state="detached")
    assert ("paused", "venues") not in codes(world)
    world.cancel("waiting-visit")


async def test_a_service_is_drained_and_its_record_tells_who_and_why(
    world: World, page: Page
) -> None:
    await page.goto("/now/catering")
    await pull(page, "Drain this service", "new disk")
    await page.goto("/now")
    await page.locator('#service-catering[data-state="drained"]').wait_for(timeout=SILENT_MS)
    await page.locator("#finding-drained-catering").wait_for()
    await page.goto("/now/catering")
    await pull(page, "Take messages again", "it is in")
    await page.locator("#now-service .pill", has_text="alive").first.wait_for()
    record = page.locator("table").last
    for told in ("new disk", "it is in", "planner"):
        await expect(record).to_contain_text(told)


async def test_a_lever_without_a_reason_is_refused_beside_its_field(
    world: World, page: Page
) -> None:
    await page.goto("/flows/venues/venues-release_holds-v1")
    await page.get_by_label("Reason").evaluate("one => one.removeAttribute('required')")
    await page.get_by_role("button", name="Pause", exact=True).click()
    await page.locator("#field-reason-error").wait_for()
    assert ("paused", "venues") not in codes(world)


async def test_who_may_not_is_not_shown_the_way(world: World, page: Page) -> None:
    await page.goto("/flows/venues/venues-set_intake-v1")
    await expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    answer = await page.goto("/flows/venues/venues-unheard_of-v1")
    assert answer is not None and answer.status == 404
    answer = await page.goto("/now/nobody")
    assert answer is not None and answer.status == 404


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_nothing_below_either(
    world: World, browser: Browser, session: str, language: str, scheme: Scheme
) -> None:
    some = ("/now/venues", FLOW)
    assert await sweep(browser, world.address, session, some, language, scheme) == []
