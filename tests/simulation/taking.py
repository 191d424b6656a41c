"""What a simulated process takes in, paused and begun again: the real acts, and the real way of
telling the bus, over a line that shows what the bus says.

Must not: choose an act, or keep a message back; the bus does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nats.errors import TimeoutError as NatsTimeout

from shared.chassis import bus as real
from shared.chassis.intake import Intake
from shared.chassis.intake_rules import SAME_S
from shared.chassis.quiet import Quiet
from shared.contracts.vitals import SetIntake

if TYPE_CHECKING:
    from tests.simulation.bus import Bus
    from tests.simulation.process import Process

STATES = ("all paused", "paused", "open")


class Taking:
    """The pauses of one life of a process."""

    def __init__(self, process: Process, bus: Bus) -> None:
        self._process, self._bus = process, bus
        self._start = process.now() - process.skew - timedelta(seconds=bus.now())
        """When the bus's clock showed nought."""
        self._subjects: dict[str, list[str]] = {}
        """By consumer."""
        for subject, durable in process.durables.items():
            self._subjects.setdefault(durable, []).append(subject)
        self._seen: dict[str, datetime | None] = {}
        """What the bus said last, by consumer."""
        takes = [real.Consumer("", name, some[0]) for name, some in self._subjects.items()]
        as_service = SimpleNamespace(
            name=process.name, tables=process.tables, clock=process, ready=True,
            use=SimpleNamespace(takes=takes), read=self._read, vitals=self, broker=self,
            # A store in memory tells nothing of itself: all is done as often as ever.
            quiet=lambda: Quiet(lambda: None, process),
        )  # fmt: skip
        self._intake = Intake(as_service)  # type: ignore[arg-type]
        self.act = self._intake.act

    def look(self) -> None:
        """See how each consumer is on the bus."""
        self._seen = {name: self._until(name) for name in self._subjects}

    async def bring(self) -> None:
        """Tell the bus what the acts say."""
        await self._intake._bring()

    def wrong(self) -> Iterator[str]:
        """Where the bus, that was looked at and told just now, keeps back otherwise than the acts
        say; worked out past the code that told it."""
        process, now = self._process, self._process.now()
        for name in self._subjects:
            ends = [pause_of(process, name), pause_of(process, "")]
            spared = name == SetIntake.consumer(process.name)
            wanted = max((one for one in ends if one and one > now and not spared), default=None)
            until = self._until(name)
            is_now = until if until and until > now else None
            if (wanted is None) != (is_now is None) or (
                wanted and is_now and abs((wanted - is_now).total_seconds()) >= SAME_S
            ):
                yield f"{name} is paused until {is_now}, its acts say until {wanted}"

    # ------------------------------------------------------------ what the real code asks for

    def paused(self) -> dict[str, datetime | None]:
        """As the vitals of a service."""
        return self._seen

    def saw(self, told: tuple[str, datetime | None]) -> None:
        """As the vitals of a service."""
        self._seen[told[0]] = told[1]

    def hurry(self) -> None:
        """As the vitals of a service."""

    async def connect(self) -> Any:
        """As a broker; the client and its manager are this, too."""
        return SimpleNamespace(jsm=lambda timeout: self)

    async def pause_consumer(self, _stream: str, name: str, until: str) -> None:
        """As the bus's manager."""
        self._tell(name, (datetime.fromisoformat(until) - self._start).total_seconds())

    async def resume_consumer(self, _stream: str, name: str) -> None:
        """As the bus's manager."""
        self._tell(name, None)

    async def consumer_info(self, _stream: str, name: str) -> tuple[str, datetime | None]:
        """As the bus's manager; read by `saw`."""
        return name, self._until(name)

    def _tell(self, name: str, until: float | None) -> None:
        if not self._bus.up or self._process.name in self._bus.away:
            raise NatsTimeout
        self._bus.pause(self._process.name, self._subjects[name], until)

    def _until(self, name: str) -> datetime | None:
        until = self._bus.paused.get((self._process.name, self._subjects[name][0]))
        return None if until is None else self._start + timedelta(seconds=until)

    async def _read(self, look: Any) -> Any:
        return look(self._process.store.connection)


def pause_of(process: Process, name: str) -> datetime | None:
    """Until when a consumer was paused last, or all of them (no name), in the order in which the
    acts were written down."""
    found = process.store.ask(
        f"SELECT paused_until FROM {process.name}_intake WHERE outcome = 'accepted'"
        " AND consumer = ? ORDER BY rowid DESC LIMIT 1",
        name,
    )
    return datetime.fromisoformat(f"{found[0][0]}+00:00") if found and found[0][0] else None


def state_of(process: Process, body: Any) -> str:
    """How a consumer is set as an act on it arrives."""
    now = process.now()
    whole, own = (pause_of(process, name) for name in ("", body["durable"] or ""))
    if whole and whole > now:
        return STATES[0]
    return STATES[1] if own and own > now else STATES[2]


def pairs() -> Iterator[tuple[str, str]]:
    """Every (state, message) there could be of an act."""
    yield from ((state, SetIntake.subject_name()) for state in STATES)
