"""Rooms by night at one hotel: wanted, agreed to, taken up. Added up over its orders.

Must not: say 0 where nobody knows; a hotel without a system tells nothing of what is taken up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from services.bookings.by_call.free import fetched, free_rooms
from services.bookings.by_hand.tables import HAND
from services.bookings.hotels.model import BlockView
from services.bookings.orders.deciding import contracted, is_open, wanted
from services.bookings.orders.tables import ORDERS, Asked, view_of
from services.bookings.orders.taking import asks_of
from services.bookings.overview.lines import Known, today_at
from shared.contracts.hotels import HotelNight, HotelNights, ReadHotelNights
from shared.contracts.values import Text
from shared.holds.spans import chunks

MOST_ORDERS = 2_000
"""Of one hotel and span that are added up."""
LAST_DAY = date(9998, 1, 1)
Cell = tuple[date, str]


def page(
    connection: Connection, known: Known, query: ReadHotelNights, now: datetime
) -> HotelNights:
    """The nights of a span."""
    start = min(query.starts_on or today_at(known, now, query.hotel), LAST_DAY)
    end = start + timedelta(days=query.nights)
    open_ones = (ORDERS.c.hotel == query.hotel, ORDERS.c.ended.is_(False))
    within = (ORDERS.c.first_night < end, ORDERS.c.last_night >= start)
    some = select(ORDERS).where(*open_ones, *within).order_by(ORDERS.c.ours)
    rows = connection.execute(some.limit(MOST_ORDERS + 1)).all()
    total = Total()
    hands = _by_hand(connection, query.hotel) | fetched(connection, query.hotel)
    free = free_rooms(connection, query.hotel, start, end)
    for part in chunks(rows[:MOST_ORDERS]):
        asks = asks_of(connection, [row.ours for row in part])
        for row in part:
            view = view_of(row.ours, row.first_night, row.standing)
            total.add(asks[row.ours], view, row.ours in hands)
    beyond = select(ORDERS.c.ours).where(*open_ones, ORDERS.c.last_night >= end).limit(1)
    more = connection.execute(beyond).scalar() is not None
    return HotelNights(
        starts_on=start,
        nights=total.nights(known.kinds(connection, query.hotel), start, end, free),
        whole=len(rows) <= MOST_ORDERS,
        next=end if more else None,
    )


class Total:
    """Rooms by night and type over many orders."""

    def __init__(self) -> None:
        self.wanted: Counter[Cell] = Counter()
        self.contracted: Counter[Cell] = Counter()
        self.picked: Counter[Cell] = Counter()
        self.untold: set[Cell] = set()
        """Where some of what was agreed to is at a hotel that tells nothing."""

    def add(self, asks: Sequence[Asked], standing: BlockView | None, by_hand: bool) -> None:
        """Count one order in."""
        self.wanted.update(wanted(asks))
        self.contracted.update(contracted(standing))
        if standing is None or not (is_open(standing) or contracted(standing)):
            return
        for one in standing.nights:
            cell = one.night, one.kind
            if by_hand:
                self.untold.add(cell)
            else:
                self.picked[cell] += one.picked

    def nights(
        self, names: dict[str, Text], start: date, end: date, free: Mapping[Cell, int]
    ) -> tuple[HotelNight, ...]:
        """Those of a span that have anything, or that the hotel told of."""
        cells = {cell for one in (self.wanted, self.contracted) for cell in one if one[cell]}
        cells |= free.keys()
        return tuple(
            HotelNight(
                night=night, kind=kind, name=names.get(kind, Text(zh=kind, en=kind)),
                wanted=self.wanted[night, kind], contracted=self.contracted[night, kind],
                picked=self._picked((night, kind)), free=free.get((night, kind)),
            )
            for night, kind in sorted(cells)
            if start <= night < end
        )  # fmt: skip

    def _picked(self, cell: Cell) -> int | None:
        told = cell in self.picked and cell not in self.untold
        return self.picked[cell] if told else None


def _by_hand(connection: Connection, hotel: str) -> set[str]:
    return set(connection.execute(select(HAND.c.ours).where(HAND.c.hotel == hotel)).scalars())
