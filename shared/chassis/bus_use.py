"""What one service does on the bus: collected while it is wired, read by whoever grants rights.

Owns: the declaration, and the inbox under which a user of the bus gets its answers.
Must not: grant anything; `deploy.bus` does, from the declarations of all services.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.chassis.bus import Consumer
from shared.contracts.message import parked_subject


@dataclass(slots=True)
class BusUse:
    """Everything that `service` does on the bus; the sets hold subjects, `*` for any owner."""

    service: str
    takes: list[Consumer] = field(default_factory=list)
    """Its durable consumers."""
    hears: set[str] = field(default_factory=set)
    answers: set[str] = field(default_factory=set)
    asks: set[str] = field(default_factory=set)
    sends: set[str] = field(default_factory=set)
    signals: set[str] = field(default_factory=set)
    """What it says and nobody stores."""

    @property
    def parks(self) -> set[str]:
        """Where it announces messages that it could not handle."""
        names = {consumer.subject.split(".")[2] for consumer in self.takes}
        return {parked_subject(self.service, name) for name in names}


def inbox_of(user: str) -> str:
    """The prefix of subjects under which a user of the bus is answered, and nobody else."""
    return f"_INBOX_{user}"


def askers_of(use: BusUse, everyone: Iterable[BusUse]) -> set[str]:
    """The services that ask what `use` answers."""
    return {one.service for one in everyone if one.asks & use.answers}
