"""Numbers that bound what the store of visits keeps.

The rest is in `shared.chassis.limits`; how long the orchestrator waits is in `pacing`.
Must not: be repeated anywhere else.
"""

from __future__ import annotations

TIMELINE_LINES = 5_000
"""The newest lines of a visit that are kept while it goes on; a day of a silent owner makes some
1,500, an ordinary visit 15 to 40 in all."""
TIMELINE_STEP = 500
"""Older lines are forgotten so many at a time, so up to this many more may be there."""
KEEP_DAYS = 5 * 366
"""After its start a visit that has ended keeps its lines so long, unless told otherwise."""
FORGET_VISITS = 100
"""Visits whose lines are forgotten in one transaction."""
