"""A hotel of ours as a process, bookings linked to it, and assertions that say what they saw."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

pytest.register_assert_rewrite("tests.hotels.suite")

from services.bookings.orders import opening  # noqa: E402
from tests.hotels.front import Front  # noqa: E402 - after the line above
from tests.hotels.memory import AT_ONCE  # noqa: E402
from tests.hotels.running import HotelProcess  # noqa: E402


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for turns at a hotel of ours, but those that are about them."""
    monkeypatch.setattr(opening, "HOTEL_RATE", AT_ONCE)
    monkeypatch.setattr(opening, "PACES", {})


@pytest.fixture
def hotel(tmp_path: Path) -> Iterator[HotelProcess]:
    process = HotelProcess("haip", tmp_path)
    try:
        yield process.start()
    finally:
        process.stop()


@pytest_asyncio.fixture
async def front(hotel: HotelProcess, store_url: str) -> AsyncIterator[Front]:
    front = Front(store_url, hotel.link())
    yield front
    await front.close()
