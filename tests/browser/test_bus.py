"""The bus is filled again from the page: counted first, for a reason, with its progress."""

from __future__ import annotations

import nats
import pytest
from playwright.async_api import Browser, Page, expect

from deploy.client import Client
from services.console.parked_finding import SERVICES
from services.console.roles import Role
from shared.contracts.message import EVENTS
from tests.browser.conftest import World
from tests.support.accounts import make_account
from tests.support.browser import LANGUAGES, SCHEMES, Scheme, is_live, sweep


async def last_of(world: World) -> int:
    client = await nats.connect(world.bus.url)
    try:
        return int((await client.jetstream().stream_info(EVENTS)).state.last_seq)
    finally:
        await client.close()


async def test_it_is_counted_asked_for_with_a_reason_and_followed(world: World, page: Page) -> None:
    await page.goto("/now")
    await page.get_by_role("link", name="Fill it again").click()
    await is_live(page)
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(len(SERVICES))
    await expect(page.locator("#refill-will")).to_contain_text("Nothing is deleted")
    await expect(page.locator("main")).to_contain_text("make rebuild-bus")
    button = page.get_by_role("button", name="Fill the bus again")
    before = {one: world.client.visit(one)["phase"] for one in ("first-visit", "second-visit")}
    await page.get_by_label("Reason").fill("a disk was exchanged")
    await button.click()
    await expect(page.get_by_role("status").filter(has_text="Begun")).to_be_visible(timeout=60_000)
    for service in SERVICES:
        row = page.locator(f"#refill-{service}")
        await expect(row).to_have_attribute("data-state", "done", timeout=60_000)
        await expect(row).to_contain_text("a disk was exchanged")
    assert world.client.visit("first-visit")["phase"] == before["first-visit"]
    assert await last_of(world) > 0


async def test_without_a_reason_nothing_is_sent(world: World, page: Page) -> None:
    for form in ({}, {"reason": "  "}, {"reason": "r", "idempotency_key": "\u00e9 x" * 200}):
        answer = await page.request.post("/bus", form=form, headers={"Origin": world.address})
        assert 400 <= answer.status < 500, form
    token = make_account(world.folder, "reads-the-bus", Role.AUDITOR)
    client = Client(world.address, token)
    try:
        assert client._http.get(f"{world.address}/bus").status_code == 403
        assert client._http.get(f"{world.address}/v1/services/visits/refill").status_code == 200
        assert client._http.get(f"{world.address}/v1/services/nobody/refill").status_code == 404
    finally:
        client.close()


@pytest.mark.parametrize(
    ("language", "scheme"), [(LANGUAGES[0], SCHEMES[0]), (LANGUAGES[1], SCHEMES[1])]
)
async def test_axe_finds_nothing(
    world: World, browser: Browser, session: str, language: str, scheme: Scheme
) -> None:
    assert await sweep(browser, world.address, session, ("/bus",), language, scheme) == []
