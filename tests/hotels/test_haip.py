"""The HAIP adapter against a hotel of ours that answers as HAIP was recorded to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.bookings.hotels.errors import (
    BlockFull,
    Conflict,
    Invalid,
    NoAvailability,
    OutcomeUnknown,
)
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

    # What it was recorded to do otherwise than one would think, with and without it

    @pytest.mark.parametrize("quirks", [["repeat_is_500"], []])
    async def test_a_repeated_reference_is_one_reservation_however_it_is_refused(
        self, world: World, monkeypatch: pytest.MonkeyPatch, quirks: list[str]
    ) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        # As if the look before had not seen it.
        hasty = replace(world.adapter.capabilities, refuses_duplicates=True)
        monkeypatch.setattr(world.adapter, "capabilities", hasty)
        world.hotel.act("quirks", on=quirks)
        with pytest.raises(OutcomeUnknown if quirks else Conflict):
            await world.adapter.reserve(world.order(), await world.roster.card("g1"))
        again = await world.stays.reserve(world.order(), "g1")
        assert (again.ref, again.remarks[-1].kind) == (stay.ref, "duplicate")
        assert len(world.hotel.stays(world.ours())) == 1

    @pytest.mark.parametrize("quirks", [["past_block"], []])
    async def test_a_block_is_filled_no_further_whether_the_hotel_guards_it_or_not(
        self, world: World, quirks: list[str]
    ) -> None:
        world.hotel.act("quirks", on=quirks)
        block = (await world.definite(rooms=1)).ref
        await world.stays.pick_up(block, world.order("a"), "g1")
        with pytest.raises(BlockFull):
            await world.stays.pick_up(block, world.order("b"), "g2")
        # Past the core: only the hotel's own guard is left.
        card = await world.roster.card("g3")
        if not quirks:
            with pytest.raises(NoAvailability):
                await world.adapter.pick_up(block, world.order("c"), card)
        else:
            await world.adapter.pick_up(block, world.order("c"), card)
        over = [one.over for one in (await world.blocks.read(block)).nights]
        assert over == ([1, 1] if quirks else [0, 0])

    @pytest.mark.parametrize("quirks", [["blocks_take_nothing"], []])
    async def test_rooms_of_a_block_that_the_hotel_goes_on_to_sell(
        self, world: World, monkeypatch: pytest.MonkeyPatch, quirks: list[str]
    ) -> None:
        world.hotel.act("quirks", on=quirks)
        can = replace(world.adapter.capabilities, block_takes_inventory=not quirks)
        monkeypatch.setattr(world.adapter, "capabilities", can)
        block = (await world.definite(rooms=3)).ref
        free = await world.adapter.search(world.first, world.night(1))
        assert {one.rooms for one in free if one.kind == "twin"} == {10 if quirks else 7}
        world.hotel.act("others", kind=self.twin(world), rooms=7)
        try:
            if not quirks:
                with pytest.raises(NoAvailability):
                    await world.stays.reserve(world.order("z"), "g9")
                assert await world.stays.pick_up(block, world.order("a"), "g1")
                return
            for name in "xyz":
                await world.stays.reserve(world.order(name), "g9")
            with pytest.raises(NoAvailability, match="sold the block's rooms"):
                await world.stays.pick_up(block, world.order("a"), "g1")
        finally:
            world.hotel.act("others", kind=self.twin(world), rooms=-7)
