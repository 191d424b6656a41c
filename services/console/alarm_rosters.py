"""The alarm of rosters that went back: the guests service was brought back from an older copy.

Owns: its numbers. Pure. Must not: find them; `rosters` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.console.alarm_look import Look, Rule
from services.console.finding import say
from services.console.picture import Level

ROSTER_WENT_BACK = Rule("roster_went_back", Level.WARN, limit=0, calm=0, after_s=30, clear_s=30)
RULES = (ROSTER_WENT_BACK,)


def looks(visits: Sequence[str]) -> Iterator[Look]:
    """One for each of these visits."""
    for visit in visits:
        sentence = say("alarm.roster_went_back", visit=visit)
        yield Look(ROSTER_WENT_BACK, visit, 1, sentence, say("harm.roster_went_back"), visit=visit)
