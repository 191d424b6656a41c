"""What a hotel's system says about an order of its own accord: GuestRequests status updates.

A receipt (`reports`) says that an order was read; only a word says that it is booked, or off. What
a word says of rooms and nights is compared with the order before anything is called confirmed.

Must not: take a guest out of a message; none is needed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import Order, Status
from services.bookings.hotels.alpinebits.outcomes import (
    UNABLE_TO_PROCESS,
    Outcome,
    answer,
)
from services.bookings.hotels.alpinebits.xml import Unacceptable

ANSWER = "OTA_HotelResNotifRS"
MAX_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """A room line as the hotel's system has it. None: not said."""

    code: str | None
    arrival: date | None
    departure: date | None


@dataclass(frozen=True, slots=True)
class Word:
    """The state of one order at the hotel."""

    id: str
    """Of the order on the wire."""
    status: Status
    at: datetime | None = None
    """When it was changed there."""
    lines: tuple[Line, ...] = ()


def read_words(request: Any) -> tuple[Word, ...]:
    """The words in an OTA_HotelResNotifRQ that fits the schema. Raises Unacceptable."""
    found = list(request.iter(xml.tag("HotelReservation")))
    if not 1 <= len(found) <= MAX_WORDS:
        raise Unacceptable(f"1 to {MAX_WORDS} orders are told about at a time")
    return tuple(_word(one) for one in found)


def _word(one: Any) -> Word:
    unique = one.find(xml.tag("UniqueID"))
    status = Status(one.get("ResStatus"))
    if (unique.get("Type") == "15") != (status is Status.CANCELLED):
        raise Unacceptable("UniqueID and ResStatus disagree on whether an order is off")
    changed = one.get("LastModifyDateTime") or one.get("CreateDateTime")
    lines = tuple(_line(stay) for stay in one.iter(xml.tag("RoomStay")))
    return Word(unique.get("ID"), status, _instant(changed), lines)


def _line(stay: Any) -> Line:
    kind = stay.find(f"{xml.tag('RoomTypes')}/{xml.tag('RoomType')}")
    span = stay.find(xml.tag("TimeSpan"))
    return Line(
        None if kind is None else kind.get("RoomTypeCode"),
        _day(span.get("Start")),
        _day(span.get("End")),
    )


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text[:10])
    except ValueError:
        raise Unacceptable("a date is not of the calendar") from None


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unacceptable("an instant is not of the calendar") from None


def answer_to(words: Sequence[Word], heard: Sequence[str], outcome: Outcome) -> Any:
    """The answer: the orders that were heard about. The schema wants one at least in a success."""
    if outcome.failed or not heard:
        failed = outcome if outcome.failed else Outcome.error("no such order", UNABLE_TO_PROCESS)
        return answer(ANSWER, failed)
    root = answer(ANSWER, outcome)
    for warning in root.iter(xml.tag("Warning")):
        # Here, and nowhere else, the schema wants a code and a record with every remark.
        warning.set("Code", warning.get("Code") or str(UNABLE_TO_PROCESS))
        warning.set("RecordID", warning.get("RecordID") or "-")
    listed = xml.child(root, "HotelReservations")
    off = {one.id for one in words if one.status is Status.CANCELLED}
    for one in heard:
        xml.child(xml.child(listed, "HotelReservation"), "UniqueID",
                  Type="15" if one in off else "14", ID=one)  # fmt: skip
    return root


def differs(word: Word, order: Order, house: House) -> tuple[str, ...] | None:
    """What the hotel's room line says other than our order; None when the word has no room line.

    Only an empty tuple is a confirmation: a status alone has been wrong before.
    """
    if not word.lines:
        return None
    found = []
    if len(word.lines) != 1:
        found.append(f"{len(word.lines)} rooms instead of 1")
    line = word.lines[0]
    for what, said, ours in (
        ("room type", line.code, house.code_of(order.room_type)),
        ("arrival", line.arrival, order.arrival),
        ("departure", line.departure, order.departure),
    ):
        if said != ours:
            found.append(f"{what} {said} instead of {ours}")
    return tuple(found)
