"""What hall and site needs have in common: sound times, known places, another time, a refusal.

Must not: know a hall or a site.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from services.venues.inventory import Venues
from services.venues.routes import Transfer, Trip
from services.venues.times import Suits, change, next_slot, shifted, shifts
from shared.contracts.holds import Alternative, NeedRequest, Refusal
from shared.contracts.needs import HallNeed, SiteNeed
from shared.contracts.values import Text, Window

MAX_ALTERNATIVES = 5
QUARTER_MINUTES = 15
"""Times outside are a typing error, and calendar arithmetic stays far from its ends."""


def refuse(code: str, zh: str, en: str, options: Iterable[Alternative] = ()) -> Refusal:
    """A no with its sentence and the first few of its alternatives, nearest first."""
    return Refusal(
        code=code,
        sentence=Text(zh=zh, en=en),
        alternatives=tuple(options)[:MAX_ALTERNATIVES],
    )


def option(zh: str, en: str, changes: dict[str, object]) -> Alternative:
    """Something that would fit, and the fields to set for it."""
    return Alternative(sentence=Text(zh=zh, en=en), change=changes)


def heads_of(request: NeedRequest, stated: int | None) -> int:
    """How many people come: as stated, else the guests and their companions."""
    return request.party.guests + request.party.companions if stated is None else stated


def trip_of(need: HallNeed | SiteNeed, venues: Venues) -> Trip:
    """The way of the party, from the place it names."""
    origin = venues.place_of(need.come_from) if need.come_from else None
    return Trip(tuple(venues.routes.values()), origin, need.transfer_minutes)


def trip_problem(need: HallNeed | SiteNeed, venues: Venues) -> Refusal | None:
    """A way that starts nowhere."""
    if need.come_from is not None and venues.place_of(need.come_from) is None:
        known = [*venues.places, *venues.halls, *venues.sites]
        return unknown("no_such_place", ("地点", "place"), need.come_from, known)
    if need.come_from is None and need.transfer_minutes is not None:
        return refuse(
            "come_from_missing",
            f"限定路程{need.transfer_minutes}分钟，但未写明出发地come_from。",
            f"transfer_minutes is {need.transfer_minutes}, but come_from does not say from where.",
        )
    return None


def unknown(
    code: str,
    what: tuple[str, str],
    name: str,
    known: Iterable[str],
    options: Iterable[Alternative] = (),
) -> Refusal:
    """A name that no document has, with the names that look like it."""
    close = ", ".join(get_close_matches(name, sorted(known), n=3))
    zh, en = (f"；是否指：{close}？", f"; did you mean {close}?") if close else ("。", ".")
    return refuse(
        code, f"没有名为{name}的{what[0]}{zh}", f"There is no {what[1]} {name}{en}", options
    )


@dataclass(frozen=True, slots=True)
class OtherTime:
    """Another time that would do: how far away, in quarter hours, and the fields to set."""

    by: int
    window: Window
    change: dict[str, object]
    minutes: int | None
    """The longer transfer that this time leaves room for, where the wish allowed too little."""


def other_times(
    trip: Trip, place: str, window: Window, span: tuple[int, int], suits: Suits, now: datetime
) -> Iterator[OtherTime]:
    """The nearest times before and after at which `span` suits and the way is short enough.

    A party that comes too far may start so much later that its way fits; never earlier.
    """
    excess = trip.arriving(window.starts_at).excess(place)
    if excess is None:
        return
    delay = -(-excess // QUARTER_MINUTES)
    for by in shifts(span, suits, next_slot(now), delay):
        moved = shifted(window, by)
        transfer = trip.arriving(moved.starts_at, excess)
        if transfer.allows(place):
            minutes = transfer.limit if excess else None
            longer = {} if minutes is None else {"transfer_minutes": minutes}
            yield OtherTime(by, moved, {**change(moved), **longer}, minutes)


def way_text(transfer: Transfer, place: str) -> tuple[str, str]:
    """How far it is from where the party comes, in both languages; nothing without an origin."""
    minutes = transfer.minutes(place)
    if transfer.origin is None or minutes is None:
        return "", ""
    name = transfer.origin.name
    return f"，自{name.zh}出发{minutes}分钟", f", {minutes} minutes from {name.en}"


def unreachable_text(transfer: Transfer, place: Text, place_id: str) -> tuple[str, str]:
    """Why a place is too far, with the minutes."""
    minutes, origin = transfer.minutes(place_id), transfer.origin
    start = origin.name if origin else place
    if minutes is None:
        return (
            f"目前没有从{start.zh}到{place.zh}的可行路线。",
            f"There is no open route from {start.en} to {place.en}.",
        )
    return (
        f"从{start.zh}到{place.zh}需{minutes}分钟，限定{transfer.limit}分钟。",
        f"{place.en} is {minutes} minutes from {start.en}; {transfer.limit} are allowed.",
    )
