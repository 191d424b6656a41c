"""Deciding a site need: opening hours, visitors at a time, and the ways out when it is too full.

Must not: know a hall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from services.venues.documents import WEEKDAYS, Site
from services.venues.inventory import Venues
from services.venues.routes import Transfer, Trip
from services.venues.times import LOOK_QUARTERS, change, first_run, iso, next_slot, span_text
from services.venues.wishes import (
    heads_of,
    option,
    other_times,
    refuse,
    trip_of,
    trip_problem,
    unknown,
    unreachable_text,
    way_text,
)
from shared.contracts.holds import Alternative, NeedRequest, Refusal
from shared.contracts.needs import SiteNeed
from shared.contracts.values import Money, Text, Window
from shared.holds.port import (
    QUARTER_S,
    Allotment,
    Ask,
    Claim,
    Reach,
    quarter_starts,
    quarters,
)
from shared.holds.times import time_problem

DAYS_ZH = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class SiteCase:
    """One request for a site that is being decided."""

    ask: Ask
    site: Site
    visitors: int
    trip: Trip
    venues: Venues

    @property
    def window(self) -> Window:
        """When the party wishes to be there."""
        return self.ask.request.window

    @property
    def zone(self) -> str:
        """The zone of the site's clocks, by which it opens and closes."""
        return self.venues.places[self.site.place].zone or self.ask.request.zone

    def suits(self, visitors: int) -> Callable[[int], bool]:
        """Whether a quarter hour lies in opening hours and takes so many more visitors."""

        def suit(slot: int) -> bool:
            if self.ask.free.free(self.site.id, slot) < visitors:
                return False
            return is_open(self.site, slot_window(slot, slot + 1), self.zone)

        return suit


def is_open(site: Site, window: Window, zone: str) -> bool:
    """Whether the whole window lies in the opening hours of one day on which the site opens."""
    starts, ends = window.local(zone)
    if WEEKDAYS[starts.weekday()] in site.closed_weekdays or starts.date() != ends.date():
        return False
    return site.opens <= starts.time() and ends.time() <= site.closes


def slot_window(start: int, stop: int) -> Window:
    """The time of the slots `start <= slot < stop`."""
    return Window(starts_at=quarter_starts(start), ends_at=quarter_starts(stop))


def site_reach(request: NeedRequest, venues: Venues) -> Reach:
    """One range: the site from a day before the wish to two days after, for groups in turn."""
    need = SiteNeed.model_validate(request.details)
    if need.site not in venues.sites or time_problem(request.window) is not None:
        return Reach(())
    start, stop = quarters(request.window)
    return Reach(((need.site, start - LOOK_QUARTERS, stop + 2 * LOOK_QUARTERS),))


def allocate_site(ask: Ask, venues: Venues) -> Allotment | Refusal:
    """Decide one site request. Raises ValidationError on wishes that are none of a site."""
    need = SiteNeed.model_validate(ask.request.details)
    problem = time_problem(ask.request.window) or trip_problem(need, venues)
    if problem is not None:
        return problem
    site = venues.sites.get(need.site)
    if site is None:
        return unknown("no_such_site", ("参观点", "site"), need.site, venues.sites)
    visitors = heads_of(ask.request, need.visitors)
    case = SiteCase(ask, site, visitors, trip_of(need, venues), venues)
    transfer = case.trip.arriving(ask.request.window.starts_at)
    return _why_not(case, transfer) or _allot(case, transfer)


def _why_not(case: SiteCase, transfer: Transfer) -> Refusal | None:
    """The first rule that stands against the wish; None when it fits."""
    site, start_stop = case.site, quarters(case.window)
    if case.visitors > site.visitors:
        return refuse(
            "too_large",
            f"{site.name.zh}同时最多接待{site.visitors}人，需要{case.visitors}人。",
            f"{site.name.en} takes {site.visitors} visitors at a time;"
            f" {case.visitors} are expected.",
            _in_groups(case),
        )
    if case.window.ends_at - case.window.starts_at < timedelta(minutes=site.visit_minutes):
        return refuse(
            "too_short",
            f"{site.name.zh}参观需{site.visit_minutes}分钟，安排的时间不够。",
            f"A visit to {site.name.en} takes {site.visit_minutes} minutes; less is planned.",
            _times(case),
        )
    if (closed := _closed(case)) is not None:
        return refuse(closed[0], closed[1], closed[2], _times(case))
    if not transfer.allows(site.place):
        sentences = unreachable_text(transfer, site.name, site.place)
        return refuse("unreachable", *sentences, _times(case))
    left = case.ask.free.least(site.id, *start_stop)
    if left < case.visitors:
        span = span_text(case.window.starts_at, case.window.ends_at, case.ask.request.zone)
        return refuse(
            "no_capacity",
            f"{site.name.zh}在{span}只余{left}个名额，需要{case.visitors}个。",
            f"{site.name.en} has {left} places left {span}; {case.visitors} are needed.",
            _times(case),
        )
    return None


def _closed(case: SiteCase) -> tuple[str, str, str] | None:
    """Code and sentences when the site is not open for the whole window."""
    site, window = case.site, case.window
    closure = case.venues.closure((site.id,), *quarters(window))
    if closure is not None:
        span = span_text(closure.starts_at, closure.ends_at, case.zone)
        return (
            "closed",
            f"{site.name.zh}在{span}停止开放：{closure.reason.zh}。",
            f"{site.name.en} is closed {span}: {closure.reason.en}.",
        )
    if is_open(site, window, case.zone):
        return None
    starts, _ = window.local(case.zone)
    if WEEKDAYS[starts.weekday()] in site.closed_weekdays:
        return (
            "closed",
            f"{site.name.zh}周{DAYS_ZH[starts.weekday()]}不开放。",
            f"{site.name.en} is closed on {starts:%A}s.",
        )
    hours = f"{site.opens:%H:%M}–{site.closes:%H:%M}"
    span = span_text(window.starts_at, window.ends_at, case.zone)
    return (
        "outside_hours",
        f"{site.name.zh}开放时间为{hours}，不能安排在{span}。",
        f"{site.name.en} is open {hours}; {span} is not within these hours.",
    )


def _times(case: SiteCase) -> Iterator[Alternative]:
    """The nearest other times, each at least as long as a visit takes."""
    shortest = case.window.starts_at + timedelta(minutes=case.site.visit_minutes)
    window = Window(starts_at=case.window.starts_at, ends_at=max(case.window.ends_at, shortest))
    suits, span = case.suits(case.visitors), quarters(window)
    transfer = case.trip.arriving(window.starts_at)
    longer = window != case.window and is_open(case.site, window, case.zone)
    if longer and transfer.allows(case.site.place) and all(suits(slot) for slot in range(*span)):
        yield _time(case, window, dict(change(window)), None)
    for time in other_times(case.trip, case.site.place, window, span, suits, case.ask.now):
        yield _time(case, time.window, time.change, time.minutes)


def _time(
    case: SiteCase, window: Window, changes: dict[str, object], minutes: int | None
) -> Alternative:
    span = span_text(window.starts_at, window.ends_at, case.ask.request.zone)
    way = ("", "")
    if minutes is not None:
        way = f"，路程留{minutes}分钟", f", with {minutes} minutes for the way"
    return option(
        f"{case.site.name.zh}在{span}可接待{case.visitors}人{way[0]}。",
        f"{case.site.name.en} takes {case.visitors} visitors {span}{way[1]}.",
        changes,
    )


def _in_groups(case: SiteCase) -> Iterator[Alternative]:
    """Groups one after another, as early as possible from the wished start; the first is set."""
    site, earliest = case.site, max(quarters(case.window)[0], next_slot(case.ask.now))
    count = -(-case.visitors // site.visitors)
    size = -(-case.visitors // count)
    each = -(-site.visit_minutes * 60 // QUARTER_S)
    if count * each > LOOK_QUARTERS:
        return
    last = quarters(case.window)[0] + LOOK_QUARTERS
    start = first_run(earliest, count * each, last, case.suits(size))
    if start is None:
        return
    first = slot_window(start, start + each)
    if not case.trip.arriving(first.starts_at).allows(site.place):
        return
    zone = case.ask.request.zone
    turns = [slot_window(at, at + each) for at in range(start, start + count * each, each)]
    times = ", ".join(span_text(turn.starts_at, turn.ends_at, zone) for turn in turns)
    yield option(
        f"分{count}批，每批至多{size}人：{times}。此项改为第一批，其余各批另列需求。",
        f"In {count} groups of at most {size}: {times}."
        " This sets the first group; enter the others as needs of their own.",
        {"visitors": size, **change(first)},
    )


def _allot(case: SiteCase, transfer: Transfer) -> Allotment:
    site, window = case.site, case.window
    start, stop = quarters(window)
    span = span_text(window.starts_at, window.ends_at, case.ask.request.zone)
    way = way_text(transfer, site.place)
    summary = Text(
        zh=f"{site.name.zh}，{case.visitors}人，{span}{way[0]}",
        en=f"{site.name.en}, {case.visitors} visitors, {span}{way[1]}",
    )
    allotted = {
        "unit": site.id,
        "place": site.place,
        "visitors": case.visitors,
        "from": iso(quarter_starts(start)),
        "to": iso(quarter_starts(stop)),
    }
    cost = Money(amount=case.visitors * site.price_per_head)
    return Allotment((Claim(site.id, start, stop, case.visitors),), summary, allotted, cost)
