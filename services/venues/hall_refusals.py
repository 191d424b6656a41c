"""Why no hall, and what would fit: the sentence and the ranked alternatives of a hall need.

Must not: choose a hall; `halls` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from services.venues.documents import Closure, Hall
from services.venues.halls import (
    STYLES,
    HallWish,
    hall_free,
    span_of,
)
from services.venues.inventory import Venues
from services.venues.routes import Transfer
from services.venues.times import span_text
from services.venues.wishes import (
    OtherTime,
    option,
    other_times,
    refuse,
    unknown,
    unreachable_text,
)
from shared.contracts.holds import Alternative, Refusal
from shared.holds.port import Ask

MAX_OTHER_HALLS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One hall request that is being decided."""

    ask: Ask
    wish: HallWish
    transfer: Transfer

    @property
    def venues(self) -> Venues:
        """The inventory it is decided against."""
        return self.wish.venues


def no_such_hall(case: Case) -> Refusal:
    """The hall that was named does not exist; what would fit instead."""
    wished = case.wish.need.hall or ""
    options = alternatives(case)
    return unknown("no_such_hall", ("会场", "hall"), wished, case.venues.halls, options)


def refusal(case: Case) -> Refusal:
    """The first reason that rules out every hall in question: size, distance, closure, others."""
    wish, window = case.wish, case.ask.request.window
    asked = [wish.wished] if wish.only and wish.wished else list(case.venues.halls.values())
    fitting = [hall for hall in asked if wish.fits(hall)]
    near = [hall for hall in fitting if case.transfer.allows(hall.place)]
    closures = [
        case.venues.closure(case.venues.leaves[hall.id], *span_of(hall, window)) for hall in near
    ]
    taken = [hall for hall, closure in zip(near, closures, strict=True) if closure is None]
    options = alternatives(case)
    if not fitting:
        return _too_large(case, options)
    if not near:
        nearest = min(fitting, key=lambda hall: _minutes(case, hall))
        return refuse("unreachable", *_too_far(case, nearest, len(fitting)), options)
    closed = [(hall, one) for hall, one in zip(near, closures, strict=True) if one is not None]
    return _taken(case, taken, options) if taken else _closed(case, closed, options)


def _minutes(case: Case, hall: Hall) -> tuple[float, str]:
    minutes = case.transfer.minutes(hall.place)
    return float("inf") if minutes is None else minutes, hall.id


def _too_large(case: Case, options: list[Alternative]) -> Refusal:
    wish = case.wish
    style, heads = STYLES[wish.need.setup], wish.heads
    hall = wish.wished if wish.only else wish.largest()
    if hall is None or not wish.takes(hall):
        zh, en = (hall.name.zh, hall.name.en) if hall else ("本市没有会场", "No hall")
        no = ("不", "not ") if hall else ("", "")
        return refuse(
            "setup_not_offered",
            f"{zh}{no[0]}提供{style.zh}布置。",
            f"{en} is {no[1]}offered in {style.en} style.",
            options,
        )
    room = wish.takes(hall)
    most = ("最大的", "the largest hall, ") if not wish.only else ("", "")
    return refuse(
        "too_large",
        f"{most[0]}{hall.name.zh}{style.zh}最多容纳{room}人，需要{heads}人。",
        f"{heads} people are expected; {most[1]}{hall.name.en} takes {room} in {style.en} style.",
        options,
    )


def _too_far(case: Case, hall: Hall, count: int) -> tuple[str, str]:
    zh, en = unreachable_text(case.transfer, hall.name, hall.place)
    if count == 1:
        return zh, en
    return (
        f"容得下的{count}个会场均过远，最近的：{zh}",
        f"All {count} halls that fit are too far; the nearest: {en}",
    )


def _closed(case: Case, closed: list[tuple[Hall, Closure]], options: list[Alternative]) -> Refusal:
    hall, closure = min(closed, key=lambda pair: pair[0] is not case.wish.wished)
    span = span_text(closure.starts_at, closure.ends_at, case.ask.request.zone)
    return refuse(
        "closed",
        f"{hall.name.zh}在{span}停用：{closure.reason.zh}。",
        f"{hall.name.en} is closed {span}: {closure.reason.en}.",
        options,
    )


def _taken(case: Case, halls: list[Hall], options: list[Alternative]) -> Refusal:
    wish, window, zone = case.wish, case.ask.request.window, case.ask.request.zone
    span = span_text(window.starts_at, window.ends_at, zone)
    if wish.only or len(halls) == 1:
        hall = halls[0]
        buffers = hall.setup_minutes, hall.teardown_minutes
        return refuse(
            "no_capacity",
            f"{hall.name.zh}在{span}（另加布置{buffers[0]}分钟、撤场{buffers[1]}分钟）已被占用。",
            f"{hall.name.en} is taken {span}, with {buffers[0]} minutes of set-up"
            f" and {buffers[1]} of teardown.",
            options,
        )
    style = STYLES[wish.need.setup]
    return refuse(
        "no_capacity",
        f"{len(halls)}个可容纳{wish.heads}人（{style.zh}）的会场在{span}均被占用。",
        f"All {len(halls)} halls that take {wish.heads} people in {style.en} style"
        f" are taken {span}.",
        options,
    )


def alternatives(case: Case) -> list[Alternative]:
    """What would fit, nearest to the wish first.

    Who insists on a hall hears of other times first; everyone else of other halls.
    """
    if not case.ask.advise:
        return []
    halls = list(islice(_other_halls(case), MAX_OTHER_HALLS))
    timed = case.wish.timed(case.wish.fitting())
    times = sorted(
        ((time, hall) for hall in timed for time in _times(case, hall)),
        key=lambda pair: abs(pair[0].by),
    )
    later = [_other_time(case, hall, time) for time, hall in times]
    insists = case.wish.only and case.wish.wished in timed
    return later + halls if insists else halls + later


def _other_halls(case: Case) -> Iterator[Alternative]:
    wish = case.wish
    style, window = STYLES[wish.need.setup], case.ask.request.window
    fitting = wish.fitting()
    for hall in fitting or wish.timed(fitting):
        if not case.transfer.allows(hall.place):
            continue
        if hall_free(hall, window, case.ask.free, case.venues):
            room = min(wish.takes(hall), wish.heads)
            yield option(
                f"{hall.name.zh}此时空闲，{style.zh}可容纳{room}人。",
                f"{hall.name.en} is free at that time, for {room} people in {style.en} style.",
                _hall_change(wish, hall),
            )


def _hall_change(wish: HallWish, hall: Hall) -> dict[str, object]:
    changes: dict[str, object] = {} if hall.id == wish.need.hall else {"hall": hall.id}
    return changes if wish.fits(hall) else {**changes, "attendance": wish.takes(hall)}


def _times(case: Case, hall: Hall) -> Iterator[OtherTime]:
    window, free = case.ask.request.window, case.ask.free
    leaves = case.venues.leaves[hall.id]
    return other_times(
        case.wish.trip,
        hall.place,
        window,
        span_of(hall, window),
        lambda slot: all(free.free(leaf, slot) >= 1 for leaf in leaves),
        case.ask.now,
    )


def _other_time(case: Case, hall: Hall, time: OtherTime) -> Alternative:
    span = span_text(time.window.starts_at, time.window.ends_at, case.ask.request.zone)
    room = min(case.wish.takes(hall), case.wish.heads)
    way = (
        ("", "")
        if time.minutes is None
        else (
            f"，路程留{time.minutes}分钟",
            f", with {time.minutes} minutes for the way",
        )
    )
    return option(
        f"{hall.name.zh}在{span}空闲，可容纳{room}人{way[0]}。",
        f"{hall.name.en} is free {span}, for {room} people{way[1]}.",
        _hall_change(case.wish, hall) | time.change,
    )
