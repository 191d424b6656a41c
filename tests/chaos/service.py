"""Starts one real service whose clock can be set wrong from outside.

The offset in seconds stands in the file that REDCROWN_CHAOS_CLOCK names; the service is the shipped
one, its clock the only thing exchanged.
Must not: change anything else.
"""

from __future__ import annotations

import importlib
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.chassis import starting


class WrongClock:
    """The machine's clock, off by what the file says at this moment."""

    def __init__(self) -> None:
        self._file = Path(os.environ["REDCROWN_CHAOS_CLOCK"])

    def now(self) -> datetime:
        try:
            off_s = float(self._file.read_text())
        except (OSError, ValueError):
            off_s = 0.0
        return datetime.now(UTC) + timedelta(seconds=off_s)


if __name__ == "__main__":
    starting.prepare()
    importlib.import_module("shared.chassis.service").SystemClock = WrongClock
    starting.start(f"services.{sys.argv[1]}.main")
