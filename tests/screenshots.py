"""`make screenshots`: plays the sample reception on free ports and pictures every page.

Each registered page (and one visit's page, where there is one) in Chinese and English, light and
dark, on a desk and on a phone: `<page>-<language>-<scheme>[-phone].png`. With `--readme` only the
three pictures of the README, into `docs/pictures`.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from playwright.async_api import Browser

from deploy.client import Client
from deploy.demo import SEED, _environment, _shifted_seed, _stop
from deploy.local import ROOT, Layout, free_port, lay_out
from deploy.play import ANCHOR, Play
from deploy.run import await_ready
from services.console.documents import Kind
from services.console.pages import modules
from services.console.pages.frame import LINKS
from services.console.roles import ROUTES
from tests.support.browser import (
    LANGUAGES,
    SCHEMES,
    Scheme,
    is_live,
    logged_in,
    running_browser,
    session_of,
)

SIZES = {"": {"width": 1280, "height": 860}, "-phone": {"width": 390, "height": 844}}
LINKED = "hubin-hotel"
"""A hotel that answers by hand, and that the sample reception leaves alone."""
EXAMPLES = {
    "/visits/{visit}": "/visits/delegation-east",
    "/visits/{visit}/edit": "/visits/delegation-east/edit",
    "/visits/{visit}/trace": "/visits/delegation-east/trace",
    "/inventory/{service}/{unit}": "/inventory/venues/expo-hall",
    "/now/{service}": "/now/venues",
    "/bus": "/bus",
    "/hotels/{hotel}": f"/hotels/{LINKED}",
    "/flows/{service}/{consumer}": "/flows/venues/venues-place_holds-v1",
}
"""Pages below an address that no link leads to."""
PICTURES = ROOT / "docs" / "pictures"
README: dict[str, tuple[str, str, Scheme]] = {
    "now": ("/now", "en", "light"),
    "board": ("/board", "zh", "light"),
    "visit": ("/visits/delegation-east", "en", "dark"),
}
"""Address, language and scheme of the pictures in the README."""
MOST_BYTES = 150_000


def _links(path: Path) -> Path:
    """A file of links with one hotel."""
    path.write_text(
        f"hotels:\n  - {{hotel: {LINKED}, system: by_hand, zone: Asia/Shanghai}}\n", "utf-8"
    )
    return path


@contextmanager
def played() -> Iterator[Layout]:
    """The whole system with the sample reception in it."""
    folder = Path(tempfile.mkdtemp(prefix="redcrown-screenshots-"))
    days = (date.today() + timedelta(days=1) - ANCHOR).days
    own = {
        "REDCROWN_SEED_DIR": str(_shifted_seed(folder / "seed", days)),
        "REDCROWN_NOTICE_GRACE_S": "0.2",
        "REDCROWN_HOTELS": str(_links(folder / "links.yaml")),
    }
    layout = lay_out(folder / "data", free_port(), own)
    log = (folder / "log").open("w")
    system = subprocess.Popen(
        [sys.executable, "-m", "deploy.run"],
        cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
        env={**os.environ, **_environment(layout, own)},
    )  # fmt: skip
    try:
        late = await_ready(layout)
        assert not late, f"not ready: {late} (log: {folder / 'log'})"
        client = Client(layout.address, layout.token())
        play = Play(client, SEED / "visits", days, lambda line: print(line, flush=True))
        for act in (play.ordinary_days, play.opening, play.change):
            act()
        client.close()
        yield layout
    finally:
        _stop(system)
        log.close()
    shutil.rmtree(folder, ignore_errors=True)


def pages() -> dict[str, str]:
    """Addresses by the name of their pictures."""
    modules()
    found = {one.name: one.path for one in LINKS} | {"login": "/login", "error": "/no-such-page"}
    for pattern, path in EXAMPLES.items():
        if ("GET", pattern) in ROUTES:
            found[re.sub(r"\W+", "-", pattern).strip("-")] = path
    documents = {f"document-{kind}": f"/visits/delegation-east/documents/{kind}" for kind in Kind}
    return found | documents


async def picture(browser: Browser, layout: Layout, session: str, to: Path) -> int:
    """Every page in every way; the number of pictures."""
    taken = 0
    for language in LANGUAGES:
        for scheme in SCHEMES:
            for suffix, size in SIZES.items():
                taken += await _one_way(
                    browser, layout.address, session, to, (language, scheme, suffix, size)
                )
    return taken


async def _one_way(
    browser: Browser,
    address: str,
    session: str,
    to: Path,
    way: tuple[str, Scheme, str, dict[str, int]],
) -> int:
    language, scheme, suffix, size = way
    async with logged_in(
        browser, address, session, language, scheme, viewport=size, device_scale_factor=1.5
    ) as (context, _watch):
        page = await context.new_page()
        for name, path in pages().items():
            await page.goto(path)
            if await page.locator("#stream").count():
                await is_live(page)
            file = to / f"{name}-{language}-{scheme}{suffix}.png"
            await page.screenshot(path=file)
            print(file, flush=True)
        return len(pages())


async def picture_readme(browser: Browser, address: str, session: str, to: Path) -> int:
    """The pictures of the README, small enough for it; how many."""
    for name, (path, language, scheme) in README.items():
        async with logged_in(
            browser, address, session, language, scheme, viewport={"width": 1160, "height": 700}
        ) as (context, _watch):  # fmt: skip
            page = await context.new_page()
            await page.goto(path)
            await is_live(page)
            file = to / f"{name}.png"
            await page.screenshot(path=file)
            size = file.stat().st_size
            assert size < MOST_BYTES, f"{file}: {size} bytes"
            print(file, size, flush=True)
    return len(README)


async def main(to: Path, readme: bool = False) -> None:
    """Play, picture, stop."""
    to.mkdir(parents=True, exist_ok=True)
    with played() as layout:
        password = (layout.access / "password").read_text().strip()
        session = await session_of(layout.address, "planner", password)
        async with running_browser() as browser:
            if readme:
                taken = await picture_readme(browser, layout.address, session, to)
            else:
                taken = await picture(browser, layout, session, to)
    print(f"{taken} pictures in {to}")


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else "var/screenshots"
    asyncio.run(main(PICTURES, True) if given == "--readme" else main(Path(given)))
