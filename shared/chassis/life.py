"""Which life of its store a service lives: the first, or one after a restoration.

A restored store has forgotten numbers that others have seen. So numbers that others compare (the
revision of a hold, the sequence of a visit, the attempt of a need) start again above all that could
have been used: at `floor`, the seconds from `EPOCH` to the restoration.

Must not: read or write a store; `restoring` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.chassis import limits

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""Numbers from here on fit 32 bits until 2088, and no number grows by one a second for long."""


class TooEarlyError(Exception):
    """The store is still being brought up to date: what is asked may be right in a moment."""


@dataclass(frozen=True, slots=True)
class Life:
    """When this life began; None for the first."""

    restored_at: datetime | None = None

    @property
    def floor(self) -> int:
        """What numbers that others compare must at least be; 0 in the first life."""
        if self.restored_at is None:
            return 0
        return max(1, int((self.restored_at - EPOCH).total_seconds()))

    def recovering(self, now: datetime) -> bool:
        """Whether others may still be sending what the store has forgotten."""
        if self.restored_at is None:
            return False
        return now < self.restored_at + timedelta(seconds=limits.RECOVERY_S)
