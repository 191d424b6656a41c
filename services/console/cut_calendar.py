"""The cut-offs of a hotel as an iCalendar file (RFC 5545): one entry a day long for each. Pure.

Must not: tell more than order, visit and counts; a calendar program gives what it reads to others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from services.console.feed_calendar import AGAIN, PRODUCT, plain
from services.console.words import speaker
from shared.contracts.hotel_pickup import HotelCut

if TYPE_CHECKING:
    from icalendar import Event


def cut_calendar(name: str, cuts: Iterable[HotelCut], language: str) -> bytes:
    """The file. The same cut-offs give the same bytes."""
    from icalendar import Calendar  # Here: a start has no use for it, and it takes 45 ms.

    calendar = Calendar()
    for key, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", "PUBLISH"),
                       ("x-wr-calname", name), ("x-published-ttl", AGAIN)):  # fmt: skip
        calendar.add(key, value)
    for one in sorted(cuts, key=lambda one: (one.cut_off, one.order)):
        calendar.add_component(_event(name, one, language))
    return bytes(calendar.to_ical())


def _event(name: str, one: HotelCut, language: str) -> Event:
    from icalendar import Event

    t, event = speaker(language), Event()
    event.add("uid", f"{one.order}/cut-off@redcrown")
    event.add("dtstamp", one.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", one.cut_off)
    event.add("dtend", one.cut_off + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("summary", plain(f"{t('cuts.cut_off')} · {name} · {one.visit}"))
    picked = t("hotels.not_known") if one.picked is None else one.picked
    told = [t("cuts.told", wanted=one.wanted, picked=picked, contracted=one.contracted)]
    if one.at_risk:
        told.append(t("cuts.at_risk_of", count=one.at_risk))
    event.add("description", "\n".join(told))
    event.add("class", "PRIVATE")
    return event
