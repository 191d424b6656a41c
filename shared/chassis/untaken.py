"""What the bus does not take: since when it has stored nothing of what is sent into a stream.

A bus whose disk is full answers questions as ever, and to a publish nothing. So only who publishes
finds out, and nobody has to ask.

Owns: remembering that, for the beat. Must not: decide what becomes of a message; the sweep sends it
again. Must not: judge; whoever hears the beat does.
"""

from __future__ import annotations

import time

from nats.js.errors import BadRequestError

from shared.contracts.vitals import UntakenBeat


class Untaken:
    """Of one process, by stream."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def missed(self, stream: str, error: BaseException | None) -> None:
        """A publish was refused, or had no answer in time (None)."""
        if isinstance(error, BadRequestError):  # About the message: it would be stored otherwise.
            self.taken(stream)
        else:
            self._since.setdefault(stream, time.monotonic())

    def taken(self, stream: str) -> None:
        """It has stored something."""
        self._since.pop(stream, None)

    def forget(self) -> None:
        """The bus was away: of the one that is back nothing is known."""
        self._since.clear()

    def beats(self) -> tuple[UntakenBeat, ...]:
        """For how long each stream has taken nothing; only those that were tried."""
        now = time.monotonic()
        return tuple(
            UntakenBeat(stream=stream, for_s=round(now - since, 1))
            for stream, since in sorted(self._since.items())
        )
