"""Pick-up per night as files: how many rooms of a block are contracted, held and picked.

Must not: know a guest; these are counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from shared.contracts.values import Text
from shared.sheets.tables import table_csv, table_xlsx

if TYPE_CHECKING:
    from icalendar import Event

PRODUCT = "-//Redcrown//Hotels//EN"
MAX_NIGHTS = 5_000
HEADINGS = (
    Text(zh="酒店", en="Hotel"),
    Text(zh="房型", en="Room type"),
    Text(zh="夜", en="Night"),
    Text(zh="合同", en="Contracted"),
    Text(zh="保留", en="Held"),
    Text(zh="已用", en="Picked up"),
    Text(zh="差", en="Short of contract"),
    Text(zh="来访", en="Visit"),
)


@dataclass(frozen=True, slots=True)
class Night:
    """Rooms of one type of one block on one night, the date on which the night begins."""

    hotel: str
    """Its id."""
    block: str
    room_type: Text
    night: date
    contracted: int
    held: int
    picked: int | None
    """None where nothing tells."""
    visit: str = ""
    """Whose rooms they are."""
    kind: str = ""
    """Id of the room type: entries of one block and night are told apart by it."""


def pickup_csv(nights: Sequence[Night]) -> bytes:
    """One row per block and night. Raises ValueError beyond MAX_NIGHTS."""
    return table_csv(HEADINGS, _rows(nights))


def pickup_xlsx(nights: Sequence[Night]) -> bytes:
    """The same as a workbook. Raises ValueError beyond MAX_NIGHTS."""
    return table_xlsx("用房 Pick-up", HEADINGS, _rows(nights))


def pickup_calendar(nights: Sequence[Night], sequence: int, at: datetime) -> bytes:
    """One entry for each block, room type and night, all day; a later `sequence` replaces an
    earlier file.

    `at` is when the counts were taken, so that the same counts are the same file.
    """
    from icalendar import Calendar  # Here: a start has no use for it, and it takes 45 ms.

    calendar = Calendar()
    for name, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", "PUBLISH")):
        calendar.add(name, value)
    for one in _bounded(nights):
        calendar.add_component(_event(one, sequence, at))
    body: bytes = calendar.to_ical()
    return body


def _event(one: Night, sequence: int, at: datetime) -> Event:
    from icalendar import Event

    event = Event()
    names = (one.hotel, one.block, one.kind, one.night.isoformat())
    event.add("uid", f"{'/'.join(filter(None, names))}@redcrown")
    event.add("sequence", sequence)
    event.add("dtstamp", at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", one.night)
    event.add("dtend", one.night + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    picked = "?" if one.picked is None else one.picked
    event.add("summary", f"{one.hotel} {one.room_type.zh}/{one.room_type.en}:"
                         f" {picked}/{one.contracted}")  # fmt: skip
    event.add("description", f"合同 contracted {one.contracted}\n保留 held {one.held}\n"
                             f"已用 picked up {picked}")  # fmt: skip
    return event


def _rows(nights: Sequence[Night]) -> Iterable[tuple[str | int | date | None, ...]]:
    return [
        (one.hotel, f"{one.room_type.zh} {one.room_type.en}", one.night, one.contracted, one.held,
         one.picked, None if one.picked is None else one.contracted - one.picked, one.visit)
        for one in _bounded(nights)
    ]  # fmt: skip


def _bounded(nights: Sequence[Night]) -> Sequence[Night]:
    if len(nights) > MAX_NIGHTS:
        raise ValueError(f"more than {MAX_NIGHTS} nights in one file")
    return nights
