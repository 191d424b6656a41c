"""Which of several processes of a service gets its messages first.

Shared out one by one, what belongs together would be spread over all of them: each would take in a
part of a visit's answers, in smaller groups and so in more transactions. So the bus serves one of
them while it asks for more, and the others with what is left over (ADR 33).

Must not: decide who may handle a message. All may, at any time.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

RANKS = 10
"""Ranks that the bus knows, 0 the first."""
GROUP = "replicas"
STANDS_S = 60.0
"""How long a process keeps its rank."""

CONFIG = {"priority_groups": [GROUP], "priority_policy": "prioritized"}
"""What a consumer must be told, so that it goes by ranks."""


def rank(process: bytes, now: float) -> int:
    """The rank of a process at a moment, in seconds. Nobody hands ranks out: they are drawn, and
    drawn anew every `STANDS_S`, so that two processes with the same one do not keep it."""
    drawn = blake2b(b"%d" % (now // STANDS_S), key=process, digest_size=8).digest()
    return int.from_bytes(drawn, "big") % RANKS


def asking(process: bytes, now: float) -> dict[str, Any]:
    """What a request for messages says of who asks."""
    return {"group": GROUP, "priority": rank(process, now)}
