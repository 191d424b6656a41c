"""Thousands of visits and hundreds of consumers: a page holds a bounded number of them.

What is bounded is counted: rows and nodes, whatever the machine does meanwhile. How long the page
kept its thread busy is noted with the result, and judged by nobody.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from services.console.pages.flows import PAGE as FLOWS
from services.console.pages.now import FINDINGS_SHOWN
from services.console.pages.visits import PAGE as VISITS
from shared.contracts.vitals import Beat, ConsumerBeat
from tests.rules.vitals_case import beat, consumer
from tests.support.browser import is_live, logged_in, session_of
from tests.support.console import CONSOLES, SUMMARY, FakeOwner, running_console, running_owner
from tests.support.nats import NatsServer

MANY_VISITS, MANY_CONSUMERS = 2_000, 200
MOST_NODES = 4_000
"""Elements of any of these pages."""
SERVICES = ("bookings", "catering", "escorts", "venues")
LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.longTasks.push(Math.round(one.duration));
}).observe({ type: "longtask", buffered: true });
"""
Note = Callable[[str, object], None]


@asynccontextmanager
async def looking(
    bus: str, folder: Path, browser: Browser
) -> AsyncIterator[tuple[str, FakeOwner, Page]]:
    """A console, who owns its visits, and a page that counts its long tasks."""
    async with running_console(bus, folder) as address, running_owner(bus) as owner:
        password = (folder / "access" / "password").read_text().strip()
        session = await session_of(address, "planner", password)
        async with logged_in(browser, address, session) as (context, watch):
            await context.add_init_script(LONG_TASKS)
            yield address, owner, await context.new_page()
            assert watch.errors == []


async def long_tasks(page: Page) -> list[int]:
    """Milliseconds of what kept the thread of this document for more than fifty."""
    found: list[int] = await page.evaluate("window.longTasks")
    return found


async def count(page: Page, rows: str) -> int:
    """Rows that there are; and not too much of anything else."""
    assert await page.evaluate("document.querySelectorAll('*').length") < MOST_NODES
    return await page.locator(rows).count()


async def test_of_two_thousand_visits_a_page_has_fifty(
    browser: Browser, tmp_path: Path, nats_server: NatsServer, record_property: Note
) -> None:
    async with looking(nats_server.url, tmp_path, browser) as (_, owner, page):
        names = [f"v-{number:04}" for number in range(MANY_VISITS)]
        for name in names:
            owner.visits[name] = {"visit": name, "revision": 1, "sequence": 1, **SUMMARY}
        await page.goto("/")
        await is_live(page)
        assert await count(page, "#visits > tr") == VISITS
        seen = set(await page.locator("#visits > tr").evaluate_all("all => all.map((a) => a.id)"))
        for name in names:
            owner.visits[name] |= {"sequence": 2, "phase": "waiting"}
            await owner.change(name, 2, phase="waiting")
        await page.locator("#visits > tr .pill", has_text="waiting").nth(VISITS - 1).wait_for()
        assert await count(page, "#visits > tr") == VISITS
        record_property("long_tasks_ms", await long_tasks(page))
        await page.get_by_role("link", name="Next").click()
        await page.wait_for_url("**after=**")
        await is_live(page)
        more = set(await page.locator("#visits > tr").evaluate_all("all => all.map((a) => a.id)"))
        assert len(more) == VISITS and not more & seen


def of(service: str, waiting: int, now: datetime) -> Beat:
    """A service with its share of the consumers, all of them paused."""
    paused_until = now + timedelta(hours=1)

    def one(number: int) -> ConsumerBeat:
        return consumer(f"{service}-take_{number:03}-v1", looked_at=now, waiting=waiting,
                        paused_until=paused_until)  # fmt: skip

    some = tuple(one(number) for number in range(MANY_CONSUMERS // len(SERVICES)))
    return beat(service, sent_at=now, started_at=now, consumers=some)


async def test_of_two_hundred_consumers_pages_have_a_part(
    browser: Browser, tmp_path: Path, nats_server: NatsServer, record_property: Note
) -> None:
    async with looking(nats_server.url, tmp_path, browser) as (address, _, page):
        console = CONSOLES[address]

        def tell(waiting: int) -> None:
            now = datetime.now(UTC)
            for service in SERVICES:
                console.board.hear(of(service, waiting, now), now)

        tell(1)
        await page.goto("/flows")
        await is_live(page)
        own = len(console.board.picture(datetime.now(UTC)).flows)
        assert own >= MANY_CONSUMERS
        assert await count(page, "#flows > tr") == FLOWS
        tell(7)
        await page.locator("#flows > tr td:nth-child(3)", has_text="7").nth(FLOWS - 1).wait_for()
        record_property("long_tasks_ms", await long_tasks(page))
        pages, seen = 1, set(await ids(page))
        while await page.get_by_role("link", name="More consumers").count():
            last = page.url
            await page.get_by_role("link", name="More consumers").click()
            await page.wait_for_url(lambda url, last=last: url != last)  # type: ignore[misc]
            pages, seen = pages + 1, seen | set(await ids(page))
            assert await count(page, "#flows > tr") <= FLOWS
        assert len(seen) == own and pages == -(-own // FLOWS)
        tell(7)
        await page.goto("/now")
        await is_live(page)
        assert await count(page, "#now-findings li") == FINDINGS_SHOWN
        await expect(page.locator("#now-findings")).to_contain_text("more that hurt less")
        record_property("long_tasks_ms", await long_tasks(page))


async def ids(page: Page) -> list[str]:
    found: list[str] = await page.locator("#flows > tr").evaluate_all("all => all.map((a) => a.id)")
    return found
