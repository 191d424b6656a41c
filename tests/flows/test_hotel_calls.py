"""The doors that hotels' systems call: a real console and a real bookings on a real bus.

What calls mean is in `tests/hotels`; here is what gets through, what does not, and what is kept.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from sqlalchemy import select

from services.bookings.hotels.alpinebits.calls import PING, READ, ROOMS
from services.bookings.hotels.book import HINTS
from services.bookings.listening.turns import FEEDS
from services.bookings.main import BookingSettings, build
from services.console import bounds
from services.console.rates import Rate
from shared.chassis import limits
from shared.chassis.limits import Pace
from shared.chassis.service import Service
from shared.contracts.hotel_calls import MAX_CALL
from tests.hotels.alpinebits.world import PASSWORD, Client, ping, read, told
from tests.hotels.linking import link_to
from tests.hotels.names import HAIP_HOTEL, WEBHOOK
from tests.hotels.running import HotelProcess
from tests.hotels.test_called_orders import free, period
from tests.support.console import CONSOLES, running_console
from tests.support.nats import NatsServer

SIGNED, CALLS = "grand-haip", "frangart"
NAME = "Canary-Quill"
SOON_S = 60.0


@asynccontextmanager
async def running_bookings(bus: str, folder: Path, hotel: str) -> AsyncIterator[Service]:
    """Linked to a hotel that signs its calls, and to one that calls by AlpineBits."""
    folder.mkdir()
    (folder / "logins").mkdir()
    (folder / "logins" / CALLS).write_text(f"{CALLS}:{PASSWORD}\n")
    by_call = {"hotel": CALLS, "system": "alpinebits", "zone": "Asia/Shanghai",
               "their_hotel": "123", "room_types": {"twin": "DOUBLE"}}  # fmt: skip
    signed = json.loads(link_to("haip", hotel, folder).model_dump_json())
    (folder / "links.yaml").write_text(yaml.safe_dump({"hotels": [signed, by_call]}))
    settings = BookingSettings(
        nats_url=bus, data_dir=folder, hotels=folder / "links.yaml", hotel_feed_s=3_600,
        alpinebits_logins=folder / "logins",
    )  # fmt: skip
    service = build(settings)
    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        yield service


def call(event: str = "e1", **more: Any) -> tuple[dict[str, str], bytes]:
    """A call as HAIP makes one; a name is in it that nobody may keep."""
    told = {"eventType": "allotment_block.released", "propertyId": HAIP_HOTEL,
            "entityType": "allotment_block", "entityId": f"block-of-{event}",
            "timestamp": "2027-08-01T08:00:00Z", "data": {"contact": NAME}, **more}  # fmt: skip
    body = json.dumps(told).encode()
    proof = hmac.new(WEBHOOK.encode(), body, hashlib.sha256).hexdigest()
    return {"X-HAIP-Signature": f"sha256={proof}", "X-HAIP-Event-Id": event}, body


async def hints(service: Service) -> list[tuple[str, str, bool]]:
    def wanted(session: Any) -> list[tuple[str, str, bool]]:
        rows = session.connection().execute(select(HINTS).order_by(HINTS.c.event))
        return [(row.event, row.theirs, row.done) for row in rows]

    found: list[tuple[str, str, bool]] = await service.read(wanted)
    return found


async def until_looked_at(service: Service, *events: str) -> None:
    async with asyncio.timeout(SOON_S):
        while [one[0] for one in await hints(service) if one[2]] != sorted(events):
            await asyncio.sleep(0.02)


async def until_polled(service: Service) -> None:
    """The first poll is over, so that the next look is for a call alone."""

    def polled(session: Any) -> bool:
        row = session.connection().execute(select(FEEDS)).one_or_none()
        return row is not None and row.polled_at is not None and row.leased_until is None

    async with asyncio.timeout(SOON_S):
        while not await service.read(polled):
            await asyncio.sleep(0.02)


async def slowly(address: str, head: str) -> bytes:
    """The answer to one who announces a body and sends a byte of it."""
    at = urlsplit(address)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(f"{head}\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
    await writer.drain()
    line = await reader.readline()
    writer.close()
    return line


async def test_what_hotels_systems_call(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    hotel = HotelProcess("haip", tmp_path)
    patient = pytest.MonkeyPatch()
    patient.setattr(limits, "QUERY_TIMEOUT_S", SOON_S)
    patient.setattr(bounds, "ALPINEBITS_ANSWER_S", SOON_S)
    try:
        hotel.start()
        async with running_console(bus.url, tmp_path / "console") as address:
            async with (
                httpx.AsyncClient(base_url=address, timeout=60) as http,
                running_bookings(bus.url, tmp_path / "bookings", hotel.url) as bookings,
            ):
                await until_polled(bookings)
                await _signed(http, bookings)
                await _not_signed(http, bookings)
                await _without_secret(http, tmp_path / "bookings" / "webhook")
                await _alpinebits(http)
                await _bad_alpinebits(http, monkeypatch)
                await _slow(address, monkeypatch)
                await _paced(http, address)
            patient.undo()
            await _nobody_there(address)
        kept = b"".join(one.read_bytes() for one in tmp_path.rglob("*.db*"))
        assert b"block-of-e1" in kept and NAME.encode() not in kept
        assert NAME not in "".join(capfd.readouterr())
    finally:
        patient.undo()
        hotel.stop()


async def _signed(http: httpx.AsyncClient, bookings: Service) -> None:
    headers, body = call()
    # Doubled, and with what a browser would send for a page of another site: it is no browser.
    for more in ({}, {}, {"Origin": "https://evil.example", "Cookie": "redcrown=1"}):
        answer = await http.post(f"/hotel-calls/{SIGNED}", headers=headers | more, content=body)
        assert (answer.status_code, answer.content) == (204, b"")
    await until_looked_at(bookings, "e1")
    headers, body = call("e2")
    assert (await http.post(f"/hotel-calls/{SIGNED}", headers=headers, content=body)).is_success
    await until_looked_at(bookings, "e1", "e2")
    assert await hints(bookings) == [("e1", "block-of-e1", True), ("e2", "block-of-e2", True)]


async def _not_signed(http: httpx.AsyncClient, bookings: Service) -> None:
    headers, body = call("e3")
    forged = {**headers, "X-HAIP-Signature": "sha256=00"}
    long = {**headers, "X-HAIP-Signature": "0" * 3_000}
    other, of_other = call("e3", propertyId="another")
    odd, unreadable = call("e3", timestamp="tomorrow")
    far, too_long = call("e3", entityId="x" * 121)
    for path, sent, content, status in (
        (SIGNED, forged, body, 403),
        (SIGNED, long, body, 403),
        (SIGNED, {}, body, 403),
        (SIGNED, headers, body + b" ", 403),
        (SIGNED, headers, b"", 403),
        (SIGNED, other, of_other, 403),
        (SIGNED, odd, unreadable, 422),
        (SIGNED, far, too_long, 422),
        ("nobody", headers, body, 404),
        (CALLS, headers, body, 404),
        ("No-Slug", headers, body, 404),
    ):
        answer = await http.post(f"/hotel-calls/{path}", headers=sent, content=content)
        assert (answer.status_code, answer.content) == (status, b""), (path, sent)
    answer = await http.post(
        f"/hotel-calls/{SIGNED}", headers=headers, content=b"x" * (MAX_CALL + 1)
    )
    assert answer.status_code == 413
    assert (await http.get(f"/hotel-calls/{SIGNED}")).status_code == 405
    assert len(await hints(bookings)) == 2


async def _without_secret(http: httpx.AsyncClient, secret: Path) -> None:
    kept = secret.rename(secret.with_suffix(".kept"))
    headers, body = call("e1")
    answer = await http.post(f"/hotel-calls/{SIGNED}", headers=headers, content=body)
    assert (answer.status_code, answer.content) == (404, b"")
    kept.rename(secret)


async def _alpinebits(http: httpx.AsyncClient) -> None:
    client = Client(http)
    assert told(await client.ask(PING, ping(), gzip=True))[0][2] == "ALPINEBITS_HANDSHAKE"
    # A year and more of single nights is longer than what the console reads of anybody else.
    days = [f"2027-{1 + n // 28 % 12:02}-{1 + n % 28:02}" for n in range(12 * 28)]
    long = free("".join(period(day, day, n % 7) + " " * 800 for n, day in enumerate(days)))
    assert len(long) > 300_000
    assert told(await client.ask(ROOMS, long)) == []
    assert told(await client.ask(READ, read())) == []
    answer = await client.post(READ, read())
    assert answer.headers["x-alpinebits-server-accept-encoding"] == "gzip"
    assert answer.headers["content-encoding"] == "gzip"
    http.headers["accept-encoding"] = "identity"
    answer = await client.post(READ, read())
    assert "content-encoding" not in answer.headers and b"OTA_ResRetrieveRS" in answer.content


BOMB = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<OTA_ReadRQ xmlns="http://www.opentravel.org/OTA/2003/05" Version="8.000">&b;</OTA_ReadRQ>"""


async def _bad_alpinebits(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(http)
    stranger = Client(http)
    stranger.auth = (CALLS, "x" * 24)
    answer = await stranger.post(READ, read())
    assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic")
    assert (await http.post("/alpinebits", content=b"x")).status_code == 401
    assert told(await client.ask(READ, BOMB)) == [("13", None, None)]
    assert told(await client.ask(READ, read("999"))) == [("13", None, None)]
    basic = httpx.BasicAuth(CALLS, PASSWORD)
    packed = {"content-type": "multipart/form-data; boundary=b", "content-encoding": "gzip"}
    bomb = gzip.compress(b" " * 40_000_000)
    for headers, content, status in (
        (packed, bomb, 413),
        (packed, bomb[:-9], 413),
        (packed, b"rubbish", 400),
        (packed, gzip.compress(b"--b\r\nrubbish"), 400),
        ({**packed, "content-encoding": "br"}, b"x", 400),
        ({"content-type": "text/xml"}, read(), 400),
        ({"content-type": "multipart/form-data"}, read(), 400),
        ({}, b"x" * (bounds.ALPINEBITS_BYTES + 1), 413),
    ):
        answer = await http.post("/alpinebits", headers=headers, content=content, auth=basic)
        assert answer.status_code == status, (headers, answer.text)
    monkeypatch.setattr(bounds, "ALPINEBITS_OF_HOTEL", 0)
    answer = await client.post(READ, read())
    assert answer.status_code == 503 and "retry-after" in answer.headers
    monkeypatch.undo()


async def _slow(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "HOTEL_CALL_S", 0.01)
    monkeypatch.setattr(bounds, "ALPINEBITS_BODY_S", 0.01)
    assert b" 408 " in await slowly(address, f"POST /hotel-calls/{SIGNED} HTTP/1.1")
    login = httpx.Request("POST", address, headers={}).headers
    login["authorization"] = next(httpx.BasicAuth(CALLS, PASSWORD).auth_flow(
        httpx.Request("POST", address))).headers["authorization"]  # fmt: skip
    head = f"POST /alpinebits HTTP/1.1\r\nAuthorization: {login['authorization']}"
    assert b" 408 " in await slowly(address, head)
    monkeypatch.undo()


async def _paced(http: httpx.AsyncClient, address: str) -> None:
    console = CONSOLES[address]
    console.callers.signed = Rate(Pace(1, 60.0), lambda: 0.0)
    console.callers.alpinebits = Rate(Pace(1, 60.0), lambda: 0.0)
    headers, body = call("e1")
    sent = [await http.post(f"/hotel-calls/{SIGNED}", headers=headers, content=body)
            for _ in range(2)]  # fmt: skip
    assert [one.status_code for one in sent] == [204, 429]
    client = Client(http)
    assert [(await client.post(READ, read())).status_code for _ in range(2)] == [200, 429]
    # Whoever is believed by nobody is counted with all other strangers.
    console.callers.signed = Rate(Pace(100, 60.0), lambda: 0.0)
    console.gate.strangers = Rate(Pace(1, 60.0), lambda: 0.0)
    sent = [await http.post(f"/hotel-calls/{SIGNED}", content=body) for _ in range(3)]
    assert [one.status_code for one in sent] == [403, 429, 429]
    console.gate.strangers = Rate(Pace(100, 60.0), lambda: 0.0)


async def _nobody_there(address: str) -> None:
    """While bookings is away nobody is told yes, and systems come again."""
    headers, body = call("e9")
    async with httpx.AsyncClient(base_url=address, timeout=60) as http:
        answer = await http.post(f"/hotel-calls/{SIGNED}", headers=headers, content=body)
        assert answer.status_code == 503 and "retry-after" in answer.headers
        CONSOLES[address].callers.alpinebits = Rate(Pace(9, 60.0), lambda: 0.0)
        answer = await Client(http).post(READ, read())
        assert answer.status_code == 503 and NAME not in answer.text
