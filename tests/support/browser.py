"""Debian's Chromium under Playwright, logged in, with axe, and a record of what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    async_playwright,
    expect,
)

from tests.support.programs import program

Size = ViewportSize
Scheme = Literal["light", "dark"]
LANGUAGES = ("zh", "en")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PATIENCE_MS = 60_000
"""Of waiting for what comes of itself. Two workers on a busy machine can take many seconds for a
page, and for what `expect` awaits no less: its own patience would be five seconds."""
expect.set_options(timeout=PATIENCE_MS)
AXE_S = 180
"""What is evaluated in a page has no bound of its own. The alarm of a test that is given up can hit
the loop just while it reads the answer: the alarm is lost then, and the answer with it."""
DESK: Size = {"width": 1280, "height": 900}
PHONE: Size = {"width": 390, "height": 844}
MOST_BYTES = 200_000
"""Of a page with all its files, before its stream begins."""
WEIGHT = """performance.getEntriesByType("navigation")
  .concat(performance.getEntriesByType("resource"))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""
# WCAG 2.2 AA and what axe holds to be good practice beside it.
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def chromium() -> str:
    """The browser's path."""
    return program("chromium", "chromium", "chromium-browser")


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """A browser without profile or window."""
    path = chromium()
    async with async_playwright() as playwright:
        # Root, as on a build machine, has no sandbox.
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Watch:
    """What a browser did and said: requests outside the origin, errors, bytes."""

    origin: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def on(self, context: BrowserContext) -> Watch:
        context.on("request", lambda request: self._requested(request.url))
        context.on("console", self._said)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        return self

    def _requested(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.origin:
            self.outside.append(url)

    def _said(self, message: ConsoleMessage) -> None:
        lost = "net::ERR" in message.text or "status of" in message.text
        if message.type in ("error", "warning") and not lost:
            self.errors.append(message.text)


@asynccontextmanager
async def logged_in(
    browser: Browser,
    address: str,
    session: str,
    language: str = "en",
    scheme: Scheme = "light",
    **more: Any,
) -> AsyncIterator[tuple[BrowserContext, Watch]]:
    """A browser profile with an open session, and the watch on it."""
    context = await browser.new_context(
        base_url=address, locale="zh-CN" if language == "zh" else "en-GB", color_scheme=scheme,
        timezone_id="Asia/Shanghai", reduced_motion="reduce", **more,
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    watch = Watch(urlsplit(address).netloc).on(context)
    await context.add_cookies([{"name": "redcrown", "value": session, "url": address}])
    try:
        yield context, watch
    finally:
        await context.close()


async def session_of(address: str, name: str, password: str) -> str:
    """Log in, as the form does; the text of the session."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        answer = await client.post(
            "/login", data={"name": name, "password": password}, headers={"Origin": address}
        )
        assert answer.status_code == 303, answer.text
        return str(answer.cookies["redcrown"])


async def axe_problems(page: Page) -> list[str]:
    """What axe finds on a page, one line each. A page that is still read in would lack its end."""
    await page.wait_for_load_state()
    async with asyncio.timeout(AXE_S):
        found = await Axe().run(page, options=AXE)
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node.get('failureSummary', '')}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


async def swept(page: Page, path: str) -> list[str]:
    """What is wrong with the page that is open: axe, that it is wider than its screen, and that it
    weighs too much with its files, whether the browser had them already or not."""
    size = page.viewport_size
    assert size is not None
    found = [f"{path} {size['width']}: {one}" for one in await axe_problems(page)]
    wide = int(await page.evaluate("document.documentElement.scrollWidth"))
    found += [f"{path} is {wide} wide on {size['width']}"] * (wide > size["width"])
    weight = int(await page.evaluate(WEIGHT))
    return found + [f"{path} weighs {weight} bytes"] * (not 2_000 < weight < MOST_BYTES)


async def sweep(
    browser: Browser,
    address: str,
    session: str,
    paths: Iterable[str],
    language: str = "en",
    scheme: Scheme = "light",
    sizes: Sequence[Size] = (DESK, PHONE),
    then: Callable[[Page], Awaitable[list[str]]] | None = None,
) -> list[str]:
    """What axe and the widths say of pages on a desk and on a phone, one line each; what the
    browser complained of, and what it asked for outside. `then` looks further at each size."""
    found: list[str] = []
    for size in sizes:
        async with logged_in(browser, address, session, language, scheme, viewport=size) as (
            context,
            watch,
        ):
            page = await context.new_page()
            for path in paths:
                await page.goto(path)
                if await page.locator("#stream").count():
                    await is_live(page)
                expected = "zh-CN" if language == "zh" else "en"
                assert await page.locator("html").get_attribute("lang") == expected, path
                found += await swept(page, path)
            if then is not None:
                found += await then(page)
            found += watch.errors + [f"outside: {one}" for one in watch.outside]
    return found


async def first_load_bytes(page: Page, path: str) -> int:
    """Bytes of all answers until a page and its stream's first state are there, files included."""
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    await page.goto(path, wait_until="load")
    if await page.locator("#stream").count():
        await is_live(page)
    sizes = [await request.sizes() for request in requests]
    return sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)


async def is_live(page: Page) -> None:
    """Wait until a page says that it is live."""
    await page.locator('#stream[data-state="live"]').wait_for()
