"""Visits that come together at this moment, as far as this console has heard.

Work that is let in faster than it can be done does not only wait: what waits too long is asked for
again, and the more waits, the less is done. So new work is let in by what is still under way.

Owns: a memory of what visits announce.
Must not: be relied on to the last visit: an announcement may be missed, so none counts for ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from shared.chassis import limits
from shared.contracts.visits import Phase

MOVING = frozenset({Phase.HOLDING, Phase.CONFIRMING, Phase.CANCELLING})
"""Phases that end by themselves within moments. One that waits for a person is no load."""


class UnderWay:
    """`now` gives seconds of a clock that only goes forward."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._since: OrderedDict[str, float] = OrderedDict()

    def heard(self, visit: str, phase: Phase) -> None:
        """A visit has announced where it stands."""
        self._since.pop(visit, None)
        if phase in MOVING:
            self._since[visit] = self._now()
            if len(self._since) > limits.VISITS_UNDER_WAY:
                self._since.popitem(last=False)

    def count(self) -> int:
        """How many are under way; at most `limits.VISITS_UNDER_WAY`."""
        old = self._now() - limits.UNDER_WAY_FOR_S
        while self._since and next(iter(self._since.values())) < old:
            self._since.popitem(last=False)
        return len(self._since)
