"""The way by AlpineBits: a hotel's system that fetches, reports and says, over its door, with XML.

What it has booked is in its own book, from what it fetched and said alone.
"""

from __future__ import annotations

import gzip
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from lxml import etree
from sqlalchemy import select

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.calls import READ, REPORT, WORDS
from services.bookings.hotels.nights import each_night
from services.bookings.orders.tables import ASKS, rooms_of
from tests.hotels.alpinebits.world import PASSWORD, ids, read, report, word
from tests.hotels.front import Front
from tests.hotels.test_called_orders import CALLS, LINK, Caller
from tests.hotels.ways.agreeing import Rooms
from tests.hotels.ways.way import HOUSE, Way, last_night

KINDS = {code: kind for kind, code in LINK.room_types.items()}


@dataclass
class Room:
    """A room in the book of the hotel's system."""

    id: str
    group: str
    code: str
    start: date
    end: date
    state: str = "taken"
    """Taken over, booked, or off."""

    @property
    def line(self) -> str:
        return f"{self.code} {self.start} {self.end}"

    @property
    def nights(self) -> list[date]:
        return list(each_night(self.start, self.end))


class Called(Way):
    """A hotel whose system calls us."""

    name, hotel = "alpinebits", CALLS
    cannot: ClassVar = {
        "test_a_full_house_says_what_is_left": "a refusal there has no reason and no number",
        "test_confirmed_is_definite_at_the_hotel": "what its system booked is booked",
    }

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        self.logins = folder / "logins"
        self.logins.mkdir()
        (self.logins / CALLS).write_text(f"{CALLS}:{PASSWORD}\n")
        self.front = Front(url, LINK)
        self.door = Caller(self.front, self.logins)
        self.book: dict[str, Room] = {}
        self.under_way: list[tuple[str, bytes]] = []
        """Calls that arrive once they were made again."""
        self.others, self.lost, self.minute = 0, "", 0

    async def reborn(self) -> None:
        await super().reborn()
        self.door = Caller(self.front, self.logins)

    async def call(self, action: str, body: bytes) -> Any:
        """The root of the answer. Where it is lost, the same is asked again."""
        if self.lost == "late" and action != READ:
            self.under_way.append((action, body))
        roots = [await self._answered(action, body) for _time in range(1 + bool(self.lost))]
        assert len({tuple(ids(one)) for one in roots}) == 1, "lost, and not told again"
        return roots[-1]

    async def _answered(self, action: str, body: bytes) -> Any:
        answer = await self.door.post(action, body)
        assert answer.status == 200
        root = etree.fromstring(gzip.decompress(b64decode(answer.body)))
        xml.check(root)
        return root

    def leave(self, rooms: int) -> None:
        taken = Counter(
            (night, one.code)
            for one in self.book.values() if one.state != "off" for night in one.nights
        )  # fmt: skip
        self.others = HOUSE - max(taken.values(), default=0) - rooms

    def free(self, room: Room) -> int:
        taken = Counter(
            night
            for one in self.book.values() if one.state != "off" and one.code == room.code
            for night in one.nights
        )  # fmt: skip
        return HOUSE - self.others - max(taken[night] for night in room.nights)

    async def hears(self) -> bool:
        if self.lost == "request":
            self.lost = ""
            return True  # It called, and that never came here.
        fetched = await self._fetch()
        waits = any(one.state == "taken" for one in self.book.values())
        if waits and not self.silent:
            await self.says()
            self.lost = ""
        while self.under_way:
            await self._answered(*self.under_way.pop(0))
        return fetched or (waits and not self.silent)

    async def receives(self) -> None:
        assert await self._fetch()

    async def _fetch(self) -> bool:
        """What lies ready, taken over or refused; whether there was anything."""
        root = await self.call(READ, read())
        off = [one for kind, one in ids(root) if kind == "15"]
        for one in off:
            self.book[one].state = "off"
        on, no = [], []
        for one in sorted(rooms_in(root), key=lambda room: room.group):
            takes = one.id in self.book or (not self.declining and self.free(one) > 0)
            (on if takes else no).append(self.book.setdefault(one.id, one))
            one.state = one.state if takes else "off"
        if on or off or no:
            body = report(*(x.id for x in on), ended=off, refused=[x.id for x in no])
            await self.call(REPORT, body)
        return bool(on or off or no)

    async def says(self) -> None:
        waiting = [one for one in self.book.values() if one.state == "taken"]
        for one in waiting:
            one.state = "booked"
        await self._say("Reserved", waiting)

    async def _say(self, status: str, rooms: Sequence[Room]) -> None:
        self.minute += 1
        at = f"2027-09-02T08:{self.minute:02}:00Z"
        for line in sorted({one.line for one in rooms}):
            names = [one.id for one in rooms if one.line == line]
            said = "" if status == "Cancelled" else line
            await self.call(WORDS, word(status, *names, at=at, line=said))

    async def says_again(self) -> None:
        booked = [one for one in self.book.values() if one.state == "booked"]
        self.minute -= 1
        for _time in ("at the same moment", "later"):
            await self._say("Reserved", booked)
        self.minute -= 2
        await self._say("Cancelled", booked)  # Older than what it said last.
        await self.call(REPORT, report(*(one.id for one in booked)))

    async def says_of_older(self, change: Callable[[], None]) -> None:
        await self.work()
        await self.receives()
        change()
        await self.work()
        await self.says()
        await self.work()

    async def takes_back(self) -> None:
        booked = next(one for one in self.book.values() if one.state == "booked")
        booked.state = "off"
        await self._say("Cancelled", [booked])

    async def cuts(self) -> None:
        booked = next(one for one in self.book.values() if one.state == "booked")
        booked.end = last_night()
        await self._say("Reserved", [booked])

    async def shown(self) -> dict[str, Rooms]:
        found: dict[str, Rooms] = {}
        for one in self.book.values():
            if one.state == "booked":
                rooms = found.setdefault(one.group, Counter())
                rooms.update((night, KINDS[one.code]) for night in one.nights)
        return found

    async def definite(self) -> None:
        """Its system is not told."""

    def twice(self) -> list[str]:
        given = Counter(one.group for one in self.book.values())
        with self.front.desk.engine.connect() as connection:
            asks = connection.execute(select(ASKS.c.ours, ASKS.c.rooms)).all()
        most: Counter[str] = Counter()
        for ours, rooms in asks:
            by_night = Counter(one.night for one in rooms_of(rooms) for _ in range(one.rooms))
            most[ours] = max(most[ours], *by_night.values())
        return [ours for ours, rooms in given.items() if rooms > most[ours]]


def rooms_in(root: Any) -> list[Room]:
    """The rooms that an answer asks for."""
    found = []
    for one in root.iter(xml.tag("HotelReservation")):
        ((kind, name),) = ids(one)
        if kind == "15":
            continue
        (stay,), (room,) = one.iter(xml.tag("RoomStay")), one.iter(xml.tag("RoomType"))
        (span,) = one.iter(xml.tag("TimeSpan"))
        start, end = (date.fromisoformat(span.get(at)) for at in ("Start", "End"))
        found.append(Room(name, stay.get("RoomStayGroupID"), room.get("RoomTypeCode"), start, end))
    return found
