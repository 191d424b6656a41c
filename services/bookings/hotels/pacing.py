"""How fast a gateway is called, and when a hotel is left alone: pure decisions.

A token bucket stands for one gateway, which may serve many hotels; a breaker for one hotel, so
that a hotel that is down harms no other.
Must not: sleep, or ask for the time; `now_s` is any clock that only goes forward.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.chassis.limits import HOTEL_FAILURES, HOTEL_REST_S, Pace


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket. Below zero it counts calls that were promised a later turn."""

    tokens: float
    at_s: float


def full(pace: Pace, now_s: float) -> Bucket:
    """A bucket that nobody has drawn from."""
    return Bucket(float(pace.most), now_s)


def drawn(bucket: Bucket, pace: Pace, now_s: float, longest_s: float) -> tuple[Bucket, float]:
    """The bucket after one call, and how long that call has to wait first, in seconds.

    A wait of more than `longest_s` is not granted: the bucket comes back unchanged but for the
    time, and the wait says when to try again.
    """
    rate = pace.most / pace.window_s
    passed = max(0.0, now_s - bucket.at_s)
    tokens = min(float(pace.most), bucket.tokens + passed * rate)
    wait_s = max(0.0, (1.0 - tokens) / rate)
    at_s = max(now_s, bucket.at_s)
    if wait_s > longest_s:
        return Bucket(tokens, at_s), wait_s
    return Bucket(tokens - 1.0, at_s), wait_s


def emptied(bucket: Bucket, now_s: float, after_s: float, pace: Pace) -> Bucket:
    """The gateway said "too many": the next call may go `after_s` seconds from now."""
    rate = pace.most / pace.window_s
    return Bucket(min(bucket.tokens, 1.0 - after_s * rate), max(now_s, bucket.at_s))


@dataclass(frozen=True, slots=True)
class Breaker:
    """A hotel's line: closed while `open_since_s` is None."""

    failures: int = 0
    open_since_s: float | None = None
    trying: bool = False
    """One call is out to see whether the hotel is back."""


def asked(breaker: Breaker, now_s: float) -> tuple[Breaker, bool]:
    """The breaker after a call asked to pass, and whether it may."""
    if breaker.open_since_s is None:
        return breaker, True
    if breaker.trying or now_s - breaker.open_since_s < HOTEL_REST_S:
        return breaker, False
    return replace(breaker, trying=True), True


def told(breaker: Breaker, faulty: bool, now_s: float) -> Breaker:
    """The breaker after a call that passed came back."""
    if not faulty:
        return Breaker()
    failures = breaker.failures + 1
    if breaker.open_since_s is not None or failures >= HOTEL_FAILURES:
        return Breaker(failures, now_s)
    return Breaker(failures)
