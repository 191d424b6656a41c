"""The rosters of the simulation as their planner keeps them: what he wants, and what he was told
that the guests service has.

He asks over the line as the console does, one question after another, and what was not answered he
asks again. Every name begins with a canary, so that one anywhere else is found.

Must not: choose when a roster changes (`guest_acts` does), or look into a store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from nats.errors import Error as NatsError
from pydantic import BaseModel

from services.console.rosters import Put
from shared.contracts.guests import (
    EraseGuest,
    ErasureReason,
    GuestErased,
    GuestsQuery,
    PutRoster,
    RosterPut,
)
from tests.simulation.guest_line import Line
from tests.simulation.guest_memory import Memory

CANARY = "Canary"
NEED = "stay/it"
"""The need for rooms of every visit that has one."""
DIETS = ((), (), ("halal",), ("vegan", "no_nuts"))
MOST = 9
"""Questions in a row; more than any change of a roster takes."""
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Row:
    """One guest as the planner has him."""

    number: int
    called: int = 0
    """How often his name has changed."""
    hotel: str | None = None
    group: str | None = None
    guest: str | None = None
    """His id, once the service has given it."""

    @property
    def family_name(self) -> str:
        """What he is called now."""
        return f"{CANARY}{self.number}x{self.called}"

    @property
    def diets(self) -> tuple[str, ...]:
        """What he does not eat."""
        return DIETS[self.number % len(DIETS)]

    def sent(self) -> dict[str, Any]:
        """As a roster has him; with his id now and then, else he is known by his document."""
        named = {"guest": self.guest} if self.guest and self.number % 2 else {}
        return {
            **named, "family_name": self.family_name, "given_name": f"{CANARY}g{self.number}",
            "nationality": "CHN", "document_kind": "passport",
            "document_number": f"{CANARY.upper()}{self.number}", "phone": "+864521234567",
            "room_need": NEED, "hotel": self.hotel, "room_group": self.group,
            "diets": list(self.diets), "category": "expert" if self.number % 3 else "media",
        }  # fmt: skip


def sleeps_at(row: Row, hotel: str, alone: bool) -> bool:
    """Whether he is lodged in a hotel; `alone`: there is no other."""
    return (row.hotel or (hotel if alone else None)) == hotel


@dataclass(slots=True)
class Roster:
    """One visit's."""

    wanted: list[Row] = field(default_factory=list)
    kept: list[Row] = field(default_factory=list)
    """As the service said that it has them."""
    revision: int = 0
    leaving: list[str] = field(default_factory=list)
    """Whom the service has still to erase."""
    struck: int = 0
    """How many were erased one by one: counts go on counting them."""
    busy: bool = False
    """A question is on its way."""

    @property
    def settled(self) -> bool:
        """The service has said that all is as it should be."""
        return not self.leaving and not self.busy and self.wanted == self.kept


class Planner:
    """Whoever keeps the rosters."""

    def __init__(self, line: Line, given: Callable[[GuestsQuery], None], told: Callable[[str], None]
                 ) -> None:  # fmt: skip
        """`given` hears of each question that may have an effect, `told` what is wrong."""
        self._line, self._given, self._told = line, given, told
        self.memory: Memory
        """Of the console that he asks; it is there before he asks anything."""
        self.rosters: dict[str, Roster] = {}
        self._made = self._asked = 0

    def change(self, visit: str, how: str, number: int, hotel: str | None, share: bool) -> None:
        """Somebody comes, goes, is replaced, is called otherwise, moves, or is to be erased.
        `share`: some share a room."""
        one = self.rosters.setdefault(visit, Roster())
        at = number % (len(one.wanted) or 1)
        if how == "erased" and one.settled and one.kept:
            one.leaving.append(str(one.wanted.pop(at).guest))
            one.kept = [row for row in one.kept if row.guest != one.leaving[0]]
            return
        if how in ("goes", "replaced") and len(one.wanted) > (how == "goes"):
            one.wanted.pop(at)
        if how in ("comes", "replaced"):
            self._made += 1
            group = f"r-{number % 2}" if share and number % 3 == 0 else None
            one.wanted.insert(at, Row(self._made, hotel=hotel, group=group))
        if how in ("renamed", "moved") and one.wanted:
            row = one.wanted[at]
            new = replace(row, called=row.called + 1) if how == "renamed" else replace(
                row, hotel=hotel)  # fmt: skip
            one.wanted[at] = new
        if how == "turned":
            one.wanted.reverse()

    async def settle(self, visit: str) -> None:
        """Ask until the service has what is wanted, or does not answer."""
        one = self.rosters[visit]
        if one.busy:
            return
        one.busy = True
        try:
            for _ in range(MOST):
                if one.leaving:
                    await self._erase(visit, one)
                elif one.wanted != one.kept and one.wanted:
                    await self._put(visit, one)
                else:
                    return
        except NatsError:
            return
        finally:
            one.busy = False

    async def _erase(self, visit: str, one: Roster) -> None:
        guest = one.leaving[0]
        query = EraseGuest(**self.who(), visit=visit, guest=guest, reason=ErasureReason.WITHDRAWN)
        told = await self.ask(query, GuestErased)
        if told.outcome == "erased":
            await self.memory.erased(visit, guest, query.actor)
            one.struck += 1
        elif told.outcome != "missing" or not self._line.brought_back:
            # Whoever came since the copy is not there.
            self._told(f"{guest} of {visit} was to be erased: {told.outcome}")
        one.leaving.remove(guest)

    async def _put(self, visit: str, one: Roster) -> None:
        rows = tuple(one.wanted)
        sent = tuple(row.sent() for row in rows)
        query = PutRoster(**self.who(), visit=visit, expected_revision=one.revision, rows=sent)
        told = await self.ask(query, RosterPut)
        if told.outcome == "conflict":
            # What was put before was not answered: he reads where the roster is, and sends his.
            one.revision = told.revision
        elif told.outcome == "invalid":
            # They were erased when their visit was over: they are others now.
            one.wanted = [replace(row, guest=None) for row in one.wanted]
        elif told.outcome in ("changed", "unchanged"):
            await self.memory.put(Put(visit, told.revision, query.actor, told.erased))
            one.revision = told.revision
            ids = [row.guest for row in told.rows]
            one.kept = [replace(row, guest=guest) for row, guest in zip(rows, ids, strict=True)]
            known = {row.number: row.guest for row in one.kept}
            one.wanted = [replace(row, guest=known.get(row.number, row.guest))
                          for row in one.wanted]  # fmt: skip
        else:
            self._told(f"the roster of {visit} was {told.outcome}")

    def who(self) -> dict[str, Any]:
        """The words of one question: its cause is another one each time."""
        self._asked += 1
        return {"cause": f"q{self._asked}", "actor": "planner", "roles": ("planner",)}

    async def ask(self, query: GuestsQuery, model: type[M]) -> M:
        """Raises NatsError where nobody answers."""
        self._given(query)
        answer = await self._line.request(query, query.subject(), timeout=2.0)
        return model.model_validate_json(answer.body)


def numbers(rows: Sequence[Row]) -> list[tuple[str | None, str]]:
    """Ids and names, in order."""
    return [(row.guest, row.family_name) for row in rows]
