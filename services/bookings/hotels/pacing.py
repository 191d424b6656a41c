"""How fast a gateway is called, and when a hotel is left alone: pure decisions.

A token bucket stands for one gateway, which may serve many hotels; a breaker for one hotel, so
that a hotel that is down harms no other.
Must not: sleep, or ask for the time; `now_s` is any clock that only goes forward.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.chassis.limits import HOTEL_FAILURES, HOTEL_REST_S, Pace

BURST, REFILL = 0.16, 0.8
"""Of a pace: what may go at once after a rest, and what flows in within its window. Together less
than the whole, so that no window has more calls than the pace, and a little is left for calls that
are held up on the way: 8 at once and 40 a second of 50."""
SLACK = 1e-6
"""Of a token: sums of parts of a second are not exact."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket. Below zero after the gateway asked for a pause."""

    tokens: float
    at_s: float


def burst(pace: Pace) -> float:
    """Tokens of a full bucket. With what flows in, a window never has more than `pace.most`."""
    return max(1.0, pace.most * BURST)


def rate(pace: Pace) -> float:
    """Tokens that flow in, in a second."""
    return pace.most * REFILL / pace.window_s


def shared(pace: Pace, processes: int) -> Pace:
    """What each of so many processes may call, so that all together keep to a pace.

    Raises ValueError when there is not one call for each of them.
    """
    if processes > pace.most:
        raise ValueError(
            f"{processes} processes cannot share {pace.most} calls in {pace.window_s:g} s: "
            f"REDCROWN_HOTEL_PROCESSES is {pace.most} at most with such a gateway"
        )
    return Pace(pace.most // processes, pace.window_s)


def full(pace: Pace, now_s: float) -> Bucket:
    """A bucket that nobody has drawn from."""
    return Bucket(burst(pace), now_s)


def filled(bucket: Bucket, pace: Pace, now_s: float) -> Bucket:
    """The bucket as it is now."""
    passed = max(0.0, now_s - bucket.at_s)
    tokens = min(burst(pace), bucket.tokens + passed * rate(pace))
    return Bucket(tokens, max(now_s, bucket.at_s))


def wait_s(bucket: Bucket, pace: Pace, now_s: float, ahead: int = 0) -> float:
    """How long until a call may go, in seconds, when so many others go before it."""
    lacking = 1.0 + ahead - filled(bucket, pace, now_s).tokens
    return max(0.0, lacking / rate(pace)) if lacking > SLACK else 0.0


def drawn(bucket: Bucket, pace: Pace, now_s: float) -> Bucket:
    """The bucket after one call that goes now. Only once `wait_s` is 0."""
    now = filled(bucket, pace, now_s)
    return replace(now, tokens=now.tokens - 1.0)


def emptied(bucket: Bucket, now_s: float, after_s: float, pace: Pace) -> Bucket:
    """The gateway said "too many": the next call may go `after_s` seconds from now."""
    now = filled(bucket, pace, now_s)
    return replace(now, tokens=min(now.tokens, 1.0 - after_s * rate(pace)))


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
