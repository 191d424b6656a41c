"""Calls within a sliding window: what a gateway of ours allows, and what tests count.

Owns: the rule "no more than so many within any window of so many seconds", from the hotel's side.
Must not: know how our side keeps to it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence


class SlidingWindow:
    """At most `most` calls in any `window_s` seconds; what is refused does not count."""

    def __init__(self, most: int, window_s: float) -> None:
        self.most, self.window_s = most, window_s
        self.refused = 0
        self._passed: deque[float] = deque()

    def passes(self, now_s: float) -> bool:
        """Whether a call at this moment is one too many, by any clock that only goes forward."""
        while self._passed and now_s - self._passed[0] > self.window_s:
            self._passed.popleft()
        if len(self._passed) >= self.most:
            self.refused += 1
            return False
        self._passed.append(now_s)
        return True


def most_in_a_window(at: Sequence[float], window_s: float) -> int:
    """Of moments in order, the most that lie within one window, its ends included."""
    return max(bisect_right(at, start + window_s) - number for number, start in enumerate(at))
