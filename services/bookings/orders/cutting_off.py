"""Around the cut-offs of one hotel: what is near is told, what has passed is read and counts once.

Owns: the order of read and transaction. Part of every sweep, before what stands is compared.
Must not: conclude anything from a hotel that could not be read, before its patience is over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog

from services.bookings.hotels.block_desk import BlockDesk
from services.bookings.hotels.errors import HotelError, NotFound, Unavailable
from services.bookings.hotels.merging import newer
from services.bookings.hotels.model import BlockView
from services.bookings.hotels.terms import Terms
from services.bookings.orders.cut_offs import Passed, look_ahead, note, passed
from shared.chassis.limits import HOTEL_PAGES
from shared.chassis.work import Work

Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]
log = structlog.get_logger(__name__)


async def look(desk: BlockDesk, terms: Terms, run: Run) -> bool:
    """All cut-offs of a hotel, page by page; whether some order has to go on because of one."""
    hotel, moved, after = desk.office.hotel, False, ""
    for _page in range(HOTEL_PAGES):
        some, after = await run(partial(passed, hotel=hotel, terms=terms, after=after))
        for one in some:
            moved = await _carried_out(desk, one, run) or moved
        if not after:
            break
    cuts_off = desk.office.port.capabilities.cuts_off
    for _page in range(HOTEL_PAGES):
        near = partial(look_ahead, hotel=hotel, terms=terms, cuts_off=cuts_off, after=after)
        after = await run(near)
        if not after:
            break
    return moved


async def _carried_out(desk: BlockDesk, one: Passed, run: Run) -> bool:
    seen: BlockView | None = None
    if not one.owned:
        try:
            shown = await desk.read(one.standing.ref)
            if not newer(one.standing, shown):
                raise Unavailable("what it shows is older than what is held")
            seen = shown
        except NotFound:
            seen = None
        except HotelError as error:
            log.info("cut_off_not_read", hotel=one.hotel, ours=one.ours, error=error.code)
            if not one.overdue:
                return False
    return bool(await run(partial(note, one=one, seen=seen)))
