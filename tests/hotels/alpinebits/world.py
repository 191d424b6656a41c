"""A desk that keeps everything in memory, and a client as a hotel's system would write it."""

from __future__ import annotations

import asyncio
import gzip as packing
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from lxml import etree

from services.bookings.hotels.alpinebits import picture, shelf, xml
from services.bookings.hotels.alpinebits.credentials import Credentials
from services.bookings.hotels.alpinebits.door import router
from services.bookings.hotels.alpinebits.freerooms import Notice
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import Order, Person, Status, wire_id
from services.bookings.hotels.alpinebits.outcomes import Outcome
from services.bookings.hotels.alpinebits.port import Busy, Exchange
from services.bookings.hotels.alpinebits.reports import Report
from services.bookings.hotels.alpinebits.words import Word
from shared.contracts.values import Money
from tests.support.ports import free_port

SAMPLES = Path(__file__).parent / "samples"
NOW = datetime(2027, 9, 1, 8, tzinfo=UTC)
PASSWORD = secrets.token_urlsafe(24)
FRANGART = House(
    "frangart", "123", {"DOUBLE": "double", "EZ": "single"}, "Frangart Inn", "BAR", "3"
)
OTHER = House("zhalong", "123", {"D": "double"})
"""Codes are the hotels' own, so two may use the same one."""


class Memory:
    """A desk in one process: the pure moves, and dictionaries for what a store would keep."""

    def __init__(self, *houses: House) -> None:
        self.houses = {one.hotel: one for one in houses}
        self.pictures = {one.hotel: picture.Picture() for one in houses}
        self.shelves: dict[str, shelf.Shelf] = {one.hotel: {} for one in houses}
        self.orders: dict[tuple[str, str], Order] = {}
        self.exchanges: list[Exchange] = []
        self.unsaid: list[str] = []
        self.busy = False

    def order(self, hotel: str, order: Order, revision: int, at: datetime = NOW) -> None:
        """A decision of ours: to be told to the hotel's system."""
        wire = wire_id(order.id)
        self.orders[hotel, wire] = order
        cancelled = order.status is Status.CANCELLED
        self.shelves[hotel] = shelf.put(self.shelves[hotel], wire, revision, at, cancelled)

    async def house(self, hotel: str) -> House:
        if self.busy:
            raise Busy
        return self.houses[hotel]

    async def take_rooms(self, house: House, notice: Notice) -> Outcome:
        before = self.pictures[house.hotel]
        self.pictures[house.hotel], outcome = picture.apply(before, notice, house, NOW)
        return outcome

    async def hand_out(self, house: House, since: datetime | None) -> Sequence[Order]:
        due = [slip.id for slip in shelf.due(self.shelves[house.hotel], since)]
        self.shelves[house.hotel] = shelf.hand_out(self.shelves[house.hotel], due)
        return [self.orders[house.hotel, one] for one in due]

    async def take_report(self, house: House, report: Report) -> Outcome:
        self.shelves[house.hotel], outcome = shelf.take(self.shelves[house.hotel], report)
        return outcome

    async def take_words(
        self, house: House, words: Sequence[Word]
    ) -> tuple[Sequence[str], Outcome]:
        self.shelves[house.hotel], heard, outcome = shelf.hear(self.shelves[house.hotel], words)
        return heard, outcome

    async def unsayable(self, house: House, orders: Sequence[str]) -> None:
        self.unsaid += orders

    async def exchanged(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)


def order(number: int = 1, **fields: Any) -> Order:
    """An order of a double room for two nights."""
    guest = Person("明", f"王{number}", language="zh", country="CN", telephone="+86 139-0000 0000",
                   email="guest@example.org")  # fmt: skip
    plain = Order(f"order-{number}", Status.RESERVED, "double", date(2027, 9, 14),
                  date(2027, 9, 16), 2, NOW, price=Money(amount=76_000), group="delegation-east",
                  remark="late arrival", guest=guest)  # fmt: skip
    return replace(plain, **fields)


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.xml").read_bytes()


def document(name: str, inside: str, **attributes: str) -> bytes:
    """A request as a hotel's system writes it."""
    told = " ".join(
        f'{key}="{value}"' for key, value in ({"Version": "8.000"} | attributes).items()
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{head}<{name} xmlns="{xml.NAMESPACE}" {told}>{inside}</{name}>'.encode()


def ping(told: Any = None) -> bytes:
    told = {"versions": [{"version": "2024-10"}]} if told is None else told
    return document("OTA_PingRQ", f"<EchoData>{json.dumps(told)}</EchoData>")


def read(code: str = "123", start: str | None = None) -> bytes:
    inside = f'<SelectionCriteria Start="{start}"/>' if start else ""
    wanted = f'<HotelReadRequest HotelCode="{code}">{inside}</HotelReadRequest>'
    return document("OTA_ReadRQ", f"<ReadRequests>{wanted}</ReadRequests>")


def report(*ids: str, ended: Sequence[str] = (), refused: Sequence[str] = ()) -> bytes:
    inside = "<Success/>"
    if refused:
        told = "".join(
            f'<Warning Type="3" Code="450" RecordID="{one}">no such room</Warning>'
            for one in refused
        )
        inside += f"<Warnings>{told}</Warnings>"
    named = [("14", one) for one in ids] + [("15", one) for one in ended]
    if named:
        inside += "<NotifDetails><HotelNotifReport><HotelReservations>"
        inside += "".join(
            f'<HotelReservation><UniqueID Type="{kind}" ID="{one}"/></HotelReservation>'
            for kind, one in named
        )
        inside += "</HotelReservations></HotelNotifReport></NotifDetails>"
    return document("OTA_NotifReportRQ", inside)


def word(status: str, *ids: str, at: str = "2027-09-02T08:00:00Z", line: str = "") -> bytes:
    """A status update; `line` is a room type and two dates."""
    told = ""
    for one in ids:
        kind = "15" if status == "Cancelled" else "14"
        told += f'<HotelReservation CreateDateTime="2027-09-01T08:00:00Z" ResStatus="{status}"'
        told += f' LastModifyDateTime="{at}"><UniqueID Type="{kind}" ID="{one}"/>'
        if line:
            code, start, end = line.split()
            told += f'<RoomStays><RoomStay><RoomTypes><RoomType RoomTypeCode="{code}"/></RoomTypes>'
            told += f'<TimeSpan Start="{start}" End="{end}"/></RoomStay></RoomStays>'
        told += "</HotelReservation>"
    return document("OTA_HotelResNotifRQ", f"<HotelReservations>{told}</HotelReservations>")


class Client:
    """A hotel's system: posts forms, and checks each answer against the schema."""

    def __init__(self, http: httpx.AsyncClient, user: str = "frangart") -> None:
        self.http = http
        self.auth = (user, PASSWORD)
        self.headers = {
            "X-AlpineBits-ClientProtocolVersion": "2024-10",
            "X-AlpineBits-ClientID": "Test PMS 1",
        }

    async def post(
        self, action: str | None, body: bytes | None, gzip: bool = False, as_file: bool = True
    ) -> httpx.Response:
        files: dict[str, Any] = {} if action is None else {"action": (None, action)}
        if body is not None:
            files["request"] = ("request.xml", body, "text/xml") if as_file else (None, body)
        made = self.http.build_request("POST", "/alpinebits", files=files, headers=self.headers)
        content, headers = await made.aread(), dict(made.headers)
        if gzip:
            content = packing.compress(content)
            headers |= {"content-encoding": "gzip", "content-length": str(len(content))}
        return await self.http.post("/alpinebits", content=content, headers=headers, auth=self.auth)

    async def ask(self, action: str, body: bytes, **how: Any) -> Any:
        """The answer's root, which fits the schema."""
        answer = await self.post(action, body, **how)
        assert answer.status_code == 200, answer.text
        root = etree.fromstring(answer.content)
        xml.check(root)
        return root


@asynccontextmanager
async def served(desk: Memory, *users: str) -> AsyncIterator[httpx.AsyncClient]:
    """The door behind a real HTTP server on loopback."""
    app = FastAPI()
    lines = [(one, f"{one}:{PASSWORD}") for one in users or desk.houses]
    app.include_router(router(desk, Credentials(lines)))
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            yield http
    finally:
        server.should_exit = True
        await running


def ids(root: Any) -> list[tuple[str, str]]:
    """Type and id of each order in an answer."""
    return [(one.get("Type"), one.get("ID")) for one in root.iter(xml.tag("UniqueID"))]


def told(root: Any) -> list[tuple[str, str | None, str | None]]:
    """Type, record and status of the remarks in an answer."""
    found = [*root.iter(xml.tag("Warning")), *root.iter(xml.tag("Error"))]
    return [(one.get("Type"), one.get("RecordID"), one.get("Status")) for one in found]
