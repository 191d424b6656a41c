"""Rows of a returned spreadsheet that cannot all be right: guests in two rows, rooms that clash.

Must not: choose between rows that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from shared.contracts.values import Text
from shared.sheets.results import Result, RowResult
from shared.sheets.values import Line, Place, Problem


def doubles_marked(rows: Sequence[RowResult]) -> list[RowResult]:
    """The first of equal rows about a guest counts; of rows that differ, none does."""
    about: dict[str, list[RowResult]] = {}
    for row in rows:
        if row.guest is not None:
            about.setdefault(row.guest, []).append(row)
    marked = []
    for row in rows:
        found = row
        same = about.get(row.guest or "", [row])
        equal = all(_meaning(one) == _meaning(same[0]) for one in same)
        first = row is same[0]
        if len(same) > 1 and not (first and equal):
            other = same[1] if first else same[0]
            text = Text(zh=f"与 {other.at} 是同一人", en=f"the same guest as in {other.at}")
            problem = Problem("doubled", row.at, text)
            found = replace(row, result=Result.DOUBLED, problems=(*row.problems, problem))
        marked.append(found)
    return marked


def _meaning(row: RowResult) -> tuple[object, ...]:
    return row.result, row.room_number, row.changes, row.answer, row.stay


def rooms_checked(rows: Sequence[RowResult], lines: Mapping[str, Line]) -> list[RowResult]:
    """One room has one number, and one number one room, on any night."""
    numbered = [
        (one, lines[one.guest])
        for one in rows
        if one.guest and one.room_number and one.result in (Result.ACCEPTED, Result.CHANGED)
    ]
    wrong: dict[Place, RowResult] = {}
    by_number: dict[str | None, list[_Numbered]] = {}
    by_room: dict[str | None, list[_Numbered]] = {}
    for one, line in numbered:
        by_number.setdefault(one.room_number, []).append((one, line))
        by_room.setdefault(line.room, []).append((one, line))
    for group in (*by_number.values(), *by_room.values()):
        wrong.update(_clashes(group))
    return [_clashing(one, wrong[one.at]) if one.at in wrong else one for one in rows]


_Numbered = tuple[RowResult, Line]


def _clashes(group: Sequence[_Numbered]) -> Iterable[tuple[Place, RowResult]]:
    """Rows by place, with another one that they cannot both be right with."""
    found = []
    for one, line in group:
        for other, theirs in group:
            together = line.arrival < theirs.departure and theirs.arrival < line.departure
            same = (line.room == theirs.room) == (one.room_number == other.room_number)
            if together and not same:
                found.append((one.at, other))
                break
    return found


def _clashing(row: RowResult, other: RowResult) -> RowResult:
    text = Text(
        zh=f"房号与 {other.at} 矛盾：不同的房间，或同住的人",
        en=f"the room number contradicts {other.at}: rooms differ, or guests share",
    )
    problem = Problem("room_number_clash", row.at, text)
    return replace(row, result=Result.UNCLEAR, problems=(*row.problems, problem))
