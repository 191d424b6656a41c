"""The Cloudbeds adapter against a hotel of ours that answers as Cloudbeds' documents say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from services.bookings.hotels import errors
from services.bookings.hotels.cloudbeds import bodies
from services.bookings.hotels.cloudbeds.adapter import Cloudbeds
from services.bookings.hotels.cloudbeds.faults import classify
from services.bookings.hotels.line import Answer, Gateway
from services.bookings.hotels.links import HotelLink, read_links
from services.bookings.hotels.model import (
    BlockOrder,
    GuestCard,
    InboundCall,
    Ref,
    RoomNight,
    StayChange,
    StayOrder,
)
from services.bookings.hotels.states import BlockState
from services.bookings.orders.opening import PACES, opened
from shared.chassis.limits import HOTEL_RATE
from shared.contracts.values import Money
from tests.hotels.contract import SPECS, Contract
from tests.hotels.forms import nested
from tests.hotels.running import HotelProcess
from tests.hotels.suite import HotelSuite, World

GRAND = "grand-cloudbeds"
NOT_DOCUMENTED = {"unknown field /message": "the file has no text for a refusal about a block"}
CONTRACT = Contract(SPECS / "cloudbeds" / "pms-v1.3.extract.json", NOT_DOCUMENTED)


class TestCloudbeds(HotelSuite):
    dialect = "cloudbeds"
    contracts = (CONTRACT,)

    @staticmethod
    def make(hotel: HotelProcess, gateway: Gateway, **client: Any) -> Cloudbeds:
        return Cloudbeds(hotel.link(), gateway, **client)

    @staticmethod
    def books(request: Any) -> bool:
        return request.url.path.endswith("/postReservation")

    @staticmethod
    def creates(request: Any) -> bool:
        return request.url.path.endswith(("/postReservation", "/createAllotmentBlock"))

    async def test_a_block_goes_its_way(self, world: World) -> None:
        """As everywhere, but that only we know of a release."""
        held = await world.blocks.hold(world.block())
        assert (held.state, held.cut_off) == (BlockState.TENTATIVE, date(2027, 8, 20))
        assert [(one.contracted, one.held) for one in held.nights] == [(3, 3), (3, 3)]
        assert held.ref.ours == world.ours("k")
        assert (await world.blocks.confirm(held.ref)).state is BlockState.DEFINITE
        washed = await world.blocks.wash(held.ref, [RoomNight(world.night(1), "twin", 2)])
        assert washed.state is BlockState.WASHED
        assert [one.contracted for one in washed.nights] == [3, 2]
        stay = await world.stays.pick_up(held.ref, world.order(nights=1), "g1")
        released = await world.blocks.release(held.ref)
        assert released.state is BlockState.RELEASED
        assert [(one.contracted, one.held) for one in released.nights] == [(1, 0), (0, 0)]
        assert await world.feed.sweep([released], [stay]) == ()
        free = await world.adapter.search(world.first, world.night(2))
        assert [one.rooms for one in free if one.kind == "twin"] == [9, 10]
        with pytest.raises(errors.BlockFull):
            await world.stays.pick_up(held.ref, world.order("b"), "g2")
        cancelled = await world.blocks.cancel(held.ref, "off")
        with pytest.raises(errors.IllegalState):
            await world.blocks.release(cancelled.ref)

    async def test_the_hotel_takes_rooms_back_after_its_cut_off(self, world: World) -> None:
        """It shows fewer rooms, and no other status."""
        held = await world.definite()
        world.hotel.act("day", date="2027-08-20")
        assert [one.contracted for one in (await world.blocks.read(held.ref)).nights] == [3, 3]
        world.hotel.act("day", date="2027-08-21")
        findings = await world.feed.sweep([held], [])
        assert [(one.kind, one.cure) for one in findings] == [("other_contract", "accept")] * 2
        with pytest.raises(errors.BlockFull):
            await world.stays.pick_up(held.ref, world.order(), "g1")

    async def test_a_resize_keeps_the_nights_that_are_not_named(self, world: World) -> None:
        held = await world.definite()
        more = [RoomNight(world.night(1), "king", 2), RoomNight(world.night(3), "twin", 1)]
        shown = await world.blocks.resize(held.ref, more)
        assert [(one.night, one.kind, one.contracted) for one in shown.nights] == [
            (world.night(0), "twin", 3),
            (world.night(1), "king", 2),
            (world.night(1), "twin", 3),
            (world.night(3), "twin", 1),
        ]

    async def test_a_name_that_begins_alike_is_another_block(self, world: World) -> None:
        rooms = world.block().rooms
        longer = BlockOrder(world.ours("k2"), "Other", "agreed", rooms, date(2027, 8, 20))
        await world.blocks.hold(longer)
        with pytest.raises(errors.NotFound):
            await world.blocks.read(Ref(world.ours("k")))
        held = await world.blocks.hold(world.block())
        assert held.ref.ours == world.ours("k")

    async def test_a_filter_that_does_not_know_us(self, world: World) -> None:
        """The arrivals of the first night are looked through: nothing is booked twice."""
        world.hotel.act("quirks", on=["other_filter"])
        stay = await world.stays.reserve(world.order(), "g1")
        again = await world.stays.reserve(world.order(), "g1")
        assert again.ref == stay.ref
        assert len(world.hotel.stays(world.ours())) == 1

    async def test_a_profile_of_two_reservations_is_not_renamed(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        other = await world.stays.reserve(world.order("b"), "g2")
        pages = world.adapter.calls.pages

        async def both(path: str, **wish: str) -> AsyncIterator[dict]:
            async for one in pages(path, **wish):
                yield one
            if "guestID" in wish:
                yield {"reservationID": other.ref.theirs}

        monkeypatch.setattr(world.adapter.calls, "pages", both)
        with pytest.raises(errors.Unsupported):
            await world.stays.replace_guest(stay.ref, "g3")
        assert [one["guest"] for one in world.hotel.stays(world.ours())] == ["Sentinelg1"]

    async def test_nobody_is_taken_off_before_the_room_is_assigned(self, world: World) -> None:
        stay = await world.stays.reserve(replace(world.order(), adults=2), "g1+g2")
        await self.named(world, stay.ref, "g1+g2")
        before = len(world.wire.requests)
        with pytest.raises(errors.Unsupported):
            await world.stays.replace_guest(stay.ref, "g2")
        assert {one.method for one in world.wire.requests[before:]} == {"GET"}
        (found,) = world.hotel.stays(world.ours())
        assert (found["guest"], found["sharers"]) == ("Sentinelg1", ["Sentinelg2"])

    async def test_other_nights_and_room_keep_the_reservation(self, world: World) -> None:
        held = await world.definite()
        stay = await world.stays.pick_up(held.ref, world.order(nights=1), "g1")
        assert stay.block == held.ref.theirs
        world.hotel.act("staff", reference=world.ours(), status="assigned")
        change = StayChange(arrival=world.night(1), departure=world.night(2), kind="king")
        changed = await world.stays.change(stay.ref, change)
        assert (changed.ref.theirs, changed.arrival) == (stay.ref.theirs, world.night(1))
        assert (changed.kind, changed.room) == ("king", "812")
        with pytest.raises(errors.Unsupported):
            await world.stays.change(stay.ref, StayChange(price=Money(amount=1, currency="CNY")))

    async def test_a_guest_in_house_is_not_cancelled(self, world: World) -> None:
        stay = await world.stays.reserve(world.order(), "g1")
        world.hotel.act("staff", reference=world.ours(), status="checked_in")
        with pytest.raises(errors.Invalid):
            await world.stays.cancel(stay.ref, "off")
        assert len(world.hotel.stays(world.ours())) == 1

    async def test_without_a_room_rate_nothing_is_reserved(self, world: World) -> None:
        del world.adapter.link.options["room-rate-king"]
        with pytest.raises(errors.MappingMissing, match="room-rate-king"):
            await world.stays.reserve(world.order(kind="king"), "g1")
        assert not any(self.books(one) for one in world.wire.requests)

    async def test_another_key_is_refused(self, world: World) -> None:
        file = world.adapter.link.secrets["key"]
        right = file.read_text()
        file.write_text("another")
        try:
            with pytest.raises(errors.AuthExpired):
                await world.adapter.search(world.first, world.night(1))
        finally:
            file.write_text(right)

    async def test_no_call_of_it_is_believed(self, world: World) -> None:
        with pytest.raises(errors.Forbidden):
            world.adapter.verify(InboundCall({}, b"{}"))


# Without a hotel


@pytest.mark.parametrize(
    ("body", "write", "kind"),
    [
        ({"success": True}, True, None),
        ({"success": False, "message": "Room type is not available"}, True, errors.NoAvailability),
        ({"success": False, "message": "Reservation not found"}, False, errors.NotFound),
        ({"success": False, "message": "Already canceled"}, True, errors.Duplicate),
        ({"success": False, "message": "The block is cancelled"}, True, errors.BlockNotOpen),
        ({"success": False, "message": "Sentinel"}, True, errors.Invalid),
        ({"success": False}, True, errors.Invalid),
        ({"data": []}, True, errors.OutcomeUnknown),
        ({"data": []}, False, errors.ContractViolation),
        (None, True, errors.OutcomeUnknown),
        ({"success": "true"}, False, errors.ContractViolation),
    ],
)
def test_http_200_says_nothing(body: Any, write: bool, kind: type[Exception] | None) -> None:
    found = classify(Answer(200, {}, body), write)
    assert type(found) is (kind or type(None))
    assert "Sentinel" not in repr(found)


def test_a_status_is_believed_where_it_says_no() -> None:
    good = {"success": True}
    assert isinstance(classify(Answer(503, {}, good), True), errors.OutcomeUnknown)
    assert isinstance(classify(Answer(429, {}, good), True), errors.RateLimited)
    assert isinstance(classify(Answer(401, {}, good), True), errors.AuthExpired)
    assert isinstance(classify(Answer(403, {}, good), True), errors.Forbidden)
    assert isinstance(classify(Answer(400, {}, good), True), errors.Invalid)


def test_a_form_is_read_as_it_was_written() -> None:
    body = {"a": "1", "rooms": [{"id": "7", "more": [{"x": "y"}]}, {"id": "8 & 9"}]}
    fields = bodies.form(body | {"flag": False, "n": 3})
    assert fields["rooms[0][more][0][x]"] == "y"
    sent = httpx.Request("POST", "http://hotel.invalid", data=fields)
    assert nested(sent.content) == body | {"flag": "false", "n": "3"}


@pytest.fixture
def link(tmp_path: Path) -> Iterator[HotelLink]:
    hotel = HotelProcess("cloudbeds", tmp_path)
    yield hotel.link()
    hotel.stop()


def block(nights: int, cut_off: date) -> BlockOrder:
    rooms = tuple(RoomNight(date(2027, 9, 1 + n), "twin", 2) for n in range(nights))
    return BlockOrder("ours", "City Expo", "agreed", rooms, cut_off)


def test_all_that_is_not_nullable_is_sent(link: HotelLink) -> None:
    price = Money(amount=60_000, currency="CNY")
    stay = StayOrder("ours", "twin", "agreed", date(2027, 9, 1), date(2027, 9, 3), price)
    sent = bodies.reservation(link, stay, GuestCard("Wei", "Li", "SG"), "AB-1")
    assert not_nullable("PostReservationRequest") <= sent.keys()
    assert (sent["guestCountry"], sent["sendEmailConfirmation"]) == ("SG", False)
    assert bodies.guest(link, GuestCard("Wei", "Li"))["guestCountry"] == "CN"
    held = bodies.block(link, block(2, date(2027, 8, 20)))
    assert not_nullable("PostCreateAllotmentBlockRequest") - held.keys() == {"eventCode"}
    link.options["event"] = "FAIR"
    assert bodies.block(link, block(2, date(2027, 8, 20)))["eventCode"] == "FAIR"


def not_nullable(name: str) -> set[str]:
    known = CONTRACT.spec["components"]["schemas"][name]["properties"]
    return {name for name, one in known.items() if not one.get("nullable")}


@pytest.mark.parametrize(
    ("nights", "cut_off", "days"),
    [
        (3, date(2027, 9, 1), 1),
        (2, date(2027, 9, 1), 0),
        (1, date(2027, 9, 1), None),
        (3, date(2027, 8, 20), 13),
    ],
)
def test_a_cut_off_is_days_before_the_last_night(
    link: HotelLink, nights: int, cut_off: date, days: int | None
) -> None:
    sent = bodies.block(link, block(nights, cut_off)).get("autoRelease")
    assert (sent and sent["releaseDays"]) == days
    if days is not None:
        assert bodies.cut_off(date(2027, 9, nights), days) == cut_off


# The link


def test_a_link_in_a_file_opens(link: HotelLink, tmp_path: Path) -> None:
    (read,) = read_links(_file(tmp_path, link.model_dump(mode="json")))
    assert isinstance(read, HotelLink)
    assert isinstance(opened([read])[read.hotel], Cloudbeds)
    assert PACES["cloudbeds"].most < HOTEL_RATE.most


def _file(folder: Path, data: dict[str, Any]) -> Path:
    file = folder / "links.yaml"
    file.write_text(yaml.safe_dump({"hotels": [data]}))
    return file


@pytest.mark.parametrize(
    ("part", "name", "said"),
    [
        ("secrets", "key", "no file with the secret 'key'"),
        ("options", "group", "the option 'group' is missing"),
        ("options", "email", "the option 'email' is missing"),
        ("stay_states", "no_show", "the code map lacks stay status no_show of the hotel"),
        ("block_states", "lead", "the code map lacks block status lead of the hotel"),
    ],
)
def test_a_link_that_lacks_something_is_refused(
    link: HotelLink, tmp_path: Path, part: str, name: str, said: str
) -> None:
    data = link.model_dump(mode="json")
    del (data["codes"][part] if part.endswith("states") else data[part])[name]
    with pytest.raises(ValueError, match=said):
        opened(one for one in read_links(_file(tmp_path, data)) if isinstance(one, HotelLink))
