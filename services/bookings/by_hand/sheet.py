"""The word in a spreadsheet of an order that came back.

It goes through the same reading and preview as a rooming list. Which way the hotel got it, from its
page or with a letter, makes no difference: it is the same file (`shared.sheets.rooms`).
Must not: decide anything that is not clear; the hotel sees what was read and sends it, or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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
from shared.sheets.rooms import RoomsOrder, gone, key_of, list_of
from shared.sheets.understand import understand
from shared.sheets.values import Line, Problem, RoomingList, Unreadable

MOST_PROBLEMS = 20
"""Told of one sheet; who repairs these sees the next."""


def word_in(content: bytes, order: RoomsOrder) -> HotelSheetRead:
    """What a returned sheet says: a yes, a no with what is short, or what is not clear."""
    wanted, over = list_of(order), gone(order)
    try:
        sent = replace(wanted, lines=(*wanted.lines, *over))
        found = _without(preview(sent, understand(read_grids(content))), over)
    except Unreadable as error:
        return _unclear(wanted, [_told(error.problem)])
    problems = _problems(found)
    if problems:
        return _unclear(wanted, problems)
    refused = {one.guest for one in found.rows if one.result is Result.REFUSED}
    if not refused:
        return HotelSheetRead(found=True, edition=wanted.version, answer=DeskState.ACCEPTED)
    keys: Mapping[str, RoomLine] = {key_of(one.night, one.kind): one for one in order.rooms}
    left = tuple(
        RoomsLeft(night=keys[one].night, kind=keys[one].kind, rooms=0)
        for one in sorted(one for one in refused if one is not None)
    )
    return HotelSheetRead(
        found=True, edition=wanted.version, answer=DeskState.REFUSED, reason=HotelReason.FULL,
        left=left,
    )  # fmt: skip


def _without(found: Preview, over: tuple[Line, ...]) -> Preview:
    """Without the rows of lines that want nothing: a hotel may answer them like all others."""
    refs = {one.guest for one in over}
    return replace(
        found, rows=tuple(one for one in found.rows if one.guest not in refs),
        missing=tuple(one for one in found.missing if one not in refs),
    )  # fmt: skip


def _problems(found: Preview) -> list[SheetProblem]:
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
