"""What every adapter has to pass, against a hotel of ours as a process, through the core.

Subclass it, give it `dialect`, `contracts` and `adapter`. Each test starts with its own hotel's
reference, so that one process serves a whole class; faults and quirks are put back after each.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar

import pytest

from services.bookings.hotels.block_desk import BlockDesk
from services.bookings.hotels.errors import (
    BlockFull,
    BlockNotOpen,
    Conflict,
    HotelError,
    IllegalState,
    NoAvailability,
    NotFound,
    OutcomeUnknown,
    Unavailable,
)
from services.bookings.hotels.feed_desk import FeedDesk
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.model import (
    BlockOrder,
    BlockView,
    Ref,
    RoomNight,
    StayChange,
    StayOrder,
    StayView,
)
from services.bookings.hotels.port import Feed, Sharers
from services.bookings.hotels.rooming_desk import RoomingDesk
from services.bookings.hotels.states import BlockState, Settled, StayState
from services.bookings.hotels.stay_desk import StayDesk
from services.bookings.hotels.writing import Office
from shared.chassis.limits import HOTEL_SETTLE_S
from shared.contracts.values import Money
from tests.hotels.contract import Contract, Recorder
from tests.hotels.memory import AT_ONCE, Book, Roster, TurnedClock
from tests.hotels.running import HotelProcess

TAKEN = {StayState.PENDING, StayState.CONFIRMED}
numbers = itertools.count(1)


class World:
    """One test's desks at the hotel."""

    def __init__(self, adapter: Any, wire: Recorder, hotel: HotelProcess) -> None:
        self.number = next(numbers)
        self.adapter, self.wire, self.hotel = adapter, wire, hotel
        self.book, self.clock, self.roster = Book(), TurnedClock(), Roster()
        self.office = Office("grand", adapter, self.book, self.clock, self.roster)
        self.blocks, self.stays = BlockDesk(self.office), StayDesk(self.office)
        self.rooming, self.feed = RoomingDesk(self.office), FeedDesk(self.office)
        # Every test has nights of its own.
        self.first = date(2027, 9, 1) + timedelta(days=10 * self.number)

    def night(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def ours(self, name: str = "a") -> str:
        return f"rc{self.number}{name}"

    def order(self, name: str = "a", nights: int = 2, kind: str = "twin") -> StayOrder:
        price = Money(amount=30_000 * nights, currency="CNY")
        return StayOrder(
            self.ours(name), kind, "agreed", self.first, self.night(nights), price, adults=1
        )

    def block(self, rooms: int = 3, nights: int = 2) -> BlockOrder:
        held = tuple(RoomNight(self.night(n), "twin", rooms) for n in range(nights))
        return BlockOrder(self.ours("k"), "City Expo", "agreed", held, date(2027, 8, 20))

    async def definite(self, rooms: int = 3, nights: int = 2) -> BlockView:
        held = await self.blocks.hold(self.block(rooms, nights))
        return await self.blocks.confirm(held.ref)


class HotelSuite:
    dialect: ClassVar[str]
    contracts: ClassVar[tuple[Contract, ...]]

    @staticmethod
    def make(hotel: HotelProcess, gateway: Gateway, **client: Any) -> Any:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def hotel(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HotelProcess]:
        process = HotelProcess(cls.dialect, tmp_path_factory.mktemp("hotel"))
        try:
            yield process.start()
        finally:
            process.stop()

    @pytest.fixture
    async def world(self, hotel: HotelProcess) -> AsyncIterator[World]:
        quirks = hotel.act("quirks_now")
        wire = Recorder(*self.contracts)
        adapter = self.make(hotel, Gateway(AT_ONCE), transport=wire)
        yield World(adapter, wire, hotel)
        await adapter.close()
        hotel.faults()
        hotel.act("quirks", on=quirks)
        hotel.act("day", date="2027-08-01")
        assert sorted(set(wire.violations)) == []

    # Blocks

    async def test_a_block_goes_its_way(self, world: World) -> None:
        held = await world.blocks.hold(world.block())
        assert held.state is BlockState.TENTATIVE
        assert {(one.night, one.contracted, one.held) for one in held.nights} == {
            (world.night(0), 3, 3),
            (world.night(1), 3, 3),
        }
        assert held.cut_off == date(2027, 8, 20)
        assert held.ref.ours == world.ours("k")
        definite = await world.blocks.confirm(held.ref)
        assert definite.state is BlockState.DEFINITE
        washed = await world.blocks.wash(held.ref, [RoomNight(world.night(1), "twin", 2)])
        assert washed.state is BlockState.WASHED
        assert [one.contracted for one in washed.nights] == [3, 2]
        released = await world.blocks.release(held.ref)
        assert released.state is BlockState.RELEASED
        assert sum(one.held for one in released.nights) == 0
        with pytest.raises(IllegalState) as illegal:
            await world.blocks.confirm(held.ref)
        assert illegal.value.legal == ()

    async def test_a_repeated_block_is_the_same_block(self, world: World) -> None:
        first = await world.blocks.hold(world.block())
        again = await world.blocks.hold(world.block())
        assert again.ref == first.ref
        assert again.remarks[-1].kind == "duplicate"
        blocks = [
            one for one in world.hotel.act("count")["blocks"] if one["reference"] == world.ours("k")
        ]
        assert len(blocks) == 1

    async def test_a_block_is_taken_whole_or_not_at_all(self, world: World) -> None:
        rooms = (RoomNight(world.night(0), "twin", 2), RoomNight(world.night(1), "twin", 99))
        order = BlockOrder(world.ours("k"), "Too much", "agreed", rooms, date(2027, 8, 20))
        with pytest.raises(NoAvailability) as short:
            await world.blocks.hold(order)
        assert [one.night for one in short.value.nights] == [world.night(1)]
        left = [
            one for one in world.hotel.act("count")["blocks"] if one["reference"] == world.ours("k")
        ]
        assert all(one["status"].lower() in ("cancelled", "cxl") for one in left)

    async def test_a_resize_is_whole_or_nothing(self, world: World) -> None:
        held = await world.definite(rooms=2)
        bigger = [RoomNight(world.night(0), "twin", 4), RoomNight(world.night(1), "twin", 99)]
        with pytest.raises(NoAvailability):
            await world.blocks.resize(held.ref, bigger)
        shown = await world.blocks.read(held.ref)
        assert [one.contracted for one in shown.nights] == [2, 2]
        grown = await world.blocks.resize(held.ref, bigger[:1])
        assert [one.contracted for one in grown.nights] == [4, 2]

    async def test_a_cancelled_block_gives_nothing(self, world: World) -> None:
        held = await world.definite()
        cancelled = await world.blocks.cancel(held.ref, "the visit is off")
        assert cancelled.state is BlockState.CANCELLED
        with pytest.raises(BlockNotOpen):
            await world.stays.pick_up(held.ref, world.order(), "g1")

    async def test_the_hotel_takes_rooms_back_after_its_cut_off(self, world: World) -> None:
        if not world.adapter.capabilities.cuts_off:
            pytest.skip("nobody takes them back by itself")
        held = await world.definite()
        world.hotel.act("day", date="2027-08-20")
        assert (await world.blocks.read(held.ref)).state is BlockState.DEFINITE
        world.hotel.act("day", date="2027-08-21")
        findings = await world.feed.sweep([held], [])
        assert [one.kind for one in findings][:1] == ["other_state"]
        with pytest.raises(BlockNotOpen):
            await world.stays.pick_up(held.ref, world.order(), "g1")

    # Reservations

    async def test_a_room_is_picked_up_and_counted_every_night(self, world: World) -> None:
        held = await world.definite()
        stay = await world.stays.pick_up(held.ref, world.order(), "g1")
        assert stay.state in TAKEN
        assert stay.ref.ours == world.ours()
        assert (stay.arrival, stay.departure) == (world.first, world.night(2))
        again = await world.stays.pick_up(held.ref, world.order(), "g1")
        assert (again.ref, again.remarks[-1].kind) == (stay.ref, "duplicate")
        assert len(world.hotel.stays(world.ours())) == 1
        shown = await world.blocks.read(held.ref)
        assert [(one.contracted, one.picked, one.held) for one in shown.nights] == [(3, 1, 2)] * 2

    async def test_a_full_block_is_full_whatever_the_hotel_allows(self, world: World) -> None:
        held = await world.definite(rooms=1)
        await world.stays.pick_up(held.ref, world.order("a"), "g1")
        with pytest.raises(BlockFull) as full:
            await world.stays.pick_up(held.ref, world.order("b"), "g2")
        assert {one.night for one in full.value.nights} == {world.night(0), world.night(1)}
        assert world.hotel.stays(world.ours("b")) == []

    async def test_a_cancelled_pick_up_is_given_back(self, world: World) -> None:
        held = await world.definite(rooms=1)
        stay = await world.stays.pick_up(held.ref, world.order("a"), "g1")
        gone = await world.stays.cancel(stay.ref, "one guest less")
        assert gone.state is StayState.CANCELLED_BY_US
        assert [one.picked for one in (await world.blocks.read(held.ref)).nights] == [0, 0]
        await world.stays.pick_up(held.ref, world.order("b"), "g2")

    async def test_a_rooming_list_answers_row_by_row(self, world: World) -> None:
        held = await world.definite()
        rows = [(world.order("a"), "g1"), (world.order("b", nights=1), "g2")]
        result = await world.rooming.send(held.ref, rows)
        assert [one.error for one in result.rows] == [None, None]
        assert [one.ours for one in result.rows] == [world.ours("a"), world.ours("b")]
        again = await world.rooming.send(held.ref, [*rows, (world.order("c"), "g3")])
        assert [
            one.stay.remarks[0].kind if one.stay and one.stay.remarks else "" for one in again.rows
        ] == [
            "duplicate",
            "duplicate",
            "",
        ]
        assert [len(world.hotel.stays(world.ours(name))) for name in "abc"] == [1, 1, 1]

    async def test_a_list_for_more_than_the_block_does_not_go_out(self, world: World) -> None:
        held = await world.definite(rooms=1)
        with pytest.raises(BlockFull):
            await world.rooming.send(held.ref, [(world.order("a"), "g1"), (world.order("b"), "g2")])
        assert world.roster.asked == []

    async def test_a_bad_row_harms_no_other(self, world: World) -> None:
        held = await world.definite()
        world.hotel.act("others", kind=self.twin(world), rooms=8)
        try:
            rows = [(world.order(name), f"g{name}") for name in "abc"]
            result = await world.rooming.send(held.ref, rows)
        finally:
            world.hotel.act("others", kind=self.twin(world), rooms=-8)
        assert result.partial or all(one.stay for one in result.rows)
        for one in result.rows:
            assert len(world.hotel.stays(one.ours)) == (1 if one.stay else 0)

    @staticmethod
    def twin(world: World) -> str:
        return world.adapter.link.codes.room_type("twin")

    async def test_without_a_block(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        assert stay.state in TAKEN
        again = await world.stays.reserve(world.order(), "g1")
        assert again.ref == stay.ref
        assert len(world.hotel.stays(world.ours())) == 1

    async def test_no_room_says_so(self, world: World) -> None:
        world.hotel.act("others", kind=self.twin(world), rooms=10)
        try:
            with pytest.raises(NoAvailability):
                await world.stays.reserve(world.order(), "g1")
        finally:
            world.hotel.act("others", kind=self.twin(world), rooms=-10)
        assert world.hotel.stays(world.ours()) == []

    async def test_a_stay_changes_and_stays_the_same(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        change = StayChange(departure=world.night(1), price=Money(amount=30_000, currency="CNY"))
        changed = await world.stays.change(stay.ref, change)
        assert (changed.ref, changed.departure) == (stay.ref, world.night(1))

    async def test_accepted_and_not_done_is_seen(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        world.hotel.faults(ignore_change=1)
        with pytest.raises(Conflict):
            await world.stays.change(stay.ref, StayChange(departure=world.night(1)))
        assert (await world.stays.read(stay.ref)).departure == world.night(2)
        world.hotel.faults(ignore_cancel=1)
        with pytest.raises(Conflict):
            await world.stays.cancel(stay.ref, "off")
        assert len(world.hotel.stays(world.ours())) == 1

    async def test_a_guest_is_replaced_in_the_same_reservation(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        if not world.adapter.capabilities.replace_guest:
            pytest.skip("a person asks the hotel")
        replaced = await world.stays.replace_guest(stay.ref, "g2")
        assert replaced.ref == stay.ref
        assert [one["guest"] for one in world.hotel.stays(world.ours())] == ["Sentinelg2"]
        again = await world.stays.replace_guest(stay.ref, "g2")
        assert (again.ref, again.remarks[-1].kind) == (stay.ref, "duplicate")

    @pytest.mark.parametrize("fault", ["lose_request", "lose_answer"])
    async def test_a_lost_replacement_is_told_by_the_name_alone(
        self, world: World, fault: str
    ) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        world.hotel.faults(**{fault: 1})
        if fault == "lose_answer":
            assert (await world.stays.replace_guest(stay.ref, "g2")).named
            assert await world.book.open_intents("grand") == []
            return
        with pytest.raises(OutcomeUnknown):
            await world.stays.replace_guest(stay.ref, "g2")
        [(intent, lost_at)] = await world.book.open_intents("grand")
        assert intent.operation == "replace_guest"

        async def read() -> StayView:
            return await world.stays.holds_guest(stay.ref, "g2")

        assert (await world.office.settle(lost_at, read))[0] is Settled.TOO_EARLY
        world.clock.turn(HOTEL_SETTLE_S)
        assert (await world.office.settle(lost_at, read))[0] is Settled.NEVER_HAPPENED
        assert [one["guest"] for one in world.hotel.stays(world.ours())] == ["Sentinelg1"]

    # Shared rooms

    async def test_a_shared_room_is_named_whole(self, world: World) -> None:
        held = await world.definite()
        order = replace(world.order("a"), adults=2)
        result = await world.rooming.send(held.ref, [(order, "g1+g2")])
        assert result.rows[0].stay is not None
        stay = await self.named(world, result.rows[0].stay.ref, "g1+g2", "a")
        at_once = world.adapter.capabilities.sharers is Sharers.AT_ONCE
        assert bool(stay.remarks) is at_once, "who is named already is not named again"
        again = await world.stays.replace_guest(stay.ref, "g1+g2")
        assert again.remarks[-1].kind == "duplicate"
        alone = await world.stays.reserve(replace(world.order("b"), adults=2), "g3+g4")
        assert bool((await self.named(world, alone.ref, "g3+g4", "b")).remarks) is at_once

    async def test_whoever_shares_is_replaced_and_goes_in_the_same_reservation(
        self, world: World
    ) -> None:
        order = replace(world.order(), adults=2)
        stay = await world.stays.reserve(order, "g1+g2")
        await self.named(world, stay.ref, "g1+g2")
        await self.named(world, stay.ref, "g1+g3")
        # The first goes, and whoever is left is the first; then he shares with another.
        world.hotel.act("staff", reference=world.ours(), status="assigned")
        await self.named(world, stay.ref, "g3")
        await self.named(world, stay.ref, "g3+g4")
        await self.named(world, stay.ref, "g4+g5")

    async def named(self, world: World, ref: Ref, guests: str, name: str = "a") -> StayView:
        """Name a room whole; what the hotel has then."""
        view = await world.stays.replace_guest(ref, guests)
        assert view.ref == ref
        (found,) = world.hotel.stays(world.ours(name))
        first, *others = (f"Sentinel{one}" for one in guests.split("+"))
        assert (found["guest"], found["sharers"]) == (first, others)
        return view

    @pytest.mark.parametrize("fault", ["lose_request", "lose_answer"])
    async def test_a_lost_name_of_whoever_shares_names_nobody_twice(
        self, world: World, fault: str
    ) -> None:
        stay = await world.stays.reserve(replace(world.order(), adults=2), "g1+g2")
        await self.named(world, stay.ref, "g1+g2")
        world.hotel.faults(**{fault: 1})
        if fault == "lose_answer":
            assert (await world.stays.replace_guest(stay.ref, "g1+g3")).named
        else:
            with pytest.raises(OutcomeUnknown):
                await world.stays.replace_guest(stay.ref, "g1+g3")
            assert len(await world.book.open_intents("grand")) == 1
            with pytest.raises(NotFound):
                await world.stays.holds_guest(stay.ref, "g1+g3")
        await self.named(world, stay.ref, "g1+g3")

    async def test_read_by_either_reference(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        mine = await world.stays.read(Ref(world.ours(), None, world.first))
        assert mine.ref == stay.ref
        with pytest.raises(NotFound):
            await world.stays.read(Ref(world.ours("nobody"), None, world.first))

    async def test_free_rooms(self, world: World) -> None:
        free = await world.adapter.search(world.first, world.night(2))
        twins = {one.night: one.rooms for one in free if one.kind == "twin"}
        assert twins == {world.night(0): 10, world.night(1): 10}
        await world.stays.reserve(world.order(nights=1), "g1")
        free = await world.adapter.search(world.first, world.night(2))
        twins = {one.night: one.rooms for one in free if one.kind == "twin"}
        assert twins == {world.night(0): 9, world.night(1): 10}

    # What hotels do wrong

    async def test_accepted_and_cancelled_in_the_same_second(self, world: World) -> None:
        world.hotel.faults(cancel_at_once=1)
        stay = await world.stays.reserve(world.order(), "g1")
        assert stay.state is StayState.CANCELLED_BY_HOTEL

    async def test_a_lost_answer_is_settled_by_a_read(self, world: World) -> None:
        held = await world.definite()
        world.hotel.faults(lose_answer=3)
        stay = await self.ends_known(world, held)
        assert len(world.hotel.stays(world.ours())) == (1 if stay else 0)

    async def ends_known(self, world: World, held: BlockView) -> Any:
        try:
            return await world.stays.pick_up(held.ref, world.order(), "g1")
        except OutcomeUnknown:
            assert await world.book.open_intents("grand")
            lost_at = world.clock.now()
            world.hotel.faults()
            ref = Ref(world.ours(), None, world.first)
            soon, _view = await world.office.settle(lost_at, lambda: world.stays.read(ref))
            assert soon in (Settled.HAPPENED, Settled.TOO_EARLY)
            world.clock.turn(HOTEL_SETTLE_S)
            later, view = await world.office.settle(lost_at, lambda: world.stays.read(ref))
            assert later in (Settled.HAPPENED, Settled.NEVER_HAPPENED)
            return view

    async def test_a_lost_request_leaves_nothing_and_is_not_sent_again(self, world: World) -> None:
        world.hotel.faults(lose_request=1)
        before = len(world.wire.requests)
        with pytest.raises(OutcomeUnknown):
            await world.stays.reserve(world.order(), "g1")
        writes = [one for one in world.wire.requests[before:] if self.books(one)]
        assert len(writes) <= 1
        assert world.hotel.stays(world.ours()) == []

    @staticmethod
    def books(request: Any) -> bool:
        return request.method == "POST" and request.url.path.endswith(("reservations", "guests"))

    async def test_a_page_instead_of_an_answer(self, world: World) -> None:
        world.hotel.faults(garbage=1)
        with pytest.raises(HotelError):
            await world.adapter.read_stay(Ref(world.ours(), None, world.first))

    async def test_put_off_is_waited_for(self, world: World) -> None:
        world.hotel.faults(put_off=2)
        stay = await world.stays.reserve(world.order(), "g1")
        assert stay.state in TAKEN
        assert len(world.hotel.stays(world.ours())) == 1

    async def test_a_dead_hotel_is_left_alone_and_comes_back(self, world: World) -> None:
        world.hotel.faults(down=1_000)
        ref = Ref(world.ours(), "none", world.first)
        for _ in range(8):
            with pytest.raises(Unavailable):
                await world.adapter.read_stay(ref)
        asked = len(world.wire.requests)
        with pytest.raises(Unavailable):
            await world.adapter.read_stay(ref)
        assert len(world.wire.requests) == asked

    async def test_a_room_booked_twice_is_found(self, world: World) -> None:
        held = await world.definite()
        world.hotel.faults(book_twice=1)
        stay = await world.stays.pick_up(held.ref, world.order(), "g1")
        assert len(world.hotel.stays(world.ours())) == 2
        now = await world.blocks.read(held.ref)
        found = await world.feed.sweep([now], [stay])
        assert [(one.kind, one.cure) for one in found] == [("doubled", "own")]

    async def test_of_many_who_want_the_last_room_one_gets_it(self, world: World) -> None:
        world.hotel.act("others", kind=self.twin(world), rooms=9)
        try:
            asked = [world.stays.reserve(world.order(name), f"g{name}") for name in "abcdef"]
            ends = await asyncio.gather(*asked, return_exceptions=True)
        finally:
            world.hotel.act("others", kind=self.twin(world), rooms=-9)
        refused = [one for one in ends if isinstance(one, BaseException)]
        assert all(isinstance(one, NoAvailability) for one in refused)
        assert len(ends) - len(refused) == 1
        there = [len(world.hotel.stays(world.ours(name))) for name in "abcdef"]
        assert sum(there) == 1

    async def test_what_cannot_be_read_back_is_not_confirmed(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reserve = world.adapter.reserve

        async def then_down(*arguments: Any) -> Ref:
            ref = await reserve(*arguments)
            world.hotel.faults(down=1_000)
            return ref

        monkeypatch.setattr(world.adapter, "reserve", then_down)
        with pytest.raises(OutcomeUnknown):
            await world.stays.reserve(world.order(), "g1")
        (intent, _at), *others = await world.book.open_intents("grand")
        assert (intent.ours, others) == (world.ours(), [])
        assert world.book.log[0] == ("intent", "reserve")

    async def test_drift_is_found_and_explained(self, world: World) -> None:
        stay = await world.stays.reserve(world.order("a"), "g1")
        assert await world.feed.sweep([], [stay]) == ()
        world.hotel.act("staff", reference=world.ours("a"), status=self.cancelled())
        found = await world.feed.sweep([], [stay])
        assert [(one.kind, one.cure) for one in found] == [("cancelled_by_hotel", "accept")]

    @staticmethod
    def cancelled() -> str:
        return "cancelled"

    # Feeds

    async def test_changes_are_stored_before_they_are_looked_at(self, world: World) -> None:
        if world.adapter.capabilities.feed is Feed.NONE:
            pytest.skip("it says nothing by itself")
        await world.feed.poll()
        for hint in list(world.book.open.values()):
            await world.feed.done(hint)
        stay = await world.stays.reserve(world.order(), "g1")
        assert (await world.feed.poll()).new >= 1
        seen = await world.feed.look()
        assert stay.ref in [view.ref for _hint, view in seen if view is not None]
        for hint, _view in seen:
            await world.feed.done(hint)
        await world.feed.poll()
        assert await world.feed.look() == ()

    # Privacy

    async def test_no_name_in_log_journal_or_view(
        self, world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        world.hotel.faults(put_off=1)
        held = await world.definite()
        stay = await world.stays.pick_up(held.ref, world.order(), "g1")
        shared = await world.stays.replace_guest(stay.ref, "g1+g3")
        world.hotel.faults(lose_answer=9)
        said = [repr(stay), repr(held), repr(shared), str(world.book.log), caplog.text]
        try:
            said.append(repr(await world.stays.reserve(world.order("z"), "g2")))
        except HotelError as error:
            said.append(repr(error))
        try:
            said.append(repr(await world.stays.replace_guest(stay.ref, "g1+g4")))
        except HotelError as error:
            said.append(repr(error))
        said += [*capsys.readouterr(), caplog.text, repr(await world.roster.card("g1+g3"))]
        assert "Sentinel" not in "".join(said)

    async def test_our_reference_travels_with_every_write(self, world: World) -> None:
        await world.stays.reserve(world.order(), "g1")
        held = await world.definite()
        await world.stays.pick_up(held.ref, world.order("b"), "g2")
        sent = [one.content.decode() for one in world.wire.requests if self.creates(one)]
        assert sent
        assert all(f"rc{world.number}" in one for one in sent)

    @staticmethod
    def creates(request: Any) -> bool:
        return request.method == "POST" and request.url.path.endswith(
            ("/reservations", "/guests", "/blocks", "/block", "/profiles")
        )


class TokenSuite(HotelSuite):
    """For systems behind client credentials."""

    tokens: ClassVar[str]
    """How the path of the token ends."""

    async def test_an_expired_token_is_renewed(self, world: World) -> None:
        await world.adapter.search(world.first, world.night(1))
        world.hotel.faults(expire_token=1)
        await world.stays.reserve(world.order(), "g1")
        tokens = [one for one in world.wire.requests if one.url.path.endswith(self.tokens)]
        assert len(tokens) == 2
        assert len(world.hotel.stays(world.ours())) == 1
