"""Questions to the guests service on their way there and back, by request and reply.

Owns: who is not answered, and that each answer is looked at as it leaves: nobody who was erased is
in it, and what was looked at is noted, to be found in the audit.
Must not: answer anything itself; the service's own desk does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from nats.errors import TimeoutError as NatsTimeout
from pydantic import BaseModel

from services.guests.rules import PURPOSES
from shared.contracts.guests import (
    EraseGuest,
    GuestErased,
    GuestsQuery,
    LookAtRoster,
    PutRoster,
    RosterPut,
    RosterView,
)
from shared.contracts.lodged import HOTEL_PURPOSE, LookAtLodged
from shared.contracts.message import Query
from tests.simulation.guest_desk import ANSWERS
from tests.simulation.process import Process


@dataclass(frozen=True, slots=True)
class Act:
    """What was answered and so must stand in the audit: by whom, why, what, of whom."""

    actor: str
    cause: str
    act: str
    purpose: str
    visit: str
    guests: tuple[str, ...]
    outcome: str


class Line:
    """What `AskGuests` of bookings sees of its service and its broker; the console's way, too."""

    ready = True

    def __init__(self, guests: Callable[[], Process]) -> None:
        self._guests = guests
        self.broker = self
        self.away = False
        """Nobody answers."""
        self.losing = 0
        """How many more answers are lost on their way back."""
        self.answered: list[Act] = []
        self.erased: set[str] = set()
        """Guests of whom somebody was told that they are erased."""
        self.wrong: list[str] = []
        self.brought_back = False
        """The store was an older one at some moment."""
        self._copied = 0, frozenset[str]()
        self._forgotten = frozenset[str]()
        """Guests who were erased since the copy from which the store was brought back."""

    def copied(self) -> None:
        """The guests service's store was copied."""
        self._copied = len(self.answered), frozenset(self.erased)

    def went_back(self) -> None:
        """It is that copy again: it knows no act since, and has everybody who was erased since."""
        self.brought_back = True
        acts, erased = self._copied
        del self.answered[acts:]
        self._forgotten = frozenset(self.erased) - erased

    async def request(self, query: Query, subject: str, timeout: float) -> Any:
        """The answer's message. Raises NatsTimeout, in no time where the real client waits."""
        assert subject == query.subject() and timeout > 0
        process = self._guests()
        if self.away or not process.connected:
            raise NatsTimeout
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        process.spawn(self._serve(process, query.model_dump_json(), type(query), answer))
        return await answer

    async def _serve(
        self, process: Process, body: str, kind: type[Query], answer: asyncio.Future[Any]
    ) -> None:
        try:
            query = kind.model_validate_json(body)
            told = await ANSWERS[kind](process, query)
            process.pass_point("before answer")
            self._note(query, told)
            if self.losing > 0:
                self.losing -= 1
                return
            if not answer.done():
                answer.set_result(SimpleNamespace(body=told.model_dump_json().encode()))
        finally:
            # Whoever died in between answers nobody.
            if not answer.done():
                answer.set_exception(NatsTimeout())

    def _note(self, query: Query, told: BaseModel) -> None:
        """An answer leaves."""
        if isinstance(query, LookAtLodged) and isinstance(told, RosterView):
            hotel = f"hotel:{query.lodging.hotel}"
            self._seen(Act(hotel, query.cause, "look", HOTEL_PURPOSE, query.visit,
                           _ids(told), told.outcome))  # fmt: skip
        elif isinstance(query, LookAtRoster) and isinstance(told, RosterView):
            purpose = query.purpose if query.purpose in PURPOSES else "unknown"
            self._seen(Act(query.actor, query.cause, "look", purpose, query.visit,
                           _ids(told), told.outcome))  # fmt: skip
        elif isinstance(query, EraseGuest) and isinstance(told, GuestErased):
            if told.outcome == "erased":
                self.erased.add(query.guest)
        elif isinstance(query, PutRoster) and isinstance(told, RosterPut):
            self.erased.update(told.erased)
            if touched := [one.guest for one in told.rows if one.outcome != "unchanged"]:
                self._wrote(query, told, touched)

    def _wrote(self, query: GuestsQuery, told: RosterPut, touched: list[str]) -> None:
        assert isinstance(query, PutRoster)
        self.answered.append(Act(query.actor, query.cause, "put", "", query.visit,
                                 (*touched, *told.erased), told.outcome))  # fmt: skip

    def _seen(self, act: Act) -> None:
        self.answered.append(act)
        for guest in self.erased.difference(self._forgotten).intersection(act.guests):
            self.wrong.append(f"{guest} was erased and is shown to {act.actor} for {act.purpose}")


def _ids(told: RosterView) -> tuple[str, ...]:
    return tuple(str(one["guest"]) for one in told.guests)
