"""The firm rooms of a visit as an iCalendar file (RFC 5545): one entry for each stay. Pure.

Must not: name a guest; a calendar program gives what it reads to others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC
from typing import TYPE_CHECKING

from services.console.feed_calendar import PRODUCT, plain
from shared.contracts.hotel_guests import HotelStay
from shared.contracts.values import Text
from shared.contracts.visits import VisitView
from shared.sheets.words import both

if TYPE_CHECKING:
    from icalendar import Event


def rooming_calendar(view: VisitView, stays: Iterable[tuple[Text, HotelStay]]) -> bytes:
    """The file: hotels by name with their stays, in Chinese and English, all day from arrival to
    departure, rooms counted by type. A later state of the visit replaces an earlier file; the same
    state gives the same bytes."""
    from icalendar import Calendar  # Here: a start has no use for it, and it takes 45 ms.

    calendar = Calendar()
    for key, value in (("prodid", PRODUCT), ("version", "2.0"), ("method", "PUBLISH")):
        calendar.add(key, value)
    for hotel, stay in sorted(stays, key=lambda one: (one[1].arrival, one[1].hotel, one[1].need)):
        calendar.add_component(_event(view, hotel, stay))
    return bytes(calendar.to_ical())


def _event(view: VisitView, hotel: Text, stay: HotelStay) -> Event:
    from icalendar import Event

    event, rooms, names = Event(), Counter[str](), {}
    for one in stay.rooms:
        rooms[one.kind] += one.rooms
        names[one.kind] = one.name
    event.add("uid", f"{stay.visit}/{stay.need}/{stay.hotel}/{stay.arrival.isoformat()}@redcrown")
    event.add("sequence", view.sequence)
    event.add("dtstamp", view.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", stay.arrival)
    event.add("dtend", stay.departure)
    event.add("transp", "TRANSPARENT")
    count = f"{rooms.total()} 间 rooms"
    event.add("summary", plain(f"{_both(hotel)} · {stay.visit} · {count}"))
    told = [plain(f"{_both(names[kind])}: {number}") for kind, number in rooms.items()]
    event.add("description", "\n".join(told))
    event.add("class", "PRIVATE")
    return event


def _both(text: Text) -> str:
    return text.zh if text.zh == text.en else both(text)
