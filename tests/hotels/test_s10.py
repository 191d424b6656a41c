"""S10 of the domain notes, whole: a hotel's feed with doubled, shuffled and lost events, a gap of a
day that is found, a resync at the gateway's pace, and an officer whose decision stands.

The adapter, the desk and the hotel are real; calls go from one to the other without a wire, and the
gateway's clock is turned by whoever waits for a turn, so that a minute of its time takes none here.
That hints outlive a crash is in `test_book.py`, on both databases.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from services.bookings.hotels.feed_desk import FeedDesk
from services.bookings.hotels.haip import adapter as haip
from services.bookings.hotels.haip.reading import stay_of_read
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.merging import Fields, Said, merged
from services.bookings.hotels.model import InboundCall, Ref, StayView
from services.bookings.hotels.nights import each_night, picked_by_night
from services.bookings.hotels.states import StayState
from services.bookings.hotels.writing import Office
from shared.chassis.limits import HOTEL_RATE
from tests.hotels.haip_desk import QUIRKS, HaipDesk
from tests.hotels.house import LIVE, Event, Guest, House, Stay
from tests.hotels.linking import link_to
from tests.hotels.memory import Book, Roster, TurnedClock
from tests.hotels.names import HAIP_HOTEL, HAIP_KING, HAIP_RATE, HAIP_TWIN, KEY, WEBHOOK
from tests.hotels.windows import most_in_a_window

STAYS, BEFORE, LOST, AFTER, DOUBLED = 2_000, 2_000, 2_000, 1_000, 500
"""Events before the gap, in it, after it: 5,000; and of those that arrive so many come twice."""
SHOWN = (100, 500)
"""The hotel's feed shows its newest 500 events only."""
START = datetime(2027, 8, 15, 8, tzinfo=UTC)
EVERY = 100
"""Calls between two polls."""
DAY, HOUR, APART = timedelta(days=1), timedelta(hours=1), timedelta(seconds=5)
MINE = "s812"
"""The reservation of which an officer decides."""
KINDS = {"twin": HAIP_TWIN, "king": HAIP_KING}


class Straight(httpx.AsyncBaseTransport):
    """From the adapter to the desk: the two paths that a feed needs, without a server between."""

    def __init__(self, desk: HaipDesk) -> None:
        self.desk = desk

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        scope = {
            "type": "http",
            "path_params": {"id": path.rpartition("/")[2]},
            "query_string": request.url.query,
        }
        act = self.desk.events if path.endswith("connect/events") else self.desk.show_stay
        return httpx.Response(200, content=bytes(act(Request(scope), {}).body))


@dataclass
class Feed:
    """A hotel of 2,000 reservations, what we hold of it, and the line between."""

    house: House
    desk: HaipDesk
    adapter: haip.Haip
    feed: FeedDesk
    book: Book
    now_s: list[float]
    held: dict[str, StayView] = field(default_factory=dict)
    rooms: dict[str, Fields] = field(default_factory=dict)

    def takes(self, view: StayView) -> None:
        """What a look at the hotel showed; fields that people decide go by their source's time."""
        assert view.changed_at is not None
        theirs = str(view.ref.theirs)
        self.held[theirs] = view
        seen = {"room": Said(view.room, view.changed_at, "hotel")}
        self.rooms[theirs] = merged(self.rooms.get(theirs, {}), seen)

    async def look_at_all(self) -> None:
        """Until no hint waits."""
        while seen := await self.feed.look():
            for _hint, view in seen:
                assert isinstance(view, StayView)
                self.takes(view)
            # Each of these was the newest of its reservation: all older ones are dealt with, too.
            for hint, _view in seen:
                await self.feed.done(hint)

    async def resync(self) -> float:
        """Read all again; how long that took by the gateway's clock, in seconds."""
        began = self.now_s[0]
        for view in await self.feed.resync(list(self.held.values())):
            self.takes(view)
        return self.now_s[0] - began


def furnished() -> House:
    house = House(dict.fromkeys(KINDS.values(), STAYS), [HAIP_RATE], QUIRKS)
    first = date(2027, 9, 1)
    for number in range(STAYS):
        name, kind = f"s{number}", list(KINDS.values())[number % 2]
        arrival = first + timedelta(days=number % 30)
        house.guests[name] = Guest(name, "Canary", "Sentinel", reference=f"ours-{number}")
        house.stays[name] = Stay(
            name, None, name, kind, HAIP_RATE, arrival, arrival + timedelta(days=1 + number % 3),
            "confirmed", "0.00", "CNY", made=START - DAY, changed=START - DAY,
        )  # fmt: skip
    return house


@pytest.fixture
async def hotel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Feed]:
    monkeypatch.setattr(haip, "EVENTS", SHOWN)
    house, now_s = furnished(), [0.0]
    desk = HaipDesk(house, HAIP_HOTEL, KEY, WEBHOOK)

    async def sleep(seconds: float) -> None:
        now_s[0] += seconds

    gateway = Gateway(clock=lambda: now_s[0], sleep=sleep)
    link = link_to("haip", "http://hotel", tmp_path)
    adapter = haip.Haip(link, gateway, transport=Straight(desk))
    book = Book()
    feed = FeedDesk(Office("grand-haip", adapter, book, TurnedClock(), Roster()))
    made = Feed(house, desk, adapter, feed, book, now_s)
    for one in house.stays.values():
        guest = desk.guest(house.guests[one.guest])
        made.takes(
            stay_of_read(link, {"reservation": desk.stay(one), "guest": guest, "room": None})
        )
    yield made
    await adapter.close()


def happenings(chance: random.Random) -> list[Event]:
    """5,000 changes, five seconds apart but for the gap, in which they are spread over a day."""
    found, at = [], START
    for number in range(BEFORE + LOST + AFTER):
        at += DAY / LOST if BEFORE <= number < BEFORE + LOST else APART
        target = f"s{chance.randrange(STAYS)}"
        while target == MINE:
            target = f"s{chance.randrange(STAYS)}"
        what = "cancelled" if chance.random() < 0.05 else f"room-{number}"
        found.append(Event(f"e{number}", "stay", target, what, at))
    return found


def happens(house: House, event: Event) -> None:
    stay = house.stays[event.target]
    if event.what == "cancelled":
        stay.status = "cancelled"
    else:
        stay.room = event.what
    stay.changed = event.at
    house.events.append(event)


Turn = tuple[datetime, int, Event]
"""When; 0 for what happens at the hotel, 1 for a call that arrives."""


def turns(chance: random.Random, events: list[Event], late: Event) -> list[Turn]:
    """All of it in the order of time: calls come within an hour, some twice, those of the gap
    never."""
    told = events[:BEFORE] + events[BEFORE + LOST :]
    calls = told + chance.sample(told, DOUBLED)
    arriving = [(one.at + HOUR * chance.random(), 1, one) for one in calls]
    arriving.append((datetime(2027, 8, 15, 10, 5, tzinfo=UTC), 1, late))
    at_hotel = [(one.at, 0, one) for one in [*events, late]]
    return sorted([*at_hotel, *arriving], key=lambda turn: turn[:2])


async def call(hotel: Feed, event: Event) -> int:
    headers, body = hotel.desk.signed(event)
    named = {name.lower(): value for name, value in headers.items()}
    return await hotel.feed.called(InboundCall(named, body))


async def test_s10_a_feed_with_a_gap_ends_as_the_hotel_has_it(hotel: Feed) -> None:
    chance = random.Random(10)
    events = happenings(chance)
    late = Event("late", "stay", MINE, "640", datetime(2027, 8, 15, 9, 40, tzinfo=UTC))
    officer = {"room": Said("812", datetime(2027, 8, 15, 10, tzinfo=UTC), "officer")}

    news, calls, last, stale_at = 0, 0, START, []
    order = turns(chance, events, late)
    for number, (at, kind, event) in enumerate(order):
        if at >= officer["room"].at > order[number - 1][0]:
            hotel.rooms[MINE] = merged(hotel.rooms[MINE], officer)
        if kind == 0:
            happens(hotel.house, event)
            continue
        calls += 1
        news += await call(hotel, event)
        if calls % EVERY == 0 or at > last + DAY / 2:
            if (await hotel.feed.poll()).stale:
                stale_at.append(at)
            await hotel.look_at_all()
        last = at
    await hotel.look_at_all()
    # Found once, by the cursor, at the first call after a day of silence.
    assert len(stale_at) == 1 and events[BEFORE + LOST].at <= stale_at[0] < events[-1].at

    # Stale until closed: without the resync there are rooms that nobody told us of.
    missed = [name for name, one in hotel.house.stays.items() if one.room != room(hotel, name)]
    assert len(missed) > STAYS / 10
    took_s = await hotel.resync()
    assert STAYS / HOTEL_RATE.most - 1 <= took_s <= 60
    assert not (await hotel.feed.poll()).stale

    oracle = {name: one.room for name, one in hotel.house.stays.items()} | {MINE: "812"}
    assert {name: room(hotel, name) for name in hotel.held} == oracle
    assert hotel.house.stays[MINE].room == "640", "what the hotel says came late, and was read"
    assert_nights_are_counted_once(hotel)
    # Doubled calls were known, and so was what the polls showed again.
    assert news < BEFORE + AFTER + 2 and len(hotel.book.hints) <= len(events) + 1


def room(hotel: Feed, name: str) -> object:
    return hotel.rooms[name]["room"].value


def assert_nights_are_counted_once(hotel: Feed) -> None:
    truth: dict[tuple[date, str], int] = {}
    for one in hotel.house.stays.values():
        kind = next(ours for ours, theirs in KINDS.items() if theirs == one.kind)
        for night in each_night(one.arrival, one.departure) if one.status in LIVE else ():
            truth[night, kind] = truth.get((night, kind), 0) + 1
    assert dict(picked_by_night(hotel.held.values())) == truth
    cancelled = [one for one in hotel.held.values() if one.state is StayState.CANCELLED_BY_HOTEL]
    assert cancelled, "some were cancelled"


async def test_no_second_has_more_calls_than_the_gateway_allows(hotel: Feed) -> None:
    hotel.held = dict(list(hotel.held.items())[:300])
    turns_at: list[float] = []
    read = hotel.adapter.read_stay

    async def noted(ref: Ref) -> StayView:
        view = await read(ref)
        turns_at.append(hotel.now_s[0])
        return view

    hotel.adapter.read_stay = noted  # type: ignore[method-assign]
    await hotel.resync()
    assert most_in_a_window(turns_at, HOTEL_RATE.window_s) <= HOTEL_RATE.most
