"""What the history of a visit loses with time, so that a store does not grow for ever.

Owns: which lines of a timeline go: of a visit that goes on all but the newest thousands, of one
that ended years ago all but the last, which says how it ended.
Must not: touch a visit's state, or the numbers of lines: what is left keeps its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, tuple_

from services.visits import limits
from services.visits.store import TIMELINE, VISITS
from shared.chassis.work import Work
from shared.contracts.visits import Phase

ENDED = (Phase.CLOSED.value, Phase.CANCELLED.value)
Place = tuple[datetime, str]
"""Start and name of a visit: how far the old ones were looked through."""

_LATER = TIMELINE.alias("later")
_LAST = select(func.max(_LATER.c.seq)).where(_LATER.c.visit == TIMELINE.c.visit).scalar_subquery()
# Built once: building a statement costs more than running it.
_OLD = (
    select(VISITS.c.starts_at, VISITS.c.visit, VISITS.c.phase)
    .where(VISITS.c.starts_at < bindparam("before"))
    .order_by(VISITS.c.starts_at, VISITS.c.visit)
    .limit(bindparam("most"))
)
_ALL_BUT_LAST = delete(TIMELINE).where(
    TIMELINE.c.visit.in_(bindparam("visits", expanding=True)), TIMELINE.c.seq < _LAST
)
_UP_TO = delete(TIMELINE).where(
    TIMELINE.c.visit == bindparam("long"), TIMELINE.c.seq <= bindparam("upto")
)


def too_many(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of lines that are written now: the visits that have too many with them, as `long`, and the
    number up to which theirs go, as `upto`. Pure."""
    return [
        {"long": line["visit"], "upto": line["seq"] - limits.TIMELINE_LINES}
        for line in lines
        if line["seq"] % limits.TIMELINE_STEP == 0 and line["seq"] > limits.TIMELINE_LINES
    ]


def shorten(work: Work, lines: Iterable[Mapping[str, Any]]) -> None:
    """Forget the oldest lines of visits for which these are too many."""
    if long := too_many(lines):
        work.connection.execute(_UP_TO, long)


class Forgetting:
    """Goes through the visits that started before a day, in the order of their starts, and begins
    anew with each process. `run` does something in the writer."""

    def __init__(
        self, run: Callable[[Callable[[Work], Place | None]], Awaitable[Place | None]],
        keep_days: int,
    ) -> None:  # fmt: skip
        self._run, self._keep = run, timedelta(days=keep_days)
        self._place: Place | None = None

    async def once(self) -> None:
        """Go on as far as there are old visits. How far it came counts after the commit."""
        while (place := await self._run(self._some)) is not None:
            self._place = place

    def _some(self, work: Work) -> Place | None:
        """Forget the lines of the next few; the place behind them, None when there are no more."""
        work.alone("forget")
        old = _OLD
        if self._place is not None:
            old = old.where(tuple_(VISITS.c.starts_at, VISITS.c.visit) > tuple_(*self._place))
        told = {"before": work.now - self._keep, "most": limits.FORGET_VISITS}
        rows = work.connection.execute(old, told).all()
        ended = [row.visit for row in rows if row.phase in ENDED]
        if ended:
            work.connection.execute(_ALL_BUT_LAST, {"visits": ended})
        return (rows[-1].starts_at, rows[-1].visit) if rows else None
