"""When a block's rooms are the hotel's again: its cut-off, by the hotel's own date. Pure.

Owns: which date a block is ordered with, and the hotel's business date where no call tells it.
Must not: read a clock, or take our date for the hotel's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with one hotel about the cut-off of its blocks."""

    zone: str
    days: int = 0
    """The cut-off is so many days before the first night; with 0 there is none before it."""
    turns_at: int = 0
    """Hour on the hotel's clock at which its business date moves on: its night audit."""

    def today(self, now: datetime) -> date:
        """The hotel's business date at an instant."""
        local = now.astimezone(ZoneInfo(self.zone))
        return local.date() - timedelta(days=1 if local.hour < self.turns_at else 0)

    def cut_off(self, first_night: date, today: date) -> date:
        """The last date on which rooms of a block that is ordered `today` are ours without a name.

        What is ordered past the date that was agreed is agreed to as it is: until its first night.
        """
        agreed = first_night - timedelta(days=self.days)
        return agreed if agreed >= today else first_night

    def passes_at(self, cut_off: date) -> datetime:
        """The instant from which on a cut-off has passed: the business date after it begins."""
        return datetime.combine(
            cut_off + timedelta(days=1), time(self.turns_at), ZoneInfo(self.zone)
        )
