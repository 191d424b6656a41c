"""An order as a spreadsheet, and the word in one that came back.

A line of the sheet is one night and room type, and is answered as a guest's line is: accepted or
refused. It goes through the same reading and preview as a rooming list, and names nobody.
Must not: decide anything that is not clear; the hotel sees what was read and sends it, or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.bookings.by_hand.tables import Sheet
from shared.contracts.hotel_desk import (
    DeskState,
    HotelReason,
    HotelSheetRead,
    RoomLine,
    RoomsLeft,
    SheetProblem,
)
from shared.contracts.values import Text
from shared.sheets.grid import read_grids
from shared.sheets.preview import Preview, preview
from shared.sheets.results import RESULTS, Result
from shared.sheets.understand import understand
from shared.sheets.values import Line, Problem, RoomingList, Unreadable

MOST_PROBLEMS = 20
"""Told of one sheet; who repairs these sees the next."""


def list_of(sheet: Sheet, name: Text, lines: tuple[RoomLine, ...], zone: str) -> RoomingList:
    """The order as a list: one line for each night and room type."""
    answer_by: datetime | None = sheet.answer_by and sheet.answer_by.astimezone(ZoneInfo(zone))
    told = tuple(
        Line(
            guest=_key(one.night, one.kind), name=f"{one.rooms} 间 rooms", room=str(number),
            room_type=f"{one.name.zh} {one.name.en}", arrival=one.night,
            departure=one.night + timedelta(days=1),
        )
        for number, one in enumerate(lines, 1)
        if one.rooms
    )  # fmt: skip
    title = Text(zh=f"订房 {sheet.visit}", en=f"rooms for visit {sheet.visit}")
    return RoomingList(name, sheet.ours, sheet.version, told, title, answer_by)


def word_in(content: bytes, wanted: RoomingList, lines: tuple[RoomLine, ...]) -> HotelSheetRead:
    """What a returned sheet says: a yes, a no with what is short, or what is not clear."""
    try:
        found = preview(wanted, understand(read_grids(content)))
    except Unreadable as error:
        return _unclear(wanted, [_told(error.problem)])
    problems = _problems(found, wanted)
    if problems:
        return _unclear(wanted, problems)
    refused = {one.guest for one in found.rows if one.result is Result.REFUSED}
    if not refused:
        return HotelSheetRead(found=True, edition=wanted.version, answer=DeskState.ACCEPTED)
    keys: Mapping[str, RoomLine] = {_key(one.night, one.kind): one for one in lines}
    left = tuple(
        RoomsLeft(night=keys[one].night, kind=keys[one].kind, rooms=0)
        for one in sorted(one for one in refused if one is not None)
    )
    return HotelSheetRead(
        found=True, edition=wanted.version, answer=DeskState.REFUSED, reason=HotelReason.FULL,
        left=left,
    )  # fmt: skip


def _problems(found: Preview, wanted: RoomingList) -> list[SheetProblem]:
    told = [_told(one) for one in found.problems]
    for row in found.rows:
        if row.result not in (Result.ACCEPTED, Result.REFUSED):
            texts = [one.text for one in row.problems] or [RESULTS[row.result]]
            told += [SheetProblem(at=str(row.at), text=one) for one in texts]
    told += [SheetProblem(at=one, text=_MISSING) for one in found.missing]
    return told


_MISSING = Text(zh="表中缺少此行", en="this line is not in the sheet")


def _told(problem: Problem) -> SheetProblem:
    return SheetProblem(at=str(problem.at), text=problem.text)


def _unclear(wanted: RoomingList, problems: list[SheetProblem]) -> HotelSheetRead:
    some = tuple(problems[:MOST_PROBLEMS])
    return HotelSheetRead(found=True, edition=wanted.version, problems=some)


def _key(night: date, kind: str) -> str:
    return f"{night.isoformat()}/{kind}"
