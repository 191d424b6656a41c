"""Hotels started as the demo and the benchmark start them, and the links that they write."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import httpx

from deploy.hotels import hotels_running, join_links
from services.bookings.hotels.haip.adapter import Haip
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.links import HandLink, HotelLink, read_links
from services.bookings.hotels.model import BlockOrder, RoomNight

NIGHT = date(2027, 9, 1)


async def test_hotels_of_one_process_are_hotels_of_their_own(tmp_path: Path) -> None:
    with hotels_running(tmp_path / "haip", "haip", ("one", "two"), rooms=3) as (hotels, links):
        for hotel in hotels.values():
            hotel.await_ready()
        found = read_links(join_links(tmp_path / "links.yaml", [links], ["three"]))
        assert [(one.hotel, one.system) for one in found] == [
            ("one", "haip"), ("two", "haip"), ("three", "by_hand"),
        ]  # fmt: skip
        assert isinstance(found[1], HotelLink) and isinstance(found[2], HandLink)
        adapter = Haip(found[1], Gateway())
        block = BlockOrder("ours", "visit", "agreed", (RoomNight(NIGHT, "twin", 2),), NIGHT)
        await adapter.hold_block(block)
        await adapter.close()
        assert hotels["one"].blocks() == []
        (held,) = hotels["two"].blocks()
        assert (held["name"], held["reference"], held["rooms"]) == ("visit", "ours", 2)
        assert hotels["two"].act("staff_blocks", status="cancelled", first="2000-01-01") == 0
        assert hotels["two"].act("staff_blocks", status="cancelled", first=held["first"]) == 1
        assert hotels["two"].blocks() == []
        door = hotels["one"].door.base_url
    try:
        httpx.get(door)
    except httpx.TransportError:
        return
    raise AssertionError("it was not stopped")
