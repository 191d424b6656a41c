"""The HAIP adapter against a hotel of ours that answers as HAIP was recorded to."""

from __future__ import annotations

from typing import Any

import pytest

from services.bookings.hotels.errors import Conflict, Invalid
from services.bookings.hotels.haip.adapter import Haip
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.model import Ref
from tests.hotels.contract import SPECS, Contract
from tests.hotels.running import HotelProcess
from tests.hotels.suite import HotelSuite, World

RECORDED_OTHERWISE = {
    "undocumented status 201: POST /api/v1/reservations/search\\-availability": "recorded so",
}
CONTRACT = Contract(SPECS / "haip" / "haip.extract.openapi.json", RECORDED_OTHERWISE)


class TestHaip(HotelSuite):
    dialect = "haip"
    contracts = (CONTRACT,)

    @staticmethod
    def make(hotel: HotelProcess, gateway: Gateway, **client: Any) -> Haip:
        return Haip(hotel.link(), gateway, **client)

    async def test_a_foreign_profile_is_left_and_says_so(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        with pytest.raises(Conflict):
            await world.stays.replace_guest(Ref(world.ours("other"), stay.ref.theirs), "g2")
        assert [one["guest"] for one in world.hotel.stays(world.ours())] == ["Sentinelg1"]

    async def test_more_guests_than_the_room_takes_are_refused(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1+g2")
        with pytest.raises(Invalid):
            await world.stays.replace_guest(stay.ref, "g1+g2+g3")
        await self.named(world, stay.ref, "g1+g2")
