"""A bar that is dragged, or moved by keys, or by a link, becomes a proposal, and nothing else."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from playwright.async_api import Browser, Locator, Page, expect

from services.console.roles import Role
from shared.contracts.spec import VisitSpec
from tests.browser.conftest import World
from tests.support.accounts import make_account
from tests.support.browser import is_live, logged_in, session_of, sweep
from tests.support.specs import DAY, hall, spec

BOARD, HALLS = f"/board?from={DAY}&to={DAY}", f"/board/halls?from={DAY}&to={DAY}"
QUARTERS = 96
"""Of the day that these boards show."""
HOME, OTHER = "jianhua-hall", "laodonghu-hall"
SECRET = secrets.token_urlsafe(16)


def text(made: VisitSpec) -> str:
    return str(yaml.safe_dump(made.model_dump(mode="json", exclude_none=True)))


def submit(world: World, visit: str, unit: str = HOME, **more: Any) -> None:
    made = spec(visit, hall(unit), **more)
    world.client.submit(text(made))
    world.client.wait_for(visit, lambda view: view["phase"] == "ready")


async def grip(page: Page, bar: Locator) -> tuple[float, float]:
    """Put the mouse on a bar and press; where that is."""
    await bar.scroll_into_view_if_needed()
    box = await bar.locator(".bar").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    return x, y


async def quarter_px(page: Page, band: str) -> float:
    box = await page.locator(f"{band} svg.line").bounding_box()
    assert box is not None
    return box["width"] / QUARTERS


def asked(page: Page) -> dict[str, str]:
    return {name: one[0] for name, one in parse_qs(urlsplit(page.url).query).items()}


async def test_a_bar_is_dragged_to_another_time(world: World, page: Page) -> None:
    submit(world, "dragged-visit")
    await page.goto(BOARD)
    await is_live(page)
    band = "#band-dragged-visit"
    step = await quarter_px(page, band)
    x, y = await grip(page, page.locator(f"{band} a[data-move]"))
    await page.mouse.move(x + 5 * step, y, steps=4)
    await expect(page.locator(".ghost")).to_have_text(f"{DAY[5:]} 11:15 – {DAY[5:]} 13:15")
    # The band is drawn anew below the ghost; what is held is not lost by it.
    made = spec("dragged-visit", hall(HOME), guests=21)
    world.client.edit("dragged-visit", 1, text(made))
    await expect(page.locator(band)).to_contain_text("21 guests")
    await page.mouse.move(x + 9.3 * step, y, steps=4)
    await page.mouse.up()
    await page.wait_for_url("**/visits/dragged-visit/move?**")
    assert asked(page) == {"need": "day/hall", "by": "135"}
    await expect(page.locator("#field-starts_at")).to_have_value(f"{DAY}T12:15")
    view = world.client.visit("dragged-visit")
    assert (view["proposed"], view["revision"]) == (None, 2), "nothing has changed yet"
    await page.get_by_role("button", name="Preview the change").click()
    await page.locator("#commit").wait_for()
    view = world.client.visit("dragged-visit")
    moved = view["proposed"]["spec"]["programme"][0]
    assert (moved["starts_at"], moved["ends_at"]) == (f"{DAY}T12:15:00", f"{DAY}T14:15:00")
    assert view["spec"]["programme"][0]["starts_at"] == f"{DAY}T10:00:00" and view["revision"] == 2
    world.cancel("dragged-visit")


async def test_a_bar_is_dragged_to_another_hall(world: World, page: Page) -> None:
    submit(world, "hall-dragged")
    await page.goto(HALLS)
    await is_live(page)
    target = page.locator(f"#hall-{OTHER} svg.line")
    x, y = await grip(page, page.locator(f"#hall-{HOME} a[data-move]"))
    there = await target.bounding_box()
    assert there is not None
    await page.mouse.move(x, y + 5, steps=2)
    await page.mouse.move(x, there["y"] + there["height"] / 2, steps=4)
    await expect(page.locator(".band.target")).to_have_count(1)
    await page.mouse.up()
    await page.wait_for_url("**/visits/hall-dragged/move?**")
    assert asked(page) == {"need": "day/hall", "by": "0", "hall": OTHER}
    await expect(page.locator("#field-hall")).to_have_value(OTHER)
    await page.get_by_role("button", name="Preview the change").click()
    await page.locator("#commit").wait_for()
    await expect(page.locator('[data-need="day/hall"]')).to_contain_text("Laodonghu Hall")
    world.cancel("hall-dragged")


async def test_keys_move_a_bar_and_enter_proposes(world: World, page: Page) -> None:
    submit(world, "keyed-visit")
    await page.goto(HALLS)
    await is_live(page)
    bar, said = page.locator(f"#hall-{HOME} a[data-move]"), page.locator("#board-said")
    await page.locator("h1").click()
    while not await bar.evaluate("one => one === document.activeElement"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await expect(said).to_contain_text("Picked up: Visit keyed-visit")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(said).to_contain_text("10:30")
    await page.keyboard.press("Escape")
    await expect(said).to_contain_text("nothing changes")
    await expect(page.locator(".ghost")).to_have_count(0)
    await page.keyboard.press("Space")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowDown")
    await expect(said).to_contain_text("Laodonghu Hall")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/visits/keyed-visit/move?**")
    assert asked(page) == {"need": "day/hall", "by": "-15", "hall": OTHER}
    # Without being picked up it is the link that it was.
    await page.goto(BOARD)
    await is_live(page)
    await page.locator("#band-keyed-visit a[data-move]").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/visits/keyed-visit")
    world.cancel("keyed-visit")


async def test_a_click_and_a_drag_back_are_no_move(world: World, page: Page) -> None:
    submit(world, "still-visit")
    await page.goto(BOARD)
    await is_live(page)
    bar = page.locator("#band-still-visit a[data-move]")
    x, y = await grip(page, bar)
    await page.mouse.move(x + 200, y, steps=3)
    await page.mouse.move(x + 1, y, steps=3)
    await page.mouse.up()
    await expect(page.locator("#board-said")).to_contain_text("nothing changes")
    x, y = await grip(page, bar)
    await page.mouse.move(x + 200, y, steps=3)
    await page.keyboard.press("Escape")
    await page.mouse.up()
    await expect(page.locator(".ghost")).to_have_count(0)
    assert urlsplit(page.url).path == "/board"
    await bar.click()
    await page.wait_for_url("**/visits/still-visit")
    world.cancel("still-visit")


async def test_without_script_a_link_leads_to_the_form(
    world: World, browser: Browser, session: str
) -> None:
    submit(world, "plain-visit")
    async with logged_in(browser, world.address, session, java_script_enabled=False) as (
        context, _
    ):  # fmt: skip
        page = await context.new_page()
        await page.goto(f"{BOARD}&as=table")
        row = page.locator('article[aria-labelledby="table-plain-visit"]')
        await row.get_by_role("link", name="Move One day").click()
        await page.locator("#field-starts_at").fill(f"{DAY}T14:30")
        await page.locator("#field-hall").select_option(OTHER)
        await page.get_by_role("button", name="Preview the change").click()
        await page.wait_for_url("**/visits/plain-visit?said=proposed")
        moved = world.client.visit("plain-visit")["proposed"]["spec"]["programme"][0]
        assert moved["starts_at"] == f"{DAY}T14:30:00"
        assert moved["needs"][0]["details"]["hall"] == OTHER
        await page.goto("/visits/plain-visit")
        await page.get_by_role("link", name="Move One day").click()
        await expect(page.locator(".note.calm")).to_contain_text("not committed")
        await page.goto("/visits/plain-visit/move")
        await expect(
            page.locator('a[href="/visits/plain-visit/move?need=day/hall"]')
        ).to_be_visible()
    world.cancel("plain-visit")


RUBBISH = (
    ("?need=day/none", "the visit has no need", "use one of day/hall"),
    ("?need=day/hall&by=7", "is no step of the board", "for example 30"),
    ("?need=day/hall&by=soon", "is no step of the board", "for example 30"),
    ("?need=day/hall&hall=nowhere", "there is no hall", "choose one of the list"),
)


async def test_rubbish_is_told_with_place_and_remedy(world: World, page: Page) -> None:
    for query, told, remedy in RUBBISH:
        answer = await page.goto(f"/visits/first-visit/move{query}")
        assert answer is not None and answer.status == 422, query
        problems = page.locator("#problems")
        await expect(problems).to_contain_text(told)
        await expect(problems).to_contain_text(remedy)
        place = re.split("[=&]", query[1:])[-2]
        await expect(problems.locator("code")).to_have_text(place)
    await page.goto("/visits/first-visit/move?need=day/hall")
    await page.get_by_role("button", name="Preview the change").click()
    await expect(page.locator(".field.wrong .error")).to_contain_text("is wanted already")
    assert world.client.visit("first-visit")["proposed"] is None


async def test_what_has_moved_meanwhile_is_not_overwritten(world: World, page: Page) -> None:
    submit(world, "raced-visit")
    await page.goto("/visits/raced-visit/move?need=day/hall&by=30")
    made = spec("raced-visit", hall(HOME), starts="13:00", ends="14:00")
    world.client.edit("raced-visit", 1, text(made))
    world.client.wait_for("raced-visit", lambda view: view["phase"] == "ready")
    await page.get_by_role("button", name="Preview the change").click()
    await expect(page.locator("#stale")).to_be_visible()
    await expect(page.locator(".facts")).to_contain_text("13:00")
    assert world.client.visit("raced-visit")["proposed"] is None
    world.cancel("raced-visit")


async def test_who_may_not_plan_a_visit_is_not_offered_to_move_it(
    world: World, browser: Browser
) -> None:
    submit(world, "east-visit", station="east")
    make_account(world.folder, "auditor", Role.AUDITOR, password=SECRET)
    make_account(world.folder, "east", Role.STATION_LEAD, stations=("east", "west"),
                 password=SECRET)  # fmt: skip
    make_account(world.folder, "liaison", Role.UNIT_LIAISON, stations=("east",), password=SECRET)
    for name, may in (("auditor", 0), ("liaison", 0), ("east", 1)):
        session = await session_of(world.address, name, SECRET)
        async with logged_in(browser, world.address, session) as (context, _):
            page = await context.new_page()
            await page.goto(BOARD)
            await is_live(page)
            await expect(page.locator("#band-east-visit .bar")).to_have_count(1)
            await expect(page.locator("#band-east-visit a[data-move]")).to_have_count(may)
            answer = await page.goto("/visits/east-visit/move?need=day/hall")
            assert answer is not None and (answer.status == 200) is bool(may), name
    world.cancel("east-visit")


async def test_axe_finds_nothing(world: World, browser: Browser, session: str) -> None:
    some = ["/visits/first-visit/move", "/visits/first-visit/move?need=day/hall&by=15",
            "/visits/first-visit/move?need=day/hall&by=1", HALLS]  # fmt: skip
    assert await sweep(browser, world.address, session, some, "zh", "dark") == []
    assert await sweep(browser, world.address, session, some, "en") == []
