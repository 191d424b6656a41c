"""Who is named in one reservation at Cloudbeds: the main guest, and further ones.

Must not: decide when; `stay_desk` does. Must not rename a profile that others have, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.bookings.hotels.cloudbeds import bodies, reading
from services.bookings.hotels.cloudbeds.calls import CloudbedsCalls
from services.bookings.hotels.errors import Unsupported
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import GuestCard
from services.bookings.hotels.reading import Body, are_named, text
from services.bookings.hotels.sharing import steps


def names(stay: Body, card: GuestCard) -> bool:
    """Whether the main guest is this one, and the further ones are those who share."""
    others = [(one.given, one.family) for one in reading.sharers(stay)]
    return reading.names_main(stay, card) and are_named(card.sharing, others)


@dataclass(frozen=True, slots=True)
class Room:
    """The named guests of reservations of one hotel, as they were read just now."""

    link: HotelLink
    calls: CloudbedsCalls

    async def rename(self, stay: Body, card: GuestCard) -> None:
        """Name the whole room: whoever has no place any more goes first, so that nobody is named
        twice. Raises Unsupported, before anything is written, for what Cloudbeds does not do."""
        theirs, main = text(stay, "reservationID"), reading.main_guest(stay)
        todo = steps(reading.sharers(stay), card.sharing)
        renamed = list(todo.renamed)
        if not reading.names_main(stay, card):
            renamed.insert(0, (main, card))
        room = reading.room_id(stay) if todo.gone else ""
        for one, _card in renamed:
            await self._check(one, theirs)
        if todo.gone:
            left = bodies.taken_off(theirs, room, main, todo.gone)
            await self._write("POST", "postGuestsToRoom", left)
        for one, named in renamed:
            other = {"guestID": one, **bodies.guest(self.link, named)}
            await self._write("PUT", "putGuest", other)
        for named in todo.new:
            await self._write("POST", "postGuest", bodies.sharer(self.link, theirs, named))

    async def _check(self, profile: str, theirs: str) -> None:
        wish = {"includeAllRooms": "true", "guestID": profile}
        async for one in self.calls.pages("getReservations", **wish):
            if one["reservationID"] != theirs:
                raise Unsupported("other reservations have the same guest's profile")

    async def _write(self, method: str, path: str, body: Body) -> None:
        await self.calls.write(method, path, {"propertyID": self.link.their_hotel, **body})
