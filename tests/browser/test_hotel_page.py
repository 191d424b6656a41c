"""The page where a hotel answers, in a browser: no login, no script, both languages, axe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest
import yaml
from playwright.async_api import Browser, expect

from deploy.client import Client
from deploy.master_key import hotel_link_key
from services.guests.vault import new_master_key
from tests.browser.hand_guests import said, seen_by_our_own, with_a_sheet
from tests.live.test_hotels_by_hand import WORDS
from tests.support.browser import (
    LANGUAGES,
    SCHEMES,
    Scheme,
    logged_in,
    sweep,
)
from tests.support.console import bearer, token_in
from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.specs import spec
from tests.support.system import READY_WITHIN_S, Replica, System

HOTEL = "hecheng-hotel"


@dataclass
class House:
    """A system with a hotel that answers by hand."""

    folder: Path
    address: str
    client: Client

    def ask(self, visit: str, pairs: int = 4, hotel: str = HOTEL, begun: bool = False) -> str:
        """Submit a visit with rooms there; the path of the link that the hotel is sent. One that
        has `begun` began yesterday, and goes on."""
        rooms = {"id": "rooms", "kind": "room", "sharing_pairs": pairs, "hotel": hotel,
                 "hotel_only": True}  # fmt: skip
        made = spec(visit, rooms, last_day="2027-09-15", guests=2 * pairs)
        told = made.model_dump(mode="json", exclude_none=True)
        if begun:
            now = datetime.now(ZoneInfo("Asia/Shanghai"))
            told["programme"][0] |= {
                "starts_at": f"{now - timedelta(days=1):%Y-%m-%dT20:00}",
                "ends_at": f"{now + timedelta(days=2):%Y-%m-%dT12:00}",
            }
        self.client.submit(yaml.safe_dump(told))
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            for path in (self.folder / "letters").glob(f"*-{hotel}-order-*.eml"):
                letter = message_from_bytes(path.read_bytes(), policy=policy.default)
                body = letter.get_body(("plain",))
                text = body.get_content() if body else ""
                if visit in str(letter["subject"]):
                    return urlsplit(WORDS.findall(text)[0]).path
            time.sleep(0.1)
        raise TimeoutError(visit)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    bus = NatsServer(folder / "nats").start()
    links, port = folder / "links.yaml", free_port()
    link = {"hotel": HOTEL, "system": "by_hand", "zone": "Asia/Shanghai"}
    links.write_text(yaml.safe_dump({"hotels": [link]}), "utf-8")
    address = f"http://127.0.0.1:{port}"
    system = System(
        folder, bus.url, lambda name: f"sqlite:///{folder / name}.db",
        REDCROWN_ACCESS_DIR=str(folder / "access"), REDCROWN_HOTELS=str(links),
        REDCROWN_HOTEL_LINK_KEYS_FILE=str(hotel_link_key(folder)), REDCROWN_CONSOLE_URL=address,
        REDCROWN_NOTICE_GRACE_S="0", REDCROWN_CONSENT_WITHIN_S="3600",
        REDCROWN_GUESTS_KEY=new_master_key(),
    )  # fmt: skip
    try:
        system.start("visits", "bookings", "venues", "notifications", "guests")
        console = Replica(
            "console", system._environment("console"), folder / "console.log", port
        ).start()
        system.replicas.append(console)
        system.await_ready()
        client = Client(address, token_in(folder))
        yield House(folder, address, client)
        client.close()
    finally:
        system.stop()
        bus.stop()


@pytest.fixture(scope="module")
def lodged_link(house: House) -> str:
    """The link of a definite order whose guests the roster names."""
    path = house.ask("lodged", pairs=1, begun=True)
    with httpx.Client(
        base_url=house.address, timeout=READY_WITHIN_S, headers=bearer(token_in(house.folder))
    ) as http:
        view = http.get("/v1/visits/lodged").json()
        (need,) = [one["need"] for one in view["needs"] if one["kind"] == "room"]
        guests = [
            {"family_name": family, "given_name": given, "nationality": "CHN", "room_need": need,
             "room_group": "r-1"}
            for family, given in (("王", "小明"), ("Quill", "Ann"))
        ]  # fmt: skip
        put = http.put("/v1/visits/lodged/roster", json={"guests": guests})
        assert put.status_code == 200, put.text
        said = http.post(path, data={"edition": "1", "answer": "accepted"})
        assert said.status_code == 303
        house.client.wait_for("lodged", lambda view: view["phase"] == "ready")
        deadline = time.monotonic() + READY_WITHIN_S
        while 'id="guests"' not in http.get(path).text:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    return path


@pytest.fixture(scope="module")
def open_link(house: House) -> str:
    return house.ask("looked-at")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_nothing(
    house: House, browser: Browser, open_link: str, lodged_link: str, language: str, scheme: Scheme
) -> None:
    paths = (open_link, lodged_link, "/hotel/a.b")
    assert await sweep(browser, house.address, "none", paths, language, scheme) == []


async def test_a_hotel_agrees_and_takes_it_back(house: House, browser: Browser) -> None:
    link = house.ask("agreed", pairs=2)
    async with logged_in(browser, house.address, "none") as (context, watch):
        page = await context.new_page()
        await page.goto(link)
        assert await page.locator("script").count() == 0
        assert await page.locator("meta[name=robots]").get_attribute("content")
        await said(page, "waits for your answer")
        await page.get_by_role("button", name="Agree to all").click()
        await said(page, "Your answer is taken.")
        await said(page, "you agreed")
        house.client.wait_for("agreed", lambda view: view["phase"] in ("ready", "blocked"))
        await page.goto(link)
        await page.get_by_role("link", name="中文").click()
        await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        await page.get_by_role("button", name="确认无法提供").click()
        await said(page, "已收回")
        house.client.wait_for("agreed", lambda view: view["phase"] == "blocked")
        assert watch.errors == [] and watch.outside == []


async def test_a_hotel_says_who_has_come(house: House, browser: Browser, lodged_link: str) -> None:
    async with logged_in(browser, house.address, "none") as (context, watch):
        page, colleague = await context.new_page(), await context.new_page()
        await page.goto(lodged_link)
        await colleague.goto(lodged_link)
        guests = page.get_by_role("region", name="Guests")
        await expect(guests).to_contain_text("Twin room · shared")
        await page.get_by_label("Room number · Room 1").fill("812房")
        await page.get_by_label("What is so of 王小明").select_option(label="is in house")
        await page.get_by_role("button", name="Save").click()
        await said(page, "Saved.")
        await expect(page.get_by_label("Room number · Room 1")).to_have_value("812")

        await colleague.get_by_label("What is so of 王小明").select_option(label="did not come")
        await colleague.get_by_role("button", name="Save").click()
        await expect(colleague.get_by_role("alert")).to_contain_text("is not saved")
        await said(colleague, "somebody else said something since")
        await expect(colleague.get_by_role("region", name="Guests")).to_contain_text("in house")

        await with_a_sheet(page)
        assert watch.errors == [] and watch.outside == []
    await seen_by_our_own(house.address, house.folder, HOTEL, browser)


async def test_a_hotel_gives_fewer(house: House, browser: Browser) -> None:
    link = house.ask("fewer", pairs=3)
    async with logged_in(browser, house.address, "none") as (context, watch):
        page = await context.new_page()
        await page.goto(link)
        field = page.get_by_label("that you can give on 2027-09-14").first
        await field.fill("3")
        await page.get_by_role("button", name="Refuse this order").click()
        await expect(page.get_by_role("alert")).to_contain_text("fewer than asked for")
        await page.get_by_label("that you can give on 2027-09-14").first.fill("1")
        await page.get_by_role("button", name="Refuse this order").click()
        # The order ends as soon as the visit has heard it: then it is "no longer needed".
        await said(page, "Your answer is taken.")
        await said(page, "Not enough rooms")
        view = house.client.wait_for("fewer", lambda view: view["phase"] == "blocked")
        (room,) = [one for one in view["needs"] if one["kind"] == "room"]
        assert "1 left" in room["refusal"]["sentence"]["en"]
        assert watch.errors == [] and watch.outside == []
