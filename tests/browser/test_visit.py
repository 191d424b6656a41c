"""One visit in a real browser: edited, previewed, committed, by two planners, by one click."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from playwright.async_api import Browser, Page, expect

from deploy.client import Client
from services.console.roles import Role
from tests.browser.conftest import World
from tests.support.accounts import make_account
from tests.support.browser import (
    LANGUAGES,
    SCHEMES,
    Scheme,
    axe_problems,
    is_live,
    logged_in,
    sweep,
)
from tests.support.specs import hall, spec


def tomorrow() -> str:
    here = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    return (here + timedelta(days=1)).date().isoformat()


def delegation(visit: str, guests: int = 38) -> dict[str, Any]:
    """A delegation that dines tomorrow: the kitchen's guarantee deadline has passed."""
    day, more = tomorrow(), guests + 10
    needs = [
        {"id": "hall", "kind": "hall", "setup": "banquet", "attendance": more,
         "hall": "nenjiang-hall-50"},
        {"id": "meal", "kind": "meal", "style": "buffet_reception", "covers": more,
         "kitchen": "nenjiang-hotel-kitchen", "host_paid": True},
    ]  # fmt: skip
    return {
        "visit": visit, "line": "business", "title": {"zh": "客商团", "en": "Delegation"},
        "host": "desk", "purpose": "talks", "companions": 10,
        "letter": {"number": "1", "unit": "u", "dated": "2026-01-01"},
        "party": [{"category": "merchant", "count": guests}],
        "budget": {"amount": 2_000_000, "currency": "CNY"},
        "programme": [{"id": "dinner", "title": {"zh": "晚宴", "en": "Dinner"},
                       "starts_at": f"{day}T18:00", "ends_at": f"{day}T20:00", "needs": needs}],
    }  # fmt: skip


def text(document: Any) -> str:
    return str(yaml.safe_dump(document, allow_unicode=True))


def grant(client: Client, view: dict[str, Any]) -> None:
    for need in view["needs"]:
        if need["consent"] is not None:
            client.consent(need["hold"], need["service"], True)


async def test_thirty_eight_become_fifty_eight(world: World, page: Page) -> None:
    """S02 through the page, with the kitchen's consent."""
    client = world.client
    client.submit(text(delegation("growing-visit")))
    grant(client, client.wait_for("growing-visit", lambda view: view["phase"] == "waiting"))
    client.wait_for("growing-visit", lambda view: view["phase"] == "ready")
    await page.goto("/visits/growing-visit")
    await is_live(page)
    await page.get_by_role("link", name="Edit").click()
    for path, value in (("party[0].count", "58"), ("programme[0].needs[0].attendance", "68"),
                        ("programme[0].needs[1].covers", "68")):  # fmt: skip
        await page.locator(f'[name="{path}"]').fill(value)
    await page.get_by_role("button", name="Preview the change").first.click()
    proposal = page.locator("#visit-proposal")
    await expect(proposal).to_contain_text("waiting")
    meal = proposal.locator('[data-need="dinner/meal"]')
    await expect(meal).to_contain_text("48 covers")
    await expect(page.locator("#commit")).to_have_count(0)
    assert client.visit("growing-visit")["guests"] == 38, "nothing has changed yet"
    await page.evaluate("window.sameDocument = true")
    await proposal.get_by_role("button", name="Yes").click()
    await page.locator("#commit").wait_for()
    await expect(meal).to_contain_text("68 covers")
    await expect(proposal.locator('[data-need="dinner/hall"]')).to_contain_text("Nenjiang Hall 80")
    await expect(proposal.locator(".difference")).to_contain_text("+")
    await page.locator("#commit").click()
    await expect(page.locator("#visit-proposal")).to_be_hidden()
    await expect(page.locator("#visit-lead")).to_contain_text("revision 2")
    await expect(page.locator("#visit-facts .figure").first).to_have_text("58")
    await page.locator("#visit-lead .pill", has_text="ready").wait_for()


async def test_of_two_planners_the_second_sees_what_the_first_changed(
    world: World, browser: Browser, session: str
) -> None:
    world.submit("shared-visit", "expo-hall-a")
    async with (
        logged_in(browser, world.address, session) as (ann_profile, _),
        logged_in(browser, world.address, session) as (ben_profile, _),
    ):
        ann, ben = await ann_profile.new_page(), await ben_profile.new_page()
        for page in (ann, ben):
            await page.goto("/visits/shared-visit/edit")
        await ann.locator('[name="party[0].count"]').fill("25")
        await ann.get_by_role("button", name="Preview the change").first.click()
        await ann.locator("#commit").wait_for()
        # While it is only proposed, Ben would replace it unseen.
        document = await ben.locator("#document").input_value()
        mine = document.replace("purpose: test", "purpose: Ben's own")
        assert mine != document
        await ben.locator("#document").fill(mine)
        send = ben.locator('button[name="mode"][value="document"]')
        await send.click()
        await expect(ben.locator("#stale")).to_contain_text("+  count: 25")
        await expect(ben.locator("#document")).to_have_value(re.compile("Ben's own"))
        await ann.locator("#commit").click()
        await expect(ann.locator("#visit-lead")).to_contain_text("revision 2")
        # What he saw is again not what stands. The page that says so looks like the one before it.
        async with ben.expect_navigation():
            await send.click()
        await expect(ben.locator("#stale")).to_be_visible()
        view = world.client.visit("shared-visit")
        assert view["guests"] == 25 and view["proposed"] is None
        theirs = (await ben.locator("#document").input_value()).replace("count: 20", "count: 25")
        await ben.locator("#document").fill(theirs)
        await send.click()
        await ben.locator("#commit").click()
        await expect(ben.locator("#visit-lead")).to_contain_text("revision 3")
    view = world.client.visit("shared-visit")
    assert (view["guests"], view["spec"]["purpose"]) == (25, "Ben's own")


async def test_an_alternative_is_one_click(world: World, page: Page) -> None:
    blocked = spec("late-visit", hall("expo-forum"), starts="10:30", ends="11:30")
    world.client.submit(text(blocked.model_dump(mode="json", exclude_none=True)))
    view = world.client.wait_for("late-visit", lambda view: view["phase"] == "blocked")
    first = view["needs"][0]["refusal"]["alternatives"][0]["sentence"]["en"]
    await page.goto("/visits/late-visit")
    await is_live(page)
    ways = page.locator(".ways button")
    await expect(ways.first).to_have_text(first)  # Not while it tries again by itself.
    await ways.first.click()
    await page.locator("#commit").wait_for()
    await page.locator("#commit").click()
    await page.locator("#visit-lead .pill", has_text="ready").wait_for()


async def test_errors_stand_at_their_fields(world: World, page: Page) -> None:
    world.submit("wrong-visit", "expo-hall-b")
    await page.goto("/visits/wrong-visit/edit")
    count = page.locator('[name="party[0].count"]')
    await count.fill("many")
    await page.get_by_role("button", name="Preview the change").first.click()
    await expect(count).to_have_value("many")
    wrong = page.locator(".field.wrong", has=count)
    await expect(wrong.locator(".error")).to_contain_text("integer")
    assert await axe_problems(page) == []
    await page.goto("/visits/wrong-visit/edit")
    document = page.locator("#document")
    await document.fill((await document.input_value()).replace("kind: hall", "kind: hal"))
    await page.locator('button[name="mode"][value="document"]').click()
    told = page.locator("#problems")
    await expect(told).to_contain_text("line 21, column 11")
    await expect(told).to_contain_text("use one of")
    await expect(told.locator(".written")).to_have_text(re.compile(r"kind: hal$"))
    await expect(document).to_have_value(re.compile("kind: hal\n"))
    assert await axe_problems(page) == []
    await told.get_by_role("link").first.click()
    await expect(document).to_be_focused()
    chosen = "one => one.value.slice(one.selectionStart, one.selectionEnd).trim()"
    assert (await document.evaluate(chosen)).endswith("kind: hal")
    assert world.client.visit("wrong-visit")["proposed"] is None


async def test_a_new_visit_from_a_copy_a_sample_or_a_file(world: World, page: Page) -> None:
    world.submit("original", "civic-auditorium")
    await page.goto("/new-visit?copy=original")
    document = page.locator("#document")
    copied = await document.input_value()
    assert copied.startswith("visit: original-copy\n")
    await page.goto("/new-visit?template=inspection")
    assert "visit:" in await document.input_value()
    await page.locator("#file").set_input_files(
        files=[{"name": "v.yaml", "mimeType": "application/yaml", "buffer": b"visit: [broken"}]
    )
    await expect(document).to_have_value("visit: [broken")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.locator("#problems")).to_contain_text("this is not YAML")
    await document.fill(copied.replace("10:00", "15:00").replace("12:00", "16:00"))
    await page.get_by_role("button", name="Submit").click()
    await page.locator("#visit-lead .pill", has_text="ready").wait_for()
    await expect(page).to_have_url(re.compile("/visits/original-copy$"))
    await page.goto("/new-visit?copy=original")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.locator("#problems")).to_contain_text("revision")


async def test_a_cancellation_has_a_reason_and_is_shown_everywhere(
    world: World, page: Page
) -> None:
    world.submit("over-visit", "exchange-hall")
    await page.goto("/visits/over-visit/trace")
    await is_live(page)
    steps = await page.locator("table.trace tbody tr").count()
    other = await page.context.new_page()
    await other.goto("/visits/over-visit")
    await other.get_by_role("button", name="Cancel the visit").click()
    await other.locator("#field-reason").fill("rain")
    await other.get_by_role("button", name="Cancel it now").click()
    await other.locator("#visit-lead .pill", has_text="cancelled").wait_for()
    await expect(other.locator("#visit-history")).to_contain_text("cancelled: rain")
    await expect(other.get_by_role("link", name="Edit")).to_have_count(0)
    await page.locator("table.trace", has_text="cancelled: rain").wait_for()
    await expect(page.locator("table.trace tbody tr")).not_to_have_count(steps)


async def test_another_stations_lead_sees_no_page(world: World) -> None:
    token = make_account(world.folder, "lead-west", Role.STATION_LEAD, stations=("west",))
    client = Client(world.address, token)
    try:
        for path in ("", "/edit", "/trace"):
            answer = client._http.get(f"{world.address}/visits/first-visit{path}")
            assert answer.status_code in (403, 404), path
    finally:
        client.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_nothing(
    world: World, browser: Browser, session: str, language: str, scheme: Scheme
) -> None:
    some = [f"/visits/first-visit{path}" for path in ("", "/edit", "/trace")]
    assert await sweep(browser, world.address, session, some, language, scheme) == []


async def test_a_click_on_what_has_moved_is_not_done_and_says_so(world: World, page: Page) -> None:
    world.submit("moving-visit", "exchange-room")
    await page.goto("/visits/moving-visit")
    await page.route("**/stream*", lambda route: route.abort())
    await page.reload()
    document = spec("moving-visit", hall("exchange-room"), guests=21)
    world.client.edit("moving-visit", 1, text(document.model_dump(mode="json", exclude_none=True)))
    world.client.wait_for("moving-visit", lambda view: view["revision"] == 2)
    await page.get_by_role("button", name="Cancel the visit").click()
    await page.locator("#field-reason").fill("rain")
    await page.get_by_role("button", name="Cancel it now").click()
    await expect(page.get_by_role("alert")).to_contain_text("Somebody was faster")
    await expect(page.locator("#visit-lead")).to_contain_text("revision 2")
    assert world.client.visit("moving-visit")["phase"] != "cancelled"
