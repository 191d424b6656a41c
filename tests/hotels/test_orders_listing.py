"""What an operator sees of linked hotels, and asking again for what a person owned."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from services.bookings.orders.__main__ import app
from shared.contracts.holds import HoldState
from tests.hotels.front import HAIP, Front
from tests.hotels.running import HotelProcess
from tests.rules.booking_case import wish

RUNNER = CliRunner()


@pytest_asyncio.fixture
async def front(
    hotel: HotelProcess, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Front]:
    monkeypatch.setenv("REDCROWN_STORE_URL", store_url)
    front = Front(store_url, hotel.link())
    yield front
    await front.close()


def said(*words: str) -> list[str]:
    result = RUNNER.invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


async def test_hotels_and_orders_are_listed_and_asked_again(
    front: Front, hotel: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.bookings.orders.finishing.HOTEL_ORDER_TRIES", 2)
    front.desk.place("v", h1=wish(pairs=2, hotel=HAIP))
    front.desk.place("w", h2=wish(pairs=2, hotel=HAIP))
    (line,) = said("hotels")
    assert "link idle" in line and "waiting 2" in line
    hotel.faults(down=1)
    await front.work()
    (line,) = said("hotels")
    assert "link no answer" in line and "waiting 2" in line
    await front.until(lambda: all(row.owned for row in front.rows()))
    first, more = said("list", "--limit", "1")
    assert "owned said=unavailable" in first
    assert more.startswith("more: --after rc")
    (second,) = said("list", "--after", first.split()[0])
    assert second.split()[0] > first.split()[0]

    hotel.faults()
    said("again", first.split()[0])
    said("again", second.split()[0])
    await front.work()
    assert {row.state for row in front.rows()} == {"tentative"}
    assert front.hold("h1").state is front.hold("h2").state is HoldState.HELD
    assert RUNNER.invoke(app, ["again", "rc0"]).exit_code == 1
