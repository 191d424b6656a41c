"""What no log may have, whatever was done to a process: an error that nobody thought of.

Must not: judge what services say of faults in words of their own (`bus_trouble`, `round_failed`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

UNTHOUGHT_OF = ("Traceback (most recent call last)", "request_failed", "never retrieved",
                "never awaited", "Fatal Python error")  # fmt: skip
SHOWN = 300


def unthought_of(folder: Path) -> Iterator[str]:
    """Of each log the first such line, and how many there are."""
    for log in sorted(folder.rglob("*.log")):
        with log.open(encoding="utf-8", errors="replace") as lines:
            found = [line for line in lines if any(word in line for word in UNTHOUGHT_OF)]
        if found:
            yield f"{log.name} has {len(found)} errors, first: {found[0].strip()[:SHOWN]}"
