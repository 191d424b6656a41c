"""Alarms of hotels that must agree: rooms that would be lost at a cut-off, guests who did not come.

Owns: their numbers, and that one alarm is about one visit at one hotel. Pure.
Must not: count rooms or guests; bookings does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from services.console.alarm_look import Look, Rule
from services.console.finding import say
from services.console.picture import Level
from services.console.words import speaker
from shared.contracts.hotel_troubles import GuestsMissing, HotelTroubles, RoomsAtRisk

DAY_S = 24 * 3600.0
MOST = 20
"""Alarms of one rule: the most pressing ones. The pages of the hotels have all."""
ROOMS_LOST = Rule("rooms_lost", Level.WARN, limit=-3 * DAY_S, calm=-4 * DAY_S, after_s=60,
                  clear_s=60)  # fmt: skip
"""Seconds until the cut-off passes, below zero, where rooms would be lost at it: a reminder comes a
day before, and in three days a roster can be made."""
GUESTS_MISSING = Rule("guests_missing", Level.WARN, limit=0, calm=0, after_s=30, clear_s=30)
"""Guests who the hotel says did not come, while their nights are not over."""
RULES = (ROOMS_LOST, GUESTS_MISSING)


def looks(told: HotelTroubles, now: datetime) -> Iterator[Look]:
    """What holds of these, the most pressing first."""
    for rule, some in ((ROOMS_LOST, _lost(told.at_risk, now)),
                       (GUESTS_MISSING, _missing(told.missing))):  # fmt: skip
        yield from [one for one in some if one.rule is rule and one.stands][:MOST]


def _lost(some: Iterable[RoomsAtRisk], now: datetime) -> Iterator[Look]:
    found: dict[str, list[RoomsAtRisk]] = {}
    for one in sorted(some, key=lambda one: one.passes_at):
        found.setdefault(about(one.visit, one.hotel), []).append(one)
    for key, orders in found.items():
        first = orders[0]
        # Rooms of a later cut-off of the same visit there are not lost at this one.
        here = [one for one in orders if one.cut_off == first.cut_off]
        left_s = (first.passes_at - now).total_seconds()
        numbers = {
            "rooms": sum(one.at_risk for one in here), "picked": _picked(here),
            "contracted": sum(one.contracted for one in here),
        }  # fmt: skip
        sentence = say(
            "alarm.rooms_lost",
            hotel=_named(first),
            visit=first.visit,
            day=first.cut_off,
            hours=f"{max(0.0, left_s) / 3600:.0f}",
            **numbers,
        )
        yield Look(ROOMS_LOST, key, -left_s, sentence, say("harm.rooms_lost"), visit=first.visit)


def _picked(some: Iterable[RoomsAtRisk]) -> object:
    """Room nights in a guest's name; in words where that is not known of all of them."""
    known = [one.picked for one in some]
    if None in known:
        return lambda language: speaker(language)("hotels.not_known")
    return sum(one for one in known if one is not None)


def _missing(some: Iterable[GuestsMissing]) -> Iterator[Look]:
    found: dict[str, list[GuestsMissing]] = {}
    for one in some:
        found.setdefault(about(one.visit, one.hotel), []).append(one)
    for key, orders in found.items():
        first, guests = orders[0], sum(one.guests for one in orders)
        sentence = say("alarm.guests_missing", hotel=_named(first), visit=first.visit, count=guests)
        yield Look(GUESTS_MISSING, key, guests, sentence, say("harm.guests_missing"),
                   visit=first.visit)  # fmt: skip


def about(visit: str, hotel: str) -> str:
    """What an alarm of these is about; `hotel_of` reads it."""
    return f"{visit}/{hotel}"


def hotel_of(rule: str, text: str) -> str | None:
    """The hotel of an alarm; None for alarms that are about none."""
    return text.partition("/")[2] if rule in {one.name for one in RULES} else None


def _named(one: RoomsAtRisk | GuestsMissing) -> object:
    name = one.name
    return lambda language: getattr(name, language)
