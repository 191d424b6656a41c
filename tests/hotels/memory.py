"""Stand-ins for what bookings will give the core: the journal, the clock, the guests service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import GuestCard, Hint


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
    """The guests service, reduced to what the core asks; `asked` says when cards were fetched."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def card(self, guest: str) -> GuestCard:
        self.asked.append(guest)
        return GuestCard("Canary", f"Sentinel{guest}")
