"""What apaleo's refusals mean: by its documented reason codes, else by words, else by status.

A refusal is a list of messages, whose words are not documented and may repeat what was sent; they
are looked through and left out. The reason codes stand beside each action of what is shown.
No refusal of a real apaleo was recorded; what fits nothing is `Invalid` and told to a person.
Must not: keep a hotel's text.
"""

from __future__ import annotations

import re
from typing import Any

from services.bookings.hotels.errors import (
    AuthExpired,
    BlockFull,
    BlockNotOpen,
    Conflict,
    HotelError,
    IllegalState,
    Invalid,
    NoAvailability,
    NotFound,
)
from services.bookings.hotels.line import Answer, by_status
from services.bookings.hotels.reading import part, rows, text

WORDS: tuple[tuple[re.Pattern[str], type[HotelError]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"invalid_client|unauthorized_client", AuthExpired),
        (r"fully ?picked", BlockFull),
        (r"(Pickup|Modify)NotAllowedForBlock", BlockNotOpen),
        (r"not (enough )?available|no availability|availabilit|overbook|sold out", NoAvailability),
        (r"(less|fewer|lower|below) .*picked", Conflict),
    )
)
CODE = re.compile(r"\b([A-Z][A-Za-z]+?)NotAllowed(?:For|Before|After|With)([A-Za-z]+)\b")


def classify(answer: Answer, write: bool) -> HotelError | None:
    """What an answer means; None when it is good. An empty list is answered with 204."""
    last_resort = by_status(answer, write)
    if answer.status < 300 or last_resort is not None:
        return last_resort
    if answer.status == 404:
        return NotFound()
    return meaning(_words(answer.body))


def meaning(said: str) -> HotelError:
    """What a refusal means by its words, or by a reason code."""
    for pattern, kind in WORDS:
        if pattern.search(said):
            return kind()
    if found := CODE.search(said):
        return IllegalState(found[2], found[1], [], found[0])
    return Invalid()


def reason(shown: Any, actions: tuple[str, ...]) -> HotelError | None:
    """Why something shown with its actions does not allow one of these; None when it does.

    Raises ContractViolation for actions of another form than the documented one.
    """
    for one in rows(shown, "actions"):
        if text(one, "action") in actions and part(one, "isAllowed") is False:
            codes = [text(some, "code") for some in one.get("reasons") or []]
            return meaning(" ".join(codes))
    return None


def _words(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    said = body.get("messages")
    found = said if isinstance(said, list) else []
    return " ".join(str(one) for one in [body.get("error") or "", *found])
