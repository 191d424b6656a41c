"""`make screenshots`: plays the sample reception on free ports and pictures every page.

Each registered page (and one visit's page, where there is one) in Chinese and English, light and
dark, on a desk and on a phone: `<page>-<language>-<scheme>[-phone].png`. With `--readme` only the
three pictures of the README, into `docs/pictures`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from playwright.async_api import Browser

from deploy.bus.keys import ADMIN, seed_file
from deploy.bus.provisioning import admin_of
from deploy.client import Client
from deploy.demo import SEED, _environment, _shifted_seed, _stop
from deploy.local import ROOT, Layout, free_port, lay_out
from deploy.play import ANCHOR, Play
from deploy.run import await_ready
from services.console.documents import Kind
from services.console.pages import modules
from services.console.pages.frame import LINKS
from services.console.roles import OPEN, ROUTES
from shared.chassis.settings import Settings
from shared.contracts.holds import HoldsChanged
from tests.browser.test_hotel_page import House
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
    "/board/halls": "/board/halls",
    "/board/rooms": "/board/rooms",
    "/visits/{visit}": "/visits/delegation-east",
    "/visits/{visit}/edit": "/visits/delegation-east/edit",
    "/visits/{visit}/trace": "/visits/delegation-east/trace",
    "/inventory/{service}/{unit}": "/inventory/venues/expo-hall",
    "/now/{service}": "/now/venues",
    "/bus": "/bus",
    "/hotels/{hotel}": f"/hotels/{LINKED}",
    "/flows/{service}/{consumer}": "/flows/venues/venues-place_holds-v1",
    "/visits/{visit}/move": "/visits/delegation-east/move",
    "/new-unit": "/new-unit?service=bookings&kind=hotels&like=nenjiang-hotel",
}
"""Pages below an address that no link leads to."""
PARKED = {
    "/parked/groups/{service}/{group}": "/parked/groups/visits/{group}",
    "/parked/{service}/messages/{message:path}": "/parked/visits/messages/{message}",
    "/parked/{service}/edit/{message:path}": "/parked/visits/edit/{message}",
    "/parked/{service}/replay": "/parked/visits/replay?group={group}&as_of=2100-01-01T00:00:00Z",
    "/parked/{service}/discard": "/parked/visits/discard?group={group}&as_of=2100-01-01T00:00:00Z",
    "/parked/acts": "/parked/acts",
}
"""Pages about what could not be handled, of which there is some before they are pictured."""
BY_LETTER = "/hotel/{token}"
"""The page of a hotel that answers by hand; its address is in the letter."""
NOT_PICTURED = {
    "/alarms/{alarm}": "an alarm wants minutes of trouble",
    "/parked/{service}/replays/{replay}": "a replay is over before it is seen",
    "/parked/{service}/restore": "the same page as discard, with another word",
}
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


async def parked(layout: Layout, client: Client) -> dict[str, str]:
    """Have the orchestrator get what it cannot read; addresses of its pages by their pattern."""
    settings = Settings(nats_url=layout.environment["REDCROWN_NATS_URL"],
                        nats_seed_file=seed_file(layout.folder / "bus", ADMIN))  # fmt: skip
    body = json.dumps({"visit": "delegation-east", "holds": []}).encode()
    async with admin_of(settings) as bus:
        for name in ("broken-1", "broken-2"):
            subject = HoldsChanged.subject("catering")
            await bus.jetstream().publish(subject, body, headers={"Nats-Msg-Id": name})
    for _ in range(300):
        found = client._read("/parked/groups?service=visits")["groups"]
        if found and found[0]["count"] == 2:
            told = {"group": found[0]["group"], "message": "broken-1"}
            return {pattern: path.format(**told) for pattern, path in PARKED.items()}
        await asyncio.sleep(0.2)
    raise TimeoutError("nothing was parked")


def pages(more: Mapping[str, str]) -> dict[str, str]:
    """Addresses by the name of their pictures. `more`: made ones, by their pattern."""
    modules()
    found = {one.name: one.path for one in LINKS} | {"login": "/login", "error": "/no-such-page"}
    for pattern, path in {**EXAMPLES, **more}.items():
        if ("GET", pattern) in {*ROUTES, *OPEN}:
            found[re.sub(r"\W+", "-", pattern).strip("-")] = path
    documents = {f"document-{kind}": f"/visits/delegation-east/documents/{kind}" for kind in Kind}
    return found | documents


async def picture(
    browser: Browser, layout: Layout, session: str, to: Path, some: Mapping[str, str]
) -> int:
    """Pages in every way; the number of pictures."""
    taken = 0
    for language in LANGUAGES:
        for scheme in SCHEMES:
            for suffix, size in SIZES.items():
                taken += await _one_way(
                    browser, layout.address, session, to, (language, scheme, suffix, size), some
                )
    return taken


async def _one_way(
    browser: Browser,
    address: str,
    session: str,
    to: Path,
    way: tuple[str, Scheme, str, dict[str, int]],
    some: Mapping[str, str],
) -> int:
    language, scheme, suffix, size = way
    async with logged_in(
        browser, address, session, language, scheme, viewport=size, device_scale_factor=1.5
    ) as (context, _watch):
        page = await context.new_page()
        for name, path in some.items():
            await page.goto(path)
            if await page.locator("#stream").count():
                await is_live(page)
            file = to / f"{name}-{language}-{scheme}{suffix}.png"
            await page.screenshot(path=file)
            print(file, flush=True)
        return len(some)


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


async def _all_pages(layout: Layout) -> dict[str, str]:
    client = Client(layout.address, layout.token())
    made = await parked(layout, client)
    house = House(layout.folder, layout.address, client)
    made[BY_LETTER] = await asyncio.to_thread(house.ask, "by-letter", hotel=LINKED)
    client.close()
    return pages(made)


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
                taken = await picture(browser, layout, session, to, await _all_pages(layout))
    print(f"{taken} pictures in {to}")


if __name__ == "__main__":
    told = argparse.ArgumentParser(prog="tests.screenshots", description=__doc__)
    told.add_argument("folder", nargs="?", type=Path, default=Path("var/screenshots"))
    told.add_argument("--readme", action="store_true", help="only those that the README shows")
    given = told.parse_args()
    asyncio.run(main(PICTURES, True) if given.readme else main(given.folder))
