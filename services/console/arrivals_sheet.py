"""A list of guests that came back as a spreadsheet: what its rows say, each with its place.

The console reads it, for names stand in it: bookings gets ids, numbers and states (ADR 29).
Must not: keep, log or pass on a name, or decide whether a stay may move; bookings does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.console.arrivals import number_in
from services.console.lodging import Sleeper
from shared.contracts.hotel_arrivals import ArrivalSaid
from shared.contracts.hotel_guests import HotelStay
from shared.contracts.values import Text
from shared.sheets.grid import read_grids
from shared.sheets.preview import preview
from shared.sheets.results import Result, RowResult
from shared.sheets.rooms import is_of_rooms
from shared.sheets.understand import understand
from shared.sheets.values import Line, Problem, RoomingList, Unreadable
from shared.sheets.words import Answer, Column

ROOMS = Text(zh="这是客房清单，不是住客名单；请下载本页的住客名单填写",
             en="this is the list of rooms, not that of guests; fill in the one of this "
             "page")  # fmt: skip
GONE = Text(zh="此人已不在名单上：名单在下载之后有变", en="this guest is not on the list any more: "
            "it has changed since it was downloaded")  # fmt: skip
OTHER_NAME = Text(zh="姓名与此编号的住客不符，可能有行错位；此行未采用",
                  en="the name is not that of the guest with this reference; rows may have been "
                  "mixed up, so it is not taken")  # fmt: skip
NO_NUMBER = Text(zh="不是房号；请写如 812、A1203", en="not a room number; write 812 or A1203")
NO_WORD = Text(zh="此处不能拒绝住客；如无法接待，请联系接待办",
               en="guests are not refused here; ask the reception desk")  # fmt: skip
AS_ORDERED = Text(zh="房型和日期不从表格采用，仍按订单",
                  en="room types and dates are not taken; they stay as ordered")  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: what it says of whom, or why it says nothing. `note` is told beside what it says."""

    at: str
    name: str = field(repr=False)
    line: ArrivalSaid | None = None
    problems: tuple[Text, ...] = ()
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class SheetRead:
    """All rows that say anything, guests of whom the file has no row, and what is wrong with it."""

    rows: tuple[SheetRow, ...] = ()
    silent: int = 0
    """Rows that say nothing."""
    missing: tuple[str, ...] = field(default=(), repr=False)
    """Names of guests who are on the list and not in the file."""
    problems: tuple[Text, ...] = ()


def read_sheet(content: bytes, stay: HotelStay, guests: Sequence[Sleeper]) -> SheetRead:
    """What a file says of the guests who are on the list now. Changes nothing."""
    try:
        returned = understand(read_grids(content))
    except Unreadable as error:
        return SheetRead(problems=(_at(error.problem),))
    if is_of_rooms(one.ref for one in returned.rows):
        return SheetRead(problems=(ROOMS,))
    # An older edition of the order is no trouble here: each row says which word it has seen.
    found = preview(_sent(stay, guests, returned.version or 1), returned)
    if found.problems:
        return SheetRead(problems=tuple(one.text for one in found.problems))
    names = {one.guest: one.name for one in guests}
    rows = [_row(one, names) for one in found.rows if one.result is not Result.UNANSWERED]
    missing = tuple(names[one] for one in found.missing)
    return SheetRead(tuple(rows), len(found.rows) - len(rows), missing)


def _sent(stay: HotelStay, guests: Sequence[Sleeper], version: int) -> RoomingList:
    nothing = Text(zh="", en="")
    lines = tuple(
        Line(
            guest=one.guest, name=one.name, room=one.room, arrival=stay.arrival,
            room_type=f"{one.rooms.name.zh} {one.rooms.name.en}" if one.rooms else "",
            departure=stay.departure,
        )
        for one in guests
    )  # fmt: skip
    return RoomingList(nothing, stay.order, version, lines, nothing)


def _row(row: RowResult, names: Mapping[str, str]) -> SheetRow:
    at, name = str(row.at).rpartition("!")[2], names.get(row.guest or "", "")
    problems = [one.text for one in row.problems]
    changed = {one.column for one in row.changes}
    number = None if row.room_number is None else number_in(row.room_number)
    if row.result is Result.UNKNOWN:
        problems = [GONE] if any("reference" not in one.en for one in problems) else problems
    elif Column.NAME in changed:
        problems.append(OTHER_NAME)
    elif row.room_number is not None and number is None:
        problems.append(NO_NUMBER)
    elif row.answer is Answer.REFUSED:
        problems.append(NO_WORD)
    if problems or row.guest is None:
        return SheetRow(at, name, problems=tuple(problems) or (GONE,))
    line = ArrivalSaid(guest=row.guest, seen=row.record or 0, state=row.stay, number=number)
    return SheetRow(at, name, line, note=AS_ORDERED if changed else None)


def _at(problem: Problem) -> Text:
    where = str(problem.at)
    text = problem.text
    return Text(zh=f"{where} {text.zh}", en=f"{where} {text.en}") if where else text
