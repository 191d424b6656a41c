"""Orders at a hotel whose system calls us by AlpineBits, on both databases: what lies ready, what
its receipts and words mean for holds, and the free rooms that it tells."""

from __future__ import annotations

import gzip
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from lxml import etree
from sqlalchemy import text

from services.bookings.by_call.desk import StoreDesk
from services.bookings.by_call.door import Door, logins_of
from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.calls import PING, READ, REPORT, ROOMS, WORDS
from services.bookings.hotels.links import AlpineLink
from services.bookings.overview import nights
from services.bookings.overview.lines import all_lines
from services.bookings.overview.service import known_of
from shared.contracts.holds import HoldState
from shared.contracts.hotel_calls import AlpineBitsAnswer, CarryAlpineBits
from shared.contracts.hotels import HotelLinkState, HotelNights, ReadHotelNights
from tests.hotels.alpinebits.world import PASSWORD, document, ids, ping, read, report, told, word
from tests.hotels.front import Front
from tests.rules.booking_case import wish

CALLS = "frangart"
LINK = AlpineLink(
    hotel=CALLS, system="alpinebits", zone="Asia/Shanghai", their_hotel="123",
    room_types={"twin": "DOUBLE", "king": "KNG"},
)  # fmt: skip
LOGIN = "Basic " + b64encode(f"{CALLS}:{PASSWORD}".encode()).decode()
LINE = "DOUBLE 2027-08-18 2027-08-20"
S = HoldState


class Caller:
    """The hotel's system, and bookings behind its door."""

    def __init__(self, front: Front, logins: Path) -> None:
        self.front = front
        desk = StoreDesk(front.orders.houses, front.run, front.orders.ring, front.guests)
        self.door = Door(logins_of(front.orders.houses, logins), desk)

    async def post(self, action: str, body: bytes, login: str = LOGIN) -> AlpineBitsAnswer:
        form = httpx.Request(
            "POST", "http://console/alpinebits",
            files={"action": (None, action), "request": ("r.xml", body, "text/xml")},
        )  # fmt: skip
        packed = gzip.compress(form.read())
        return await self.door.answer(
            CarryAlpineBits(
                cause="c", actor="h", login=login, content_type=form.headers["content-type"],
                protocol="2024-10", client="PMS", body=b64encode(packed).decode(),
            )
        )  # fmt: skip

    async def ask(self, action: str, body: bytes) -> Any:
        """The answer's root, once the orders have been looked at."""
        answer = await self.post(action, body)
        assert answer.status == 200
        root = etree.fromstring(gzip.decompress(b64decode(answer.body)))
        xml.check(root)
        await self.front.work(CALLS)
        return root

    async def fetched(self) -> list[tuple[str, str]]:
        """What lies ready, fetched and taken over."""
        found = ids(await self.ask(READ, read()))
        if found:
            on = [one for kind, one in found if kind == "14"]
            off = [one for kind, one in found if kind == "15"]
            assert told(await self.ask(REPORT, report(*on, ended=off))) == []
        return found

    async def says(self, status: str, *rooms: str, line: str = LINE, day: int = 2) -> Any:
        at = f"2027-09-{day:02}T08:00:00Z"
        return await self.ask(WORDS, word(status, *rooms, at=at, line=line))


@pytest_asyncio.fixture
async def hotel(store_url: str, tmp_path: Path) -> AsyncIterator[Caller]:
    logins = tmp_path / "logins"
    logins.mkdir()
    (logins / CALLS).write_text(f"{CALLS}:{PASSWORD}\n")
    front = Front(store_url, LINK)
    yield Caller(front, logins)
    await front.close()


def rooms(pairs: int, **details: Any) -> Any:
    return wish(pairs=pairs, hotel=CALLS, **details)


async def test_an_order_is_fetched_and_the_hotels_word_is_the_consent(hotel: Caller) -> None:
    front = hotel.front
    assert front.desk.place("v", h1=rooms(2))["h1"].state is S.PENDING
    await front.work(CALLS)
    found = await hotel.fetched()
    assert [kind for kind, _ in found] == ["14", "14"]
    first, second = (one for _, one in found)
    assert await hotel.fetched() == [], "taken over once"
    assert "h1" not in front.told, "a receipt is no yes"
    await hotel.says("Reserved", first, second, line="")
    assert "h1" not in front.told, "nor is a status without its room line"
    await hotel.says("Reserved", first)
    assert "h1" not in front.told, "one of two"
    await hotel.says("Reserved", first, second, day=3)
    assert front.hold("h1").state is S.HELD
    front.desk.confirm("v", "h1")
    await front.work(CALLS)
    (row,) = front.rows()
    assert row.state == "definite" and '"twin", 2, 2, 0' in row.standing

    # One more, which it refuses: what it agreed to stays.
    front.desk.place("v", h2=rooms(3))
    await front.work(CALLS)
    ((_, third),) = ids(await hotel.ask(READ, read()))
    await hotel.ask(REPORT, report(refused=[third]))
    no = front.hold("h2")
    assert no.state is S.REFUSED and no.refusal is not None
    assert no.refusal.code == "hotel_refused" and "no such room" not in no.refusal.sentence.en
    assert await hotel.fetched() == [], "what it refused it is not told to cancel"
    assert front.rows()[0].state == "definite" and not front.rows()[0].owned

    # Nobody wants them: the order is over once its system has fetched that.
    front.desk.release("v", "h1")
    await front.work(CALLS)
    assert not front.rows()[0].ended
    assert sorted(await hotel.fetched()) == sorted([("15", first), ("15", second)])
    assert front.rows()[0].ended
    with front.desk.engine.connect() as connection:
        kept = str(connection.execute(text("select * from bookings_call_rooms")).all())
    assert "no such room" not in kept, "a hotel's own words may name somebody"


async def test_another_room_line_is_no_yes(hotel: Caller) -> None:
    front = hotel.front
    front.desk.place("v", h1=rooms(1))
    await front.work(CALLS)
    ((_, room),) = await hotel.fetched()
    await hotel.says("Reserved", room, line="DOUBLE 2027-08-18 2027-08-19")
    no = front.hold("h1")
    assert no.refusal is not None and no.refusal.code == "hotel_refused"
    assert await hotel.fetched() == [("15", room)], "what it booked otherwise is off"


async def test_rooms_that_it_does_not_take_back_are_a_persons(hotel: Caller) -> None:
    front = hotel.front
    front.desk.place("v", h1=rooms(1))
    await front.work(CALLS)
    ((_, room),) = await hotel.fetched()
    await hotel.says("Reserved", room)
    front.desk.release("v", "h1")
    await front.work(CALLS)
    assert ids(await hotel.ask(READ, read())) == [("15", room)]
    await hotel.ask(REPORT, report(refused=[room]))
    assert front.rows()[0].owned and await hotel.fetched() == []
    again = text("update bookings_hotel_orders set look = true, due_at = changed_at")
    await front.run(lambda work: work.connection.execute(again))
    await front.work(CALLS)
    assert await hotel.fetched() == [("15", room)]
    assert front.rows()[0].ended


async def test_a_type_without_a_code_is_refused_by_itself(hotel: Caller, tmp_path: Path) -> None:
    front = hotel.front
    del front.orders.houses[CALLS]
    house = LINK.model_copy(update={"room_types": {"king": "KNG"}}).house
    front.orders.houses[CALLS] = house
    hotel.door.desk.houses[CALLS] = house  # type: ignore[attr-defined, index]
    front.desk.place("v", h1=rooms(1))
    await front.work(CALLS)
    root = await hotel.ask(READ, read())
    assert ids(root) == [] and told(root) == [("3", None, None)]
    no = front.hold("h1")
    assert no.refusal is not None and "no counterpart" in no.refusal.sentence.en


def free(inside: str, complete: bool = True) -> bytes:
    unique = '<UniqueID Type="16" ID="1" Instance="CompleteSet"/>' if complete else ""
    told = f'<Inventories HotelCode="123">{inside}</Inventories>'
    return document("OTA_HotelInvCountNotifRQ", unique + told)


def period(first: str, last: str, count: int, code: str = "DOUBLE") -> str:
    control = f'<StatusApplicationControl Start="{first}" End="{last}" InvTypeCode="{code}"/>'
    counts = f'<InvCounts><InvCount CountType="2" Count="{count}"/></InvCounts>'
    return f"<Inventory>{control}{counts}</Inventory>"


async def test_free_rooms_are_among_the_nights(hotel: Caller) -> None:
    front = hotel.front
    root = await hotel.ask(ROOMS, free(period("2027-08-17", "2027-08-20", 5)))
    assert told(root) == []
    delta = free(period("2027-08-19", "2027-08-19", 2), complete=False)
    await hotel.ask(ROOMS, delta)
    front.desk.place("v", h1=rooms(1))
    await front.work(CALLS)
    known = known_of([LINK])

    def page(work: Any) -> HotelNights:
        query = ReadHotelNights(cause="c", actor="a", hotel=CALLS, starts_on="2027-08-18", nights=3)  # type: ignore[arg-type]
        return nights.page(work.connection, known, query, work.now)

    found = await front.run(page)
    shown = [(str(one.night), one.wanted, one.free, one.picked) for one in found.nights]
    assert shown == [
        ("2027-08-18", 1, 5, None), ("2027-08-19", 1, 2, None), ("2027-08-20", 0, 5, None),
    ]  # fmt: skip
    line = (await front.run(lambda work: all_lines(work.connection, known, work.now)))[CALLS]
    assert (line.link, line.system, line.may_pause) == (HotelLinkState.GOOD, "alpinebits", False)


async def test_a_stranger_reaches_no_desk(hotel: Caller, tmp_path: Path) -> None:
    assert (await hotel.post(PING, ping(), login="Basic AAAA")).status == 401
    assert (await hotel.post(PING, ping())).status == 200
    hotel.door.busy[CALLS] = 2
    assert (await hotel.post(PING, ping())).status == 503
    for names, said in (([], "no file frangart"), ([CALLS, "other"], "other is no hotel")):
        folder = tmp_path / "-".join(["to", *names])
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"{name}:{PASSWORD}")
        with pytest.raises(ValueError, match=said):
            logins_of([CALLS], folder)
    with pytest.raises(ValueError, match="REDCROWN_ALPINEBITS_LOGINS"):
        logins_of([CALLS], None)
