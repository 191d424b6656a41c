"""What is done at intervals is left out while nothing can have come of it.

A SQLite store tells, for the price of a look at shared memory, whether anything was committed to it
since, by whomever. While nothing was, only time can make something due; whoever looks says when.

Owns: knowing that a store has not changed, and that time has not come.
Must not: know what is left out. Must not: conclude anything where a store cannot tell, as
PostgreSQL cannot: then everything is done as often as ever.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Select

from shared.chassis.clock import Clock
from shared.chassis.work import Work

QUIET_S = 60.0
"""The longest that anything is left out, whatever the store says."""
DRIFT_S = 1.0
"""A clock that has moved so much more or less than time has was set: nothing is left out then."""

Mark = tuple[int, int]
Job = Callable[[Work], bool]
Due = Callable[[Work], datetime | None]
"""When a job that has just found nothing will have something to do if nothing is written meanwhile;
None for never."""


class StoreMark:
    """Stays the same until something is committed to a store. Asked in the event loop's thread."""

    def __init__(self, url: URL) -> None:
        named = url.database if url.get_backend_name() == "sqlite" else None
        self._file = Path(named).absolute() if named and named != ":memory:" else None
        self._connection: sqlite3.Connection | None = None
        self._connected = 0

    def __call__(self) -> Mark | None:
        """None where the store cannot tell, or cannot be read just now."""
        if self._file is None:
            return None
        try:
            if self._connection is None:
                # Marks are of one connection: those of another say nothing.
                self._connected += 1
                self._connection = sqlite3.connect(
                    f"{self._file.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None
                )
            found = self._connection.execute("PRAGMA data_version").fetchall()
        except sqlite3.Error:
            self.close()
            return None
        return self._connected, found[0][0]

    def close(self) -> None:
        """Let the store go; the next question opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True, slots=True)
class _Calm:
    """A look that found nothing to do."""

    mark: Mark
    began: datetime
    """By the clock, and when that was in time that nobody sets."""
    moment: float
    until: datetime | None


class Quiet:
    """Whether one thing can be left out."""

    def __init__(self, mark: Callable[[], Mark | None], clock: Clock) -> None:
        self._mark, self._clock = mark, clock
        self._seen: Mark | None = None
        self._calm: _Calm | None = None

    @property
    def until(self) -> datetime | None:
        """When time will end it, as was said."""
        return self._calm.until if self._calm is not None else None

    def goes_on(self) -> bool:
        """Whether nothing was written and nothing became due since `begin`. If not, the store is
        as it was from now on, not from when `begin` is called next: what is written meanwhile
        counts as new."""
        self._seen = self._mark()
        now, moment = self._clock.now(), time.monotonic()
        if self._calm is not None and still(self._calm, self._seen, now, moment):
            return True
        self._calm = None
        return False

    def begin(self, until: datetime | None) -> None:
        """Nothing was found; nothing will be before `until` unless something is written."""
        if self._seen is not None:
            self._calm = _Calm(self._seen, self._clock.now(), time.monotonic(), until)


def still(calm: _Calm, mark: Mark | None, now: datetime, moment: float) -> bool:
    """Whether what a look found goes for this moment, too."""
    passed = moment - calm.moment
    drift = (now - calm.began).total_seconds() - passed
    due = calm.until is not None and now >= calm.until
    return mark == calm.mark and not due and passed < QUIET_S and abs(drift) < DRIFT_S


def soonest(statement: Select[Any]) -> Due:
    """A `Due` that one statement answers: the earliest moment of a column, mostly."""

    def due(work: Work) -> datetime | None:
        found: datetime | None = work.connection.execute(statement).scalar()
        return found

    return due


def rounds(
    quiet: Quiet, run: Callable[[Callable[[Work], Any]], Awaitable[Any]], job: Job, due: Due | None
) -> Callable[[], Awaitable[None]]:
    """One round of a job in transactions, at once again while it says there is more. One that
    cannot say what it waits for is never left out."""

    def both(work: Work) -> tuple[bool, datetime | None]:
        more = job(work)
        return more, due(work) if due is not None and not more else None

    async def round_of_jobs() -> None:
        if due is not None and quiet.goes_on():
            return
        more = True
        while more:
            more, until = await run(both)
        if due is not None:
            quiet.begin(until)

    return round_of_jobs
