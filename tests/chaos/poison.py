"""Messages that nobody should have sent: unreadable, too large, doubled, old; on any subject that a
service says it takes.

Must not: expect anything; `verdict` does.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nats
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from deploy.bus.accounts import uses
from deploy.bus.keys import ADMIN, seed_file
from shared.chassis.bus_use import inbox_of
from tests.chaos.campaign import SERVICES

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


@cache
def taken() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Every subject that somebody takes, `*` for any owner: stream, subject, who takes it."""
    takers: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for use in uses():
        for consumer in use.takes:
            takers[consumer.stream, consumer.subject].append(use.service)
    return tuple((*where, tuple(some)) for where, some in sorted(takers.items()))


def subjects_of(service: str) -> list[str]:
    """What a service takes, `*` for any owner."""
    return [subject for _stream, subject, takers in taken() if service in takers]


def target(chance: random.Random) -> tuple[str, str, tuple[str, ...]]:
    """One of them, of one owner."""
    stream, subject, takers = chance.choice(taken())
    return stream, subject.replace("*", chance.choice(SERVICES)), takers


class Poisoner:
    """Sends rubbish, and what was sent before once more. `old` gives some of that."""

    def __init__(
        self, bus: list[str], keys: Path, now: Callable[[], float],
        old: Callable[[], list[tuple[str, str]]],
    ) -> None:  # fmt: skip
        """`keys` is the folder with the seed of whoever may send anything."""
        self._bus, self._now, self._old = bus, now, old
        self._seed = seed_file(keys, ADMIN)
        self.sent: list[Foreign] = []

    async def poison(self, seed: int) -> None:
        """A handful. What the bus does not acknowledge it may have or not."""
        chance = random.Random(seed)
        try:
            client = await nats.connect(
                self._bus, nkeys_seed=str(self._seed), inbox_prefix=inbox_of(ADMIN),
                connect_timeout=5, max_reconnect_attempts=10, error_cb=_quietly,
            )  # fmt: skip
        except (NatsError, OSError, TimeoutError):
            return  # the other fault of this round has the bus
        try:
            js = client.jetstream(timeout=5)
            for number in range(AT_ONCE):
                stream, subject, takers = target(chance)
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
