"""Cut-offs in the simulation: the night in which they pass, and that each counts once.

Must not: know how it ends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.bookings.orders.cut_offs import note
from shared.chassis.work import Work
from tests.simulation.beginning import START
from tests.simulation.hotels import Hotel

ZONE = "Asia/Shanghai"
DAYS = 4
"""Of stays from 5 September the cut-off is the first day, of those from 2 September there is none
before the first night."""
FIRST_NIGHT_S = 36_060.0
"""It is 2 September in Shanghai for a minute."""
SKEW = timedelta(seconds=120)
"""Clocks of processes are off by less."""
Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]


def date_at(seconds: float, more: timedelta = timedelta()) -> date:
    """The day that it is there, on the world's clock."""
    return (START + timedelta(seconds=seconds) + more).astimezone(ZoneInfo(ZONE)).date()


def take_back(hotel: Hotel, strict: bool) -> None:
    """What a hotel does by itself in that night; a strict one gives nothing more afterwards."""
    for block in hotel.blocks:
        if block.open and not block.cut and block.cut_off < date_at(hotel.now()):
            block.cut = True
            block.rooms = dict.fromkeys(block.rooms, 0)
            block.strict = strict
            hotel.told["took back"] += 1


def watched(run: Run, hotel: Hotel, told: Callable[[str], None]) -> Run:
    """A worker's transactions; `told` hears of a cut-off that counts twice, or too early."""

    async def act(work: Callable[[Work], Any]) -> Any:
        found = await run(work)
        if getattr(work, "func", None) is note and found:
            one = work.keywords["one"]  # type: ignore[attr-defined]
            hotel.counted[one.ours] += 1
            if hotel.counted[one.ours] > 1:
                told(f"{hotel.name}: the cut-off of {one.ours} counted twice")
            if one.cut_off >= date_at(hotel.now(), SKEW):
                told(f"{hotel.name}: {one.ours} was cut off before its day was over")
        return found

    return act


def forgotten(ask: Callable[..., Any], now: datetime) -> Iterator[str]:
    """At rest every cut-off that has passed has counted, or a person has the order."""
    today = now.astimezone(ZoneInfo(ZONE)).date().isoformat()
    rows = ask(
        "SELECT o.hotel, o.ours FROM bookings_hotel_orders o LEFT JOIN bookings_hotel_cuts c"
        " ON c.ours = o.ours WHERE NOT o.ended AND NOT o.owned AND o.standing IS NOT NULL"
        " AND o.cut_off < ? AND o.cut_off < o.first_night AND o.first_night > ?"
        " AND c.done_at IS NULL",
        today, today,
    )  # fmt: skip
    for hotel, ours in rows:
        yield f"{hotel}: the cut-off of {ours} has passed, and nobody has looked"
