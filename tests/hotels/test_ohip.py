"""The OHIP adapter against a hotel of ours that answers as OHIP's documents say."""

from __future__ import annotations

from typing import Any

import pytest

from services.bookings.hotels.line import Gateway
from services.bookings.hotels.ohip.adapter import Ohip
from tests.hotels.contract import SPECS, Contract
from tests.hotels.running import HotelProcess
from tests.hotels.suite import TokenSuite, World

FILES = ("blk", "rsvasync", "rsv", "inv", "int", "oauth")
CONTRACTS = tuple(Contract(SPECS / "ohip" / f"{name}.extract.json") for name in FILES)


class TestOhip(TokenSuite):
    dialect = "ohip"
    tokens = "/tokens"
    contracts = CONTRACTS

    @staticmethod
    def make(hotel: HotelProcess, gateway: Gateway, **client: Any) -> Ohip:
        return Ohip(hotel.link(), gateway, **client)

    async def test_a_destructive_poll_is_stored_before_it_is_looked_at(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await world.stays.reserve(world.order(), "g1")
        await world.feed.poll()
        assert world.hotel.act("count")["queue"] == 0
        assert world.book.open, "what the hotel forgot is in the journal"
        world.hotel.faults(down=100)
        with pytest.raises(Exception, match="unavailable"):
            await world.feed.look()
        assert world.book.open
