"""Pictures of hotels' free rooms in the store: runs of nights that are alike, a row a hotel.

Must not: take a night that was never told about for a free or a full one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select, update

from services.bookings.by_call.limits import PICTURE_BYTES
from services.bookings.by_call.tables import PICTURES
from services.bookings.hotels.alpinebits.freerooms import Counts, Notice
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.outcomes import Outcome
from services.bookings.hotels.alpinebits.picture import Cell, Picture, apply
from shared.chassis.work import Work


def of_hotel(connection: Connection, hotel: str) -> Picture | None:
    """What a hotel last told; None when it never did."""
    row = connection.execute(select(PICTURES).where(PICTURES.c.hotel == hotel)).one_or_none()
    return None if row is None else _picture(row)


def take(work: Work, house: House, notice: Notice) -> Outcome:
    """Act on a notice, and keep the picture."""
    work.alone(f"free-rooms-{house.hotel}")
    before = of_hotel(work.connection, house.hotel) or Picture()
    after, outcome = apply(before, notice, house, work.now)
    if outcome.failed:
        return outcome
    rooms = text_of(after)
    if len(rooms) > PICTURE_BYTES:
        return Outcome.error("so many different nights are not kept")
    empty = {"hotel": house.hotel, "told_at": None, "complete_at": None, "rooms": "{}"}
    work.insert_if_missing(PICTURES, [empty])
    row = {"told_at": after.told_at, "complete_at": after.complete_at, "rooms": rooms}
    mine = PICTURES.c.hotel == house.hotel
    work.connection.execute(update(PICTURES).where(mine).values(**row))
    return outcome


def text_of(picture: Picture) -> str:
    """The rooms of a picture as they are stored."""
    cells = [[kind, first, last, *counts] for kind, first, last, counts in _runs(picture.cells)]
    closed = [[first, last] for first, last in _spans(sorted(picture.closed))]
    return json.dumps({"cells": cells, "closed": closed}, separators=(",", ":"))


def _picture(row: Any) -> Picture:
    told = json.loads(row.rooms)
    cells = {
        (kind, night): Counts(*counts)
        for kind, first, last, *counts in told.get("cells", [])
        for night in range(first, last + 1)
    }
    closed = (night for first, last in told.get("closed", []) for night in range(first, last + 1))
    return Picture(cells, frozenset(closed), row.complete_at, row.told_at)


Run = tuple[str, int, int, tuple[int, int, int]]


def _runs(cells: Any) -> Iterator[Run]:
    """Room type, first and last night, and what is the same for all of them."""
    open_run: Run | None = None
    for (kind, night), one in _sorted(cells.items()):
        counts = (one.free, one.out_of_order, one.out_of_market)
        if open_run and open_run[0] == kind and open_run[2] == night - 1 and open_run[3] == counts:
            open_run = (kind, open_run[1], night, counts)
            continue
        if open_run:
            yield open_run
        open_run = (kind, night, night, counts)
    if open_run:
        yield open_run


def _sorted(items: Iterable[tuple[Cell, Counts]]) -> list[tuple[Cell, Counts]]:
    return sorted(items, key=lambda item: item[0])


def _spans(nights: list[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for night in nights:
        if last is not None and first is not None and night != last + 1:
            yield first, last
            first = night
        first, last = night if first is None else first, night
    if first is not None and last is not None:
        yield first, last
