"""The line to a hotel: what is sent again, what never is, and whom a dead hotel harms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from services.bookings.hotels.errors import (
    ContractViolation,
    HotelError,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
)
from services.bookings.hotels.line import Answer, Gateway, Line, by_status
from services.bookings.hotels.links import read_links
from shared.chassis.limits import (
    HOTEL_FAILURES,
    HOTEL_RATE,
    HOTEL_REST_S,
    HOTEL_TRIES,
    HOTEL_WAIT_S,
    Pace,
)
from tests.hotels.windows import most_in_a_window

Act = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Played(httpx.AsyncBaseTransport):
    def __init__(self, act: Act) -> None:
        self.act, self.calls = act, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return await self.act(request)


class Turned:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def line(act: Act, gateway: Gateway | None = None) -> tuple[Line, Played, Turned]:
    played, clock = Played(act), Turned()
    gateway = gateway or Gateway(clock=lambda: clock.now, sleep=clock.sleep)
    client = httpx.AsyncClient(transport=played, base_url="http://hotel.invalid")
    return Line("grand", client, gateway, by_status), played, clock


def answers(status: int, **options: object) -> Act:
    async def act(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, **options)  # type: ignore[arg-type]

    return act


def fails(error: type[httpx.TransportError]) -> Act:
    async def act(request: httpx.Request) -> httpx.Response:
        raise error("no", request=request)

    return act


@pytest.mark.parametrize(
    ("act", "write", "kind"),
    [
        (fails(httpx.ConnectError), True, Unavailable),
        (fails(httpx.ConnectTimeout), True, Unavailable),
        (fails(httpx.ReadTimeout), True, OutcomeUnknown),
        (fails(httpx.ReadTimeout), False, Unavailable),
        (fails(httpx.RemoteProtocolError), True, OutcomeUnknown),
        (answers(500), True, OutcomeUnknown),
        (answers(503), False, Unavailable),
        (answers(200, text="<html>"), False, ContractViolation),
        (answers(200, text="<html>"), True, OutcomeUnknown),
        (answers(302), False, ContractViolation),
    ],
)
async def test_what_surely_happened(act: Act, write: bool, kind: type[HotelError]) -> None:
    wire, played, _clock = line(act)
    with pytest.raises(kind):
        await wire.call("POST" if write else "GET", "x", write=write)
    assert played.calls == 1, "nothing of this is tried again"


async def test_only_what_was_put_off_is_sent_again_and_not_for_ever() -> None:
    wire, played, clock = line(answers(429, headers={"retry-after": "2"}))
    with pytest.raises(RateLimited):
        await wire.call("POST", "x", write=True)
    assert played.calls == HOTEL_TRIES
    assert clock.slept == [pytest.approx(2.0, abs=0.1)] * (HOTEL_TRIES - 1)


async def test_a_dead_hotel_harms_no_other_behind_its_gateway() -> None:
    clock = Turned()
    gateway = Gateway(clock=lambda: clock.now, sleep=clock.sleep)
    dead, dead_calls, _ = line(fails(httpx.ConnectError), gateway)
    well, well_calls, _ = line(answers(200, json={}), gateway)
    for _ in range(HOTEL_FAILURES * 4):
        with pytest.raises(Unavailable):
            await dead.call("GET", "x", write=False)
        assert (await well.call("GET", "x", write=False)).body == {}
    assert dead_calls.calls == HOTEL_FAILURES
    assert well_calls.calls == HOTEL_FAILURES * 4


async def test_it_comes_back_by_one_call() -> None:
    state = {"up": False}

    async def act(request: httpx.Request) -> httpx.Response:
        if not state["up"]:
            raise httpx.ConnectError("no", request=request)
        return httpx.Response(200, json={})

    wire, played, clock = line(act)
    for _ in range(HOTEL_FAILURES + 3):
        with pytest.raises(Unavailable):
            await wire.call("GET", "x", write=False)
    assert played.calls == HOTEL_FAILURES
    clock.now += HOTEL_REST_S
    state["up"] = True
    assert isinstance(await wire.call("GET", "x", write=False), Answer)
    assert isinstance(await wire.call("GET", "x", write=False), Answer)


async def test_a_cancelled_try_does_not_close_the_line_for_good() -> None:
    wire, _played, clock = line(fails(httpx.ConnectError))
    for _ in range(HOTEL_FAILURES):
        with pytest.raises(Unavailable):
            await wire.call("GET", "x", write=False)
    clock.now += HOTEL_REST_S

    async def stays(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    wire.client._transport.act = stays  # type: ignore[attr-defined]
    task = asyncio.create_task(wire.call("GET", "x", write=False))
    while not wire.breaker.trying:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    wire.client._transport.act = answers(200, json={})  # type: ignore[attr-defined]
    assert (await wire.call("GET", "x", write=False)).status == 200


async def test_a_queue_that_is_too_long_says_not_now() -> None:
    clock, held = Turned(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        await held.wait()
        await clock.sleep(seconds)

    pace = Pace(1, 8.0)  # A call in ten seconds, and one may wait for twenty.
    gateway = Gateway(pace, clock=lambda: clock.now, sleep=sleep)
    await gateway.turn()
    waiting = [asyncio.create_task(gateway.turn()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(RateLimited) as full:
        await gateway.turn()
    assert full.value.after_s == pytest.approx(30.0)
    held.set()
    await asyncio.gather(*waiting)
    assert clock.slept == [pytest.approx(10.0)] * 2, "first come, first served"


async def test_who_was_held_up_does_not_catch_up_in_a_burst() -> None:
    """A process that sleeps past its turn has not saved it."""
    clock, went = Turned(), []

    async def oversleeps(seconds: float) -> None:
        await clock.sleep(seconds + (0.9 if len(went) % 7 == 0 else 0.0))

    gateway = Gateway(HOTEL_RATE, clock=lambda: clock.now, sleep=oversleeps)

    async def one() -> None:
        await gateway.turn()
        went.append(clock.now)

    await asyncio.gather(*(one() for _ in range(120)))
    assert most_in_a_window(went, HOTEL_RATE.window_s) <= HOTEL_RATE.most


async def test_a_pause_holds_up_those_who_wait_already_and_a_cancelled_call_takes_no_turn() -> None:
    clock = Turned()
    gateway = Gateway(Pace(1, 0.8), clock=lambda: clock.now, sleep=clock.sleep)
    await gateway.turn()
    gone, waits = (asyncio.create_task(gateway.turn()) for _ in range(2))
    gone.cancel()
    gateway.put_off(5.0)
    await waits
    assert clock.now == pytest.approx(5.0)


async def test_pauses_without_end_do_not_hold_a_call_without_end() -> None:
    clock = Turned()

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        gateway.put_off(5.0)

    gateway = Gateway(HOTEL_RATE, clock=lambda: clock.now, sleep=sleep)
    gateway.put_off(5.0)
    with pytest.raises(RateLimited):
        await gateway.turn()
    assert clock.now <= HOTEL_WAIT_S


LINKS = """
hotels:
  - {hotel: grand, system: haip, gateway: g, url: "http://127.0.0.1:1", their_hotel: h,
     zone: Asia/Shanghai, secrets: {key: KEY}, codes: {room_types: {twin: T}, rates: {agreed: R}}}
"""


def test_links_are_data_and_secrets_are_files(tmp_path: Path) -> None:
    key, file = tmp_path / "key", tmp_path / "links.yaml"
    file.write_text(LINKS.replace("KEY", str(key)))
    (link,) = read_links(file)
    with pytest.raises(ValueError, match="no file with the secret 'key'"):
        link.secret("key")
    key.write_text("one\n")
    assert link.secret("key") == "one"
    key.write_text("two\n")
    assert link.secret("key") == "two", "a file that is replaced takes effect"
    assert "two" not in repr(link)
    file.write_text(LINKS + LINKS.split("hotels:")[1])
    with pytest.raises(ValueError, match="twice"):
        read_links(file)
