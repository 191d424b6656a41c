"""A hotel of ours: inventory, blocks, reservations, guests, a business date, and ways to err.

It speaks no dialect; the desks do (`haip_desk` and the like). The ways to err are named after what
was recorded at real systems, and each can be switched on its own.
"""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from tests.hotels.windows import SlidingWindow

LIVE = ("pending", "confirmed", "assigned", "checked_in", "stayover", "due_out", "checked_out")
OPEN = ("tentative", "definite")


def each_night(first: date, departure: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((departure - first).days)]


class Refusal(Exception):
    """The house says no: a code, what it says, and by night what is left."""

    def __init__(self, code: str, said: str = "", left: dict[date, int] | None = None) -> None:
        super().__init__(code)
        self.code, self.said, self.left = code, said, left or {}


@dataclass
class Guest:
    id: str
    given: str
    family: str
    reference: str | None = None
    more: dict[str, object] = field(default_factory=dict)


@dataclass
class Block:
    id: str
    reference: str
    name: str
    rate: str
    first: date
    end: date
    cut_off: date | None
    status: str = "tentative"
    group: str = ""
    allotted: dict[tuple[date, str], int] = field(default_factory=dict)
    counter: Counter = field(default_factory=Counter)
    """Picked up by the hotel's own count, which may be wrong."""
    made: datetime = datetime.min
    changed: datetime = datetime.min


@dataclass
class Stay:
    id: str
    reference: str | None
    guest: str
    kind: str
    rate: str
    arrival: date
    departure: date
    status: str
    amount: str
    currency: str
    block: str | None = None
    adults: int = 1
    sharers: list[str] = field(default_factory=list)
    """Guests who are named besides the first."""
    room: str | None = None
    reason: str | None = None
    made: datetime = datetime.min
    changed: datetime = datetime.min


@dataclass
class Event:
    id: str
    entity: str
    target: str
    what: str
    at: datetime


class House:
    """One hotel. `quirks` are always on, `faults` so many times."""

    def __init__(self, rooms: dict[str, int], rates: list[str], quirks: set[str]) -> None:
        self.rooms, self.rates, self.quirks = rooms, rates, set(quirks)
        self.business_date = date(2027, 8, 1)
        self.faults: Counter[str] = Counter()
        self.slow_s = 0.0
        """How long each answer takes."""
        self.limit: SlidingWindow | None = None
        """Calls that the hotel allows."""
        self.blocks: dict[str, Block] = {}
        self.stays: dict[str, Stay] = {}
        self.guests: dict[str, Guest] = {}
        self.groups: dict[str, dict] = {}
        self.events: list[Event] = []
        self.queue: list[Event] = []
        """Not yet polled by a consumer whose polls are destructive."""
        self.late: list[tuple[dict[str, str], bytes]] = []
        """Signed calls that were kept back: headers, and what is sent."""
        self.ears: list[Callable[[Event], None]] = []
        """Who hears of each event as it happens."""
        self._ticks = itertools.count()

    def due(self, fault: str) -> bool:
        """Whether a fault strikes now; it is used up."""
        if self.faults[fault] <= 0:
            return False
        self.faults[fault] -= 1
        return True

    def now(self) -> datetime:
        """The hotel's clock: each look is a little later. Its business date is another matter."""
        return datetime(2027, 8, 1, 8, tzinfo=UTC) + timedelta(milliseconds=next(self._ticks))

    def tell(self, entity: str, target: str, what: str) -> None:
        event = Event(str(uuid.uuid4()), entity, target, what, self.now())
        self.events.append(event)
        self.queue.append(event)
        for ear in self.ears:
            ear(event)

    # Rooms

    def sold(self, kind: str, night: date, but: str | None = None) -> int:
        return sum(
            one.kind == kind and one.arrival <= night < one.departure and one.status in LIVE
            for one in self.stays.values()
            if one.id != but
        )

    def kept(self, kind: str, night: date, but: str | None = None) -> int:
        """Rooms that blocks keep from others."""
        if "blocks_take_nothing" in self.quirks:
            return 0
        return sum(
            max(0, one.allotted.get((night, kind), 0) - self.picked(one, night, kind))
            for one in self.blocks.values()
            if one.id != but and one.status in self.keeping
        )

    @property
    def keeping(self) -> tuple[str, ...]:
        """The states in which a block keeps rooms from others."""
        return ("definite",) if "tentative_takes_nothing" in self.quirks else OPEN

    def picked(self, block: Block, night: date, kind: str) -> int:
        return sum(
            one.block == block.id
            and one.kind == kind
            and one.arrival <= night < one.departure
            and one.status in LIVE
            for one in self.stays.values()
        )

    def free(
        self, kind: str, night: date, stay: str | None = None, block: str | None = None
    ) -> int:
        return self.rooms[kind] - self.sold(kind, night, stay) - self.kept(kind, night, block)

    # Blocks

    def make_block(self, block: Block) -> Block:
        block.made = block.changed = self.now()
        self.blocks[block.id] = block
        self.tell("block", block.id, "created")
        return block

    def allot(self, block: Block, night: date, kind: str, rooms: int) -> None:
        if block.status not in OPEN:
            raise Refusal("block_closed", block.status)
        if not block.first <= night < block.end:
            raise Refusal("outside", f"{night}")
        picked = block.counter[night, kind]
        if rooms < picked:
            raise Refusal("below_picked", str(picked))
        ceiling = self.free(kind, night, block=block.id)
        if "blocks_take_nothing" in self.quirks:
            ceiling += max(0, block.allotted.get((night, kind), 0) - picked)
        else:
            ceiling += self.picked(block, night, kind)
        if rooms - (picked if "blocks_take_nothing" in self.quirks else 0) > ceiling:
            raise Refusal("over_allotment", str(rooms), {night: max(0, ceiling)})
        block.allotted[night, kind] = rooms
        self.touch_block(block, "inventory_set")

    def touch_block(self, block: Block, what: str) -> None:
        block.changed = self.now()
        self.tell("block", block.id, what)

    def set_block(self, block: Block, status: str) -> None:
        block.status = status
        self.touch_block(block, status)

    def release(self, block: Block) -> None:
        for key in block.allotted:
            block.allotted[key] = block.counter[key]
        self.set_block(block, "released")

    def cut_offs(self) -> int:
        """Release what is past its cut-off by the business date."""
        due = [
            one
            for one in self.blocks.values()
            if one.status in OPEN and one.cut_off and one.cut_off < self.business_date
        ]
        for one in due:
            self.release(one)
        return len(due)

    # Reservations

    def book(self, stay: Stay) -> Stay:
        if stay.block is not None:
            self._check_block(self.blocks[stay.block], stay)
        for night in each_night(stay.arrival, stay.departure):
            if self.free(stay.kind, night, block=stay.block) < 1:
                raise Refusal("no_availability", stay.kind, {night: 0})
        stay.made = stay.changed = self.now()
        self.stays[stay.id] = stay
        if stay.block is not None:
            self._count(self.blocks[stay.block], stay)
        self.tell("stay", stay.id, "created")
        if self.due("book_twice"):
            twin = Stay(**{**vars(stay), "id": str(uuid.uuid4())})
            self.stays[twin.id] = twin
            self.tell("stay", twin.id, "created")
        if self.due("cancel_at_once"):
            self.set_stay(stay, "cancelled", "no room after all")
        return stay

    def _check_block(self, block: Block, stay: Stay) -> None:
        if block.status not in OPEN:
            raise Refusal("block_closed", block.status)
        if "past_block" in self.quirks:
            return
        for night in each_night(stay.arrival, stay.departure):
            left = block.allotted.get((night, stay.kind), 0) - self.picked(block, night, stay.kind)
            if left < 1:
                raise Refusal("block_full", stay.kind, {night: 0})

    def _count(self, block: Block, stay: Stay) -> None:
        nights = each_night(stay.arrival, stay.departure)
        for night in nights[:1] if "first_night_only" in self.quirks else nights:
            block.counter[night, stay.kind] += 1

    def change(self, stay: Stay, arrival: date, departure: date, kind: str) -> None:
        for night in each_night(arrival, departure):
            if self.free(kind, night, stay=stay.id, block=stay.block) < 1:
                raise Refusal("no_availability", kind, {night: 0})
        if self.due("ignore_change"):
            return
        stay.arrival, stay.departure, stay.kind = arrival, departure, kind
        stay.changed = self.now()
        self.tell("stay", stay.id, "modified")

    def set_stay(self, stay: Stay, status: str, reason: str | None = None) -> None:
        if status == "cancelled" and self.due("ignore_cancel"):
            return
        stay.status, stay.changed = status, self.now()
        stay.reason = reason or stay.reason
        if status == "cancelled" and stay.block and "keep_picked" not in self.quirks:
            block = self.blocks[stay.block]
            for night in each_night(stay.arrival, stay.departure):
                block.counter[night, stay.kind] -= 1
        self.tell("stay", stay.id, status)
