"""The calendar of halls: what is taken of each, parts of divisible halls below their whole.

Owns: joining the cells that venues count with the needs that visits have. Pure.
Must not: show whose a booking is beyond the visits it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.console.bands import BAR_PX, MOST_LABEL, NARROW, ROW_PX, WIDE, state_of
from services.console.layout import Scale, Span, merged, stack
from shared.contracts.inventory import UnitView
from shared.contracts.reading import ScheduleNeed, ScheduleVisit
from shared.contracts.values import Text

QUARTER_S = 900
"""Seconds of a slot of a hall."""
TOP_PX = 6
NOBODY = Text(zh="", en="")


@dataclass(frozen=True, slots=True)
class Use:
    """A visit in a hall."""

    visit: ScheduleVisit
    need: ScheduleNeed
    state: str
    span: Span
    y: int
    label: Span | None
    """Where the visit is named when the bar is too short: behind what is taken."""
    movable: bool = False
    """Whether the reader is offered to move it."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A time in which a hall cannot be used."""

    span: Span
    reason: Text


@dataclass(frozen=True, slots=True)
class HallRow:
    """One hall on the timeline. `busy` is what is taken, set-up and clearing included."""

    unit: UnitView
    place: str
    whole: UnitView | None
    """The divisible hall that it is a part of."""
    divides: bool
    most: int
    """The largest number of people in any set-up style."""
    busy: tuple[Span, ...]
    hours: float
    """Taken in the window."""
    uses: tuple[Use, ...]
    closed: tuple[Closed, ...]
    height: int


def _nothing(_visit: ScheduleVisit) -> bool:
    return False


def rows_of(
    halls: Sequence[UnitView],
    visits: Iterable[ScheduleVisit],
    scale: Scale,
    movable: Callable[[ScheduleVisit], bool] = _nothing,
) -> list[HallRow]:
    """Halls by place; each divisible one is followed by its parts."""
    by_id = {one.unit: one for one in halls}
    whole_of = {
        part: one for one in halls for part in one.document.get("parts", ()) if part in by_id
    }
    uses: dict[str, list[tuple[ScheduleVisit, ScheduleNeed]]] = {}
    for visit in visits:
        for need in visit.needs:
            if need.kind == "hall" and need.unit in by_id and need.state in _LIVE:
                uses.setdefault(str(need.unit), []).append((visit, need))
    ordered: list[UnitView] = []
    tops = [one for one in halls if one.unit not in whole_of]
    for one in sorted(tops, key=lambda hall: (str(hall.document.get("place")), hall.unit)):
        _with_parts(one, by_id, ordered)
    return [
        _row(one, by_id, whole_of.get(one.unit), uses.get(one.unit, []), scale, movable)
        for one in ordered
    ]


_LIVE = ("confirmed", "held", "pending")


def _with_parts(one: UnitView, by_id: Mapping[str, UnitView], into: list[UnitView]) -> None:
    if one in into:
        return
    into.append(one)
    for part in one.document.get("parts", ()):
        if part in by_id:
            _with_parts(by_id[part], by_id, into)


def _row(
    hall: UnitView,
    by_id: Mapping[str, UnitView],
    whole: UnitView | None,
    uses: Sequence[tuple[ScheduleVisit, ScheduleNeed]],
    scale: Scale,
    movable: Callable[[ScheduleVisit], bool],
) -> HallRow:
    ranges = merged((one.slot, one.slot + 1) for one in _cells(hall, by_id))
    spans = [_quarters(start, stop, scale) for start, stop in ranges]
    placed = [
        (visit, need, span)
        for visit, need in uses
        if (span := scale.span(need.window.starts_at, need.window.ends_at)) is not None
    ]
    rows = stack([span for _, _, span in placed])
    busy = [span for span in spans if span is not None]
    shown = tuple(
        Use(
            visit,
            need,
            state_of(need),
            span,
            TOP_PX + row * ROW_PX,
            _label(span, busy),
            movable(visit),
        )
        for (visit, need, span), row in zip(placed, rows, strict=True)
    )
    return HallRow(
        unit=hall, place=str(hall.document.get("place", "")), whole=whole,
        divides=bool(hall.document.get("parts")),
        most=max(hall.document.get("capacity", {}).values(), default=0),
        busy=tuple(busy),
        hours=sum(stop - start for start, stop in ranges) * QUARTER_S / 3600,
        uses=shown, closed=_closures((hall, whole), scale),
        height=2 * TOP_PX + max(rows, default=0) * ROW_PX + BAR_PX,
    )  # fmt: skip


def _cells(hall: UnitView, by_id: Mapping[str, UnitView]) -> Iterable[Any]:
    """Loaded cells. Those of a whole are its parts': its own list might have been cut."""
    parts = [by_id[part] for part in hall.document.get("parts", ()) if part in by_id]
    if not parts:
        return hall.load
    return [cell for part in parts for cell in _cells(part, by_id)]


def _label(span: Span, busy: Sequence[Span]) -> Span | None:
    if span.width >= WIDE:
        return None
    behind = max((one.end for one in busy if one.x < span.end and one.end > span.x),
                 default=span.end)  # fmt: skip
    room = min((one.x for one in busy if one.x >= behind), default=100.0) - behind
    return Span(behind, min(room, MOST_LABEL)) if room >= NARROW else None


def _quarters(start: int, stop: int, scale: Scale) -> Span | None:
    return scale.span(
        datetime.fromtimestamp(start * QUARTER_S, UTC),
        datetime.fromtimestamp(stop * QUARTER_S, UTC),
    )


def _closures(halls: Iterable[UnitView | None], scale: Scale) -> tuple[Closed, ...]:
    """The closure of a whole closes its parts too."""
    found = []
    for hall in halls:
        for one in hall.document.get("closures", ()) if hall else ():
            span = scale.span(
                datetime.fromisoformat(one["starts_at"]), datetime.fromisoformat(one["ends_at"])
            )
            if span is not None:
                found.append(Closed(span, Text.model_validate(one.get("reason", NOBODY))))
    return tuple(found)
