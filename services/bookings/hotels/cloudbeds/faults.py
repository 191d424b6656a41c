"""What Cloudbeds' refusals mean: by `success` in the body, and then by the words of `message`.

HTTP 200 says nothing: a refusal is `success: false` beside it. No refusal of a real Cloudbeds was
recorded, so the words are guessed. What fits none of them is `Invalid`: it is told to a person,
never tried blindly.
Must not: keep the hotel's text; it may repeat what was sent.
"""

from __future__ import annotations

import re

from services.bookings.hotels.errors import (
    BlockFull,
    BlockNotOpen,
    ContractViolation,
    Duplicate,
    Forbidden,
    HotelError,
    Invalid,
    NoAvailability,
    NotFound,
    OutcomeUnknown,
)
from services.bookings.hotels.line import Answer, by_status

WORDS: tuple[tuple[re.Pattern[str], type[HotelError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"already (been )?cancell?ed", Duplicate),
        (r"block .*(cancell?ed|closed|released|not open)", BlockNotOpen),
        (r"block .*(full|no rooms|not enough)|exceeds the .*block", BlockFull),
        (r"overbook|availab|no rooms|sold out", NoAvailability),
        (r"not found|does not exist|no (such )?reservation", NotFound),
        (r"(not|no) (authori[sz]ed|permission|access)|scope", Forbidden),
    )
)


def classify(answer: Answer, write: bool) -> HotelError | None:
    """What an answer means; None when it is good, which only `success: true` says."""
    last_resort = by_status(answer, write)
    if last_resort is not None:
        return last_resort
    body = answer.body if isinstance(answer.body, dict) else {}
    success = body.get("success")
    if answer.status < 300 and success is True:
        return None
    if answer.status < 300 and success is not False:
        why = "the answer does not say whether it succeeded"
        return OutcomeUnknown(why) if write else ContractViolation(why)
    if answer.status == 404:
        return NotFound()
    return meaning(str(body.get("message") or ""))


def meaning(said: str) -> HotelError:
    """What a refusal means by its words."""
    return next((kind() for pattern, kind in WORDS if pattern.search(said)), Invalid())
