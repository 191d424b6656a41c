"""Until when guests of an order by hand are named, and what it means when rooms have none. Pure.

Owns: the date that a letter names, and how many rooms the guests of a roster take up.
Must not: do I/O, read a clock, know a guest, or say 0 where nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.bookings.by_hand.tables import Sheet
from services.bookings.hotels.model import BlockView
from services.bookings.hotels.terms import Terms
from services.bookings.orders.cutting import Cut, Outcome
from services.bookings.orders.deciding import contracted, wanted
from services.bookings.orders.tables import Asked
from shared.contracts.hotel_guests import HotelStay
from shared.contracts.values import Text
from shared.lodging import roomed

NAMES_MISSING = "names_missing"
"""What is said of an order some of whose rooms had no guest at its cut-off."""
TOLD = 4
"""Spans of nights that one sentence names."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sharers:
    """Guests who are lodged somewhere, by who sleeps in one room."""

    alone: int = 0
    pairs: int = 0


def date_of(sheet: Sheet, terms: Terms | None, now: datetime) -> date | None:
    """The date that a letter names which asks now; None where none is agreed before the first
    night. What the hotel has agreed to keeps the date of its letter, whatever was agreed since."""
    if sheet.agreed:
        return sheet.cut_off
    if terms is None or not terms.days:
        return None
    found = terms.cut_off(sheet.first_night, terms.today(now))
    return found if found < sheet.first_night else None


def named(stay: HotelStay, sharers: Sharers) -> Mapping[str, int]:
    """Rooms with a guest, by type: as `shared.lodging` puts the guests of the roster into them."""
    pairs = [f"pair-{number}" for number in range(sharers.pairs)]
    guests: list[tuple[str, str | None]] = [
        (f"{pair}-{half}", pair) for pair in pairs for half in (1, 2)
    ]
    guests += [(f"alone-{number}", None) for number in range(sharers.alone)]
    placed = {one.room: one.rooms.kind for one in roomed(stay.rooms, guests) if one.rooms}
    return Counter(placed.values())


def taken_up(view: BlockView, stay: HotelStay | None, sharers: Sharers) -> BlockView:
    """What the hotel agreed to, with the rooms that guests have. The hotel is told of nobody before
    the rooms are definite: without a `stay` nobody has one."""
    rooms = {} if stay is None else named(stay, sharers)
    nights = tuple(
        replace(one, picked=min(one.contracted, rooms.get(one.kind, 0))) for one in view.nights
    )
    return replace(view, nights=nights)


def judged(asks: Sequence[Asked], seen: BlockView | None) -> Cut:
    """What a cut-off that has passed came to, by the rooms that were taken up; None where the
    guests service has not told for so long that a person has to ask."""
    if seen is None:
        why = Text(
            zh="截止日已过，来宾服务没有回应，不知哪些房间已有住客。酒店可能已另售，请向酒店核实",
            en="Its cut-off has passed, and nobody could say which rooms have a guest. The hotel"
            " may have sold them: ask it",
        )
        return Cut(Outcome.OWNED, why=why, said=NAMES_MISSING)
    want, has = wanted(asks), contracted(seen)
    picked = {(one.night, one.kind): one.picked for one in seen.nights}
    ours = {key: min(rooms, has.get(key, 0)) for key, rooms in want.items()}
    empty: Counter[date] = Counter()
    for (night, kind), rooms in ours.items():
        empty[night] += max(0, rooms - picked.get((night, kind), 0))
    kept = sum(ours.values()) - empty.total()
    if not empty.total():
        return Cut(Outcome.KEPT, kept)
    return Cut(Outcome.OWNED, kept, why=_sentence(empty), said=NAMES_MISSING)


def _sentence(empty: Mapping[date, int]) -> Text:
    spans = _spans(empty)
    some, more = spans[:TOLD], len(spans) > TOLD
    zh = "；".join(f"{_days(first, last)} {rooms} 间" for first, last, rooms in some)
    en = "; ".join(f"{rooms} on {_days(first, last)}" for first, last, rooms in some)
    return Text(
        zh=f"截止日已过，尚无住客的房间：{zh}{'；等' if more else ''}。"
        "酒店可能已另售，请向酒店核实",
        en=f"Its cut-off has passed, and rooms have no guest: {en}{'; and more' if more else ''}."
        " The hotel may have sold them: ask it",
    )


def _spans(empty: Mapping[date, int]) -> list[tuple[date, date, int]]:
    """Nights that follow each other with as many rooms, as one: first, last, rooms."""
    found: list[tuple[date, date, int]] = []
    for night in sorted(night for night, rooms in empty.items() if rooms):
        rooms = empty[night]
        if found and found[-1][1:] == (night - DAY, rooms):
            found[-1] = found[-1][0], night, rooms
        else:
            found.append((night, night, rooms))
    return found


def _days(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} – {last}"
