"""An order of rooms as a sheet: a line for each night and room type, answered as a guest's line is.

Owns: what such a sheet says, so that the page behind a hotel's link and the letter with that link
give the same file, byte for byte.
Must not: name anybody; it has nights, room types and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.hotel_desk import RoomLine
from shared.contracts.values import Text
from shared.sheets.values import Line, RoomingList

_KEY = re.compile(r"\d{4}-\d{2}-\d{2}/.+")


@dataclass(frozen=True, slots=True)
class RoomsOrder:
    """What a hotel without a system is asked for, or has agreed to."""

    hotel: Text
    order: str
    visit: str
    version: int
    rooms: tuple[RoomLine, ...]
    """By night, then room type; with those that were agreed to and are not wanted any more."""
    zone: str
    answer_by: datetime | None = None
    asks: bool = True
    """False: all of it is agreed to and taken, and its sheet has nothing to fill in."""


def file_name(order: str, version: int) -> str:
    """What the file is called, wherever it is given."""
    return f"{order}-v{version}.xlsx"


def key_of(night: date, kind: str) -> str:
    """What a line is known by when it comes back."""
    return f"{night.isoformat()}/{kind}"


def is_of_rooms(refs: Iterable[str]) -> bool:
    """Whether a sheet with these references is one of rooms, and not of guests."""
    return any(_KEY.fullmatch(one) for one in refs)


def list_of(order: RoomsOrder) -> RoomingList:
    """The lines that want rooms."""
    by = order.answer_by if order.asks else None
    told = tuple(line for one, line in _lines(order) if one.rooms)
    title = Text(zh=f"订房 {order.visit}", en=f"rooms for visit {order.visit}")
    answer_by = by and by.astimezone(ZoneInfo(order.zone))
    return RoomingList(order.hotel, order.order, order.version, told, title, answer_by)


def gone(order: RoomsOrder) -> tuple[Line, ...]:
    """The lines that were agreed to and want nothing any more. Whatever is said of them says
    nothing."""
    return tuple(line for one, line in _lines(order) if not one.rooms)


def changes(order: RoomsOrder) -> dict[str, tuple[Text, ...]]:
    """What differs from what the hotel has agreed to, by line; empty where it never has."""
    return {
        key_of(one.night, one.kind): _change(one.rooms, one.before)
        for one in order.rooms
        if one.before is not None and one.before != one.rooms
    }


def workbook_of(order: RoomsOrder) -> bytes:
    """The file in XLSX: the same order, the same bytes. An order of a few nights takes 10 ms of
    processor time, the largest 0.4 s and 100 KB: call it in a thread."""
    # Imported here: openpyxl takes ten megabytes and a fifth of a second, and few ask for it.
    from shared.sheets.write import ASKING, SETTLED, as_xlsx

    columns = ASKING if order.asks else SETTLED
    return as_xlsx(list_of(order), gone(order), columns, changes(order))


def _lines(order: RoomsOrder) -> list[tuple[RoomLine, Line]]:
    return [
        (
            one,
            Line(
                guest=key_of(one.night, one.kind), name=f"{one.rooms} 间 rooms", room=str(number),
                room_type=f"{one.name.zh} {one.name.en}", arrival=one.night,
                departure=one.night + timedelta(days=1),
            ),
        )
        for number, one in enumerate(order.rooms, 1)
    ]  # fmt: skip


def _change(rooms: int, before: int) -> tuple[Text, ...]:
    was = Text(zh=f"此前同意 {before} 间", en=f"agreed before: {before}")
    if not before:
        return (Text(zh="新增", en="new"),)
    return (was,) if rooms else (Text(zh="取消", en="cancelled"), was)
