"""How long the orchestrator waits for what, and when it tries again.

Must not: be scattered; every number of the orchestrator's patience stands here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from shared.contracts.changes import TAKEN_BACK


@dataclass(frozen=True, slots=True)
class Pacing:
    """Seconds, unless said otherwise."""

    answer_within_s: float = 5.0
    """An answer later than this is asked for again, at doubling intervals. Most of what is lost the
    relay sends again within seconds; asking again is for the rest, and too early a question is work
    for those who are late because they have too much of it."""
    ask_at_most_every_s: float = 60.0
    hold_for_s: int = 3_600
    """Life of an unconfirmed hold: longer than a consent may take."""
    renew_before_s: float = 5.0
    """A hold this near its expiry is no longer counted on; it is placed anew."""
    consent_within_s: int = 1_800
    proposal_for_s: int = 3_000
    """Shorter than a hold, so that an open proposal can always be committed."""
    retries_s: tuple[float, ...] = (1, 3, 8, 20, 60, 300, 900, 3_600)
    """When a blocked visit tries again by itself; after the last one it waits for a person."""
    worth_retrying: frozenset[str] = frozenset(
        {
            "no_capacity",
            "no_vehicle",
            "no_driver",
            "no_person",
            "outside_duty_hours",
            "duty_limit",
            "rest",
            *TAKEN_BACK,
        }
    )
    """Refusals that time may heal, or that are withdrawals. Others need a changed spec."""


def retry_after_s(visit: str, retries: int, pacing: Pacing) -> float | None:
    """Seconds until the next try of a blocked visit; None when there is none left.

    Spread by the visit's name between half and one and a half of the step: visits that block each
    other must not come back at the same moment for ever.
    """
    if retries >= len(pacing.retries_s):
        return None
    digest = hashlib.sha256(f"{visit}:{retries}".encode()).digest()
    return pacing.retries_s[retries] * (0.5 + digest[0] / 255)


def ask_after_s(asks: int, pacing: Pacing) -> float:
    """Seconds to wait for an answer after the `asks`-th time of asking."""
    if asks == 0:
        return 0.0
    return float(min(pacing.answer_within_s * 2 ** min(asks - 1, 16), pacing.ask_at_most_every_s))
