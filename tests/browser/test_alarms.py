"""Alarms in a real browser: raised by a service that stands still, taken on, silenced, cleared."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import World
from tests.browser.test_now import pid_of
from tests.support.browser import LANGUAGES, is_live, sweep
from tests.support.system import ROOT

RAISED_MS = 120_000
"""It is silent after 6 s, and missing after a minute more."""
TROUBLE = 'li[data-rule="service_missing"][data-about="escorts"]'


@pytest.fixture
async def stopped(world: World):  # type: ignore[no-untyped-def]
    """The escorts service stands still until the test is over."""
    os.kill(pid_of("escorts", world), signal.SIGSTOP)
    yield
    os.kill(pid_of("escorts", world), signal.SIGCONT)


def tool(world: World, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "--url", world.address, "--token-file",
         str(world.folder / "access" / "token"), *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_an_alarm_has_a_life_on_the_pages(
    world: World, page: Page, browser: Browser, session: str, stopped: None
) -> None:
    await page.goto("/now")
    await is_live(page)
    await page.evaluate("window.sameDocument = true")
    row = page.locator(f"#now-alarms {TROUBLE}")
    await row.wait_for(timeout=RAISED_MS)
    assert await page.evaluate("window.sameDocument")
    await row.locator("a").click()
    await page.locator("#alarm-whole").wait_for()
    await expect(page).to_have_url(re.compile("/alarms/alarm-"))
    address = page.url
    for language in LANGUAGES:
        some = ["/alarms", address.removeprefix(world.address)]
        assert await sweep(browser, world.address, session, some, language, "dark") == []
    # By keyboard alone.
    await page.get_by_role("button", name="Acknowledge").focus()
    await page.keyboard.press("Enter")
    await page.locator(".toast").wait_for()
    await expect(page.locator("#alarm-whole")).to_contain_text("acknowledged by planner")
    await page.get_by_label("For how long").select_option("60")
    await page.get_by_label("Reason").fill("they move it")
    await page.get_by_role("button", name="Silence", exact=True).click()
    await expect(page.locator("#alarm-whole")).to_contain_text("silenced by planner until")
    assert "planner" in tool(world, "alarms", "list")
    listed = tool(world, "--json", "alarms", "list")
    assert "No process of escorts" in listed
    name = address.rpartition("/")[2].partition("?")[0]
    tool(world, "alarms", "ack", name)
    assert "Heard again" in tool(world, "alarms", "silence", name, "--minutes", "0",
                                 "--reason", "done")  # fmt: skip
    await page.goto("/alarms")
    await is_live(page)
    await page.locator(f"#alarms-open {TROUBLE}").wait_for()
    os.kill(pid_of("escorts", world), signal.SIGCONT)
    await page.locator(f"#alarms-open {TROUBLE}").wait_for(state="detached", timeout=RAISED_MS)
    assert name in tool(world, "--json", "alarms", "list", "--state", "cleared")


async def test_no_such_alarm(world: World, page: Page) -> None:
    answer = await page.goto("/alarms/alarm-unknown")
    assert answer is not None and answer.status == 404
