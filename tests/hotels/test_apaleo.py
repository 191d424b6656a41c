"""The apaleo adapter against a hotel of ours that answers as apaleo's documents say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.bookings.hotels.apaleo.adapter import Apaleo
from services.bookings.hotels.errors import (
    AuthExpired,
    BlockNotOpen,
    Conflict,
    IllegalState,
    NoAvailability,
    NotFound,
    OutcomeUnknown,
    Unsupported,
)
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.model import BlockOrder, Ref, RoomNight, StayChange
from services.bookings.hotels.states import BlockState, StayState
from shared.contracts.values import Money
from tests.hotels.contract import SPECS, Contract
from tests.hotels.running import HotelProcess
from tests.hotels.suite import TokenSuite, World

FILES = ("booking-v1.derived.openapi.json", "token.swagger.json")
CONTRACTS = tuple(Contract(SPECS / "apaleo" / name) for name in FILES)


def posts(world: World, end: str) -> int:
    return sum(one.method == "POST" and one.url.path.endswith(end) for one in world.wire.requests)


def two_kinds(world: World, kings: int = 1) -> BlockOrder:
    rooms = (
        RoomNight(world.night(0), "twin", 2),
        RoomNight(world.night(1), "twin", 1),
        RoomNight(world.night(1), "king", kings),
    )
    return BlockOrder(world.ours("k"), "City Expo", "agreed", rooms, date(2027, 8, 20))


class TestApaleo(TokenSuite):
    dialect = "apaleo"
    contracts = CONTRACTS
    tokens = "/token"

    @staticmethod
    def make(hotel: HotelProcess, gateway: Gateway, **client: Any) -> Apaleo:
        return Apaleo(hotel.link(), gateway, **client)

    @staticmethod
    def books(request: Any) -> bool:
        return request.method == "POST" and request.url.path.endswith("/bookings")

    @staticmethod
    def creates(request: Any) -> bool:
        """A block has no field for a reference; its group has it in the name."""
        return request.method == "POST" and request.url.path.endswith(
            ("/reservations", "/bookings", "/groups")
        )

    async def test_a_client_that_is_not_known(self, world: World) -> None:
        file = world.adapter.link.secrets["secret"]
        right = file.read_text()
        file.write_text("another")
        try:
            with pytest.raises(AuthExpired):
                await world.adapter.search(world.first, world.night(1))
        finally:
            file.write_text(right)
        assert await world.adapter.search(world.first, world.night(1))

    # Groups and blocks

    async def test_a_block_of_two_room_types_is_one_group(self, world: World) -> None:
        held = await world.blocks.hold(two_kinds(world))
        assert (held.state, posts(world, "/groups"), posts(world, "/blocks")) == (
            BlockState.TENTATIVE,
            1,
            2,
        )
        assert [(one.night, one.kind, one.contracted) for one in held.nights] == [
            (world.night(0), "twin", 2),
            (world.night(1), "king", 1),
            (world.night(1), "twin", 1),
        ]
        assert (await world.blocks.confirm(held.ref)).state is BlockState.DEFINITE
        more = [RoomNight(world.night(3), "king", 4)]
        shown = await world.blocks.resize(held.ref, more)
        assert [(one.night, one.contracted) for one in shown.nights if one.kind == "king"] == [
            (world.night(1), 1),
            (world.night(3), 4),
        ]
        assert posts(world, "/blocks") == 2

    async def test_a_new_room_type_is_one_more_definite_block(self, world: World) -> None:
        held = await world.definite()
        shown = await world.blocks.resize(held.ref, [RoomNight(world.night(1), "king", 2)])
        assert shown.state is BlockState.DEFINITE
        assert [one.contracted for one in shown.nights if one.kind == "king"] == [2]
        with pytest.raises(NoAvailability):
            await world.blocks.resize(held.ref, [RoomNight(world.night(1), "king", 99)])
        shown = await world.blocks.read(held.ref)
        assert [one.contracted for one in shown.nights if one.kind == "king"] == [2]

    async def test_too_much_leaves_nothing_at_the_hotel(self, world: World) -> None:
        with pytest.raises(NoAvailability) as short:
            await world.blocks.hold(two_kinds(world, kings=11))
        assert [(one.night, one.kind, one.free) for one in short.value.nights] == [
            (world.night(1), "king", 10)
        ]
        assert posts(world, "/groups") == 0

    async def test_a_hold_that_broke_off_is_filled(self, world: World) -> None:
        world.hotel.faults(lose_answer=1)
        with pytest.raises(OutcomeUnknown):
            await world.blocks.hold(two_kinds(world))
        with pytest.raises(NotFound):
            await world.blocks.read(Ref(world.ours("k")))
        held = await world.blocks.hold(two_kinds(world))
        assert (held.state, posts(world, "/groups")) == (BlockState.TENTATIVE, 1)

    async def test_a_tentative_block_keeps_nothing(self, world: World) -> None:
        """Confirming looks for free rooms again: whoever is later is told so."""
        first = await world.blocks.hold(world.block(rooms=6))
        order = BlockOrder(world.ours("l"), "Later", "agreed", world.block(6).rooms, world.first)
        second = await world.blocks.hold(order)
        assert (await world.blocks.confirm(second.ref)).state is BlockState.DEFINITE
        with pytest.raises(NoAvailability):
            await world.blocks.confirm(first.ref)
        assert (await world.blocks.read(first.ref)).state is BlockState.TENTATIVE

    async def test_a_half_confirmed_block_is_tentative(self, world: World) -> None:
        held = await world.blocks.hold(two_kinds(world))
        world.hotel.act("others", kind=self.twin(world), rooms=9)
        try:
            with pytest.raises(NoAvailability):
                await world.blocks.confirm(held.ref)
        finally:
            world.hotel.act("others", kind=self.twin(world), rooms=-9)
        assert (await world.blocks.read(held.ref)).state is BlockState.TENTATIVE
        assert (await world.blocks.confirm(held.ref)).state is BlockState.DEFINITE

    async def test_a_tentative_block_is_not_picked_up(self, world: World) -> None:
        """The refusal says nothing of use; the reason beside the action does."""
        held = await world.blocks.hold(world.block())
        with pytest.raises(BlockNotOpen):
            await world.stays.pick_up(held.ref, world.order(), "g1")

    async def test_a_release_keeps_what_was_picked_up(self, world: World) -> None:
        held = await world.definite()
        await world.stays.pick_up(held.ref, world.order(nights=1), "g1")
        with pytest.raises(IllegalState, match="CancelNotAllowedForBlockWith"):
            await world.blocks.cancel(held.ref, "off")
        released = await world.blocks.release(held.ref)
        assert released.state is BlockState.RELEASED
        assert [(one.contracted, one.held, one.picked) for one in released.nights] == [(1, 0, 1)]
        assert len(world.hotel.stays(world.ours())) == 1
        free = await world.adapter.search(world.first, world.night(2))
        assert [one.rooms for one in free if one.kind == "twin"] == [9, 10]
        with pytest.raises(BlockNotOpen):
            await world.adapter.hold_block(world.block())

    async def test_a_release_that_failed_half_way_is_not_done(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = await world.definite()

        async def refused(*_arguments: Any) -> None:
            raise Conflict

        monkeypatch.setattr(world.adapter.calls, "act", refused)
        with pytest.raises(Conflict):
            await world.blocks.release(held.ref)
        assert (await world.blocks.read(held.ref)).state is BlockState.DEFINITE
        monkeypatch.undo()
        assert (await world.blocks.cancel(held.ref, "off")).state is BlockState.CANCELLED

    # Reservations

    async def test_what_was_picked_up_is_found_by_its_first_night(self, world: World) -> None:
        held = await world.definite()
        stay = await world.stays.pick_up(held.ref, world.order(), "g1")
        found = await world.adapter.read_stay(Ref(world.ours(), None, world.first))
        assert found.ref == stay.ref
        with pytest.raises(Unsupported):
            await world.adapter.read_stay(Ref(world.ours()))

    async def test_another_room_type_has_another_plan(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        change = StayChange(kind="king", price=Money(amount=60_001, currency="CNY"))
        changed = await world.stays.change(stay.ref, change)
        assert (changed.kind, changed.departure) == ("king", world.night(2))

    async def test_a_guest_in_house_is_not_cancelled(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        world.hotel.act("staff", reference=world.ours(), status="checked_in")
        with pytest.raises(IllegalState, match="CancelNotAllowedForReservation"):
            await world.stays.cancel(stay.ref, "off")
        shown = await world.stays.read(stay.ref)
        assert (shown.state, shown.room) == (StayState.IN_HOUSE, "812")

    async def test_two_changes_in_one_second_are_two_hints(self, world: World) -> None:
        await world.feed.poll()
        known = set(world.book.hints)
        stay = await world.stays.reserve(world.order(), "g1")
        await world.feed.poll()
        await world.stays.cancel(stay.ref, "off")
        await world.feed.poll()
        new = [one for name, one in world.book.hints.items() if name not in known]
        assert [one.theirs for one in new if one.theirs == stay.ref.theirs] == [stay.ref.theirs] * 2
