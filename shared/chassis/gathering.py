"""How long the first message that arrives may wait for others, to share one transaction with them.

Must not: hold back a message for longer than `at_most_s`, or know what it means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nats.aio.msg import Msg

from shared.chassis import limits


def never(_arrived: Sequence[Msg]) -> bool:
    """There may always be more."""
    return False


@dataclass(frozen=True, slots=True)
class Gathering:
    """Wait for others for `at_most_s` seconds, or until those that have arrived are `enough`."""

    at_most_s: float = 0.0
    enough: Callable[[Sequence[Msg]], bool] = never


AT_ONCE = Gathering()
AT_LEISURE = Gathering(limits.LEISURE_S)
"""For messages whose effect nobody waits for: they come in fewer and larger groups, and leave the
machine to those in a hurry."""
