"""What a process counts of its own work, for its beat: cheap enough for every message.

Must not: read the bus or the store; `vitals` does.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nats.js.api import ConsumerInfo, StreamInfo

from shared.chassis import limits

Saw = Callable[[ConsumerInfo | StreamInfo, float | None], None]
"""Takes an answer of the bus, and how many seconds it took where that says how far the bus is."""


def unseen(info: ConsumerInfo | StreamInfo, took_s: float | None) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Tally:
    """What became of one consumer's messages in this process."""

    handled: int = 0
    retried: int = 0
    parked: int = 0
    stored_at: datetime | None = None
    """When the bus stored the message that was last handled at its first delivery."""
    handled_at: float = 0.0
    """When that was, on the monotonic clock."""


class Pulse:
    """Counters of one process. `committed` is called by the writer's thread, the rest by the
    loop's."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}
        self.moves = 0
        """Messages that ended and transactions with messages: grows while anything goes on."""
        self._commits: deque[tuple[float, float]] = deque(maxlen=limits.COMMITS_KEPT)

    def took(self, meta: Any, outcome: str) -> None:
        """A message of the bus ended as done, retried or parked."""
        self.moves += 1
        tally = self.tallies.get(meta.consumer)
        if tally is None:
            tally = self.tallies[meta.consumer] = Tally()
        if outcome == "retried":
            tally.retried += 1
            return
        tally.handled += 1
        tally.parked += outcome == "parked"
        if meta.num_delivered == 1:
            # One that comes again is older than those around it.
            tally.stored_at, tally.handled_at = meta.timestamp, time.monotonic()

    def committed(self, seconds: float) -> None:
        """A transaction with messages took so long, from its begin to its commit."""
        self.moves += 1
        self._commits.append((time.monotonic(), seconds))

    def commit_ms(self) -> tuple[float, float] | None:
        """Median and 99th percentile of the latest transactions; None when there was none."""
        since = time.monotonic() - limits.COMMITS_KEPT_S
        took = sorted(seconds for at, seconds in list(self._commits) if at >= since)
        if not took:
            return None
        return 1000 * at_rank(took, 0.5), 1000 * at_rank(took, 0.99)


def at_rank(ordered: Sequence[float], share: float) -> float:
    """The smallest value that is not below `share` of all."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def behind_s(
    now: float, now_at: datetime, waits: int, waiting_since: float | None, tally: Tally | None
) -> float:
    """How old the oldest message that waits is, at least about: seconds.

    A message handled since waiting began tells when the next one was stored: not before it.
    """
    if waits == 0 or waiting_since is None:
        return 0.0
    if tally is not None and tally.stored_at is not None and tally.handled_at >= waiting_since:
        return max(0.0, (now_at - tally.stored_at).total_seconds())
    return max(0.0, now - waiting_since)
