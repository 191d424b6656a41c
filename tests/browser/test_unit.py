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


async def test_a_price_shows_whose_cost_would_differ_and_keeps_what_is_agreed(
    world: World, page: Page
) -> None:
    world.submit("priced-visit", "longsha-hall")
    agreed = world.client.visit("priced-visit")["cost"]["amount"]
    await page.goto("/inventory/venues/longsha-hall")
    form = page.locator('section[aria-labelledby="price-title"] form')
    await form.locator('[name="amount"]').fill("123.45")
    await form.locator('[name="why"]').fill("agreement of 2027")
    await form.get_by_role("button").click()
    preview = page.locator("#preview")
    await expect(preview.get_by_role("heading")).to_have_text(
        "Visits whose cost would differ: 1; arrangements: 1"
    )
    row = preview.locator("tbody tr").filter(has_text="priced-visit")
    await expect(row.locator('[data-label="Arranged anew"]')).to_have_text("246.90 CNY")
    assert await axe_problems(page) == []
    await page.locator("#save").click()
    await expect(page.get_by_role("status").filter(has_text="stays as it is")).to_be_visible()
    await expect(page.locator(".made li").first).to_contain_text("price set to 123.45 CNY")
    await expect(page.locator(".made li").first).to_contain_text("agreement of 2027")
    assert world.client.visit("priced-visit")["cost"]["amount"] == agreed
    world.cancel("priced-visit")


async def test_a_style_of_a_hall_withdraws_who_no_longer_fits(world: World, page: Page) -> None:
    world.submit("styled-visit", "longsha-hall")
    await page.goto("/inventory/venues/longsha-hall?act=count&part=theatre&quantity=5")
    preview = page.locator("#preview")
    await expect(preview.get_by_role("heading")).to_have_text("Visits it hits: 1; arrangements: 1")
    await page.locator("#save").click()
    await expect(page.locator(".made li").first).to_contain_text("number set to 5 (theatre)")
    world.client.wait_for(
        "styled-visit", lambda view: bool((view["needs"][0]["refusal"] or {}).get("alternatives"))
    )
    await page.goto("/inventory/venues/longsha-hall?act=count&part=theatre&quantity=150")
    await page.locator("#save").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    world.cancel("styled-visit")


async def test_a_hall_is_added_and_a_visit_is_given_it(world: World, page: Page) -> None:
    await page.goto("/inventory?service=venues&kind=halls")
    await page.locator('.unit a[href="/inventory/venues/longsha-hall"]').click()
    await page.get_by_role("link", name="New one like this").click()
    form = page.get_by_role("form", name="New unit")
    await expect(form.get_by_label("Theatre")).to_have_value("150")
    await form.get_by_role("button", name="Look it over").click()
    await expect(page.locator("#problems")).to_contain_text("lower-case letters")
    for name, text in NEW_HALL.items():
        await form.locator(f'[name="n.{name}"]').fill(text)
    await form.get_by_role("button", name="Look it over").click()
    await expect(form.locator(".field.wrong")).to_have_count(1)
    await expect(form.locator(".field.wrong .error")).to_contain_text("for example post@")
    await expect(page.locator("#save")).to_have_count(0)
    assert await axe_problems(page) == []
    await form.locator('[name="n.dossier.contact.email"]').fill("annex@example.org")
    await form.get_by_role("button", name="Look it over").click()
    await expect(page.locator("#preview")).to_contain_text("hits nothing that is arranged")
    await expect(page.locator("#preview")).to_contain_text("theatre 90")
    assert await axe_problems(page) == []
    await page.locator("#save").click()
    await expect(page.get_by_role("status").filter(has_text="It can be booked")).to_be_visible()
    await expect(page.locator(".made li")).to_contain_text("added")
    await expect(page.locator("h1")).to_have_text("Longsha Annex")
    world.submit("annex-visit", "longsha-annex")
    (need,) = world.client.visit("annex-visit")["needs"]
    assert need["allotted"]["unit"] == "longsha-annex"
    world.cancel("annex-visit")


NEW_HALL = {
    "id": "longsha-annex", "name.zh": "龙沙附厅", "name.en": "Longsha Annex",
    "capacity.theatre": "90", "dossier.contact.post.zh": "值班", "dossier.contact.post.en": "Duty",
    "dossier.contact.email": "nobody@nowhere", "dossier.last_checked": "2026-11-20",
}  # fmt: skip


async def test_a_place_is_described_with_errors_at_their_fields(world: World, page: Page) -> None:
    """A place and the sight on it have one id; the sight stays as it is."""
    await page.goto("/inventory?service=venues&kind=places")
    await page.locator('.unit a[href="/inventory/venues/mingyue-island?kind=places"]').click()
    form = page.locator(".describe form")
    mail = form.get_by_label("E-mail of the post")
    await mail.fill("nobody@nowhere")
    facilities = form.get_by_role("group", name="Facilities")
    await facilities.get_by_label("In Chinese").fill("大巴停车位8个")
    await facilities.get_by_label("In English").fill("Parking for 8 coaches")
    await form.get_by_role("button").click()
    wrong = page.locator(".field.wrong")
    await expect(wrong).to_have_count(1)
    await expect(wrong.locator(".error")).to_contain_text("for example post@example.org")
    assert await axe_problems(page) == []

    await mail.fill("visitors@example.org")
    await form.get_by_role("button").click()
    preview = page.locator("#preview")
    await expect(preview.get_by_role("heading")).to_have_text("It hits nothing that is arranged")
    await expect(preview.locator("ins")).to_have_text(
        ["visitors@example.org", "大巴停车位8个", "Parking for 8 coaches"]
    )
    assert await axe_problems(page) == []
    await page.locator("#save").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    assert page.url.split("?")[1].startswith("kind=places")
    await page.locator(".unit summary").click()
    await expect(page.locator(".unit details")).to_contain_text("Parking for 8 coaches")
    await expect(page.locator(".made li")).to_contain_text("described anew")
    await page.goto("/inventory/venues/mingyue-island")
    await expect(page.locator(".unit details")).not_to_contain_text("Parking for 8 coaches")


async def test_a_vehicle_is_taken_out_of_use_and_back(world: World, page: Page) -> None:
    await page.goto("/inventory/escorts/coach-01")
    await page.locator('section[aria-labelledby="retire-title"] button').click()
    await page.locator("#save").click()
    await expect(page.locator(".unit header .pill.warm")).to_have_text("out of use")
    await expect(page.locator("#close-title")).to_have_count(0)
    assert await axe_problems(page) == []
    await page.get_by_role("button", name="See whom it hits").click()
    await page.locator("#save").click()
    await expect(page.locator(".unit header .pill.warm")).to_have_count(0)
