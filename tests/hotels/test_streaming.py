"""OHIP's stream of business events: frames by the RFC's examples, messages by the vendor's schema,
and the feed against our hotel's stream, with its faults. No OPERA Cloud was ever called.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn

from services.bookings.hotels.errors import ContractViolation
from services.bookings.hotels.feed_desk import FeedDesk, Polled
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import StayView
from services.bookings.hotels.ohip import events, stream
from services.bookings.hotels.ohip.adapter import Ohip
from services.bookings.hotels.port import Feed
from services.bookings.hotels.states import StayState
from services.bookings.hotels.writing import Office
from services.bookings.listening.wiring import listeners
from services.bookings.orders.opening import opened
from services.bookings.orders.switching import SWITCHES
from tests.hotels.__main__ import ohip
from tests.hotels.contract import SPECS, Recorder
from tests.hotels.front import Front
from tests.hotels.linking import link_to
from tests.hotels.memory import Book, Roster, TurnedClock
from tests.hotels.ohip_stream import CHAIN, speaking
from tests.hotels.running import HotelProcess
from tests.hotels.suite import World
from tests.rules.booking_case import wish
from tests.support.ports import free_port

HOTEL = "grand-ohip"
EVERY_S = 15.0


class Opera:
    """Our hotel in this process, with its stream, and a clock for whoever calls it."""

    def __init__(self, folder: Path) -> None:
        self.port, self.now_s = free_port(), 1_000.0
        self.wire = ohip(10)
        self.house, self.streams = self.wire.house, self.wire.streams
        self.url, self.folder = f"http://127.0.0.1:{self.port}", folder
        settings = uvicorn.Config(
            self.wire, port=self.port, log_level="error", lifespan="off",
            ws=speaking({self.port: self.streams}),
        )  # fmt: skip
        self.server = uvicorn.Server(settings)

    def link(self) -> HotelLink:
        link = link_to("ohip", self.url, self.folder)
        return link.model_copy(update={"options": {**link.options, "stream": CHAIN}})

    def tell(self, many: int = 1) -> None:
        for _ in range(many):
            self.house.tell("stay", "R1", "modified")

    def ids(self, *numbers: int) -> set[str]:
        return {self.house.events[one - 1].id for one in numbers}


class Reader:
    """One process: an adapter, its journal, and the feed."""

    def __init__(self, opera: Opera, book: Book | None = None) -> None:
        gateway = Gateway(clock=lambda: opera.now_s)
        self.adapter, self.book = Ohip(opera.link(), gateway), book or Book()
        self.opera = opera
        self.feed = FeedDesk(Office("grand", self.adapter, self.book, TurnedClock(), Roster()))
        assert self.adapter.stream is not None
        self.stream = self.adapter.stream

    async def poll(self) -> Polled:
        return await self.feed.poll()

    async def until(self, true: Callable[[], bool]) -> None:
        """Polls until something is true; the test ends where it never is."""
        async with asyncio.timeout(60):
            while not true():
                await self.poll()
                await asyncio.sleep(0.01)

    async def connected(self) -> None:
        """Until the hotel knows who listens."""
        await self.until(lambda: self.opera.streams.listener is not None)

    async def down(self) -> None:
        async with asyncio.timeout(60):
            while self.stream.up:
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def opera(tmp_path: Path) -> AsyncIterator[Opera]:
    hotel = Opera(tmp_path)
    task = asyncio.create_task(hotel.server.serve())
    while not hotel.server.started:
        await asyncio.sleep(0.01)
    yield hotel
    hotel.server.should_exit = True
    await task


@pytest_asyncio.fixture
async def reader(opera: Opera) -> AsyncIterator[Reader]:
    one = Reader(opera)
    yield one
    await one.adapter.close()


def test_the_subscription_is_the_schemas() -> None:
    """Every field and argument stands in the vendor's file; none carries what a guest is called."""
    file = json.loads((SPECS / "ohip/streaming/StreamingGraphQLSchema.json").read_text())
    types = {one["name"]: one for one in file.get("data", file)["__schema"]["types"]}
    said = json.loads(events.subscribe("n1", CHAIN, "193"))
    query = said["payload"]["query"]
    assert (said["id"], said["type"]) == ("n1", "subscribe")
    given = dict(re.findall(r'(\w+): "([^"]*)"', query))
    allowed = {one["name"] for one in types["NewEventInput"]["inputFields"]}
    assert given == {"chainCode": CHAIN, "offset": "193"} and given.keys() <= allowed
    chosen = re.sub(r"metadata \{.*?\}", "metadata", query.split("})")[1]).strip(" {}").split()
    assert set(chosen) <= {one["name"] for one in types["EventHeader"]["fields"]}
    assert "detail" not in chosen
    assert "offset" not in events.subscribe("n1", CHAIN, "").replace("{ offset", "")


def payload(**parts: Any) -> Any:
    one = {
        "metadata": {"offset": "7", "uniqueEventId": "e7"}, "moduleName": "RESERVATION",
        "primaryKey": "R1", "timestamp": "2027-08-01T08:00:00Z", "hotelId": "H",
    }  # fmt: skip
    return {"data": {"newEvent": one | parts}}


def test_what_an_event_is() -> None:
    good = events.event_of(payload(), "H")
    assert good.hint is not None and (good.hint.entity, good.hint.theirs) == ("stay", "R1")
    assert events.event_of(payload(moduleName="Block"), "H").hint.entity == "block"  # type: ignore[union-attr]
    other = events.event_of(payload(hotelId="X"), "H")
    assert (other.offset, other.hint, other.odd) == (7, None, False), "another hotel's"
    for parts in ({"timestamp": "soon"}, {"primaryKey": ""}, {"primaryKey": "x" * 121}):
        odd = events.event_of(payload(**parts), "H")
        assert (odd.offset, odd.hint, odd.odd) == (7, None, True)
    with pytest.raises(ContractViolation):
        events.event_of(payload(metadata={"offset": "x"}), "H")
    assert events.gap("5", 9) and not events.gap("5", 5) and not events.gap("", 9)


def test_pauses_grow_and_end() -> None:
    assert [events.pause_s(n, 1006) for n in (0, 1, 2, 3, 9, 99)] == [4, 4, 8, 16, 300, 300]
    assert events.pause_s(1, 429) == 120 and events.pause_s(1, 4409) == 10


def test_what_a_link_must_say(opera: Opera) -> None:
    link = opera.link()
    with pytest.raises(ValueError, match="no chain code"):
        Ohip(link.model_copy(update={"options": {**link.options, "stream": 'A" }'}}), Gateway())
    with pytest.raises(ValueError, match="stream with one application key"):
        opened([link, link.model_copy(update={"hotel": "other"})])
    plain = link_to("ohip", opera.url, opera.folder)
    assert Ohip(plain, Gateway()).capabilities.feed is Feed.DESTRUCTIVE


async def test_events_come_by_themselves_and_a_new_process_goes_on(
    opera: Opera, reader: Reader
) -> None:
    opera.tell(3)
    await reader.until(lambda: len(reader.book.hints) == 3)
    opera.tell(2)
    await reader.until(lambda: reader.book.at == "5")
    assert len(opera.house.queue) == 5, "nothing was polled"
    await reader.adapter.close()
    opera.tell(1)
    after = Reader(opera, reader.book)
    assert (await after.poll()).stale is False
    await after.until(lambda: after.book.at == "6")
    assert set(after.book.hints) == opera.ids(1, 2, 3, 4, 5, 6)
    assert opera.streams.seen == ["", "end 1000", "5"], "from the offset that was stored"
    await after.adapter.close()


async def test_what_was_not_stored_is_handed_out_again(opera: Opera, reader: Reader) -> None:
    opera.tell(2)
    async with asyncio.timeout(60):
        while len((await reader.stream.changes("")).hints) < 2:  # type: ignore[union-attr]
            await asyncio.sleep(0.01)
    again = await reader.stream.changes("")
    assert again is not None and {one.event for one in again.hints} == opera.ids(1, 2)
    after = await reader.stream.changes("2")
    assert after is not None and after.hints == () and after.cursor == "2"


@pytest.mark.parametrize("fault", ["stream_double", "stream_swap"])
async def test_doubled_and_out_of_order(opera: Opera, reader: Reader, fault: str) -> None:
    await reader.connected()
    opera.house.faults[fault] = 1
    opera.tell(2)
    await reader.until(lambda: len(reader.book.hints) == 2)
    assert reader.book.at == "2" and set(reader.book.hints) == opera.ids(1, 2)


async def test_an_offset_that_is_too_old_is_a_gap(opera: Opera, reader: Reader) -> None:
    opera.tell(5)
    reader.book.at, opera.streams.kept_from = "2", 4
    assert await staled(reader)
    assert set(reader.book.hints) == opera.ids(4, 5)
    opera.tell(1)
    assert not await staled(reader, 6), "told once"


async def staled(reader: Reader, newest: int = 5) -> bool:
    """Whether the feed was ever stale on the way to an offset."""
    found = False
    async with asyncio.timeout(60):
        while reader.book.at != str(newest):
            found = (await reader.poll()).stale or found
            await asyncio.sleep(0.01)
    return found


async def test_a_broken_connection_is_polled_for_until_it_is_back(
    opera: Opera, reader: Reader
) -> None:
    await reader.connected()
    opera.house.faults["stream_cut"] = 1
    opera.tell(1)
    await reader.down()
    await reader.poll()
    assert opera.house.queue == [] and len(reader.book.hints) == 1, "the queue is polled meanwhile"
    assert opera.streams.seen == ["", "end None"], "not tried again at once"
    opera.now_s += events.LEAST_S
    await reader.until(lambda: reader.book.at == "1")
    assert opera.streams.seen == ["", "end None", ""]


async def test_silence_ends_it(
    opera: Opera, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PING_S", 0.05)
    await reader.connected()
    opera.house.faults["stream_silent"] = 1_000
    await reader.down()
    opera.house.faults.clear()
    opera.tell(1)
    opera.now_s += 10
    await reader.until(lambda: reader.book.at == "1")
    monkeypatch.setattr(stream, "PING_S", 3_600.0)
    assert reader.stream.up


async def test_a_token_ends_and_one_that_is_refused_is_renewed(
    opera: Opera, reader: Reader
) -> None:
    await reader.connected()
    opera.now_s += 3_600
    await reader.poll()
    assert opera.streams.seen == ["", "end 1000"] and not reader.stream.up, "before it would break"
    opera.house.faults["stream_refuse"] = 1
    opera.now_s += 10
    tokens = len(opera.streams.desk.tokens)
    await reader.poll()
    assert opera.streams.seen[-1] == "end 4403" and not reader.stream.up
    opera.now_s += 10
    await reader.poll()
    assert reader.stream.up and len(opera.streams.desk.tokens) == tokens + 1


async def test_two_with_one_key_are_never_connected(opera: Opera, reader: Reader) -> None:
    await reader.connected()
    second = Reader(opera)
    await second.until(lambda: "end 4409" in opera.streams.seen)
    await second.down()
    assert reader.stream.up
    await second.adapter.close()


async def test_a_hotel_as_a_process_tells_of_what_its_staff_did(tmp_path: Path) -> None:
    """As the suite has it for every feed: told, read as it is now, and over."""
    process = HotelProcess("ohip", tmp_path)
    try:
        link = process.start().link()
        link = link.model_copy(update={"options": {**link.options, "stream": CHAIN}})
        world = World(Ohip(link, Gateway()), Recorder(), process)
        stay = await world.stays.reserve(world.order(), "g1")
        process.act("staff", reference=world.ours(), status="no_show")
        async with asyncio.timeout(60):
            while len(world.book.hints) < 2:
                await world.feed.poll()
                await asyncio.sleep(0.01)
        ((hint, seen),) = await world.feed.look()
        assert isinstance(seen, StayView) and hint.theirs == stay.ref.theirs
        assert seen.state is StayState.NO_SHOW
        await world.feed.done(hint)
        assert await world.feed.look() == () and process.act("count")["queue"] == 2
        await world.adapter.close()
    finally:
        process.stop()


async def test_the_running_service_holds_the_stream_by_its_turn(
    opera: Opera, tmp_path: Path
) -> None:
    front = Front(f"sqlite:///{tmp_path / 'store.db'}", opera.link())
    one = listeners(front.orders, front.run, EVERY_S)[HOTEL]
    other = listeners(front.orders, front.run, EVERY_S)[HOTEL]
    front.desk.place("v", h1=wish(pairs=6, hotel=HOTEL))
    await front.work(HOTEL)
    wanted = front.rows()[0].wanted
    assert await one.round() is False
    async with asyncio.timeout(60):
        while opera.streams.listener is None:
            await asyncio.sleep(0.01)
    assert one.kept is not None and len(opera.streams.seen) == 1
    front.desk.later(EVERY_S)
    assert await other.round() is False and other.kept is None, "another has the stream"

    (block,) = opera.house.blocks.values()
    block.allotted = dict.fromkeys(block.allotted, 4)
    opera.house.touch_block(block, "inventory_set")
    async with asyncio.timeout(60):
        while front.rows()[0].wanted == wanted:
            await one.round()
            await asyncio.sleep(0.01)
    await front.work(HOTEL)
    assert '"twin", 6,' in front.rows()[0].standing, "asked once more"
    assert len(opera.streams.seen) == 1 and len(opera.house.queue) > 0, "by the stream alone"

    # What a stream loses is found by the sweep alone.
    async with asyncio.timeout(60):
        while await one.desk.office.journal.cursor(HOTEL) != str(len(opera.house.events)):
            await one.round()
            await asyncio.sleep(0.01)
    opera.house.faults["stream_lose"] = 1
    wanted = front.rows()[0].wanted
    block.allotted = dict.fromkeys(block.allotted, 5)
    opera.house.touch_block(block, "inventory_set")
    await one.round()
    assert front.rows()[0].wanted == wanted
    await front.orders.workers[HOTEL].sweep()
    assert front.rows()[0].wanted > wanted

    # A link that rests is not connected; and whoever holds the turn no more lets the stream go.
    until = front.now() + timedelta(minutes=5)
    paused = {"hotel": HOTEL, "paused_until": until, "by_hand": False}
    await front.run(lambda work: work.insert_if_missing(SWITCHES, [paused]))
    await one.round()
    assert one.kept is None and opera.streams.listener is None
    assert opera.streams.seen[-1] == "end 1000"
    await front.close()
