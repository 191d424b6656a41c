"""What was recorded at a real HAIP, through our adapter, and our bodies beside those recorded."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from services.bookings.hotels import errors
from services.bookings.hotels.haip import bodies
from services.bookings.hotels.haip.adapter import Haip
from services.bookings.hotels.haip.faults import classify
from services.bookings.hotels.line import Answer, Gateway
from services.bookings.hotels.model import (
    BlockOrder,
    GuestCard,
    Ref,
    RoomNight,
    Row,
    StayChange,
    StayOrder,
    StayView,
)
from services.bookings.hotels.port import HotelPort
from services.bookings.hotels.states import BlockState, StayState
from services.bookings.hotels.stay_desk import StayDesk
from services.bookings.hotels.writing import Office
from shared.contracts.values import Money
from tests.hotels.contract import SPECS
from tests.hotels.memory import Book, Roster, TurnedClock
from tests.hotels.names import HAIP_TWIN
from tests.hotels.running import HotelProcess

HAIP = json.loads((SPECS / "recordings" / "haip.json").read_text(encoding="utf-8"))["exchanges"]
QLO = json.loads((SPECS / "recordings" / "qloapps.json").read_text(encoding="utf-8"))["exchanges"]
BLOCK = "1a31578b-c681-4b87-9eb8-a4c86e200609"
STAY = "592131e1-5366-4526-a9f4-496d09f2ad94"


def noted(start: str) -> dict[str, Any]:
    return next(one for one in HAIP if one["note"].startswith(start))


def answer(exchange: dict[str, Any]) -> Answer:
    response = exchange["response"]
    return Answer(response["status"], {}, response["body"])


class Tape(httpx.AsyncBaseTransport):
    """Plays recorded answers for whatever is asked, in order."""

    def __init__(self, *exchanges: dict[str, Any]) -> None:
        self.left = deque(exchanges)
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        response = self.left.popleft()["response"]
        return httpx.Response(response["status"], json=response["body"])


@pytest.fixture
def link(tmp_path: Path) -> Any:
    hotel = HotelProcess("haip", tmp_path)
    yield hotel.link()
    hotel.stop()


def test_refusals_mean_what_their_bodies_say() -> None:
    over = classify(answer(noted("over-allotment")), True)
    assert isinstance(over, errors.NoAvailability)
    assert [(one.night, one.free) for one in over.nights] == [(date(2027, 8, 10), 15)]
    illegal = classify(answer(noted("illegal transition")), True)
    assert isinstance(illegal, errors.IllegalState)
    assert (illegal.state, illegal.legal) == ("pending", ("confirmed", "cancelled"))
    repeated = answer(noted("same reference again"))
    assert isinstance(classify(repeated, True), errors.OutcomeUnknown)
    assert isinstance(classify(repeated, False), errors.Unavailable)


def test_the_same_status_means_different_things() -> None:
    kinds = {type(classify(answer(one), True)) for one in HAIP if one["response"]["status"] == 400}
    assert kinds == {errors.NoAvailability, errors.IllegalState}


def test_every_good_recording_is_good() -> None:
    for one in HAIP:
        if one["response"]["status"] < 300:
            assert classify(answer(one), True) is None, one["note"]


async def test_a_recorded_block_is_read(link: Any) -> None:
    definite, past = noted("tentative to definite"), noted("pick-up 3 of 2")
    adapter = Haip(link, Gateway(), transport=Tape(definite, past))
    view = await adapter.read_block(bodies_ref(BLOCK))
    assert view.state is BlockState.DEFINITE
    assert view.cut_off == date(2027, 7, 10)
    assert [(one.night.day, one.contracted, one.picked, one.over) for one in view.nights] == [
        (10, 2, 3, 1),
        (11, 2, 0, 0),
    ]
    await adapter.close()


def bodies_ref(theirs: str) -> Any:

    return Ref("EXPO27", theirs)


async def test_a_recorded_rooming_list_answers_by_row(link: Any) -> None:

    guests = [one for one in HAIP if one["note"] == "guest profile"]
    tape = Tape(guests[0], guests[1], guests[1], noted("rooming list: partial success"))
    adapter = Haip(link, Gateway(), transport=tape)
    rows = [Row(order(f"r{n}"), GuestCard("Wei", "Li")) for n in range(3)]
    result = await adapter.import_rooming(bodies_ref(BLOCK), rows)
    assert [one.error.code if one.error else None for one in result.rows] == [None, None, "invalid"]
    await adapter.close()


async def test_the_recorded_feed_is_hints_oldest_first(link: Any) -> None:
    adapter = Haip(link, Gateway(), transport=Tape(noted("change feed")))
    changes = await adapter.changes("")
    assert [one.entity for one in changes.hints] == ["stay"] * 4
    assert changes.hints[-1].theirs == "8f552e44-373c-4c99-8b56-c48a7bbffda3"
    assert changes.hints == tuple(sorted(changes.hints, key=lambda one: one.at))
    assert changes.cursor == "2026-11-23T12:49:13.480000Z"
    await adapter.close()


async def test_recorded_availability(link: Any) -> None:
    adapter = Haip(link, Gateway(), transport=Tape(noted("availability before")))
    free = await adapter.search(date(2027, 8, 10), date(2027, 8, 12))
    assert [(one.night.day, one.kind, one.rooms) for one in free] == [
        (10, "twin", 13),
        (11, "twin", 13),
    ]
    await adapter.close()


def test_a_definite_block_that_takes_no_inventory_is_declared() -> None:
    before = noted("availability before")["response"]["body"]
    after = noted("availability after definite")["response"]["body"]
    assert before == after
    assert Haip.capabilities.block_takes_inventory is False
    assert Haip.capabilities.guards_block is False
    assert Haip.capabilities.counts_pick_up is False


def order(ours: str = "OUR-0007") -> StayOrder:
    price = Money(amount=30_000, currency="USD")
    return StayOrder(ours, "twin", "agreed", date(2027, 9, 1), date(2027, 9, 3), price)


def test_our_bodies_are_the_recorded_ones(link: Any) -> None:
    """Golden bodies: every recorded field that we send has the recorded form."""
    nights = tuple(RoomNight(date(2027, 8, n), "twin", 2) for n in (10, 11))
    held = BlockOrder("EXPO27", "EXPO-TGH", "agreed", nights, date(2027, 7, 10))
    group = "66cd35a7-7c4b-4f9e-9965-ec57b85efb83"
    assert bodies.block(link, held, group) == noted("tentative block")["request"]["body"]
    assert bodies.inventory(link, nights[0]) == noted("held rooms")["request"]["body"]
    guest = "31ba618b-d6e4-4c53-8717-8b69ef538b49"
    recorded = noted("single reservation")["request"]["body"]
    ours = bodies.reservation(link, order(), guest)
    differing = {
        name for name in ours.keys() | recorded.keys() if ours.get(name) != recorded.get(name)
    }
    assert differing == {"source", "channelCode", "adults"}
    change = StayChange(departure=date(2027, 8, 11), price=Money(amount=15_000, currency="USD"))
    assert bodies.change(link, change) == noted("change dates")["request"]["body"]
    assert recorded["roomTypeId"] == HAIP_TWIN


async def test_a_recorded_room_line(link: Any) -> None:
    line = noted("hotel confirms")["response"]["body"]
    shown = {"reservation": line, "guest": {"loyaltyNumber": "r1"}, "room": None}
    tape = Tape({"response": {"status": 200, "body": shown}})
    adapter = Haip(link, Gateway(), transport=tape)
    view = await adapter.read_stay(bodies_ref(STAY))
    assert (view.state, view.ref.ours) == (StayState.CONFIRMED, "r1")
    assert view.changed_at == datetime(2026, 11, 23, 12, 49, 13, 437_000, tzinfo=UTC)
    await adapter.close()


class Raced:
    """QloApps as far as a reservation goes: what it was recorded to answer to one of those who
    wanted the last room, and what its room line showed."""

    capabilities = replace(Haip.capabilities, refuses_duplicates=True)

    def __init__(self, won: dict[str, Any]) -> None:
        self.answer = won["response"]["body"]["booking"]
        note = f"truth about accepted booking {self.answer['id']}"
        (self.truth,) = (one for one in QLO if one["note"] == note)

    async def reserve(self, order: StayOrder, _card: GuestCard) -> Ref:
        return Ref(order.ours, str(self.answer["id"]))

    async def read_stay(self, ref: Ref) -> StayView:
        (line,) = self.truth["response"]["body"]["bookings"]
        state = StayState.CANCELLED_BY_HOTEL if line["is_cancelled"] else StayState.CONFIRMED
        wanted = order(ref.ours)
        theirs = Ref(ref.ours, str(line["id_order"]))
        return StayView(theirs, state, wanted.kind, wanted.arrival, wanted.departure)


async def test_one_real_system_answers_200_and_cancels() -> None:
    """Why a room line is read back: three races were won by the answers, one by the room lines."""
    races = [one for one in QLO if one["note"].startswith("race")]
    won = [Raced(one) for one in races if one["response"]["status"] == 200]
    ends = []
    for number, port in enumerate(won):
        book = Book()
        office = Office("qlo", cast(HotelPort, port), book, TurnedClock(), Roster())
        stay = await StayDesk(office).reserve(order(f"r{number}"), "g1")
        assert stay.ref.theirs == str(port.answer["id"])
        assert book.log == [("intent", "reserve"), ("done", "reserve")]
        ends.append(stay.state)
    assert sorted(ends) == ["cancelled_by_hotel", "cancelled_by_hotel", "confirmed"]
