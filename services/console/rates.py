"""How often one caller may ask: fixed windows, counted in memory, bounded in number.

Owns: the counters. Must not: know who the callers are; a key is any text.
The package `limits` keeps every key it ever saw until a timer thread finds it; a flood of addresses
would fill the memory that this is to protect.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable

from shared.chassis import limits


class Rate:
    """At most so many in each window, for each key."""

    def __init__(self, pace: limits.Pace, now_s: Callable[[], float]) -> None:
        self._pace, self._now_s = pace, now_s
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, key: str) -> int | None:
        """Count one. None when it is within the rate, else the seconds until the next window."""
        now = self._now_s()
        begun, count = self._seen.pop(key, (now, 0))
        if now - begun >= self._pace.window_s:
            begun, count = now, 0
        self._seen[key] = (begun, count + 1)
        if len(self._seen) > limits.RATE_KEYS:
            self._seen.popitem(last=False)
        return None if count < self._pace.most else self._left(begun, now)

    def spent(self, key: str) -> int | None:
        """As `take`, but counts nothing."""
        now = self._now_s()
        begun, count = self._seen.get(key, (now, 0))
        over = count >= self._pace.most and now - begun < self._pace.window_s
        return self._left(begun, now) if over else None

    def _left(self, begun: float, now: float) -> int:
        return max(1, int(begun + self._pace.window_s - now) + 1)


def address_key(host: str | None) -> str:
    """One key per IPv4 address, and per network of an IPv6 one, which has addresses at will."""
    try:
        found = ipaddress.ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
