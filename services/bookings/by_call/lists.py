"""Carrying out a list of guests at a hotel whose system fetches: its rooms are somebody's.

Nobody's name is asked for here: names are fetched when the hotel's system asks (`handing`).
Must not: decide who has which room; `naming` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from services.bookings.by_call.deciding import declined_name
from services.bookings.by_call.marking import claim
from services.bookings.by_call.naming import named
from services.bookings.by_call.rooms import Room, of_order, write
from services.bookings.guestlists.asking import Lodgers
from services.bookings.guestlists.matching import Place, places
from services.bookings.guestlists.sending import Outcome
from services.bookings.guestlists.tables import GuestList
from services.bookings.hotels.errors import Declined, HotelError, MappingMissing
from shared.chassis.clock import Clock
from shared.chassis.work import Work
from shared.lodging import roomed

Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class CallLists:
    """Carries out the lists of one hotel."""

    lodgers: Lodgers
    zone: str
    clock: Clock
    run: Run

    async def carry_out(self, some: GuestList) -> Outcome:
        """Who has which room by the roster now. Raises nothing of the hotel's."""
        outcome, stay = Outcome(), some.stay
        today = self.clock.now().astimezone(ZoneInfo(self.zone)).date()
        if stay is None or stay.departure <= today:
            return outcome
        try:
            guests = await self.lodgers.groups(stay)
        except HotelError as error:
            outcome.failed(error)
            return outcome
        wanted, outcome.unplaced = places(roomed(stay.rooms, guests))
        rooms, roomless = await self.run(lambda work: _written(work, some, wanted))
        outcome.unplaced += roomless
        for one in rooms:
            if declined_name(one):
                no = MappingMissing("room type", one.kind) if one.unsaid else Declined("")
                outcome.failed(no)
        return outcome


def _written(work: Work, some: GuestList, wanted: Sequence[Place]) -> tuple[list[Room], int]:
    claim(work, some.hotel)
    known = of_order(work.connection, some.ours)
    after, roomless = named(known, wanted, work.now)
    write(work.connection, after, known)
    return after, roomless
