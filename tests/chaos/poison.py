"""Messages that nobody should have sent: unreadable, too large, doubled, old; on any subject.

Must not: expect anything; `verdict` does.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import nats
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from shared.contracts.holds import (
    AnswerConsent,
    ConfirmHolds,
    HoldsChanged,
    PlaceHolds,
    ReleaseHolds,
)
from shared.contracts.message import Command, CommandAnswered, Event
from shared.contracts.restoring import StoreRestored
from shared.contracts.visits import (
    ArrangementChanged,
    CancelVisit,
    CommitProposal,
    ConsentAsked,
    DropProposal,
    ProposeVisit,
    SubmitVisit,
)
from tests.chaos.world import RESOURCES, SERVICES

AT_ONCE = 12
"""Messages of one strike."""
BODIES = (
    b"{",
    b"\x00\xff",
    b"[]",
    b'{"cause": "c", "actor": "a", "version": 99}',
    b'{"cause": 9223372036854775808, "actor": "a"}',
    b'{"cause": "c", "actor": "a", "visit": "' + b"x" * 900_000 + b'"}',
)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A message that came from us."""

    id: str
    subject: str
    at: float
    """On the clock of the campaign."""
    takers: tuple[str, ...]
    """Services that must park it; none for a repeated message, which must only do no harm."""


def targets() -> list[tuple[str, str, tuple[str, ...]]]:
    """Every subject that somebody takes: stream, subject, who takes it."""
    found: list[tuple[type[Command | Event], str, tuple[str, ...]]] = [
        (kind, "visits", ("visits",))
        for kind in (SubmitVisit, ProposeVisit, CommitProposal, DropProposal, CancelVisit)
    ]
    for owner in RESOURCES:
        for command in (PlaceHolds, ConfirmHolds, ReleaseHolds, AnswerConsent):
            found.append((command, owner, (owner,)))
        found.append((HoldsChanged, owner, ("visits",)))
    found.append((CommandAnswered, "visits", ("console",)))
    found += [(kind, "visits", ("notifications",)) for kind in (ArrangementChanged, ConsentAsked)]
    found.append((StoreRestored, "nobody", SERVICES))
    return [(kind.stream, kind.subject(owner), takers) for kind, owner, takers in found]


class Poisoner:
    """Sends rubbish, and what was sent before once more. `old` gives some of that."""

    def __init__(
        self, bus: list[str], now: Callable[[], float], old: Callable[[], list[tuple[str, str]]]
    ) -> None:
        self._bus, self._now, self._old = bus, now, old
        self.sent: list[Foreign] = []

    async def poison(self, seed: int) -> None:
        """A handful. What the bus does not acknowledge it may have or not."""
        chance = random.Random(seed)
        try:
            client = await nats.connect(
                self._bus, connect_timeout=5, max_reconnect_attempts=10, error_cb=_quietly
            )
        except (NatsError, OSError, TimeoutError):
            return  # the other fault of this round has the bus
        try:
            js = client.jetstream(timeout=5)
            for number in range(AT_ONCE):
                stream, subject, takers = chance.choice(targets())
                body, one = chance.choice(BODIES), f"poison-{seed}-{number}"
                if number % 3 == 2 and (old := self._old()):
                    subject, text = chance.choice(old)
                    stream = "COMMANDS" if subject.startswith("cmd.") else "EVENTS"
                    body, takers, one = text.encode(), (), f"again-{seed}-{number}"
                try:
                    await js.publish(subject, body, stream=stream, headers={"Nats-Msg-Id": one})
                except (NatsError, JetStreamError, OSError):
                    takers = ()  # The bus may have it all the same, and then it may be parked.
                self.sent.append(Foreign(one, subject, self._now(), takers))
        finally:
            await client.close()


async def _quietly(_error: Exception) -> None:
    """A bus that is away is a fault of ours, and no news."""
