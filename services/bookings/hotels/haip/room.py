"""Who is named in one reservation at HAIP: profiles of guests, the first and those who accompany.

A profile is made for one stay and carries our reference of it; only such a one is renamed.
Must not: decide when; `stay_desk` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.bookings.hotels.errors import Conflict
from services.bookings.hotels.haip import bodies, reading
from services.bookings.hotels.haip.calls import HaipCalls
from services.bookings.hotels.links import HotelLink
from services.bookings.hotels.model import GuestCard
from services.bookings.hotels.reading import Body, are_named, is_named, part, text
from services.bookings.hotels.sharing import Occupant, steps


@dataclass
class Room:
    """The named guests of reservations of one hotel, which are given by HAIP's id."""

    link: HotelLink
    calls: HaipCalls

    @property
    def _here(self) -> dict[str, str]:
        return {"propertyId": self.link.their_hotel}

    async def profile(self, card: GuestCard, ours: str) -> str:
        """A new profile with our reference of the stay; its id."""
        body = bodies.guest(card, ours)
        return text(await self.calls.call("POST", "guests", json=body), "id")

    async def names(self, theirs: str, card: GuestCard) -> bool:
        """Whether the first guest is this one, and those who accompany are those who share."""
        if not _is_first(await self._stay(theirs), card):
            return False
        others = await self._others(theirs)
        return are_named(card.sharing, [(one.given, one.family) for one in others])

    async def rename(self, ours: str, theirs: str, card: GuestCard) -> None:
        """Name the whole room: whoever has no place any more goes first, so that nobody is named
        twice and no room is too full. Raises Conflict for a profile that is not of ours."""
        stay = await self._stay(theirs)
        todo = steps(await self._others(theirs), card.sharing)
        self._check(part(stay, "guest"), ours)
        for one, _card in todo.renamed:
            self._check(await self.calls.get(f"guests/{one}"), ours)
        room = f"reservations/{theirs}/guests"
        for one in todo.gone:
            await self.calls.call("DELETE", f"{room}/{one}", params=self._here)
        if not _is_first(stay, card):
            await self._patch(text(stay, "guest", "id"), card)
        for one, other in todo.renamed:
            await self._patch(one, other)
        for other in todo.new:
            body = {"guestId": await self.profile(other, ours)}
            await self.calls.call("POST", room, params=self._here, json=body)

    async def _stay(self, theirs: str) -> Body:
        return dict(await self.calls.get(f"reservations/{theirs}"))

    async def _others(self, theirs: str) -> list[Occupant]:
        return reading.accompanying(await self.calls.get(f"reservations/{theirs}/guests"))

    async def _patch(self, profile: str, card: GuestCard) -> None:
        body = bodies.guest(card)
        await self.calls.call("PATCH", f"guests/{profile}", params=self._here, json=body)

    @staticmethod
    def _check(profile: Body, ours: str) -> None:
        if part(profile, "loyaltyNumber") != ours:
            raise Conflict("the guest's profile does not carry our reference")


def _is_first(stay: Body, card: GuestCard) -> bool:
    shown = part(stay, "guest")
    return is_named(card, shown.get("firstName"), shown.get("lastName"))
