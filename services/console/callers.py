"""How often, and how many at a time, hotels' systems may call: counted in memory, per process.

Must not: know what they say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.console import bounds
from services.console.rates import Rate


class Callers:
    """The counts of one console."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.signed = Rate(bounds.HOTEL_CALL_PACE, now_s)
        self.alpinebits = Rate(bounds.ALPINEBITS_PACE, now_s)
        self._busy: Counter[str] = Counter()

    @contextmanager
    def place(self, hotel: str) -> Iterator[bool]:
        """Whether another body of a hotel may be held; a hotel that is slow takes no other's."""
        busy = self._busy
        if busy[hotel] >= bounds.ALPINEBITS_OF_HOTEL or busy.total() >= bounds.ALPINEBITS_AT_ONCE:
            yield False
            return
        busy[hotel] += 1
        try:
            yield True
        finally:
            busy[hotel] -= 1
            if not busy[hotel]:
                del busy[hotel]
