"""When each hotel was last heard, and when a call last failed; kept, so that all replicas tell it.

Must not: decide anything by it; a hotel's breaker is `pacing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, String, Table, update

from services.bookings.hotels.book import TABLES
from shared.chassis.store import UtcDateTime
from shared.chassis.work import Work

CONTACT = Table(
    "bookings_hotel_contact",
    TABLES,
    Column("hotel", String(63), primary_key=True),
    Column("heard_at", UtcDateTime, nullable=True),
    Column("failed_at", UtcDateTime, nullable=True),
    comment="When a hotel's system last answered, and when it last did not.",
)


@dataclass(slots=True)
class Contact:
    """What one process's line has met since this was looked at last."""

    heard: bool = False
    failed: bool = False

    def met(self, faulty: bool) -> None:
        """A call came to something: an answer to be trusted, or not."""
        self.failed, self.heard = (True, self.heard) if faulty else (False, True)

    def drained(self) -> Contact | None:
        """What was met, once; None when nothing was."""
        if not (self.heard or self.failed):
            return None
        found = Contact(self.heard, self.failed)
        self.heard = self.failed = False
        return found


def note(work: Work, hotel: str, met: Contact) -> None:
    """Keep it."""
    empty = {"hotel": hotel, "heard_at": None, "failed_at": None}
    work.insert_if_missing(CONTACT, [empty])
    values: dict[str, Any] = {"failed_at": work.now if met.failed else None}
    if met.heard:
        values["heard_at"] = work.now
    work.connection.execute(update(CONTACT).where(CONTACT.c.hotel == hotel).values(**values))
