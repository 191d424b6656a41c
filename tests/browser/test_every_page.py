"""What holds for every page of the navigation: axe, bytes, origin, content security policy."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from services.console.documents import Kind
from services.console.pages import modules
from services.console.pages.frame import LINKS
from tests.browser.conftest import World
from tests.support.browser import (
    LANGUAGES,
    MOST_BYTES,
    SCHEMES,
    Scheme,
    first_load_bytes,
    logged_in,
    sweep,
)

MORE = (
    "/?phase=cancelled", "/no-such-page", "/login", "/inventory/bookings/nenjiang-hotel",
    "/inventory/venues/expo-forum?act=close&starts_at=2027-09-14T08:00&ends_at=2027-09-14T18:00"
    "&reason_zh=检修&reason_en=repairs",
    "/new-unit?service=bookings&kind=hotels&like=nenjiang-hotel",
    *(f"/visits/first-visit/documents/{kind}" for kind in Kind),
)  # fmt: skip
"""Pages that no link of the navigation leads to."""


def paths() -> list[str]:
    modules()
    assert LINKS
    return [one.path for one in LINKS] + list(MORE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_axe_finds_nothing(
    world: World, browser: Browser, session: str, language: str, scheme: Scheme
) -> None:
    assert await sweep(browser, world.address, session, paths(), language, scheme) == []


async def test_a_page_is_small_at_first_load(world: World, browser: Browser, session: str) -> None:
    for path in paths():
        async with logged_in(browser, world.address, session) as (context, _watch):
            page = await context.new_page()
            size = await first_load_bytes(page, path)
            assert 2_000 < size < MOST_BYTES, f"{path}: {size} bytes"
