"""The page of hotels in a browser: one with a system of its own, one that answers by hand."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from icalendar import Calendar
from openpyxl import load_workbook
from playwright.async_api import Browser, Page, expect

from deploy.cli.http import REFUSED, USAGE
from deploy.cli.main import run
from deploy.client import Client
from deploy.master_key import hotel_link_key
from services.console.roles import Role
from tests.hotels.running import HotelProcess
from tests.support.accounts import make_account
from tests.support.browser import (
    LANGUAGES,
    SCHEMES,
    Scheme,
    is_live,
    logged_in,
    session_of,
    sweep,
)
from tests.support.console import token_in
from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.specs import spec
from tests.support.system import READY_WITHIN_S, Replica, System

LINKED, HAND = "hecheng-hotel", "hubin-hotel"


@dataclass
class House:
    """A system with two hotels that must agree."""

    folder: Path
    address: str
    client: Client
    hotel: HotelProcess
    bookings: Replica

    def submit(self, visit: str, hotel: str, pairs: int = 3) -> None:
        """A visit with rooms there."""
        rooms = {"id": "rooms", "kind": "room", "sharing_pairs": pairs, "hotel": hotel,
                 "hotel_only": True}  # fmt: skip
        made = spec(visit, rooms, last_day="2027-09-15", guests=2 * pairs)
        self.client.submit(yaml.safe_dump(made.model_dump(mode="json", exclude_none=True)))

    def until(self, hotel: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The hotel's line and orders, as soon as something is true of them."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.client._read(f"/hotels/{hotel}")
            if true(found):
                return found
            time.sleep(0.2)
        raise TimeoutError(found)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("hotels")
    (folder / "hotel").mkdir()
    hotel = HotelProcess("haip", folder / "hotel").start()
    bus = NatsServer(folder / "nats").start()
    links, port = folder / "links.yaml", free_port()
    linked = {**json.loads(hotel.link().model_dump_json()), "hotel": LINKED, "gateway": LINKED,
              "cut_off_days": 3}  # fmt: skip
    by_hand = {"hotel": HAND, "system": "by_hand", "zone": "Asia/Shanghai"}
    links.write_text(yaml.safe_dump({"hotels": [linked, by_hand]}), "utf-8")
    address = f"http://127.0.0.1:{port}"
    system = System(
        folder, bus.url, lambda name: f"sqlite:///{folder / name}.db",
        REDCROWN_ACCESS_DIR=str(folder / "access"), REDCROWN_HOTELS=str(links),
        REDCROWN_HOTEL_LINK_KEYS_FILE=str(hotel_link_key(folder)), REDCROWN_CONSOLE_URL=address,
        REDCROWN_NOTICE_GRACE_S="0", REDCROWN_CONSENT_WITHIN_S="7200", REDCROWN_HOTEL_SWEEP_S="2",
    )  # fmt: skip
    try:
        replicas = system.start("visits", "bookings", "venues", "notifications")
        console = Replica("console", system._environment("console"), folder / "console.log", port)
        system.replicas.append(console.start())
        system.await_ready()
        client = Client(address, token_in(folder))
        made = House(folder, address, client, hotel, replicas[1])
        made.submit("taken", LINKED)
        made.client.wait_for("taken", lambda view: view["phase"] == "ready")
        made.submit("by-letter", HAND, pairs=2)
        made.until(HAND, lambda found: [one["state"] for one in found["orders"]] == ["asked"])
        yield made
        client.close()
    finally:
        system.stop()
        bus.stop()
        hotel.stop()


@pytest.fixture
async def page(house: House, browser: Browser) -> Any:
    password = (house.folder / "access" / "password").read_text().strip()
    session = await session_of(house.address, "planner", password)
    async with logged_in(browser, house.address, session) as (context, watch):
        yield await context.new_page()
        assert watch.errors == [] and watch.outside == []


@pytest.mark.parametrize(("language", "scheme"), list(zip(LANGUAGES, SCHEMES, strict=True)))
async def test_axe_finds_nothing(
    house: House, browser: Browser, language: str, scheme: Scheme
) -> None:
    password = (house.folder / "access" / "password").read_text().strip()
    session = await session_of(house.address, "planner", password)
    paths = ("/hotels", f"/hotels/{LINKED}?nights=2027-09-10", f"/hotels/{HAND}")
    assert await sweep(browser, house.address, session, paths, language, scheme) == []


async def test_a_hotel_whose_line_is_lost_comes_first(house: House, page: Page) -> None:
    await page.goto("/hotels")
    await is_live(page)
    rows = page.locator("#hotels tr")
    await expect(rows).to_have_count(2)
    await expect(page.locator(f"#hotel-{LINKED}")).to_have_attribute("data-link", "good")
    await expect(page.locator(f"#hotel-{HAND}")).to_contain_text("not known")
    told = house.until(LINKED, lambda found: found["line"]["feed"]["answered_at"] is not None)
    assert (told["line"]["feed"]["silent"], told["line"]["feed"]["stale_since"]) == (False, None)
    assert house.until(HAND, lambda found: True)["line"]["feed"] is None
    house.hotel.faults(down=1)
    try:
        house.submit("late", LINKED, pairs=1)
        row = page.locator(f"#hotel-{LINKED}")
        await expect(row).to_have_attribute("data-link", "silent", timeout=60_000)
        await expect(row).to_contain_text("last call failed")
        await page.reload()
        await expect(rows.first).to_have_attribute("id", f"hotel-{LINKED}")
        await row.get_by_role("link").click()
        first = page.locator("#orders tr").first
        await expect(first).to_contain_text("late")
        await expect(first).to_contain_text("it was not reached")
        await first.get_by_role("link", name="Ask again").click()
        await pull(page, "Ask again", "they say that they are back")
        await expect(page.locator("main")).to_contain_text("they say that they are back")
    finally:
        house.hotel.faults()
    await expect(page.locator("#hotel-whole")).to_contain_text("Changes there")
    house.client.wait_for("late", lambda view: view["phase"] == "ready")
    await expect(page.locator("#hotel-whole")).to_have_attribute(
        "data-link", "good", timeout=60_000
    )


async def test_rooms_by_night_say_what_is_known(house: House, page: Page) -> None:
    await page.goto(f"/hotels/{LINKED}?nights=2027-09-14")
    nights = page.get_by_role("table", name="Rooms by night").locator("tbody tr")
    await expect(nights.first).to_contain_text("2027-09-14")
    await expect(nights.first).to_contain_text("0 of")
    await page.goto(f"/hotels/{HAND}?nights=2027-09-14")
    # Such a hotel takes nothing up; its guests have a table of their own.
    await expect(nights.first.get_by_role("cell")).to_have_count(4)
    await expect(page.locator("#hand")).to_contain_text("Guests by night")
    await page.get_by_role("link", name="Earlier nights").click()
    await expect(page.locator("main")).to_contain_text("from 2027-08-31")


async def test_a_cut_off_is_told_on_the_page_in_a_calendar_and_over_the_api(
    house: House, page: Page
) -> None:
    (cut,) = [one for one in house.client._read(f"/hotels/{LINKED}/cut-offs")["cuts"]
              if one["visit"] == "taken"]  # fmt: skip
    day = date.fromisoformat(cut["first_night"]) - timedelta(days=3)
    assert (cut["cut_off"], cut["wanted"], cut["at_risk"]) == (str(day), cut["contracted"], None)
    await page.goto(f"/hotels/{LINKED}")
    row = page.get_by_role("table", name="Cut-offs coming")
    row = row.locator("tbody tr", has_text="taken")
    await expect(row).to_contain_text(str(day))
    async with page.expect_download() as started:
        await page.get_by_role("link", name="XLSX").click()
    file = await started.value
    assert file.suggested_filename == f"pick-up-{LINKED}.xlsx"
    book = load_workbook(io.BytesIO((await file.path()).read_bytes())).active
    assert book is not None and book["A2"].value == LINKED and book["F2"].value == 0
    await page.get_by_role("link", name="Calendar of cut-offs").click()
    form = page.locator('form[action="/feeds"]')
    await form.get_by_role("button").click()
    address = await page.locator('[name="address"]').input_value()
    read = await page.request.get(address)
    (event, *_) = Calendar.from_ical(await read.body()).walk("VEVENT")
    assert event.decoded("dtstart") == day and "taken" in str(event["summary"])


def test_pick_up_is_for_whoever_sees_the_hotel_or_the_visit(house: House) -> None:
    get = house.client._http.get
    told = get(f"/hotels/{LINKED}/pick-up/csv", params={"after": "2027-09-14"})
    assert told.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(told.content.decode("utf-8-sig"))))
    # A row for each order: other tests of this file have theirs here, too.
    found = [[row[0], *row[2:6]] for row in rows[1:]]
    assert [LINKED, "2027-09-14", "3", "3", "0"] in found, rows
    by_letter = get("/visits/by-letter/pick-up/csv").content.decode("utf-8-sig")
    assert len(by_letter.splitlines()) == 1, "nobody there has agreed to anything"
    mine = get("/visits/taken/pick-up/csv").content.decode("utf-8-sig")
    assert mine.splitlines()[1].endswith(",taken")
    dates = get("/visits/taken/pick-up/ics")
    assert dates.headers["content-type"].startswith("text/calendar")
    entries = Calendar.from_ical(dates.content).walk("VEVENT")
    assert len(entries) == len(mine.splitlines()) - 1
    shown = get(f"{house.address}/visits/taken").text
    for form in ("xlsx", "csv", "ics"):
        assert f'href="/v1/visits/taken/pick-up/{form}"' in shown
    assert get("/visits/nobody/pick-up/csv").status_code == 404
    assert get("/hotels/nobody/pick-up/xlsx").status_code == 404
    token = make_account(house.folder, "hotel-desk", Role.UNIT_LIAISON, stations=("elsewhere",))
    stranger = Client(house.address, token)
    try:
        assert stranger._http.get(f"/hotels/{LINKED}/pick-up/csv").status_code == 403
        assert stranger._http.get(f"/hotels/{LINKED}/cut-offs").status_code == 403
        assert stranger._http.get("/visits/taken/pick-up/csv").status_code == 404
    finally:
        stranger.close()


async def pull(page: Page, button: str, reason: str) -> None:
    """Give a reason and press."""
    form = page.locator("form", has=page.get_by_role("button", name=button, exact=True))
    await form.get_by_label("Reason").fill(reason)
    await form.get_by_role("button", name=button, exact=True).click()
    await expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()


async def test_orders_wait_while_a_link_is_paused_then_go_by_letter(
    house: House, page: Page
) -> None:
    await page.goto(f"/hotels/{LINKED}")
    await pull(page, "Pause the link", "their system moves tonight")
    whole = page.locator("#hotel-whole")
    await expect(whole).to_contain_text("paused until")
    house.submit("waits", LINKED, pairs=1)
    # A page never moves what is read: an order that comes later waits behind "1 new, show".
    house.until(LINKED, lambda found: "waits" in [one["visit"] for one in found["orders"]])
    order = page.locator("#orders tr", has_text="waits")
    await page.reload()
    await expect(order).to_have_attribute("data-state", "asking")
    await pull(page, "Switch to by hand", "it is down for longer")
    await expect(whole).to_contain_text("by letter for now")
    await expect(order).to_have_attribute("data-state", "asked", timeout=30_000)
    await expect(order).to_contain_text("by hand")
    assert len(house.hotel.act("count")["blocks"]) == 2, "the link was not used"

    await pull(page, "Resume the link", "back")
    await pull(page, "Switch back to the link", "back")
    await expect(whole).not_to_contain_text("by letter for now")
    await expect(order).to_have_attribute("data-state", "asked")
    done = page.locator("table").last.locator("tr", has_text="their system moves tonight")
    await expect(done).to_contain_text("planner")


def test_the_tool_does_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDCROWN_URL", house.address)
    monkeypatch.setenv("REDCROWN_TOKEN_FILE", str(house.folder / "access" / "token"))

    def tool(*words: str, code: int = 0) -> str:
        assert run(words) == code, capsys.readouterr()
        return "".join(capsys.readouterr())

    assert len(json.loads(tool("hotels", "--json"))["hotels"]) == 2 and "LINK" in tool("hotels")
    told = json.loads(tool("hotel", "show", LINKED, "--json"))
    for part in ("orders", "cut_offs"):
        assert "taken" in [one["visit"] for one in told[part]], part
    assert "CUT-OFFS COMING" in tool("hotel", "show", LINKED)
    assert "ORDERS" in tool("hotel", "show", HAND)
    for act, said in (
        ("pause", "is paused"),
        ("resume", "is asked again"),
        ("by-hand", "answers by hand now"),
        ("by-link", "over its link"),
    ):
        assert said in tool("hotel", act, LINKED, "--reason", "from a shell")  # fmt: skip
    assert tool("hotel", "ask-again", LINKED, "nobody-s", "--reason", "x", code=REFUSED)
    assert tool("hotel", "pause", LINKED, code=USAGE), "a lever wants a reason"


async def test_a_lever_wants_a_reason_and_an_auditor_has_none(house: House, page: Page) -> None:
    for act, order, why in (("pause", "", ""), ("x", "", "r"), ("ask_again", "\x00", "r"),
                            ("ask_again", "", "r"), ("by_link", "", "r")):  # fmt: skip
        form = {"act": act, "order": order, "reason": why, "minutes": "15" if not why else "x"}
        origin = {"Origin": house.address}
        answer = await page.request.post(f"/hotels/{LINKED}", form=form, headers=origin)
        assert answer.status == 422 or (why and 400 <= answer.status < 500), (act, answer.status)
    token = make_account(house.folder, "reads-only", Role.AUDITOR)
    client = Client(house.address, token)
    try:
        shown = client._http.get(f"{house.address}/hotels/{LINKED}")
        assert shown.status_code == 200 and 'name="act"' not in shown.text
        refused = client._http.post(f"{house.address}/hotels/{LINKED}", data={"act": "pause"})
        assert refused.status_code == 403
    finally:
        client.close()


@pytest.mark.parametrize(
    "address",
    ["/hotels?after=%00", "/hotels?after=9", f"/hotels/{LINKED}?after=%00&nights=x&ended=y",
     f"/hotels/{LINKED}?nights=0001-01-01", f"/hotels/{LINKED}?nights=9999-12-31",
     f"/hotels/{LINKED}?after=9%7C2027-02-30%7Cx", "/hotels/nobody", "/hotels/NOBODY%00",
     f"/v1/hotels/{LINKED}/nights?after=9999-12-31", f"/v1/hotels/{LINKED}/nights?after=0001-01-01",
     f"/v1/hotels/{LINKED}/nights?after=x", f"/v1/hotels/{LINKED}?ended=x",
     f"/v1/hotels/{LINKED}/cut-offs?after=9%7C%00", f"/v1/hotels/{LINKED}/cut-offs?done=1&after=x",
     f"/v1/hotels/{LINKED}/cut-offs?done=1&after=2027-01-01T00:00:00%7Cx",
     f"/v1/hotels/{LINKED}/pick-up/pdf", f"/v1/hotels/{LINKED}/pick-up/csv?after=0001-01-01",
     f"/hotels/{LINKED}?order=%00%22", f"/v1/hotels/{LINKED}/acts?after=%00"],
)  # fmt: skip
def test_rubbish_in_an_address_is_answered(house: House, address: str) -> None:
    assert house.client._http.get(f"{house.address}{address}").status_code < 500
