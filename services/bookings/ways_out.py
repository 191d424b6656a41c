"""What would fit instead: changes to a room need, each tried before it is offered.

Owns: which changes are tried and in which order, nearest to the wish first: another hotel, several
hotels, more sharing, other dates, a wider circle, a lower class, fewer rooms.
Must not: say why the wish itself does not fit; `refusals` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from services.bookings.inventory import kilometres
from services.bookings.rooming import Pool
from services.bookings.stays import Seen, allot, choose
from services.bookings.wishes import LOOK_NIGHTS, Stay, read_stay, wrong
from shared.contracts.holds import Alternative
from shared.contracts.values import Text, Window
from shared.holds.port import Allotment, Ask, Claim
from shared.holds.times import outside_calendar

MAX_ALTERNATIVES = 5
MAX_CIRCLES = 5
"""So many greater distances are tried."""
Changes = dict[str, Any]
Way = tuple[Changes, str, str]
"""Fields to set, and what that means in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request that cannot be granted as it is."""

    ask: Ask
    stay: Stay
    seen: Seen

    def attempt(self, changes: Changes) -> Allotment | None:
        """What the request would get with other fields; None when that does not fit either."""
        details, times = dict(changes), {}
        for name in ("starts_at", "ends_at"):
            if name in details:
                times[name] = details.pop(name)
        request = self.ask.request
        window = request.window
        if times:
            window = Window.model_validate(window.model_dump() | times)
        if outside_calendar(window):
            return None
        changed = request.model_copy(
            update={"details": request.details | details, "window": window}
        )
        stay = read_stay(changed, self.stay.lodgings)
        if wrong(stay) is not None:
            return None
        hotels = choose(stay, self.seen)
        return None if hotels is None else allot(stay, self.seen, hotels)


def ways_out(case: Case) -> tuple[Alternative, ...]:
    """At most five alternatives to a wish that makes sense, nearest to it first."""
    return offered(
        case,
        (_equal_hotels(case), 2),
        (_split(case), 1),
        (_more_sharing(case), 1),
        (_other_dates(case, 1), 1),
        (_other_dates(case, -1), 1),
        (_wider_circle(case), 1),
        (_lower_class(case), 2),
        (_anywhere(case), 1),
        (_fewer(case), 1),
    )


def offered(
    case: Case, *kinds: tuple[Iterator[Way], int], distinct: bool = True
) -> tuple[Alternative, ...]:
    """The first ways that do fit, so many of each kind, and what they would get.

    With `distinct`, what comes to the very same rooms as a way before is not told again.
    """
    found: list[Alternative] = []
    known: set[tuple[Claim, ...]] = set()
    for ways, most in kinds:
        wanted = min(len(found) + most, MAX_ALTERNATIVES)
        for changes, zh, en in ways if len(found) < wanted else ():
            got = case.attempt(changes)
            if got is None or (distinct and got.claims in known):
                continue
            known.add(got.claims)
            sentence = Text(zh=f"{zh}：{got.summary.zh}。", en=f"{en}: {got.summary.en}.")
            found.append(Alternative(sentence=sentence, change=changes))
            if len(found) == wanted:
                break
    return tuple(found)


def _equal_hotels(case: Case) -> Iterator[Way]:
    """Equal or better hotels, for who insists on one."""
    stay = case.stay
    if not stay.only or stay.wished is None:
        return
    for hotel in stay.ranked():
        if hotel is not stay.wished and hotel.stars >= stay.wanted_stars:
            away = kilometres(stay.wished, hotel)
            yield (
                {"hotel": hotel.id},
                f"换酒店（{hotel.stars} 星，距{stay.wished.name.zh} {away:.1f} 公里）",
                f"Another hotel ({hotel.stars} stars, {away:.1f} km from {stay.wished.name.en})",
            )


def _split(case: Case) -> Iterator[Way]:
    if not case.stay.may_split:
        loose = {"hotel_only": False} if case.stay.need.hotel_only else {}
        yield {"split": True, **loose}, "分住几家酒店", "Spread over several hotels"


def largest(case: Case) -> Pool:
    """The free rooms of the best of the hotels that would do, of all of them if it may be split."""
    stay, seen = case.stay, case.seen
    hotels = seen.candidates(stay)
    if stay.may_split:
        return seen.pool(stay, hotels)
    return max((seen.pool(stay, [one]) for one in hotels), key=_by_rooms, default=Pool())


def _by_rooms(pool: Pool) -> tuple[int, int, int]:
    return pool.rooms, pool.twins, pool.accessibles


def _more_sharing(case: Case) -> Iterator[Way]:
    """As many singles as needed share a room in pairs: nobody is left out."""
    need = case.stay.need
    missing = case.stay.demand.rooms - largest(case).rooms
    if missing > 0 and need.singles >= 2 * missing:
        singles, pairs = need.singles - 2 * missing, need.sharing_pairs + missing
        yield (
            {"singles": singles, "sharing_pairs": pairs},
            f"改为 {pairs} 对同住、{singles} 人单住",
            f"With {pairs} sharing pairs and {singles} in single use",
        )


def _other_dates(case: Case, direction: int) -> Iterator[Way]:
    """The same number of nights some days later (1) or earlier (-1), but not in the past."""
    for days in range(1, LOOK_NIGHTS + 1):
        by = days * direction
        way = dates(case, case.ask.request.window, by, by)
        if datetime.fromisoformat(way[0]["starts_at"]) >= case.ask.now:
            yield way


def dates(case: Case, window: Window, arrival: int, departure: int) -> Way:
    """Other days at the same time of day on the site's clock."""
    zone = ZoneInfo(case.ask.request.zone)
    starts_at = window.starts_at.astimezone(zone) + timedelta(days=arrival)
    ends_at = window.ends_at.astimezone(zone) + timedelta(days=departure)
    moved = Window(starts_at=starts_at, ends_at=ends_at).model_dump(mode="json")
    same = {"starts_at": not arrival, "ends_at": not departure}
    return (
        {name: value for name, value in moved.items() if not same[name]},
        f"改为 {starts_at.date()} 入住、{ends_at.date()} 离店",
        f"From {starts_at.date()} to {ends_at.date()}",
    )


def _wider_circle(case: Case) -> Iterator[Way]:
    """The smallest greater distance at which it fits, rounded up to 100 metres."""
    stay, limit = case.stay, case.stay.need.within_km
    if limit is None:
        return
    farther = {ceil((stay.away(one) or 0) * 10) / 10 for one in stay.ranked()}
    for km in sorted(one for one in farther if one > limit)[:MAX_CIRCLES]:
        yield {"within_km": km}, f"放宽到 {km:g} 公里以内", f"Within {km:g} km"


def _anywhere(case: Case) -> Iterator[Way]:
    if case.stay.need.within_km is not None:
        yield {"near": None, "within_km": None}, "不限距离", "Wherever it is"


def _lower_class(case: Case) -> Iterator[Way]:
    for stars in range(case.stay.need.min_class - 1, 0, -1):
        yield {"min_class": stars}, f"接受 {stars} 星", f"With {stars} stars at least"


def _fewer(case: Case) -> Iterator[Way]:
    """What there is: fewer accessible rooms, else fewer rooms for part of the party."""
    need, best = case.stay.need, largest(case)
    accessible = min(need.accessible, best.accessibles)
    if accessible < need.accessible:
        yield (
            {"accessible": accessible},
            f"无障碍房减为 {accessible} 间",
            f"With {accessible} accessible rooms instead of {need.accessible}",
        )
    pairs = min(need.sharing_pairs, best.twins)
    singles = min(need.singles, best.rooms - pairs)
    change = {"singles": singles, "sharing_pairs": pairs}
    if accessible < need.accessible:
        change["accessible"] = min(accessible, pairs + singles)
    yield (
        change,
        f"先安排 {need.singles + need.sharing_pairs} 间中的 {pairs + singles} 间",
        f"For now {pairs + singles} of the {need.singles + need.sharing_pairs} rooms",
    )
