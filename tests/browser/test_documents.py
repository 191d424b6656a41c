"""The documents of a visit in a browser: in both languages, to be printed, of what is firm only."""

from __future__ import annotations

from typing import Any

import yaml
from playwright.async_api import Browser, Page, expect

from deploy.client import Client
from services.console.documents import Kind
from services.console.roles import Role
from tests.browser.conftest import World
from tests.support.accounts import make_account
from tests.support.browser import is_live, sweep
from tests.support.specs import DAY, hall, spec

VISIT = "paper-visit"
NEXT_DAY = "2027-09-15"
MEAL = {"id": "meal", "kind": "meal", "style": "buffet_reception", "covers": 20,
        "kitchen": "hubin-hotel-kitchen", "diets": {"halal": 3, "vegetarian": 2},
        "host_paid": True}  # fmt: skip
ROOMS = {"id": "rooms", "kind": "room", "singles": 4, "sharing_pairs": 8, "hotel": "longsha-hotel",
         "starts_at": f"{DAY}T12:00", "ends_at": f"{NEXT_DAY}T12:00"}  # fmt: skip
COACH = {"id": "coach", "kind": "vehicle", "seats": 20, "type": "coach",
         "come_from": "qiqihar-station", "go_to": "expo-centre"}  # fmt: skip


def text(**more: Any) -> str:
    needs = (hall("hubin-banquet-hall", setup="banquet"), MEAL, ROOMS, COACH)
    made = spec(VISIT, *needs, starts="18:00", ends="20:00", **more)
    return str(yaml.safe_dump(made.model_dump(mode="json", exclude_none=True), allow_unicode=True))


def ready(client: Client) -> dict[str, Any]:
    client.submit(text())
    view = client.wait_for(VISIT, lambda view: view["phase"] in ("ready", "blocked"))
    assert view["phase"] == "ready", view["reasons"]
    return view


def at(kind: str, language: str = "en") -> str:
    return f"/visits/{VISIT}/documents/{kind}?lang={language}"


async def test_documents_of_a_ready_visit(world: World, page: Page, browser: Browser) -> None:
    ready(world.client)
    await page.goto(f"/visits/{VISIT}")
    await page.get_by_role("link", name="Reception plan English").click()
    paper = page.locator(".paper")
    await expect(paper.locator("h1")).to_have_text(f"Visit {VISIT}")
    await expect(paper.locator(".doc-mark").first).to_contain_text("revision 1")
    sheet = page.locator(".function")
    await expect(sheet).to_have_count(1)
    for told in (f"{VISIT}/day", "Hubin", "banquet", "halal 3", "vegetarian 2",
                 "20 expected, 20 guaranteed, 20 billed", "final count due", "Executive chef",
                 "with set-up and clearing", "the host pays"):  # fmt: skip
        await expect(sheet).to_contain_text(told)
    await page.get_by_role("link", name="Rooming summary").click()
    await expect(page.locator(".paper h3")).to_have_text("Longsha Hotel")
    await expect(page.locator(".paper tbody th")).to_contain_text(DAY)
    await expect(page.locator(".paper tr", has_text="Twin room")).to_contain_text("08816")
    await expect(page.locator(".paper .sum")).to_contain_text("481220")
    await page.goto(at("programme", "zh"))
    await expect(paper.locator(".doc-kind")).to_have_text("日程")
    await expect(paper).to_contain_text("龙沙宾馆")
    await expect(paper).to_contain_text("大巴")
    for kept_back in ("CNY", "@example.org", "halal", "清真"):
        await expect(paper).not_to_contain_text(kept_back)
    # The language of a sheet of paper is not that of the console from then on.
    await page.goto(f"/visits/{VISIT}")
    assert await page.locator("html").get_attribute("lang") == "en"
    some = [at(kind, language) for kind in Kind for language in ("en",)]
    session = await world.session()
    assert await sweep(browser, world.address, session, some, "en", "dark") == []
    some = [at(kind, "zh") for kind in Kind]
    assert await sweep(browser, world.address, session, some, "zh") == []


async def test_in_print_there_is_the_sheet_alone(world: World, page: Page) -> None:
    await page.goto("/visits/first-visit/documents/plan?lang=en")
    await expect(page.get_by_role("button", name="Print")).to_be_visible()
    await page.evaluate("window.print = () => { window.printed = true; }")
    await page.get_by_role("button", name="Print").click()
    assert await page.evaluate("window.printed")
    await page.emulate_media(media="print")
    for gone in (".top", ".doc-acts"):
        await expect(page.locator(gone)).to_be_hidden()
    await expect(page.locator("h1")).to_be_visible()
    breaks = "getComputedStyle(document.querySelector('.function')).breakBefore"
    assert await page.evaluate(breaks) == "page"
    pdf = await page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 2, "a sheet of its own"


async def test_a_proposal_and_an_edit_that_is_not_firm_are_on_no_paper(
    world: World, page: Page
) -> None:
    world.submit("moot-visit", "longsha-hall")
    view = world.client.wait_for("moot-visit", lambda view: view["phase"] == "ready")
    await page.goto("/visits/moot-visit/edit")
    await page.locator('[name="party[0].count"]').fill("21")
    await page.get_by_role("button", name="Preview the change").first.click()
    await page.locator("#commit").wait_for()
    await page.goto("/visits/moot-visit/documents/plan?lang=en")
    await expect(page.locator(".paper .doc-facts").first).to_contain_text("20 (staff 20)")
    clash = spec("moot-visit", hall("expo-forum"))
    body = yaml.safe_dump(clash.model_dump(mode="json", exclude_none=True), allow_unicode=True)
    world.client.edit("moot-visit", view["revision"], body)
    world.client.wait_for("moot-visit", lambda view: view["phase"] == "blocked")
    for kind in Kind:
        answer = await page.goto(f"/visits/moot-visit/documents/{kind}?lang=en")
        assert answer is not None and answer.status == 409
        await expect(page.locator(".paper")).to_contain_text("no document is issued")
        await expect(page.locator(".paper table")).to_have_count(0)
    world.cancel("moot-visit")
    await page.goto("/visits/moot-visit/documents/plan?lang=zh")
    await expect(page.locator(".paper")).to_contain_text("已取消")


async def test_who_does_not_see_the_visit_sees_no_paper_of_it(world: World) -> None:
    token = make_account(world.folder, "lead-north", Role.STATION_LEAD, stations=("north",))
    client = Client(world.address, token)
    try:
        for kind in (*Kind, "other"):
            answer = client._http.get(f"{world.address}/visits/first-visit/documents/{kind}")
            assert answer.status_code == 404, kind
    finally:
        client.close()


async def test_documents_are_offered_on_the_page(world: World, page: Page) -> None:
    await page.goto("/visits/first-visit")
    await is_live(page)
    for kind in Kind:
        for language in ("zh", "en"):
            there = f'a[href="/visits/first-visit/documents/{kind}?lang={language}"]'
            await expect(page.locator(there)).to_be_visible()
