"""What the core writes down before it acts: intents of writes, and hints that were polled.

Owns: the shape of that book. The database of bookings is to keep it in the transaction of the
effect; a call to a hotel without an intent in the book is a mistake.
Must not: hold guest data; an intent names references and operations only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.bookings.hotels.model import Hint


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that is about to be asked of a hotel."""

    hotel: str
    operation: str
    ours: str


class Journal(Protocol):
    """The book of one service."""

    async def intend(self, intent: Intent, at: datetime) -> None:
        """Committed before the call goes out."""
        ...

    async def outcome(self, intent: Intent, code: str, at: datetime) -> None:
        """`done`, `unknown`, or the code of the error."""
        ...

    async def open_intents(self, hotel: str) -> Sequence[tuple[Intent, datetime]]:
        """Intents whose outcome is not known, oldest first: a crash, a time-out. To be read."""
        ...

    async def store(self, hotel: str, hints: Sequence[Hint], cursor: str) -> Sequence[Hint]:
        """Keep hints and cursor in one transaction; those that were not known come back."""
        ...

    async def cursor(self, hotel: str) -> str:
        """Where the feed goes on; empty at first."""
        ...

    async def waiting(self, hotel: str, most: int) -> Sequence[Hint]:
        """Stored hints that nobody has acted on, oldest first."""
        ...

    async def handled(self, hotel: str, events: Sequence[str]) -> None:
        """These hints were acted on."""
        ...
