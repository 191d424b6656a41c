"""An order at a hotel that answers by hand, as a letter tells it. Pure.

Must not: do I/O, or know who is told. The link in it is a secret: it stands in the letter alone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.hotel_desk import HotelAsked, HotelLetter, RoomLine
from shared.contracts.values import Text
from shared.sheets.rooms import RoomsOrder

WITH_WORKBOOK = (HotelLetter.ASK, HotelLetter.REMINDER, HotelLetter.FIRM)
"""Letters whose order the page behind the link gives as a workbook, too."""


class Stretch(BaseModel):
    """The same rooms on nights that follow each other, `last` included."""

    model_config = ConfigDict(frozen=True)

    first: date
    last: date
    name: Text
    rooms: int
    before: int | None = None
    kind: str = ""
    """The room type's id; notices from before letters had workbooks have none."""


class HotelOrder(BaseModel):
    """What a letter to a hotel says."""

    model_config = ConfigDict(frozen=True)

    visit: str
    title: Text
    """What the hotel is called."""
    order: str
    letter: HotelLetter
    edition: int
    urgent: bool
    rooms: tuple[Stretch, ...]
    answer_by: datetime | None
    zone: str
    link: str = Field(repr=False)
    names_by: date | None = None


def order_of(event: HotelAsked) -> HotelOrder:
    """The letter of an event."""
    return HotelOrder(
        visit=event.visit, title=event.name, order=event.order, letter=event.letter,
        edition=event.edition, urgent=event.urgent, rooms=stretches(event),
        answer_by=event.answer_by, zone=event.zone, link=event.link, names_by=event.names_by,
    )  # fmt: skip


def stretches(event: HotelAsked) -> tuple[Stretch, ...]:
    """Nights that are alike told as one line, by room type."""
    found: list[Stretch] = []
    for one in sorted(event.rooms, key=lambda line: (line.kind, line.night)):
        last = found[-1] if found else None
        alike = (one.kind, one.name, one.rooms, one.before)
        same = last and (last.kind, last.name, last.rooms, last.before) == alike
        if last and same and (one.night - last.last).days == 1:
            found[-1] = last.model_copy(update={"last": one.night})
        else:
            found.append(
                Stretch(first=one.night, last=one.night, name=one.name, rooms=one.rooms,
                        before=one.before, kind=one.kind)
            )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.first, one.name.en)))


def rooms_of(order: HotelOrder) -> RoomsOrder | None:
    """What its letter carries as a workbook; None for a letter that carries none, among them all
    without a link: nobody could bring such a workbook back."""
    known = all(one.kind for one in order.rooms)
    if order.letter not in WITH_WORKBOOK or not order.link or not known:
        return None
    lines = [
        RoomLine(night=one.first + timedelta(days=day), kind=one.kind, name=one.name,
                 rooms=one.rooms, before=one.before)
        for one in order.rooms
        for day in range((one.last - one.first).days + 1)
    ]  # fmt: skip
    return RoomsOrder(
        order.title, order.order, order.visit, order.edition,
        tuple(sorted(lines, key=lambda one: (one.night, one.kind))), order.zone, order.answer_by,
        asks=order.letter is not HotelLetter.FIRM,
    )  # fmt: skip


def order_topic(order: str, sequence: int) -> str:
    """One notice per letter of an order; later ones sort behind."""
    return f"order/{order}/{sequence:012d}"
