"""The guests service in a simulated process: its real desk, and what answers each question.

Its keys and nonces come from chance that a seed gives, so that one seed is one store, to the byte.

Must not: ask anything, or carry a question; `guest_line` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from services.guests import audit, counting, queries
from services.guests.handlers import Desk
from services.guests.settings import GuestsSettings
from services.guests.vault import MasterKey, Vault
from shared.chassis.clock import Clock
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Work
from shared.chassis.writer import Writer
from shared.contracts.guests import (
    CountLodged,
    EraseGuest,
    LookAtRoster,
    PutRoster,
    ReadAudit,
    ReadTotals,
    VerifyAudit,
)
from shared.contracts.lodged import CountRooming, LookAtLodged
from shared.contracts.message import Query

if TYPE_CHECKING:
    from tests.simulation.process import Process

NAME = "guests"
KEEP_DAYS = 7
"""Longer than any message is on its way; short enough for a history to be about it."""
CHANCE = Random()
"""What keys and nonces are made of; a world gives it its seed."""
Answer = Callable[["Process", Any], Awaitable[BaseModel]]


class _Vault(Vault):
    def random(self, many: int) -> bytes:
        return CHANCE.randbytes(many)


class _Settings:
    """As far as the desk looks at settings; the real ones read this machine's environment."""

    guests_keep_days = KEEP_DAYS

    def vault(self) -> Vault:
        return _Vault(MasterKey(b"\x07" * 32))


def long_id(new_id: Callable[[], str]) -> Callable[[], str]:
    """Ids as long as real ones are: guests have them, too."""
    return lambda: f"{new_id():0>26}"


def opened(writer: Writer, clock: Clock) -> Desk:
    """The desk of one life, unlocked before it is asked anything."""
    desk = Desk(cast(GuestsSettings, _Settings()))
    connection = writer._engine.connection  # type: ignore[attr-defined]
    desk.unlock(Work(connection, clock.now(), NAME, chassis_tables(NAME), lambda: ""))
    return desk


def _writing(act: str) -> Answer:
    async def answer(process: Process, query: Any) -> BaseModel:
        do = getattr(process.part.desk, act)
        told: BaseModel = await process.writer.run(lambda work: do(work, query))
        return told

    return answer


def _reading(look: Callable[[Any, Desk, Any], BaseModel]) -> Answer:
    async def answer(process: Process, query: Any) -> BaseModel:
        return look(process.store.connection, process.part.desk, query)

    return answer


ANSWERS: Mapping[type[Query], Answer] = {
    PutRoster: _writing("put"),
    LookAtRoster: _writing("look"),
    LookAtLodged: _writing("look_at_lodged"),
    EraseGuest: _writing("erase"),
    ReadTotals: _reading(lambda store, _desk, query: queries.read_totals(store, query)),
    CountLodged: _reading(
        lambda store, desk, query: counting.count_lodged(store, desk.keys, query)
    ),
    CountRooming: _reading(
        lambda store, desk, query: counting.count_rooming(store, desk.keys, query)
    ),
    ReadAudit: _reading(lambda store, _desk, query: audit.read_audit(store, query)),
    VerifyAudit: _reading(lambda store, desk, query: audit.verify(store, desk.keys.chain, query)),
}
"""As `services.guests.main` has it; a test compares which questions these are."""
