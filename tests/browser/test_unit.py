"""A unit is changed in a real browser: whom it hits is shown, then saved; the visit re-plans."""

from __future__ import annotations

from playwright.async_api import Page, expect

from deploy.client import Client
from services.console.roles import Role
from tests.browser.conftest import World
from tests.support.accounts import make_account
from tests.support.browser import axe_problems

DAY = "2027-09-14"


async def close(page: Page, unit: str, reason: str = "fire inspection") -> None:
    """Fill the form of a closure and look at what it hits."""
    await page.goto(f"/inventory/venues/{unit}")
    await page.locator('[name="starts_at"]').fill(f"{DAY}T08:00")
    await page.locator('[name="ends_at"]').fill(f"{DAY}T18:00")
    await page.locator('[name="reason_zh"]').fill("消防检查")
    await page.locator('[name="reason_en"]').fill(reason)
    button = page.get_by_role("button", name="See whom it hits").first
    await button.click()


async def test_a_closure_is_previewed_saved_and_lifted(world: World, page: Page) -> None:
    world.submit("closed-visit", "longsha-hall")
    await page.goto("/inventory?service=venues&kind=halls")
    await page.locator('.unit a[href="/inventory/venues/longsha-hall"]').click()
    await close(page, "longsha-hall")
    preview = page.locator("#preview")
    await expect(preview.get_by_role("heading")).to_have_text("Visits it hits: 1; arrangements: 1")
    link = preview.get_by_role("link", name="Visit closed-visit")
    await expect(link).to_have_attribute("href", "/visits/closed-visit")
    await expect(preview.locator("tbody td").nth(1)).to_contain_text(f"{DAY} 10:00")
    assert await axe_problems(page) == []
    assert world.client.visit("closed-visit")["phase"] == "ready", "nothing has changed yet"

    await page.locator("#save").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await expect(page.locator(".unit .note")).to_contain_text("fire inspection")
    view = world.client.wait_for(
        "closed-visit", lambda view: (view["needs"][0]["refusal"] or {}).get("code") == "closed"
    )
    assert "fire inspection" in view["needs"][0]["refusal"]["sentence"]["en"]
    await page.reload()
    await expect(page.locator(".made li")).to_contain_text("1 withdrawn")

    await page.get_by_role("button", name="Open again").click()
    await expect(preview.get_by_role("heading")).to_have_text("It hits nothing that is arranged")
    await page.locator("#save").click()
    await expect(page.locator(".unit .note")).to_have_count(0)
    world.cancel("closed-visit")


async def test_what_is_wrong_stands_at_its_field(world: World, page: Page) -> None:
    await page.goto(
        f"/inventory/venues/tiefeng-hall?act=close&starts_at={DAY}T18:00&ends_at={DAY}T08:00"
        "&reason_zh=x&reason_en=y"
    )
    await expect(page.locator("#problems")).to_contain_text("later than starts_at")
    await expect(page.locator('[name="starts_at"]')).to_have_value(f"{DAY}T18:00")
    await expect(page.locator("#save")).to_have_count(0)
    assert await axe_problems(page) == []


async def test_of_two_editors_the_second_looks_again(world: World, page: Page) -> None:
    unit = "hecheng-hotel"
    await page.goto(f"/inventory/bookings/{unit}?act=count&part=twin&quantity=29")
    other = await page.context.new_page()
    await other.goto(f"/inventory/bookings/{unit}?act=count&part=twin&quantity=28")
    for one in (page, other):
        await one.locator("#save").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await expect(other.locator("#stale")).to_be_visible()
    await other.locator("#save").click()
    await expect(other.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await expect(other.locator(".made li").first).to_contain_text("number set to 28")


async def test_who_may_not_change_it_sees_no_form(world: World) -> None:
    token = make_account(world.folder, "lead-of-units", Role.STATION_LEAD, stations=("north",))
    client = Client(world.address, token)
    try:
        address = f"{world.address}/inventory/venues/expo-hall"
        shown = client._http.get(address)
        assert shown.status_code == 200 and "<form method" not in shown.text
        assert 'name="act"' not in shown.text
        assert client._http.post(address, data={"act": "lift"}).status_code == 403
    finally:
        client.close()
