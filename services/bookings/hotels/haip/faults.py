"""What HAIP's refusals mean, by the words in their bodies.

Its statuses say little: 400 stands for a full house, a full block and a wrong state alike, and a
repeated reference is answered with 500 and no word at all.
Must not: keep a hotel's text unshortened, or with a guest's name.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from services.bookings.hotels.errors import (
    BlockNotOpen,
    Conflict,
    HotelError,
    IllegalState,
    Invalid,
    NoAvailability,
    NotFound,
    Short,
)
from services.bookings.hotels.line import Answer, by_status
from services.bookings.hotels.reading import text
from shared.chassis.limits import HOTEL_SAID

OVER = re.compile(r"^Over-allotment: \d+ rooms requested for (\d{4}-\d\d-\d\d).*\((\d+)\)$")
NONE_LEFT = re.compile(r"^No availability for room type (\S+) on")
MOVE = re.compile(
    r"^Invalid status transition: (\w+) → (\w+)\. Valid transitions from '\w+': (.*)$"
)
STATUS_NOW = re.compile(r"^Cannot modify reservation in '(\w+)' status")
CLOSED = re.compile(r"^(Cannot set inventory on a (released|cancelled) block|Block is already )")
BELOW = re.compile(r"cannot be below rooms already picked up")


def classify(answer: Answer, write: bool) -> HotelError | None:
    """What an answer means; None when it is good."""
    last_resort = by_status(answer, write)
    if answer.status < 300 or last_resort is not None:
        return last_resort
    return meaning(_message(answer.body), answer.status)


def meaning(said: str, status: int = 400) -> HotelError:
    """What a refusal means by its words; rows of a rooming list are refused with the same ones."""
    if found := OVER.match(said):
        night = date.fromisoformat(found[1])
        return NoAvailability(said, [Short(night, "", int(found[2]))])
    if found := NONE_LEFT.match(said):
        return NoAvailability(said, [Short(None, found[1], 0)])
    if found := MOVE.match(said):
        legal = [] if found[3] == "none" else found[3].split(", ")
        return IllegalState(found[1], found[2], legal, said)
    if found := STATUS_NOW.match(said):
        return IllegalState(found[1], "changed", [], said)
    if CLOSED.match(said):
        return BlockNotOpen(said)
    if BELOW.search(said) or status == 409:
        return Conflict(_short(said))
    if status == 404 or said.endswith("not found"):
        return NotFound(_short(said))
    return Invalid(_short(said))


def _message(body: Any) -> str:
    said = body.get("message", "") if isinstance(body, dict) else ""
    return "; ".join(str(one) for one in said) if isinstance(said, list) else str(said)


def _short(said: str) -> str:
    """HAIP writes ids and codes, no names, into its refusals; their length is bounded all the
    same."""
    return said[:HOTEL_SAID]


def row_error(said: Any) -> HotelError | None:
    """What became of a row of a rooming list; None when a reservation was made."""
    return None if text(said, "status") == "created" else meaning(text(said, "error"))
