"""OTA_ReadRQ and OTA_NotifReportRQ: what a hotel's system asks for, and what it has taken over.

Must not: decide what that means for an order; `shelf` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.xml import Unacceptable

MAX_RECORDS = 5_000
MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Question:
    """Orders wanted: all that wait, or all since `since`, taken over or not."""

    code: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Record:
    """An order as the hotel's system names it: the id on the wire, and whether its end is meant."""

    id: str
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order that the hotel's system could not take, in its own words."""

    id: str
    type: int
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken over, and what not."""

    taken: tuple[Record, ...] = ()
    refused: tuple[Refusal, ...] = ()


def read_question(request: Any) -> Question:
    """The question in an OTA_ReadRQ that fits the schema. Raises Unacceptable."""
    wanted = request.find(f"{xml.tag('ReadRequests')}/{xml.tag('HotelReadRequest')}")
    criteria = wanted.find(xml.tag("SelectionCriteria"))
    return Question(
        wanted.get("HotelCode"), None if criteria is None else _instant(criteria.get("Start"))
    )


def read_report(request: Any) -> Report:
    """The report in an OTA_NotifReportRQ that fits the schema. Raises Unacceptable."""
    ids = list(request.iter(xml.tag("UniqueID")))
    warnings = list(request.iter(xml.tag("Warning")))
    if len(ids) + len(warnings) > MAX_RECORDS:
        raise Unacceptable(f"more than {MAX_RECORDS} orders in one report")
    taken = (Record(one.get("ID"), one.get("Type") == "15") for one in ids)
    return Report(
        tuple(dict.fromkeys(taken)),
        tuple(
            Refusal(one.get("RecordID"), _number(one.get("Type")), _number(one.get("Code")),
                    xml.printable(xml.text_of(one))[:MAX_REASON])
            for one in warnings
        ),
    )  # fmt: skip


def _number(text: str) -> int:
    return int(text) if len(text) <= 9 else 0


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        # A time without a zone is read as UTC: told too early, an order is only told twice.
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unacceptable("Start is not an instant of the calendar") from None
