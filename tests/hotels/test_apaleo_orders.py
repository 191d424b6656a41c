"""A tentative block that a hotel of ours with apaleo lost; all else of its orders is in `ways`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts.holds import HoldState
from tests.hotels.front import Front
from tests.hotels.running import HotelProcess
from tests.rules.booking_case import wish

S = HoldState
APALEO = "grand-apaleo"


@pytest.fixture
def hotel(tmp_path: Path) -> Iterator[HotelProcess]:
    process = HotelProcess("apaleo", tmp_path)
    try:
        yield process.start()
    finally:
        process.stop()


@pytest_asyncio.fixture
async def front(hotel: HotelProcess, tmp_path: Path) -> AsyncIterator[Front]:
    front = Front(f"sqlite:///{tmp_path / 'store.db'}", hotel.link())
    yield front
    await front.close()


def rooms(pairs: int, **details: Any) -> Any:
    return wish(pairs=pairs, hotel=APALEO, **details)


def blocks(hotel: HotelProcess) -> list[str]:
    return [one["status"] for one in hotel.act("count")["blocks"]]


async def test_rooms_that_were_sold_before_the_block_was_definite(
    front: Front, hotel: HotelProcess
) -> None:
    """A tentative block keeps nothing: what it lost in between is a person's."""
    front.desk.place("v", h1=rooms(3))
    await front.work(APALEO)
    assert front.hold("h1").state is S.HELD
    hotel.act("others", kind=hotel.link().codes.room_type("twin"), rooms=8)
    front.desk.confirm("v", "h1")
    await front.work(APALEO)
    (row,) = front.rows()
    assert (row.owned, row.said, blocks(hotel)) == (True, "no_availability", ["tentative"])
