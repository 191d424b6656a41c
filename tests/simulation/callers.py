"""A hotel of the simulation whose system calls us: what it fetched, booked, reports and says.

It talks to the desk behind the AlpineBits door, past the XML. What it has booked is the truth.
Must not: know bookings, or choose when it errs (`call_acts` does).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.bookings.guestlists.asking import Lodgers
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import Order, Status
from services.bookings.hotels.alpinebits.port import Desk
from services.bookings.hotels.alpinebits.reports import Record, Refusal, Report
from services.bookings.hotels.alpinebits.words import Line, Word
from services.bookings.hotels.model import BlockView, NightCount, Ref
from services.bookings.hotels.nights import each_night
from services.bookings.hotels.states import BlockState

FIRST = datetime(2027, 9, 1, tzinfo=UTC)
"""By its own clock, which nobody else reads; each word is a second later than the one before."""


class Caller:
    """One hotel's system. It asks and reports one after the other, and a report whose answer it did
    not get goes out again before it asks, as the standard has it."""

    def __init__(self, house: House, lodgers: Lodgers) -> None:
        self.house, self.lodgers = house, lodgers
        self.calls = 0
        """Nobody calls it."""
        self.booked: dict[str, Order] = {}
        """What it has, by the id of the room."""
        self.report: dict[str, Record | Refusal] = {}
        """What it has to report; some of it may have been heard."""
        self.unsure = False
        """The answer to its last report did not arrive."""
        self.words: dict[str, Word] = {}
        """What it has to say; some of it may have been heard."""
        self.said: dict[str, Word] = {}
        """Its last word on each room."""
        self.history: list[Word] = []
        """All that it ever had to say."""
        self.told: Counter[str] = Counter()
        """What it did otherwise than a hotel should, by name."""
        self.shown: dict[str, list[BlockView]] = {}
        """The rooms that it ever said were booked, by our reference."""
        self.names: dict[str, str | None] = {}
        """Who has its rooms, by the id of the room, since that was told."""
        self.changes: dict[str, str | None] = {}
        """Rooms whose change it has to report, with who had them before."""
        self._groups: dict[str, str] = {}

    # ------------------------------------------------------------ its calls

    async def fetch(self, desk: Desk, lost: bool = False) -> None:
        """Ask what is due, and book it; what is `lost` never arrives here."""
        if self.unsure:
            await self.send_report(desk)
        orders = await desk.hand_out(self.house, None)
        if lost:
            return
        for one in orders:
            self._take(one)

    async def send_report(self, desk: Desk, lost: bool = False) -> None:
        """Report what was fetched; where the answer is `lost`, it goes out again."""
        if not self.report:
            return
        told = list(self.report.values())
        self.unsure = True
        await desk.take_report(
            self.house,
            Report(
                tuple(one for one in told if isinstance(one, Record)),
                tuple(one for one in told if isinstance(one, Refusal)),
            ),
        )
        if not lost:
            self.unsure = False
            self.report.clear()
            self.changes.clear()

    async def say(self, desk: Desk, words: Sequence[Word], lost: bool = False) -> None:
        """Say something of rooms; where the answer is `lost`, it is said again later."""
        for one in words:
            self._show(one)
        await desk.take_words(self.house, words)
        if not lost:
            for one in words:
                if self.words.get(one.id) == one:
                    del self.words[one.id]

    async def settle(self, desk: Desk) -> None:
        """A quiet day: report, ask, report, and say how each room stands."""
        await self.send_report(desk)
        await self.fetch(desk)
        await self.send_report(desk)
        for one in self.unsaid():
            self.books(one)
        if self.words:
            await self.say(desk, list(self.words.values()))

    # ------------------------------------------------------------ what it decides

    def refuses(self, room: str) -> None:
        """A room is not taken, and the report says so."""
        self.report[room] = Refusal(room, 3, 0, "")
        if room in self.changes:
            # Of a room that it has booked it refuses no more than who has it.
            self.names[room] = self.changes[room]
            return
        self.booked.pop(room, None)
        self.words.pop(room, None)

    def books(self, room: str, otherwise: bool = False) -> None:
        """A room is booked, and the hotel will say so; `otherwise`: for a night more."""
        one = self.booked[room]
        end = one.departure + timedelta(days=otherwise)
        line = Line(self.house.code_of(one.room_type), one.arrival, end)
        self._word(Word(room, Status.RESERVED, None, (line,)))

    def calls_off(self, room: str) -> None:
        """The hotel cancels a room by itself."""
        del self.booked[room]
        self._word(Word(room, Status.CANCELLED))

    def unsaid(self) -> list[str]:
        """Rooms that it has booked and said nothing of."""
        return [one for one in self.booked if one not in self.said]

    @property
    def waits(self) -> bool:
        """Whether it has something to report or to say."""
        return bool(self.report or self.words or self.unsaid())

    # ------------------------------------------------------------ inside

    def _take(self, one: Order) -> None:
        ended = one.status is Status.CANCELLED
        self.report[one.id] = Record(one.id, ended)
        assert one.group is not None
        self._groups[one.id] = one.group
        if ended:
            for had in (self.booked, self.words, self.names, self.changes):
                had.pop(one.id, None)
        elif one.status is Status.MODIFY:
            self.changes.setdefault(one.id, self.names.get(one.id))
            self.names[one.id] = one.guest.surname if one.guest else None
        elif one.id not in self.said:
            assert one.guest is None, "nobody is named for a room that is not booked"
            self.booked[one.id] = one

    def _word(self, word: Word) -> None:
        timed = replace(word, at=FIRST + timedelta(seconds=len(self.history)))
        self.words[word.id] = self.said[word.id] = timed
        self.history.append(timed)

    def _show(self, word: Word) -> None:
        """Whoever hears it may count on all rooms of the order that are said to be booked."""
        ours = self._groups[word.id]
        mine = [self.booked[one] for one, word in self.said.items()
                if word.status is Status.RESERVED and self._groups[one] == ours
                and one in self.booked and _as_ordered(word, self.booked[one])]  # fmt: skip
        rooms = Counter(
            (night, one.room_type)
            for one in mine
            for night in each_night(one.arrival, one.departure)
        )
        nights = tuple(NightCount(*key, many, many, 0) for key, many in sorted(rooms.items()))
        view = BlockView(Ref(ours, ours), BlockState.TENTATIVE, nights)
        self.shown.setdefault(ours, []).append(view)


def _as_ordered(word: Word, order: Order) -> bool:
    return [one.departure for one in word.lines] == [order.departure]
