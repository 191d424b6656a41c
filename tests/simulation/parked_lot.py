"""The parked messages of a simulated process: the real table of acts and the real replays.

Must not: choose an act (`parked_acts`) or judge what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from shared.chassis.grouped import handle_group
from shared.chassis.parking import Parking
from shared.chassis.quiet import Quiet
from shared.chassis.replaying import Replaying, Taker
from shared.contracts.message import Command, Event, Message
from shared.contracts.parking import ActOnParked, ParkedState

if TYPE_CHECKING:
    from tests.simulation.process import Process


class Lot:
    """The parked messages of one life of a process: who acts on them, who replays them."""

    def __init__(self, process: Process, takes: Mapping[str, type[Command] | type[Event]]) -> None:
        """`takes`: which class comes on which subject."""
        self._process = process
        self._takers = {
            process.durables[subject]: Taker(kind, self._take(kind))
            for subject, kind in takes.items()
        }
        kinds = {durable: taker.kind for durable, taker in self._takers.items()}
        self.act = Parking(kinds).act
        as_service = SimpleNamespace(
            name=process.name, tables=process.tables, tracing=process.tracing,
            writer=process.writer, new_id=process.new_id, read=self._read,
            # A store in memory tells nothing of itself: all is done as often as ever.
            quiet=lambda: Quiet(lambda: None, process),
        )  # fmt: skip
        self.replaying = Replaying(as_service, lambda: self._takers)  # type: ignore[arg-type]

    def _take(self, kind: type[Message]) -> Any:
        async def take(some: list[Message]) -> None:
            await handle_group(self._process.writer, self._process.handler_of(kind), some)

        return take

    async def _read(self, look: Any) -> Any:
        connection = self._process.store.connection
        return look(SimpleNamespace(connection=lambda: connection))


def state_of(process: Process, body: Any) -> str:
    """The state of the first message that an act is about; `none` of one that is not there."""
    act = body["act"]
    chosen = act.get("chosen") or {}
    by = "cause" if chosen.get("group") else "id"
    one = chosen.get("group") or [*chosen.get("messages", ()), act.get("message", "")][0]
    found = process.store.ask(
        f"SELECT state FROM {process.name}_parked WHERE {by} = ? ORDER BY parked_at, id LIMIT 1",
        one,
    )
    return found[0][0] if found else "none"


def pairs() -> Iterator[tuple[str, str]]:
    """Every (state, message) there could be of an act."""
    for state in ("none", *(one.value for one in ParkedState)):
        yield state, ActOnParked.subject_name()
