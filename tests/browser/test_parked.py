"""Parked messages in a real browser, at a real service that parks what it cannot read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, expect

from services.console.roles import Role
from shared.chassis import limits
from shared.contracts.holds import HoldsChanged
from shared.contracts.parking_reading import ParkedAnswer, ReadParked
from tests.support.accounts import make_account
from tests.support.browser import (
    DESK,
    PATIENCE_MS,
    PHONE,
    SCHEMES,
    Scheme,
    is_live,
    logged_in,
    session_of,
    sweep,
    swept,
)
from tests.support.console import running_console
from tests.support.nats import NatsServer
from tests.support.parking import WHO, Keeper, Person, effects, keeping, person

EVENT = HoldsChanged.subject("catering")
ODD = "a/b c%?#|ü/body"
SECRET = token_urlsafe(16)


@dataclass
class Lot:
    """A service that parks, the console before it, and someone who sends what cannot be read."""

    service: Any
    ann: Person
    address: str
    session: str
    folder: Path

    async def broken(self, visit: str, name: str | None = None) -> str:
        """A message of a visit without its cause and actor; parked when this returns."""
        body = json.dumps({"visit": visit, "holds": []}).encode()
        before = len((await self.ann.parked("venues", state="parked", limit=200)).messages)
        sent = await self.ann.send(EVENT, body, name)
        await self.ann.until_parked_at_least(before + 1, "parked", of="venues")
        return sent

    async def some(self, many: int) -> list[str]:
        return [await self.broken(f"visit-{number}", f"m-{number}") for number in range(many)]

    async def message(self, message: str) -> Any:
        told = await self.ann.ask(ReadParked(**WHO, message=message), ParkedAnswer, "venues")
        return told.message

    def at(self, message: str) -> str:
        return f"/parked/venues/messages/{quote(message, safe='')}"


@pytest.fixture
async def lot(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lot]:
    # Service, console and test share one loop: a busy machine may take longer than the console
    # waits for an owner, and a page that says so is not shown again by itself.
    monkeypatch.setattr(limits, "QUERY_TIMEOUT_S", 30.0)
    store = f"sqlite:///{tmp_path / 'venues.db'}"
    async with (
        keeping(bus, store, Keeper(), "venues") as service,
        running_console(bus.url, tmp_path) as address,
        person(bus) as ann,
    ):
        password = (tmp_path / "access" / "password").read_text().strip()
        session = await session_of(address, "planner", password)
        yield Lot(service, ann, address, session, tmp_path)


@pytest.fixture
async def page(lot: Lot, browser: Browser) -> AsyncIterator[Page]:
    """A page of the operator. A test fails that made the browser complain or ask elsewhere."""
    async with logged_in(browser, lot.address, lot.session) as (context, watch):
        yield await context.new_page()
        assert watch.errors == [] and watch.outside == []


async def say_why(page: Page, button: str) -> None:
    await page.get_by_label("Reason").fill("the sender was mended")
    await page.get_by_role("button", name=button).click()


async def to_the_group(page: Page) -> None:
    await page.goto("/parked")
    await page.get_by_role("link", name="ValidationError").click()
    await page.locator("h1", has_text="ValidationError").wait_for()


async def test_a_group_is_seen_and_grows_while_it_is_looked_at(lot: Lot, page: Page) -> None:
    await lot.some(2)
    await page.goto("/parked")
    await is_live(page)
    row = page.locator("#parked > tr")
    await expect(row.locator(".many")).to_have_text("2")
    await expect(row).to_contain_text("venues")
    await expect(row).to_contain_text(EVENT)
    await expect(page.locator("#parked-away")).to_contain_text("visits")
    await page.evaluate("window.sameDocument = true")
    await lot.broken("visit-9", ODD)
    await row.locator(".many", has_text="3").wait_for()
    await page.locator("#parked-totals a[aria-current] .count", has_text="3").wait_for()
    assert await page.evaluate("window.sameDocument")
    await page.goto("/parked?service=catering")
    await page.get_by_text("No service answers right now").wait_for()
    await to_the_group(page)
    await is_live(page)
    await lot.broken("visit-8")
    await page.locator("#parked-since", has_text="New since: 1").wait_for()
    await expect(page.locator("#messages > tr")).to_have_count(3)


async def test_a_message_is_mended_and_replayed(lot: Lot, page: Page) -> None:
    await lot.broken("visit-1", ODD)
    await page.goto(lot.at(ODD))
    await expect(page.locator("h1")).to_have_text(ODD)
    await expect(page.locator("tr", has_text="cause")).to_contain_text("missing")
    await page.get_by_role("link", name="Edit the body").click()
    text = page.get_by_label("Body, as JSON")
    await page.get_by_role("button", name="Check").click()
    wrong = page.locator("#body-problems")
    await expect(wrong).to_contain_text("add the field cause")
    await expect(text).to_have_attribute("aria-invalid", "true")
    good = {"cause": "c-1", "actor": "ann", "visit": "visit-2", "holds": []}
    await text.fill(json.dumps(good))
    await page.get_by_role("button", name="Check").click()
    shown = page.locator("#body-difference")
    await expect(shown).to_contain_text('+ "cause": "c-1"')
    # What was not looked at is not kept: the difference is shown anew.
    await text.fill(json.dumps({**good, "visit": "visit-3"}))
    await say_why(page, "Keep this body")
    await shown.locator(".added", has_text="visit-3").wait_for()
    assert (await lot.message(ODD)).revision == 1
    await page.get_by_role("button", name="Keep this body").click()
    await page.locator(".toast", has_text="Kept").wait_for()
    body = page.locator('[aria-labelledby="body-title"]')
    await expect(body.locator(".added", has_text="visit-3")).to_have_count(1)
    await page.get_by_role("link", name="Replay…").click()
    await expect(page.locator("#reach")).to_have_text("1 message")
    await expect(page.locator("form.card")).to_contain_text("visit-3")
    await say_why(page, "Replay 1")
    await page.locator('[data-run="ended"]').wait_for()
    await expect(page.locator("#replay-progress .good .figure")).to_have_text("1")
    await expect(page.locator("#replay-stop")).to_be_hidden()
    await page.goto(lot.at(ODD))
    await page.locator(".title .pill", has_text="done").wait_for()
    assert await effects(lot.service) == ["visit-3"]
    told = await page.locator(".acts").inner_text()
    assert told.index("Replayed") < told.index("Edited") and "planner" in told


async def test_two_who_edit_the_same_message(lot: Lot, page: Page) -> None:
    await lot.broken("visit-1", "m-1")
    good = json.dumps({"cause": "c", "actor": "a", "visit": "v", "holds": []})
    await page.goto("/parked/venues/edit/m-1")
    other = await page.context.new_page()
    for one in (other, page):
        if one is other:
            await one.goto("/parked/venues/edit/m-1")
        await one.get_by_label("Body, as JSON").fill(good)
        await one.get_by_role("button", name="Check").click()
        await one.locator("#body-difference").wait_for()
        if one is other:
            await say_why(one, "Keep this body")
            await one.locator(".toast").wait_for()
    await say_why(page, "Keep this body")
    await page.get_by_text("Somebody changed this message meanwhile.").wait_for()
    assert (await lot.message("m-1")).revision == 2


async def test_a_frozen_group_is_discarded_and_restored(lot: Lot, page: Page) -> None:
    await lot.some(2)
    await to_the_group(page)
    await lot.broken("visit-9", "late")
    await page.get_by_role("link", name="Discard 2…").click()
    await expect(page.locator("#reach")).to_have_text("2 messages")
    await page.locator("form[method=post] button", has_text="Discard").click()
    await expect(page.locator("#reach")).to_have_count(1)  # A reason is wanted first.
    await say_why(page, "Discard 2")
    await page.locator(".toast", has_text="Discarded").wait_for()
    left = await lot.ann.parked("venues", state="parked")
    assert [one.id for one in left.messages] == ["late"]
    await page.get_by_role("link", name="Restore 2…").click()
    await say_why(page, "Restore 2")
    await page.locator(".toast", has_text="Restored").wait_for()
    assert len((await lot.ann.parked("venues", state="parked")).messages) == 3
    await page.goto("/parked/acts")
    told = await page.locator(".acts > li").all_inner_texts()
    assert [one.split()[0] for one in told] == ["Restored", "Discarded"]
    assert all("the sender was mended" in one and "planner" in one for one in told)


async def test_some_are_chosen_and_replayed_and_others_discarded(lot: Lot, page: Page) -> None:
    await lot.some(4)
    await to_the_group(page)
    await is_live(page)
    picked = page.locator("#picked")
    await picked.get_by_role("button", name="Replay").click()
    await page.get_by_text("choose messages").wait_for()  # None was chosen.
    await page.go_back()
    for name in ("m-0", "m-2"):
        await page.get_by_label(f"Choose {name}").check()
    await lot.broken("visit-9")  # The page lives, and what is ticked stays.
    await page.locator("#parked-since", has_text="New since: 1").wait_for()
    await picked.get_by_role("button", name="Discard").click()
    await expect(page.locator("#reach")).to_have_text("2 messages")
    told = page.locator("form.card")
    await expect(told).to_contain_text("m-0, m-2")
    await expect(told).to_contain_text("visit-2")
    await say_why(page, "Discard 2")
    await page.locator(".toast", has_text="Discarded").wait_for()
    left = [one.id for one in (await lot.ann.parked("venues", state="parked")).messages]
    assert sorted(left)[-2:] == ["m-1", "m-3"] and len(left) == 3
    # One of two is gone meanwhile: it is said, and the other goes.
    await page.goto("/parked/venues/replay?message=m-0&message=m-1&per_s=500")
    await expect(page.locator("#reach")).to_have_text("1 message")
    await expect(told).to_contain_text("1 of the 2 chosen")
    many = "&".join(f"message=m-{number}" for number in range(101))
    answer = await page.goto(f"/parked/venues/replay?{many}")
    assert answer is not None and answer.status == 422


async def test_canaries_go_first_and_a_failure_stops(lot: Lot, page: Page) -> None:
    await lot.some(6)
    await to_the_group(page)
    await page.get_by_label("5", exact=True).check()
    await page.get_by_role("button", name="See what it will do").click()
    await page.locator("#reach", has_text="5 messages").wait_for()
    await page.wait_for_load_state()
    told = await page.locator("form.card").inner_text()
    assert "5 messages" in told and "the oldest 5 of 6" in told and "20 a second" in told
    assert all(f"visit-{number}" in told for number in range(5)) and "visit-5" not in told
    await say_why(page, "Replay 5")
    await page.locator('[data-run="failed"]').wait_for()
    await expect(page.locator("#replay-progress .danger .figure")).to_have_text("1")
    await expect(page.locator("#replay-progress .warm .figure")).to_have_text("4")
    await page.get_by_role("link", name="m-0").click()
    await page.locator(".history", has_text="Replay 1 failed").wait_for()


async def test_a_replay_is_watched_and_stopped(lot: Lot, page: Page) -> None:
    await lot.some(4)
    await to_the_group(page)
    await page.get_by_label("All 4").check()
    await page.get_by_label("Rate").fill("0.05")
    await page.get_by_label("Stop at the first failure").uncheck()
    await page.get_by_role("button", name="See what it will do").click()
    await expect(page.locator("form.card")).to_contain_text("about 1 min")
    await say_why(page, "Replay 4")
    await page.locator('[data-run="running"]').wait_for()
    await is_live(page)
    await page.evaluate("window.sameDocument = true")
    stop, rate = page.locator("#replay-stop"), page.locator("#replay-rate")
    await stop.locator("summary").click()
    await stop.get_by_label("Reason").fill("a mis")
    await page.locator("#replay-progress .danger .figure", has_text="1").wait_for()
    # What is typed stays while the page lives.
    await expect(stop.get_by_label("Reason")).to_have_value("a mis")
    assert await page.evaluate("window.sameDocument")
    await rate.locator("summary").click()
    await rate.get_by_label("Rate").fill("0.04")
    await rate.get_by_label("Reason").fill("the store is busy")
    await rate.get_by_role("button").click()
    await page.locator("#replay-progress", has_text="0.04").wait_for()
    await stop.locator("summary").click()
    await stop.get_by_label("Reason").fill("a mistake")
    await stop.get_by_role("button").click()
    await page.locator('[data-run="stopped"]').wait_for()
    await expect(page.locator("#replay-progress .faint .figure")).to_have_text("0")
    async with asyncio.timeout(PATIENCE_MS / 1_000):
        await lot.ann.until_parked(4, of="venues")


async def test_an_auditor_sees_and_does_not_act(lot: Lot, browser: Browser) -> None:
    await lot.some(1)
    make_account(lot.folder, "reader", Role.AUDITOR, password=SECRET)
    session = await session_of(lot.address, "reader", SECRET)
    async with logged_in(browser, lot.address, session) as (context, _watch):
        page = await context.new_page()
        await to_the_group(page)
        await page.wait_for_load_state()
        await expect(page.locator(".acting")).to_have_count(0)
        await page.locator("#messages a").click()
        await page.locator("h1", has_text="m-0").wait_for()
        await page.wait_for_load_state()
        await expect(page.locator(".acting")).to_have_count(0)
        refused = await page.goto("/parked/venues/edit/m-0")
        assert refused is not None and refused.status == 403


async def paths_of(lot: Lot, page: Page) -> list[str]:
    """Every page of parked messages, with something on each."""
    await lot.some(3)
    await lot.ann.send(EVENT, b"{\xff", "no-json")
    await lot.ann.until_parked(4, of="venues")
    [group] = [one.group for one in (await lot.ann.groups("venues")).groups if one.count == 3]
    asked = f"group={group}&as_of=2100-01-01T00:00:00Z"
    await page.goto(f"/parked/venues/replay?{asked}")
    await say_why(page, "Replay 3")
    await page.locator('[data-run="ended"]').wait_for()
    replay = page.url.partition("?")[0]  # Without the word of what was done, which goes by itself.
    return [
        "/parked", "/parked?state=done", f"/parked/groups/venues/{group}", lot.at("m-0"),
        lot.at("no-json"), "/parked/venues/edit/m-0", f"/parked/venues/replay?{asked}&stop=1",
        f"/parked/venues/discard?{asked}", replay, "/parked/acts",
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_nothing(lot: Lot, browser: Browser, page: Page, scheme: Scheme) -> None:
    paths = await paths_of(lot, page)

    async def refused(one: Page) -> list[str]:
        await one.goto("/parked/venues/edit/m-0")
        await one.locator('button[value="check"]').click()
        await one.locator("#body-problems").wait_for()
        return await swept(one, "errors")

    for language, size in (("en", DESK), ("zh", PHONE)):
        found = await sweep(
            browser, lot.address, lot.session, paths, language, scheme, (size,), refused
        )
        assert found == []
