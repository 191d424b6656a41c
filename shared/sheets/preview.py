"""What a returned spreadsheet would change, before anything does: a result per row, then decisions.

Owns: matching rows to the lines that were sent, the results, and what follows from those that are
clear. Must not: change anything, or decide what is not clear; a person does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from shared.contracts.values import Text
from shared.sheets.clashes import doubles_marked, rooms_checked
from shared.sheets.dates import Raw, readings
from shared.sheets.results import Change, Result, RowResult
from shared.sheets.understand import Returned, Row, is_total
from shared.sheets.values import Line, Place, Problem, RoomingList
from shared.sheets.words import Answer, Column, plain, same


@dataclass(frozen=True, slots=True)
class Preview:
    """All results, and the guests that the file does not name."""

    order: str
    rows: tuple[RowResult, ...]
    missing: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    """Of the file as a whole: another order, an older version."""

    @property
    def counts(self) -> dict[Result, int]:
        """How many rows have each result."""
        return dict(Counter(one.result for one in self.rows))

    @property
    def open(self) -> tuple[RowResult, ...]:
        """Rows that a person has to look at."""
        settled = (Result.ACCEPTED, Result.REFUSED, Result.UNANSWERED)
        return tuple(one for one in self.rows if one.result not in settled)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows for one guest. A change is a wish of the hotel's, to be agreed to or not."""

    guest: str
    answer: Answer | None
    room_number: str | None = None
    reason: str = field(default="", repr=False)
    changes: tuple[Change, ...] = ()


def preview(sent: RoomingList, returned: Returned) -> Preview:
    """What the rows mean for the list that was sent last."""
    by_ref = {plain(line.guest): line for line in sent.lines}
    by_name: dict[str, list[Line]] = {}
    for line in sent.lines:
        by_name.setdefault(_name(line.name), []).append(line)
    rows = [_result(row, _line(row, by_ref, by_name)) for row in returned.rows if not is_total(row)]
    lines = {line.guest: line for line in sent.lines}
    rows = rooms_checked(doubles_marked(rows), lines)
    named = {one.guest for one in rows}
    missing = tuple(line.guest for line in sent.lines if line.guest not in named)
    return Preview(sent.order, tuple(rows), missing, _of_the_file(sent, returned))


def decisions(found: Preview, agreed: Collection[str] = ()) -> tuple[Decision, ...]:
    """What to do, once a person has seen the preview: clear rows, and changes in `agreed` (guests).

    A file of another order or an older version decides nothing.
    """
    if found.problems:
        return ()
    decided = []
    for row in found.rows:
        clear = row.result in (Result.ACCEPTED, Result.REFUSED)
        wished = row.result is Result.CHANGED and row.guest in agreed
        if row.guest is not None and (clear or wished):
            decided.append(
                Decision(row.guest, row.answer, row.room_number, row.reason, row.changes)
            )
    return tuple(decided)


def _line(
    row: Row, by_ref: Mapping[str, Line], by_name: Mapping[str, Sequence[Line]]
) -> Line | None:
    """By our reference; by the name only where the reference is gone and one guest is so called."""
    if row.ref:
        return by_ref.get(row.ref)
    found = by_name.get(_name(row.name), ()) if row.name else ()
    return found[0] if len(found) == 1 else None


def _name(text: str) -> str:
    return plain(text).replace(" ", "").replace("·", "").replace(".", "")


def _result(row: Row, line: Line | None) -> RowResult:
    if line is None:
        return RowResult(row.at, Result.UNKNOWN, problems=(_nobody(row),))
    changes, problems = _compared(row, line)
    problems = (*row.problems, *problems)
    answer = row.answer or (Answer.ACCEPTED if row.room_number or row.stay else None)
    if problems:
        result = Result.UNCLEAR
    elif answer is Answer.REFUSED:
        result = Result.REFUSED
    elif changes:
        result = Result.CHANGED
    else:
        result = Result.ACCEPTED if answer else Result.UNANSWERED
    number = None if answer is Answer.REFUSED else row.room_number
    return RowResult(
        row.at, result, line.guest, number, row.reason, changes, problems, answer, row.stay,
        row.record,
    )  # fmt: skip


def _nobody(row: Row) -> Problem:
    at = row.place(Column.REF if row.ref else Column.NAME)
    if row.ref or not row.name:
        return Problem("unknown_guest", at, Text(zh="名单上没有此人", en="nobody on the list"))
    return Problem(
        "unknown_guest", at,
        Text(zh="没有编号，姓名也不能唯一对应", en="no reference, and the name fits not just one"),
    )  # fmt: skip


def _compared(row: Row, line: Line) -> tuple[tuple[Change, ...], tuple[Problem, ...]]:
    changes, problems = [], []
    if row.name and _name(row.name) != _name(line.name):
        changes.append(Change(Column.NAME, line.name, row.name))
    if row.room_type and not same(line.room_type, row.room_type):
        changes.append(Change(Column.ROOM_TYPE, line.room_type, row.room_type))
    stay = {}
    for column, raw, sent in (
        (Column.ARRIVAL, row.arrival, line.arrival),
        (Column.DEPARTURE, row.departure, line.departure),
    ):
        came = _date(raw, sent)
        if came is None:
            text = Text(zh="看不懂的日期；请写 2026-11-05", en="not a date; write 2026-11-05")
            problems.append(Problem("bad_date", row.place(column), text))
        elif came != sent:
            changes.append(Change(column, sent.isoformat(), came.isoformat()))
        stay[column] = came
    arrival, departure = stay[Column.ARRIVAL], stay[Column.DEPARTURE]
    if arrival and departure and departure <= arrival:
        text = Text(zh="离店不晚于入住", en="departure is not after arrival")
        problems.append(Problem("no_nights", row.place(Column.DEPARTURE), text))
    return tuple(changes), tuple(problems)


def _date(raw: Raw, sent: date) -> date | None:
    """What was sent where nothing stands; None when it can be read in no way, or in two."""
    if raw is None:
        return sent
    found = readings(raw, sent)
    if sent in found:
        return sent
    return found[0] if len(found) == 1 else None


def _of_the_file(sent: RoomingList, returned: Returned) -> tuple[Problem, ...]:
    """A file without the words that name order and version is taken for the last one sent."""
    if returned.order is not None and returned.order != sent.order:
        text = Text(zh="这是另一份订单的名单", en="this is the list of another order")
        return (Problem("other_order", Place(), text),)
    if returned.version is not None and returned.version != sent.version:
        text = Text(
            zh=f"这是第 {returned.version} 版，最新的是第 {sent.version} 版",
            en=f"this is version {returned.version}; the last one sent is {sent.version}",
        )
        return (Problem("other_version", Place(), text),)
    return ()
