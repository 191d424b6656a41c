"""Stand-ins for what bookings will give the core: the journal, the clock, the guests service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.bookings.guestlists.asking import GuestsAway
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import GuestCard, Hint
from shared.chassis.limits import Pace
from shared.contracts.hotel_guests import HotelStay

AT_ONCE = Pace(10_000, 1.0)
"""Of a gateway at which nobody waits."""


class Book:
    """A journal in memory; `log` keeps the order of what was written and called."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []
        self.intents: dict[Intent, datetime] = {}
        self.hints: dict[str, Hint] = {}
        self.open: dict[str, Hint] = {}
        self.at = ""

    async def intend(self, intent: Intent, at: datetime) -> None:
        self.log.append(("intent", intent.operation))
        self.intents[intent] = at

    async def outcome(self, intent: Intent, code: str, at: datetime) -> None:
        self.log.append((code, intent.operation))
        if code != "unknown":
            del self.intents[intent]

    async def open_intents(self, hotel: str) -> Sequence[tuple[Intent, datetime]]:
        return [(one, at) for one, at in self.intents.items() if one.hotel == hotel]

    async def store(self, hotel: str, hints: Sequence[Hint], cursor: str) -> Sequence[Hint]:
        new = [one for one in hints if one.event not in self.hints]
        self.log.append(("stored", str(len(new))))
        for one in new:
            self.hints[one.event] = self.open[one.event] = one
        self.at = cursor
        return new

    async def cursor(self, hotel: str) -> str:
        return self.at

    async def waiting(self, hotel: str, most: int) -> Sequence[Hint]:
        return sorted(self.open.values(), key=lambda one: one.at)[:most]

    async def handled(self, hotel: str, events: Sequence[str]) -> None:
        for one in events:
            self.open.pop(one, None)


class TurnedClock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = datetime(2027, 8, 1, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Roster:
    """The guests service, reduced to what the core asks; `asked` says when cards were fetched.
    `g1+g2` is the card of `g1`, who shares a room with `g2`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def card(self, guest: str) -> GuestCard:
        self.asked.append(guest)
        first, *others = guest.split("+")
        sharing = tuple(GuestCard("Canary", f"Sentinel{one}") for one in others)
        return GuestCard("Canary", f"Sentinel{first}", sharing=sharing)


class Lodged:
    """The guests service as bookings asks it: who is lodged, in one hotel, and their names."""

    def __init__(self) -> None:
        self.roster: dict[str, tuple[str, str | None]] = {}
        """By opaque id: family name, and group of those who share."""
        self.away = False
        self.looks: list[tuple[str, str, tuple[str, ...]]] = []
        """Hotel, order, and whose names were asked for."""

    async def groups(self, stay: HotelStay) -> list[tuple[str, str | None]]:
        self._look(stay)
        return [(guest, group) for guest, (_name, group) in self.roster.items()]

    async def cards(self, stay: HotelStay, guests: Sequence[str]) -> dict[str, GuestCard]:
        self._look(stay, *guests)
        here = [one for one in guests if one in self.roster]
        return {one: GuestCard("Canary", self.roster[one][0]) for one in here}

    def _look(self, stay: HotelStay, *guests: str) -> None:
        if self.away:
            raise GuestsAway
        self.looks.append((stay.hotel, stay.order, guests))

    async def sharers(self, stays: Sequence[HotelStay]) -> dict[str, tuple[int, int]]:
        if self.away:
            raise GuestsAway
        groups = Counter(group or guest for guest, (_name, group) in self.roster.items())
        sizes = Counter(groups.values())
        return {one.order: (sizes[1], sizes[2]) for one in stays}
