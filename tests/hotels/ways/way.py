"""A way to a hotel: the visit on one side, the hotel's staff on the other, bookings between them.

Subclass it once for each kind of hotel. A visit does the same at all of them; what the staff do,
and how bookings gets to hear of it, is the subclass's. `cannot` names the cases of `test_ways` that
a way has not, with the reason.

Must not: decide anything of bookings'; holds go through its real handlers and workers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from services.bookings.orders.finishing import Close
from shared.contracts.holds import Hold, HoldState
from tests.hotels.front import Front
from tests.hotels.ways.agreeing import Rooms, agree
from tests.rules.booking_case import wish

HOUSE = 10
"""Rooms of each type that a hotel has, in our documents and in its own."""
ROUNDS = 80
"""Turns of bookings and the hotel until both must have come to rest."""


class Killed(BaseException):
    """The process of bookings ends here."""


class Way:
    """One hotel, and all that a visit and its staff may do about a hold there."""

    name: ClassVar[str]
    hotel: ClassVar[str]
    """Our id of the hotel."""
    cannot: ClassVar[Mapping[str, str]] = {}
    """Cases of the suite that this way has not, and why."""
    answers_in_the_call: ClassVar[bool] = False
    """It has nobody who answers later."""
    front: Front

    def __init__(self, url: str, folder: Path) -> None:
        """`url` of an own store, `folder` for files with secrets."""
        self.silent = False
        """Nobody there answers."""
        self.declining = False
        """Whatever is asked is refused, and not for want of rooms."""
        self.lost = ""
        """What of the next exchange does not arrive in time: `request`, `answer`, or `late`."""

    # The visit

    def place(self, visit: str, **pairs: int) -> None:
        """Holds of so many rooms for two on two nights, in this hotel and no other."""
        there = {"hotel": self.hotel, "hotel_only": True}
        asked = {name: wish(pairs=rooms, **there) for name, rooms in pairs.items()}
        self.front.told |= self.front.desk.place(visit, **asked)

    def confirm(self, visit: str, *holds: str) -> None:
        self.front.told |= self.front.desk.confirm(visit, *holds)

    def release(self, visit: str, *holds: str) -> None:
        self.front.told |= self.front.desk.release(visit, *holds)

    def expire(self) -> None:
        """Let the time pass that a hotel has for its answer."""
        self.front.desk.later(1_801)
        self.front.told |= self.front.desk.expire()

    def hold(self, name: str) -> Hold:
        """As it was told last."""
        return self.front.told[name]

    def state(self, name: str) -> HoldState:
        return self.hold(name).state

    async def firm(self, visit: str, **pairs: int) -> None:
        """Holds that the hotel has agreed to and that are confirmed."""
        self.place(visit, **pairs)
        await self.rest()
        self.confirm(visit, *pairs)
        await self.rest()

    # Bookings

    async def work(self) -> None:
        """All that is due now."""
        await self.front.work(self.hotel)

    async def rest(self) -> None:
        """Bookings and the hotel in turns, and time, until nobody has anything to do. While the
        hotel is silent no time passes. Ends with what must always be true then."""
        for _round in range(ROUNDS):
            await self.work()
            if await self.hears():
                continue
            due = self._next_due()
            if due is None or self.silent:
                await agree(self.front, await self.shown(), await self.definite(), self.twice())
                return
            self.front.desk.now = max(self.front.now(), due)
        raise AssertionError("it never rests")

    def _next_due(self) -> datetime | None:
        """When something is to be done that nobody has to hear first."""
        rows = [one for one in self.front.rows() if not one.ended and one.due_at is not None]
        return min((max(one.due_at, one.leased_until or one.due_at) for one in rows), default=None)

    async def dies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Bookings takes up what is due, ends before it notes what came of it, and starts anew."""

        def dying(*_args: Any) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(Close, "finish", dying)
            with pytest.raises(Killed):
                await self.work()
        await self.reborn()

    async def dies_asking(self, monkeypatch: pytest.MonkeyPatch, asked: bool) -> None:
        """Bookings ends just before the hotel has got the order; or when it has (`asked`), and
        before it has noted so."""
        if asked:
            await self.dies(monkeypatch)
            return

        async def dying(*_args: Any) -> None:
            raise Killed

        carrier = type(self.front.orders.workers[self.hotel].carrier)
        with monkeypatch.context() as patch:
            patch.setattr(carrier, "carry_out", dying)
            with pytest.raises(Killed):
                await self.work()
        await self.reborn()

    async def reborn(self) -> None:
        """Another process of bookings with the same store."""
        told, letters = self.front.told, self.front.letters
        self.front = await self.front.again()
        self.front.told, self.front.letters = told, letters

    async def close(self) -> None:
        await self.front.close()

    # The hotel

    def leave(self, rooms: int) -> None:
        """Others take rooms: so many of each type are left beside those that are ours."""
        raise NotImplementedError

    async def hears(self) -> bool:
        """The hotel's turn: it looks, and answers unless it is silent; whether it did anything."""
        return False

    async def says(self) -> None:
        """The hotel answers all that it was asked; bookings has not looked yet."""
        raise NotImplementedError

    async def receives(self) -> None:
        """The hotel has got what it was asked, and says that it has, no more."""
        raise NotImplementedError

    async def says_again(self) -> None:
        """What the hotel said last comes once more."""
        raise NotImplementedError

    async def says_of_older(self, change: Callable[[], None]) -> None:
        """The hotel says yes to what it was asked before the visit did `change`, and is heard
        after it."""
        raise NotImplementedError

    def loses(self, what: str) -> None:
        """The next `request` or `answer` between bookings and the hotel is lost on its way."""
        self.lost = what

    def delays(self) -> None:
        """The next request between bookings and the hotel arrives late, when its sender has long
        had to do without an answer."""
        self.lost = "late"

    async def takes_back(self) -> None:
        """The hotel cancels by itself what it had agreed to, and gives it to others."""
        raise NotImplementedError

    async def cuts(self) -> None:
        """The hotel takes a room of the last night out of what it had agreed to, for others."""
        raise NotImplementedError

    # What the hotel shows

    async def shown(self) -> dict[str, Rooms]:
        """Rooms that the hotel keeps for us now, by our reference."""
        raise NotImplementedError

    async def definite(self) -> set[str] | None:
        """Those of them that are definite there; None where it does not tell."""
        raise NotImplementedError

    def twice(self) -> list[str]:
        """What the hotel was given more than once."""
        raise NotImplementedError


def last_night() -> date:
    """Of the holds of the suite."""
    return date(2027, 8, 19)
