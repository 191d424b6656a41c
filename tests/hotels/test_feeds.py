"""Hotels that tell: calls doubled, late, reordered, lost or forged; all at once: `test_s10.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.bookings.hotels.errors import Forbidden, RateLimited
from services.bookings.hotels.haip.adapter import Haip
from services.bookings.hotels.line import Gateway
from services.bookings.hotels.merging import Said, merged
from services.bookings.hotels.model import InboundCall, StayView
from services.bookings.hotels.states import StayState
from shared.chassis.limits import HOTEL_RATE, HOTEL_TRIES
from tests.hotels.contract import Recorder
from tests.hotels.memory import AT_ONCE
from tests.hotels.running import HotelProcess
from tests.hotels.suite import World
from tests.hotels.test_haip import CONTRACT
from tests.support.ports import free_port


@pytest.fixture
async def world(hotel: HotelProcess) -> AsyncIterator[World]:
    async with seen_through(hotel, Gateway(AT_ONCE)) as world:
        yield world


@asynccontextmanager
async def seen_through(hotel: HotelProcess, gateway: Gateway) -> AsyncIterator[World]:
    wire = Recorder(CONTRACT)
    adapter = Haip(hotel.link(), gateway, transport=wire)
    yield World(adapter, wire, hotel)
    await adapter.close()
    assert wire.violations == []


class Ear:
    """Where the hotel calls: a real server on loopback that hands each call to the core."""

    def __init__(self, world: World) -> None:
        self.world, self.calls, self.refused = world, 0, 0
        route = Route("/hotel", self.heard, methods=["POST"])
        self.port = free_port()
        settings = uvicorn.Config(Starlette(routes=[route]), port=self.port, log_level="error")
        self.server = uvicorn.Server(settings)

    async def heard(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls += 1
        try:
            await self.world.feed.called(InboundCall(headers, await request.body()))
        except Forbidden:
            self.refused += 1
            return Response(status_code=403)
        return Response(status_code=204)

    async def __aenter__(self) -> Ear:
        self.task = asyncio.create_task(self.server.serve())
        while not self.server.started:
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.should_exit = True
        await self.task


async def act(hotel: HotelProcess, name: str, **body: Any) -> Any:
    return await asyncio.to_thread(hotel.act, name, **body)


async def test_calls_doubled_and_reordered_are_each_one_hint(world: World) -> None:
    stay = await world.stays.reserve(world.order(), "g1")
    await act(world.hotel, "staff", reference=world.ours(), status="confirmed")
    await act(world.hotel, "staff", reference=world.ours(), status="no_show")
    async with Ear(world) as ear:
        url = f"http://127.0.0.1:{ear.port}/hotel"
        sent = await act(world.hotel, "webhooks", url=url, last=3, times=3, seed=7)
    assert (sent, ear.calls, ear.refused) == (9, 9, 0)
    assert len(world.book.hints) == 3
    # Whatever order they came in, the entity is read, as it is now, once.
    seen = await world.feed.look()
    assert [(view.ref.theirs, view.state) for _hint, view in seen] == [
        (stay.ref.theirs, StayState.NO_SHOW)
    ]


async def test_a_call_that_comes_late_is_read_and_shows_what_is_now(world: World) -> None:
    """After all that happened since was told, looked at and done with."""
    stay = await world.stays.reserve(world.order(), "g1")
    await act(world.hotel, "staff", reference=world.ours(), status="confirmed")
    await act(world.hotel, "staff", reference=world.ours(), status="no_show")
    async with Ear(world) as ear:
        url = f"http://127.0.0.1:{ear.port}/hotel"
        assert await act(world.hotel, "webhooks", url=url, last=2, late=[0]) == 1
        [(newest, seen)] = await world.feed.look()
        assert isinstance(seen, StayView) and seen.state is StayState.NO_SHOW
        await world.feed.done(newest)
        assert await act(world.hotel, "webhooks", url=url, last=0) == 1
    [(late, again)] = await world.feed.look()
    assert late.at < newest.at, "it tells of what came before"
    assert again == seen and again.ref == stay.ref, "and is read as it is now"
    fields = merged({}, {"state": Said(seen.state, newest.at, "hotel")})
    assert merged(fields, {"state": Said(StayState.CONFIRMED, late.at, "hotel")}) == fields


async def test_a_lost_call_is_found_by_the_poll_and_a_lost_poll_by_the_sweep(world: World) -> None:
    stay = await world.stays.reserve(world.order(), "g1")
    await act(world.hotel, "staff", reference=world.ours(), status="cancelled")
    async with Ear(world) as ear:
        url = f"http://127.0.0.1:{ear.port}/hotel"
        assert await act(world.hotel, "webhooks", url=url, last=1, lost=[0]) == 0
    assert world.book.hints == {}
    found = await world.feed.sweep([], [stay])
    assert [one.kind for one in found] == ["cancelled_by_hotel"]
    assert (await world.feed.poll()).new == 2


async def test_a_call_and_the_poll_of_the_same_event_are_one(world: World) -> None:
    await world.stays.reserve(world.order(), "g1")
    async with Ear(world) as ear:
        url = f"http://127.0.0.1:{ear.port}/hotel"
        await act(world.hotel, "webhooks", url=url, last=1)
    known = set(world.book.hints)
    await world.feed.poll()
    assert set(world.book.hints) == known


async def test_a_forged_call_is_refused(world: World) -> None:
    with pytest.raises(Forbidden):
        world.adapter.verify(InboundCall({"x-haip-signature": "sha256=00"}, b"{}"))
    with pytest.raises(Forbidden):
        world.adapter.verify(InboundCall({}, b"{}"))


async def test_more_events_than_a_page_are_all_taken(world: World) -> None:
    for number in range(60):
        await world.stays.reserve(world.order(f"n{number}", nights=1, kind="king"), "g1")
        ref = world.ours(f"n{number}")
        await act(world.hotel, "staff", reference=ref, status="cancelled")
    assert (await world.feed.poll()).new == 120


async def test_a_resync_is_never_put_off_by_a_hotel_that_counts(hotel: HotelProcess) -> None:
    """The hotel answers 429 to the call that is one too many in any second."""
    async with seen_through(hotel, Gateway()) as world:
        stay = await world.stays.reserve(world.order(), "g1")
        await act(hotel, "limit", most=HOTEL_RATE.most, window_s=HOTEL_RATE.window_s)
        assert len(await world.feed.resync([stay] * 2 * HOTEL_RATE.most)) == 2 * HOTEL_RATE.most
        assert await act(hotel, "limit", most=2, window_s=60) == 0, "calls that were put off"
        with pytest.raises(RateLimited):
            await world.feed.resync([stay] * 3)
        assert await act(hotel, "limit") == HOTEL_TRIES
