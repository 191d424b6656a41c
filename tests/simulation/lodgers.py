"""The guests service of the simulation, as far as hotels whose systems call us are concerned: who
is lodged, what they are called now, and what was told of it.

Must not: know bookings, or choose when a roster changes (`call_acts` does).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from services.bookings.guestlists.asking import GuestsAway
from services.bookings.hotels.model import GuestCard
from shared.contracts.hotel_guests import HotelStay
from shared.contracts.lodged import LodgingChanged


class Lodged:
    """Everybody has a room for himself. What is told may be told twice, and is told at last."""

    def __init__(self) -> None:
        self.away = False
        self.rosters: dict[str, list[str]] = {}
        """By visit, in their order."""
        self.names: Counter[str] = Counter()
        """By guest, how often he was called otherwise."""
        self.news: list[LodgingChanged] = []
        """What bookings has still to hear."""
        self._made = 0

    async def groups(self, stay: HotelStay) -> list[tuple[str, str | None]]:
        """See `guestlists.asking.Lodgers`."""
        self._answer()
        return [(one, None) for one in self.rosters.get(stay.visit, ())]

    async def cards(self, stay: HotelStay, guests: Sequence[str]) -> dict[str, GuestCard]:
        """See `guestlists.asking.Lodgers`."""
        self._answer()
        here = [one for one in guests if one in self.rosters.get(stay.visit, ())]
        return {one: GuestCard("", self.called(one)) for one in here}

    def called(self, guest: str) -> str:
        """What a guest is called now."""
        return f"{guest}/{self.names[guest]}"

    def change(self, visit: str, how: str, number: int) -> None:
        """Somebody comes, goes, is replaced or is called otherwise."""
        roster = self.rosters.setdefault(visit, [])
        about = []
        at = number % (len(roster) or 1)
        if how in ("goes", "replaced") and roster:
            about.append(roster.pop(at))
        if how in ("comes", "replaced"):
            self._made += 1
            digits = hashlib.sha256(f"{visit}{self._made}".encode()).hexdigest()[:26]
            roster.insert(at, f"g-{digits}")
            about.append(roster[at])
        if how == "renamed" and roster:
            self.names[roster[at]] += 1
            about.append(roster[at])
        if about:
            told = LodgingChanged(cause="put", actor="sim", visit=visit, guests=tuple(about))
            self.news.append(told)

    def _answer(self) -> None:
        if self.away:
            raise GuestsAway
