"""Who stays in the rooms of a definite order at a hotel that answers by hand.

Bookings says what a link opens, without names. The guests service then gives those who are lodged
there, for the purpose of a hotel's register, and records the look with the hotel as its actor.
Both are answers to questions: no stream has them, and they are gone once the page is sent.

Must not: keep, log or cache a name, or send one to bookings (ADR 29).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from services.console.arrivals import Room, pages_of, rooms_of
from services.console.asking import ask, read_as
from services.console.door import Console
from services.console.lodging import Sleeper, sleepers
from services.console.problems import ProblemError
from shared.contracts.guests import MAX_GUESTS, Lodging, LookAtRoster, RosterView
from shared.contracts.hotel_arrivals import Arrival, Arrivals, LineOutcome, ReadArrivals
from shared.contracts.hotel_guests import HotelStay, HotelStayShown, ReadHotelStay
from shared.contracts.lodged import HOTEL_PURPOSE, HOTEL_ROLE

BY = {"cause": "hotel-page", "actor": "hotel"}
"""Of questions that only a link is behind."""
PAGE = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GuestList:
    """What a hotel is shown. `away`: the guests service did not answer."""

    stay: HotelStay
    guests: tuple[Sleeper, ...] = ()
    away: bool = False
    told: Mapping[str, Arrival] = field(default_factory=dict)
    """What the hotel said of each, by opaque id."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the guests of an order, with what became of lines that were said just now."""

    listed: GuestList | None
    results: Mapping[str, LineOutcome] = field(default_factory=dict)
    """By guest."""
    wrong: Collection[str] = ()
    """Guests whose room number is none; bookings never sees it."""
    page: str = ""

    @property
    def pages(self) -> list[list[Room]]:
        """The rooms, by page."""
        return pages_of(rooms_of(self.listed.guests, self.listed.told)) if self.listed else [[]]

    @property
    def at(self) -> int:
        """Which page is shown, from 0."""
        wanted = int(self.page) if self.page.isascii() and self.page.isdigit() else 1
        return min(max(wanted, 1), len(self.pages)) - 1


async def stay_of(parts: Console, token: str) -> HotelStay | None:
    """What the order of a link is for, while its rooms are definite. Raises ProblemError (503)."""
    found = await ask(parts.service, ReadHotelStay(**BY, token=token))
    return read_as(HotelStayShown, found, "what bookings said").stay


async def guest_list(parts: Console, token: str) -> GuestList | None:
    """The guests of a definite order; None for any other. An order can be read without them, so
    silence of the guests service takes nothing else from the page."""
    stay = await stay_of(parts, token)
    if stay is None:
        return None
    try:
        guests = tuple(await lodged(parts, stay))
        return GuestList(stay, guests, told=await told_of(parts, token, guests))
    except ProblemError as error:
        log.warning("no_guest_list", order=stay.order, problem=error.details.type)
        return GuestList(stay, away=True)


async def told_of(parts: Console, token: str, guests: Sequence[Sleeper]) -> Mapping[str, Arrival]:
    """What the hotel said of each so far. Raises ProblemError (503)."""
    asked = ReadArrivals(**BY, token=token, guests=tuple(one.guest for one in guests))
    found = read_as(Arrivals, await ask(parts.service, asked), "what bookings said")
    return {one.guest: one for one in found.guests}


async def lodged(parts: Console, stay: HotelStay) -> list[Sleeper]:
    """Who is lodged there, for a hotel behind its link. Raises ProblemError (503)."""
    asked = {"cause": stay.order, "actor": f"hotel:{stay.hotel}", "roles": (HOTEL_ROLE,),
             "purpose": HOTEL_PURPOSE}  # fmt: skip
    return await lodged_for(parts, stay, asked)


async def lodged_for(parts: Console, stay: HotelStay, asked: Mapping[str, Any]) -> list[Sleeper]:
    """Who is lodged there, by room; `asked`: who asks, as what, and what for. Raises ProblemError:
    403, 503."""
    where = Lodging(need=stay.need, hotel=stay.hotel, alone=stay.alone)
    found: list[dict[str, Any]] = []
    after: int | None = 0
    for _page in range(MAX_GUESTS // PAGE + 1):
        if after is None:
            break
        query = LookAtRoster(**asked, visit=stay.visit, lodging=where, after=after, limit=PAGE)
        told = await ask(parts.service, query)
        view = read_as(RosterView, told, "what the guests service said")
        if view.outcome == "refused":
            raise ProblemError("purpose-refused", view.problems[0].message)
        found += view.guests
        after = view.next
    return sleepers(stay, found)
