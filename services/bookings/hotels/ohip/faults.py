"""What OHIP's refusals mean: by the words of their problem document, then by their status.

No refusal of a real OPERA Cloud was recorded, so the words are those of its documents and of our
own hotel. What fits none of them is `Invalid`: it is told to a person, never tried blindly.
Must not: keep a hotel's text unshortened; it may repeat what was sent.
"""

from __future__ import annotations

import re
from typing import Any

from services.bookings.hotels.errors import (
    BlockFull,
    BlockNotOpen,
    Conflict,
    CutOffPassed,
    Duplicate,
    HotelError,
    IllegalState,
    Invalid,
    NoAvailability,
    NotFound,
    RolledBack,
)
from services.bookings.hotels.line import Answer, by_status

WORDS: tuple[tuple[re.Pattern[str], type[HotelError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"already exists|duplicate", Duplicate),
        (r"rolled back", RolledBack),
        (r"cut-?\s?off", CutOffPassed),
        (r"block .*(sold out|full)|exceeds the block", BlockFull),
        (r"not open for pick-?\s?up|block .*(closed|cancelled)", BlockNotOpen),
        (r"not available|no availability|inventory|sell limit|overbook", NoAvailability),
        (r"(another user|locked|changed by)", Conflict),
        (r"not found|does not exist", NotFound),
    )
)
STATUS = re.compile(r"status (\S+) .*to ([^\s,.;]+)(?:.*next: (.*))?", re.IGNORECASE)


def classify(answer: Answer, write: bool) -> HotelError | None:
    """What an answer means; None when it is good. 204 stands for "there is none"."""
    if answer.status == 204:
        return None if write else NotFound()
    last_resort = by_status(answer, write)
    if answer.status < 300 or last_resort is not None:
        return last_resort
    if answer.status == 404:
        return NotFound()
    return meaning(_words(answer.body))


def meaning(said: str) -> HotelError:
    """What a refusal means by its words. The words are left out: they may name guests."""
    for pattern, kind in WORDS:
        if pattern.search(said):
            return kind()
    if found := STATUS.search(said):
        legal = found[3].split(", ") if found[3] else []
        return IllegalState(found[1], found[2], legal)
    return Invalid()


def _words(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    details = body.get("o:errorDetails")
    more = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    return " ".join(
        str(one.get(name) or "") for one in (body, *more) for name in ("title", "detail")
    )
