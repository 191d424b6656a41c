"""What the simulated console knows of rosters and erasures: its real code, over the line.

Must not: know what a roster says.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from services.console import audit, rosters
from services.console.audit import Entry
from services.console.erasures import Erasures
from services.console.problems import ProblemError
from services.console.roles import Role
from shared.chassis.quiet import Quiet
from shared.contracts.restoring import StoreRestored

if TYPE_CHECKING:
    from tests.simulation.guest_line import Line
    from tests.simulation.process import Process


class Memory:
    """Of one console, over all its lives; what it knows is in its store."""

    ready = True

    def __init__(self, process: Process, line: Line) -> None:
        self._process, self.broker = process, line
        self._erasures = Erasures(self)  # type: ignore[arg-type]

    async def repeat(self, some: Sequence[StoreRestored]) -> None:
        """Stores were brought back. Raises TooEarlyError."""
        for event in some:
            await self._erasures.repeat(event)

    async def look(self) -> None:
        """As the console does now and then."""
        with suppress(ProblemError):
            await self._erasures.look()

    async def put(self, one: rosters.Put) -> None:
        """As the console does before it tells a planner that a roster was put."""
        await self.writer.run(lambda work: rosters.told(work, one))

    async def erased(self, visit: str, guest: str, actor: str) -> None:
        """As its recorder does before it tells a planner that a guest was erased."""
        address = "/v1/visits/{}/roster/guests/{}"
        entry = Entry(
            actor, [Role.PLANNER], "DELETE", address.format("{visit}", "{guest}"),
            address.format(visit, guest), status=204,
        )  # fmt: skip
        await self.writer.run(lambda work: audit.append(work.connection, work.now, entry))

    def doubts(self) -> bool:
        """Whether there is something to look for."""
        return bool(self._process.store.ask("SELECT 1 FROM console_rosters WHERE asked < doubts"))

    def went_back(self) -> list[str]:
        """Visits whose roster did, as alarms tell."""
        behind = "SELECT visit FROM console_rosters WHERE behind ORDER BY visit"
        return [visit for (visit,) in self._process.store.ask(behind)]

    # ------------------------------------------------------------ what the real code asks for

    @property
    def writer(self) -> Any:
        """As of a service: that of its present life."""
        return self._process.writer

    async def read(self, look: Any) -> Any:
        """As a service."""
        return look(self._process.store.connection)

    def quiet(self) -> Quiet:
        """As a service whose store tells nothing of itself."""
        return Quiet(lambda: None, self._process)
